import { afterEach, beforeEach, expect, test } from "vitest";
import { SCREENS, address, navigate, onRoute, parse, route, startRouter, type Route } from "../src/app/router.ts";

let stop: () => void;
let heard: Route[];

beforeEach(() => {
  history.replaceState(null, "", "/chat");
  heard = [];
  const [end, unsubscribe] = [startRouter(), onRoute((now) => heard.push(now))];
  stop = () => {
    end();
    unsubscribe();
  };
});

afterEach(() => {
  stop();
  document.body.replaceChildren();
});

function click(href: string, more: Partial<HTMLAnchorElement> = {}, event: MouseEventInit = {}): boolean {
  const link = Object.assign(document.createElement("a"), { href, ...more });
  document.body.append(link);
  return link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true, ...event }));
}

test("every screen has an address, and the address leads to it", () => {
  for (const screen of SCREENS) expect(parse(address(screen))).toEqual({ screen, id: null, message: null });
  expect(parse("/")).toEqual({ screen: "chat", id: null, message: null });
  expect(parse("/nowhere")).toEqual({ screen: "chat", id: null, message: null });
});

test("a conversation's address holds its id, whatever is in it", () => {
  for (const id of ["c_1", "a/b", "é ?#", "%"]) expect(parse(address("chat", id))).toEqual({ screen: "chat", id, message: null });
  expect(parse("/chat/%E0%A4%A").id).toBeNull();
});

test("a message's address leads to it in its conversation", () => {
  expect(click(address("chat", "c_1", "12"))).toBe(false);
  expect(heard).toEqual([{ screen: "chat", id: "c_1", message: "12" }]);
  navigate(address("chat", "c_1"), { replace: true });
  expect(heard.at(-1)).toEqual({ screen: "chat", id: "c_1", message: null });
  expect(parse("/chat/c_1", "#secret=x").message).toBeNull();
});

test("going somewhere tells who listens; going where one is does not", () => {
  navigate("/settings");
  navigate("/settings");
  expect(heard).toEqual([{ screen: "settings", id: null, message: null }]);
  expect(route().screen).toBe("settings");
});

test("a link to a screen of ours is followed without loading", () => {
  expect(click("/chat/c_1")).toBe(false);
  expect(heard).toEqual([{ screen: "chat", id: "c_1", message: null }]);
});

test.each([
  ["another site", "https://example.com/chat", {}, {}],
  ["an address of the API", "/api/costs.csv", {}, {}],
  ["a download", "/chat", { download: "x" }, {}],
  ["a new window", "/costs", { target: "_blank" }, {}],
  ["a click with Ctrl", "/costs", {}, { ctrlKey: true }],
])("a link to %s is the browser's", (_, href, more, event) => {
  let followed: boolean | undefined;
  const last = (clicked: Event): void => {
    followed = clicked.defaultPrevented;
    clicked.preventDefault(); // nothing is really loaded here
  };
  addEventListener("click", last, { once: true });
  click(href, more, event);
  expect(followed).toBe(false);
  expect(heard).toEqual([]);
});

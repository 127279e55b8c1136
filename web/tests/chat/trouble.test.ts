import { html, render } from "lit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { say, speak } from "../../src/app/words.ts";
import { renderTrouble } from "../../src/chat/trouble.ts";

beforeEach(() => speak("en"));
afterEach(() => speak(null));

function shown(code: string, message = "No."): HTMLElement {
  const place = document.createElement("div");
  const failure = { code, message, request_id: "r", retry_after: null };
  render(html`${renderTrouble({ failure, kept: null, tryAgain })}`, place);
  return place;
}

const tryAgain = vi.fn();
const ways = (code: string): (string | null)[] => [...shown(code).querySelectorAll("a")].map((way) => way.getAttribute("href"));

test("trouble with the key leads to the settings, trouble with money to the costs too", () => {
  expect(ways("authentication")).toEqual(["/settings"]);
  expect(ways("budget_exceeded")).toEqual(["/costs", "/settings"]);
  expect(ways("network")).toEqual([]);
});

test("commands that it names are code, and it can be tried again", () => {
  const place = shown("authentication", "Try `livetechno key test`.");
  expect(place.querySelector("p")?.textContent).toBe("Try livetechno key test.");
  expect(place.querySelector("code")?.textContent).toBe("livetechno key test");
  const again = place.querySelector("button");
  expect(again?.textContent).toContain(say("page.chat.try_again"));
  again?.click();
  expect(tryAgain).toHaveBeenCalledOnce();
});

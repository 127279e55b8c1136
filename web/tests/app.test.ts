import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../src/app/app.ts";
import { events } from "../src/app/events.ts";
import { SCREENS, navigate } from "../src/app/router.ts";
import { settings } from "../src/app/settings.ts";
import { say, speak } from "../src/app/words.ts";

let app: App;
let gone: boolean;

beforeEach(async () => {
  gone = true;
  vi.stubGlobal("fetch", async () => {
    if (gone) throw new TypeError("Failed to fetch");
    const hello = `event: hello\ndata: ${JSON.stringify({ change: 0, answers: [] })}\n\n`;
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(hello)) });
    return new Response(body);
  });
  speak("en");
  history.replaceState(null, "", "/studio");
  app = new App();
});

afterEach(() => {
  app.remove();
  events.stop();
  speak(null);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function shown(): Promise<void> {
  document.body.append(app);
  await screen("lt-later-screen");
}

async function screen(name: string): Promise<Element> {
  return vi.waitFor(() => {
    const found = app.renderRoot.querySelector(name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  });
}

const tabs = (): HTMLAnchorElement[] => [...app.renderRoot.querySelectorAll<HTMLAnchorElement>("nav a")];
const current = (): string[] => tabs().filter((tab) => tab.ariaCurrent ?? tab.getAttribute("aria-current")).map((tab) => tab.pathname);
const status = (): string => app.renderRoot.querySelector("[role=status]")?.textContent?.trim() ?? "";

test("there is a tab for each screen, and the current one is marked", async () => {
  await shown();
  expect(tabs().map((tab) => tab.pathname)).toEqual(SCREENS.map((name) => `/${name}`));
  expect(current()).toEqual(["/studio"]);
  navigate("/mixer");
  await app.updateComplete;
  expect(current()).toEqual(["/mixer"]);
});

test("the title follows the screen and the language", async () => {
  await shown();
  expect(document.title).toBe("Studio · livetechno");
  navigate("/export");
  speak("fr");
  navigate("/arrange");
  await app.updateComplete;
  expect(document.title).toBe("Arranger · livetechno");
  expect(tabs().at(-1)?.textContent).toContain("Réglages");
});

test("Alt and a digit lead to a screen, and the keyboard to what it shows", async () => {
  await shown();
  dispatchEvent(new KeyboardEvent("keydown", { altKey: true, code: "Digit5" }));
  await app.updateComplete;
  expect(location.pathname).toBe("/mixer");
  expect(app.shadowRoot?.activeElement?.id).toBe("main");
  dispatchEvent(new KeyboardEvent("keydown", { altKey: true, code: "Digit9" }));
  dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1" }));
  expect(location.pathname).toBe("/mixer");
});

test("a screen that is not built says what will be there", async () => {
  await shown();
  const later = await screen("lt-later-screen");
  expect(later.shadowRoot?.textContent).toContain(say("page.later.studio"));
});

test("settings that another page or a terminal changed are read anew", async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    if (path === "/api/settings") return new Response(JSON.stringify({ mock: false }));
    const change = `event: change\ndata: ${JSON.stringify({ number: 1, kind: "settings", object: "" })}\n\n`;
    return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(change)) }));
  });
  document.body.append(app);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.filter((path) => path === "/api/settings")).toHaveLength(1);
  expect(settings()?.mock).toBe(false);
});

test("a server that stays away is told, and told again when it is back", async () => {
  vi.useFakeTimers();
  document.body.append(app);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(status()).toBe(""); // a short gap is not worth a word
  await vi.advanceTimersByTimeAsync(1_000);
  expect(status()).toContain(say("page.app.lost"));
  gone = false;
  events.retryNow();
  await vi.advanceTimersByTimeAsync(10);
  expect(status()).toBe(say("page.app.back"));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(status()).toBe("");
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadSettings } from "../src/app/settings.ts";
import { say, speak } from "../src/app/words.ts";
import { KeyCard } from "../src/screens/key-card.ts";

const KEY = "sk-" + "test-invented-key-ab12";
const WITHOUT = { mock: true, key: null, fixed: [] };
const WITH = { mock: false, key: { last4: "ab12", where: "config.json" }, fixed: [] };

let card: KeyCard;
let sent: { method: string; path: string; body: string }[];
let now: object;
let refuses: boolean;

beforeEach(async () => {
  sent = [];
  now = WITHOUT;
  refuses = false;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const method = init.method ?? "";
    if (method !== "GET") sent.push({ method, path, body: String(init.body ?? "") });
    if (refuses) {
      const error = { code: "key_refused", message: "No such key.", request_id: "r", retry_after: null };
      return new Response(JSON.stringify({ error }), { status: 502 });
    }
    if (method === "PUT") {
      now = WITH;
      return new Response(JSON.stringify({ key: WITH.key, first: null }));
    }
    if (method === "DELETE") {
      now = WITHOUT;
      return new Response(null, { status: 204 });
    }
    return new Response(JSON.stringify(path.endsWith("/test") ? { ok: true, models: 3 } : now));
  });
  speak("en");
  card = new KeyCard();
  document.body.append(card);
  await loadSettings();
  await card.updateComplete;
});

afterEach(() => {
  card.remove();
  speak(null);
  vi.unstubAllGlobals();
});

const text = (): string => card.renderRoot.textContent ?? "";
const input = (): HTMLInputElement | null => card.renderRoot.querySelector("#key");

async function says(sentence: string): Promise<void> {
  await vi.waitFor(() => expect(text()).toContain(sentence));
}

test("who else can read a key is said where it is typed, and only where that is so", async () => {
  expect(text()).not.toContain(say("page.key.readable"));
  now = { ...WITHOUT, keychain: true };
  await loadSettings();
  await says(say("page.key.readable"));
});

async function keep(): Promise<void> {
  const field = input();
  if (field) field.value = ` ${KEY} `;
  card.renderRoot.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
  await says(say("page.key.kept"));
}

function press(key: string): void {
  const button = [...card.renderRoot.querySelectorAll("button")].find((one) => one.textContent?.trim() === say(key));
  if (!button) throw new Error(`no button ${key}`);
  button.click();
}

test("without a key Mock AI is named, and a way on without one", () => {
  expect(text()).toContain(say("page.key.mock_badge"));
  expect(card.renderRoot.querySelector("a")?.getAttribute("href")).toBe("/chat");
});

test("a key is sent once, and only its last four characters stay", async () => {
  await keep();
  expect(sent).toEqual([{ method: "PUT", path: "/api/key", body: JSON.stringify({ key: KEY, tried: true }) }]);
  expect(text()).toContain("•••• ab12");
  expect(input()).toBeNull();
  expect(card.renderRoot.querySelector("section")?.outerHTML).not.toContain(KEY);
});

test("a key that is refused is told, and stays in the field to be mended", async () => {
  refuses = true;
  const field = input();
  if (field) field.value = KEY;
  card.renderRoot.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
  await says("No such key.");
  expect(input()?.value).toBe(KEY);
});

test("a test says how many models there are", async () => {
  await keep();
  press("page.key.test");
  await says("3 models");
});

test("Mock AI can be chosen although there is a key, unless a variable decides", async () => {
  await keep();
  const box = (): HTMLInputElement | null => card.renderRoot.querySelector("#mock");
  expect(box()?.checked).toBe(false);
  now = { ...WITH, mock: true, mock_chosen: true };
  box()?.click();
  await says(say("page.key.mock_chosen"));
  expect(sent.at(-1)).toEqual({ method: "PATCH", path: "/api/settings", body: JSON.stringify({ mock_chosen: true }) });
  now = { ...WITH, mock: true, fixed: ["mock"] };
  await loadSettings();
  await says(say("page.key.mock_by_variable"));
  expect(box()?.disabled).toBe(true);
});

test("a key is forgotten after a question only", async () => {
  await keep();
  press("page.key.forget");
  await says(say("page.key.forget_sure"));
  expect(sent.filter(({ method }) => method === "DELETE")).toEqual([]);
  press("page.key.forget");
  await says(say("page.key.forgotten"));
  expect(sent.at(-1)).toMatchObject({ method: "DELETE", path: "/api/key" });
  expect(text()).toContain(say("page.key.mock_badge"));
});

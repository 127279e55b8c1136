import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { say, speak } from "../../src/app/words.ts";
import { withFiles } from "../../src/chat/attachments.ts";
import { type Asked, Composer } from "../../src/chat/composer.ts";
import { draftOf, keepDraft } from "../../src/chat/drafts.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);
const URL_OF_PNG = `data:image/png;base64,${btoa(String.fromCharCode(...PNG))}`;

let composer: Composer;
let asked: Asked[];
let stops: number;

beforeEach(async () => {
  speak("en");
  asked = [];
  stops = 0;
  composer = new Composer();
  composer.addEventListener("ask", (event) => asked.push((event as CustomEvent<Asked>).detail));
  composer.addEventListener("stop", () => (stops += 1));
  document.body.append(composer);
  await show(null);
});

afterEach(() => {
  composer.remove();
  for (const id of [null, "a", "b"]) keepDraft(id, { text: "", attachments: [] });
  speak(null);
});

async function show(conversation: string | null): Promise<void> {
  composer.conversation = conversation;
  await composer.updateComplete;
}

function box(): HTMLTextAreaElement {
  const found = composer.renderRoot.querySelector("textarea");
  if (!found) throw new Error("no box");
  return found;
}

async function type(text: string): Promise<void> {
  box().value = text;
  box().dispatchEvent(new Event("input"));
  await composer.updateComplete;
}

async function press(key: string, more: KeyboardEventInit = {}): Promise<boolean> {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...more });
  box().dispatchEvent(event);
  await composer.updateComplete;
  return event.defaultPrevented;
}

function button(key: string): HTMLButtonElement | undefined {
  return [...composer.renderRoot.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === say(key));
}

async function attachFiles(...files: File[]): Promise<void> {
  const input = composer.renderRoot.querySelector<HTMLInputElement>("input[type=file]");
  Object.defineProperty(input, "files", { value: files, configurable: true });
  input?.dispatchEvent(new Event("change"));
}

const names = (): string[] => [...composer.renderRoot.querySelectorAll("li span")].map(({ textContent }) => textContent ?? "");

test("Enter sends what is typed and empties the box; Shift+Enter does not", async () => {
  await type("  Kick?  ");
  expect(await press("Enter", { shiftKey: true })).toBe(false);
  expect(await press("Enter", { isComposing: true })).toBe(false);
  expect(asked).toEqual([]);
  expect(await press("Enter")).toBe(true);
  expect(asked).toEqual([{ text: "Kick?", images: [] }]);
  expect(box().value).toBe("");
});

test("nothing is sent where there is nothing, or while an answer is written; Escape stops that", async () => {
  await type("  ");
  await press("Enter");
  expect(button("page.chat.send")?.disabled).toBe(true);
  composer.running = true;
  await type("next");
  await press("Enter");
  expect(asked).toEqual([]);
  expect(box().value).toBe("next");
  await press("Escape");
  button("page.chat.stop")?.click();
  expect(stops).toBe(2);
});

test("words and files stay with their conversation when another is shown", async () => {
  await show("a");
  await type("about a");
  await attachFiles(new File([PNG], "kick.png"));
  await vi.waitFor(() => expect(names()).toEqual(["kick.png"]));
  await show("b");
  expect([box().value, names()]).toEqual(["", []]);
  await show("a");
  expect([box().value, names()]).toEqual(["about a", ["kick.png"]]);
  await press("Enter");
  expect(asked).toEqual([{ text: "about a", images: [{ url: URL_OF_PNG }] }]);
  await show("b");
  await show("a");
  expect([box().value, names()]).toEqual(["", []]);
});

test("a file that is still being read goes to the conversation that it was given to", async () => {
  await show("a");
  await attachFiles(new File(["x"], "a.txt"));
  await show("b");
  await vi.waitFor(() => expect(draftOf("a").attachments).toHaveLength(1));
  expect(names()).toEqual([]);
  await show("a");
  expect(names()).toEqual(["a.txt"]);
});

test("a question that is taken back comes with its pictures and files, before what was typed since", async () => {
  await type("later");
  const text = withFiles("Kick?", [{ kind: "text", name: "a.txt", text: "x" }]);
  composer.put({ text, images: [{ url: URL_OF_PNG }] });
  await composer.updateComplete;
  expect(box().value).toBe("Kick?\nlater");
  expect(names()).toEqual([say("page.chat.picture"), "a.txt"]);
  await press("Enter");
  expect(asked).toEqual([{ text: text.replace("Kick?", "Kick?\nlater"), images: [{ url: URL_OF_PNG }] }]);
});

test("a file that cannot go along is told by its name, and can be taken away when it can", async () => {
  await attachFiles(new File([new Uint8Array([0, 1, 2])], "x.bin"), new File(["x"], "a.txt"));
  await vi.waitFor(() => expect(names()).toEqual(["a.txt"]));
  expect(composer.renderRoot.querySelector("[role=alert]")?.textContent).toBe(say("page.chat.refused.binary", { name: "x.bin" }));
  composer.renderRoot.querySelector<HTMLElement>("li button")?.click();
  await composer.updateComplete;
  expect(names()).toEqual([]);
});

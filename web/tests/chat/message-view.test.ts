import { afterEach, beforeEach, expect, test } from "vitest";
import { say, speak } from "../../src/app/words.ts";
import { MessageView } from "../../src/chat/message-view.ts";
import { thread } from "../../src/chat/thread.ts";
import type { About, Message } from "../../src/app/types.ts";
import { detail, message } from "./fake-server.ts";

const ABOUT: About = {
  model: "gpt-x", usage: { input_tokens: 30, output_tokens: 12 }, cost: "0.002", finish: "stop", request_id: "r", estimated: null,
};

let view: MessageView;

beforeEach(() => speak("en"));
afterEach(() => {
  view.remove();
  speak(null);
});

async function show(stored: Message): Promise<void> {
  const shown = thread(detail([message(1, "Q"), stored]), null, null).at(-1);
  if (!shown) throw new Error("nothing is shown");
  view = Object.assign(new MessageView(), { shown });
  document.body.append(view);
  await view.updateComplete;
}

function button(key: string): HTMLButtonElement | undefined {
  const label = say(key);
  return [...view.renderRoot.querySelectorAll("button")].find((one) => one.textContent?.trim() === label || one.ariaLabel === label || one.getAttribute("aria-label") === label);
}

function heard(kind: string): Promise<unknown> {
  return new Promise((resolve) => view.addEventListener(kind, (event) => resolve((event as CustomEvent).detail), { once: true }));
}

const facts = (): string => view.renderRoot.querySelector(".facts")?.textContent ?? "";

test("an answer that was stopped can be continued or asked again", async () => {
  const stored = message(2, "Half", { partial: true, about: { ...ABOUT, finish: "stopped", estimated: true } });
  await show(stored);
  expect(view.renderRoot.textContent).toContain(say("page.chat.partial"));
  for (const [key, kind] of [["page.chat.go_on", "go-on"], ["page.chat.ask_again", "again"]] as const) {
    const told = heard(kind);
    button(key)?.click();
    expect(await told).toBe(stored);
  }
});

test("what was stopped tells what it cost, and that its tokens are an estimate", async () => {
  await show(message(2, "Half", { partial: true, about: { ...ABOUT, estimated: true } }));
  expect(facts()).toBe(`gpt-x · 42 tokens · $0.002 · ${say("page.chat.estimated")}`);
});

test("an answer that was cut at its longest can be continued, a whole one need not", async () => {
  await show(message(2, "Long", { about: { ...ABOUT, finish: "length" } }));
  expect(view.renderRoot.textContent).toContain(say("page.chat.too_long"));
  expect(button("page.chat.go_on")).toBeDefined();
  view.remove();
  await show(message(2, "Whole", { about: ABOUT }));
  expect(button("page.chat.go_on")).toBeUndefined();
});

test("while something is being written, nothing else can be asked from here", async () => {
  await show(message(2, "Half", { partial: true, siblings: ["2", "4"] }));
  view.busy = true;
  await view.updateComplete;
  for (const key of ["page.chat.go_on", "page.chat.ask_again", "page.chat.retry", "page.chat.next"]) {
    expect(button(key)?.disabled, key).toBe(true);
  }
});

test("a question is edited in place: Enter sends it, Escape leaves it", async () => {
  view = Object.assign(new MessageView(), { shown: thread(detail([message(1, "Q")]), null, null)[0] });
  document.body.append(view);
  await view.updateComplete;
  const edit = async (): Promise<HTMLTextAreaElement> => {
    button("page.chat.edit")?.click();
    await view.updateComplete;
    const box = view.renderRoot.querySelector("textarea");
    if (!box) throw new Error("no box");
    return box;
  };
  (await edit()).dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await view.updateComplete;
  expect(view.renderRoot.querySelector("textarea")).toBeNull();
  const box = await edit();
  box.value = " Otherwise ";
  const told = heard("edit");
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  expect(await told).toMatchObject({ text: "Otherwise", message: { id: "1" } });
});

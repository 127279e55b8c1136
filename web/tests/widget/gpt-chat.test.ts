import "../../src/widget/main.ts";
import { en, fr } from "virtual:widget-words";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GptChat } from "../../src/widget/gpt-chat.ts";
import { Endpoint, Stream, json, settle } from "./server.ts";

let endpoint: Endpoint;
let heard: [string, unknown][];

beforeEach(() => {
  endpoint = new Endpoint();
  endpoint.answers = [({ body }) => json({ message: `You said ${body.messages?.at(-1)?.content}` })];
  heard = [];
  for (const kind of ["gpt-message", "gpt-error"]) document.body.addEventListener(kind, hear);
});

afterEach(() => {
  document.body.replaceChildren();
  for (const kind of ["gpt-message", "gpt-error"]) document.body.removeEventListener(kind, hear);
  document.documentElement.lang = "";
  localStorage.clear();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

function hear(event: Event): void {
  heard.push([event.type, (event as CustomEvent).detail]);
}

function chat(attributes: Record<string, string> = {}): GptChat {
  const element = document.createElement("gpt-chat") as GptChat;
  for (const [name, value] of Object.entries({ endpoint: "https://host.example/api/chat", ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

function within<T extends Element = HTMLElement>(element: Element, selector: string): T {
  const found = element.shadowRoot?.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

const texts = (element: Element): string[] => [...(element.shadowRoot?.querySelectorAll(".rows .text") ?? [])].map((one) => one.textContent ?? "");

async function shown(element: Element, ...expected: string[]): Promise<void> {
  await vi.waitFor(() => expect(texts(element)).toEqual(expected));
}

test("its sentences are the widget's only, the same in both languages", () => {
  expect(Object.keys(en)).toEqual(Object.keys(fr));
  expect(Object.keys(en).every((key) => key.startsWith("page.widget."))).toBe(true);
});

test("a question is asked with what was said before, and the answer is shown and told", async () => {
  const element = chat();
  expect(await element.send("  one ")).toBe("You said one");
  await element.send("two");
  await shown(element, "one", "You said one", "two", "You said two");
  expect(endpoint.calls[1]?.body.messages).toEqual([
    { role: "user", content: "one" },
    { role: "assistant", content: "You said one" },
    { role: "user", content: "two" },
  ]);
  expect(heard.slice(0, 2)).toEqual([
    ["gpt-message", { role: "user", text: "one" }],
    ["gpt-message", { role: "assistant", text: "You said one" }],
  ]);
});

test("an answer is said once to who listens, when all of it is there", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const element = chat();
  const answer = element.send("one");
  await settle();
  expect(within(element, ".answer[aria-busy]").getAttribute("aria-busy")).toBe("true");
  stream.say("delta", { text: "**Sw" });
  await shown(element, "one", "**Sw");
  expect(within(element, "[role=status]").textContent).toBe("");
  expect(within(element, "[role=log]").getAttribute("aria-live")).toBe("off");
  stream.say("done", { message: "**Swing**" });
  expect(await answer).toBe("**Swing**");
  expect(within(element, ".answer[aria-busy]").getAttribute("aria-busy")).toBe("false");
  await vi.waitFor(() => expect(within(element, "[role=status]").textContent).toBe("Answer: Swing"));
  expect(within(element, ".rows strong").textContent).toBe("Swing");
});

test("a failed question can be asked again, not before the server wants", async () => {
  const element = chat();
  endpoint.answers = [() => json({ error: { code: "rate_limited", message: "Slower.", retry_after: 60 } }, 429)];
  expect(await element.send("one")).toBeNull();
  const trouble = within(element, "[role=alert]");
  expect(trouble.textContent).toContain("Slower.");
  expect(within<HTMLButtonElement>(element, ".retry").disabled).toBe(true);
  expect(within(element, ".retry").textContent).toMatch(/\d+ s$/);
  expect(heard.at(-1)).toEqual(["gpt-error", { code: "rate_limited", message: "Slower." }]);

  endpoint.answers = [() => json({}, 500), () => json({ message: "Yes" })];
  await element.send("two");
  within<HTMLButtonElement>(element, ".retry").click();
  await shown(element, "one", "two", "Yes");
  expect(endpoint.calls.at(-1)?.body.messages?.map(({ content }) => content)).toEqual(["one", "two"]);
  expect(element.shadowRoot?.querySelector("[role=alert]")).toBeNull();
});

test("what came of a cut answer stays until it is asked again", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call), () => json({ message: "Whole" })];
  const element = chat();
  const answer = element.send("one");
  await settle();
  stream.say("delta", { text: "Ha" });
  await settle();
  stream.end();
  expect(await answer).toBeNull();
  await shown(element, "one", "Ha");
  expect(heard.slice(-2)).toEqual([
    ["gpt-message", { role: "assistant", text: "Ha", partial: true }],
    ["gpt-error", { code: "cut", message: en["page.widget.cut"] }],
  ]);
  within<HTMLButtonElement>(element, ".retry").click();
  await shown(element, "one", "Whole");
  expect(element.messages.map(({ content }) => content)).toEqual(["one", "Whole"]);
});

test("what is asked after a cut answer is a whole message, and leaves the cut one as it is", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call), () => json({ message: "Two" })];
  const element = chat();
  const answer = element.send("one");
  await settle();
  stream.say("delta", { text: "Ha" });
  await settle();
  stream.end();
  await answer;
  heard = [];
  await element.send("two");
  expect(heard[0]).toEqual(["gpt-message", { role: "user", text: "two" }]);
  await shown(element, "one", "Ha", "two", "Two");
  expect(element.shadowRoot?.querySelector("[role=alert]")).toBeNull();
});

test("stopping keeps what came, and is no error", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const element = chat();
  const answer = element.send("one");
  await settle();
  expect(element.busy).toBe(true);
  expect(await element.send("meanwhile")).toBeNull();
  stream.say("delta", { text: "Ha" });
  await settle();
  within<HTMLButtonElement>(element, "button.stop").click();
  expect(await answer).toBeNull();
  expect(element.messages.map(({ content }) => content)).toEqual(["one", "Ha"]);
  expect(heard.map(([kind]) => kind)).not.toContain("gpt-error");
  expect(element.busy).toBe(false);
});

test("who hears of a question may clear it before it is asked", async () => {
  const element = chat();
  element.addEventListener("gpt-message", () => element.clear(), { once: true });
  expect(await element.send("one")).toBeNull();
  expect([element.messages, texts(element), endpoint.calls]).toEqual([[], [], []]);
});

test("the wait before another try goes on in an element that is put elsewhere", async () => {
  vi.useFakeTimers();
  const element = chat();
  endpoint.answers = [() => json({ error: "Slower." }, 429, { "Retry-After": "60" })];
  await element.send("one");
  element.remove();
  await vi.advanceTimersByTimeAsync(61_000);
  document.body.append(element);
  expect(within<HTMLButtonElement>(element, ".retry").disabled).toBe(false);
  vi.useRealTimers();
});

test("clearing forgets the answer that is under way, too", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const element = chat({ history: "local" });
  const answer = element.send("one");
  await settle();
  stream.say("delta", { text: "Ha" });
  await settle();
  expect(localStorage).toHaveLength(1);
  element.clear();
  expect(await answer).toBeNull();
  expect([element.messages, texts(element), localStorage.length]).toEqual([[], [], 0]);
  expect(endpoint.calls[0]?.signal.aborted).toBe(true);
});

test("a conversation that is kept is there again; another endpoint has another one", async () => {
  await chat({ history: "session" }).send("one");
  document.body.replaceChildren();
  const again = chat({ history: "session" });
  expect(again.messages).toHaveLength(2);
  await shown(again, "one", "You said one");
  expect(chat({ history: "session", endpoint: "https://other.example/" }).messages).toEqual([]);
  expect(chat({ history: "session", id: "second" }).messages).toEqual([]);
  expect(chat().messages).toEqual([]);
});

test("properties set before the element is known are taken up", async () => {
  const early = document.createElement("gpt-chat") as GptChat;
  Object.defineProperty(early, "messages", { value: [{ role: "user", content: "early" }], configurable: true, writable: true });
  Object.defineProperty(early, "greeting", { value: "Welcome", configurable: true, writable: true });
  document.body.append(early);
  await shown(early, "early");
  expect(early.getAttribute("greeting")).toBe("Welcome");
  expect(Object.hasOwn(early, "messages")).toBe(false);
  expect(() => (early.messages = [{ role: "system", content: "x" }] as never)).toThrow(TypeError);
});

test("it speaks its own language, else that of what is around it, else the document's", () => {
  document.documentElement.lang = "fr-CA";
  expect(within(chat(), "textarea").getAttribute("placeholder")).toBe(fr["page.widget.placeholder"]);
  expect(within(chat({ lang: "en" }), "textarea").getAttribute("placeholder")).toBe(en["page.widget.placeholder"]);
  expect(within(chat({ lang: "de" }), ".send").getAttribute("aria-label")).toBe(en["page.widget.send"]);
  const element = chat({ placeholder: "Ask", lang: "en" });
  element.lang = "fr";
  expect(within(element, ".send").getAttribute("aria-label")).toBe(fr["page.widget.send"]);
  expect(within(element, "textarea").getAttribute("placeholder")).toBe("Ask");
});

test("title and greeting are text, and shown only where there are any", () => {
  const bare = chat();
  expect(within(bare, ".header").hidden).toBe(true);
  expect(within(bare, "[part~=greeting]").hidden).toBe(true);
  const element = chat({ title: "<b>Help</b>", greeting: "<i>Hi</i> **you**" });
  expect(within(element, ".title").textContent).toBe("<b>Help</b>");
  expect(within(element, "[part~=greeting]").textContent).toBe("<i>Hi</i> **you**");
  expect(within(element, "section").getAttribute("aria-label")).toBe("<b>Help</b>");
});

test("an endpoint that is no address on the web is told", async () => {
  for (const wrong of ["javascript:alert(1)", "https://"]) {
    expect(await chat({ endpoint: wrong }).send("one")).toBeNull();
    expect(heard.at(-1)?.[1]).toMatchObject({ code: "endpoint" });
  }
  expect(endpoint.calls).toEqual([]);
});

test("Enter sends, Shift and Enter does not, nor does Enter that ends composing", async () => {
  const element = chat();
  const box = within<HTMLTextAreaElement>(element, "textarea");
  const press = (more: KeyboardEventInit = {}): boolean =>
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...more }));
  box.value = "one";
  press({ shiftKey: true });
  press({ isComposing: true });
  expect(element.messages).toEqual([]);
  press();
  await shown(element, "one", "You said one");
  expect(box.value).toBe("");
});

test("letters typed in it are not the page's shortcuts", () => {
  const element = chat();
  const seen = vi.fn();
  document.body.addEventListener("keydown", seen);
  const box = within(element, "textarea");
  for (const more of [{ key: "s" }, { key: "s", ctrlKey: true }, { key: "Tab" }]) {
    box.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, composed: true, ...more }));
  }
  expect(seen).toHaveBeenCalledTimes(2);
  document.body.removeEventListener("keydown", seen);
});

test("an answer of an element that has left the page is stopped, of one that is moved it goes on", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const element = chat();
  const answer = element.send("one");
  await settle();
  document.body.prepend(element);
  await settle();
  expect(element.busy).toBe(true);
  element.remove();
  expect(await answer).toBeNull();
  expect(endpoint.calls[0]?.signal.aborted).toBe(true);
});

test("loading the script again does no harm", async () => {
  vi.resetModules();
  await import("../../src/widget/main.ts");
  expect(customElements.get("gpt-chat")).toBe(GptChat);
});

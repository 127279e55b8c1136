import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { events } from "../../src/app/events.ts";
import { prefer } from "../../src/app/preferences.ts";
import { onRoute, route } from "../../src/app/router.ts";
import { loadSettings } from "../../src/app/settings.ts";
import { say, speak } from "../../src/app/words.ts";
import { MOST, aloud } from "../../src/chat/aloud.ts";
import { ChatScreen } from "../../src/chat/chat-screen.ts";
import type { MessageView } from "../../src/chat/message-view.ts";
import { FakeServer, answer, message } from "./fake-server.ts";

let server: FakeServer;
let screen: ChatScreen;
let unsubscribe: () => void;
const scrolled: Element[] = [];

beforeEach(async () => {
  speak("en");
  prefer("gate", "passed");
  server = new FakeServer();
  scrolled.length = 0;
  Element.prototype.scrollIntoView = function (this: Element): void {
    scrolled.push(this);
  };
  await loadSettings();
  screen = new ChatScreen();
  unsubscribe = onRoute((now) => Object.assign(screen, { conversation: now.id, message: now.message }));
});

afterEach(() => {
  unsubscribe();
  screen.remove();
  events.stop();
  prefer("gate", null);
  speak(null);
  history.replaceState(null, "", "/chat");
  vi.unstubAllGlobals();
});

/** Open an address as the page's frame does. */
function open(path: string): void {
  history.replaceState(null, "", path);
  const now = route();
  Object.assign(screen, { conversation: now.id, message: now.message });
  if (!screen.isConnected) document.body.append(screen);
}

const views = (): MessageView[] => [...screen.renderRoot.querySelectorAll<MessageView>("lt-message")];
const told = (): string => screen.renderRoot.querySelector("[role=status][aria-live]")?.textContent ?? "";
const found = (): (string | undefined)[] => views().filter((view) => view.hasAttribute("found")).map(({ shown }) => shown.message?.id);

test("a message that was looked for is scrolled to, focused, and stands out for a moment", async () => {
  server.messages = Array.from({ length: 200 }, (_, at) => message(at + 1, `text ${at + 1}`));
  open("/chat/c#m3");
  await vi.waitFor(() => expect(found()).toEqual(["3"]));
  await vi.waitFor(() => expect(screen.shadowRoot?.activeElement).toBe(views().find(({ shown }) => shown.message?.id === "3")));
  expect(scrolled.at(-1)).toBe(screen.shadowRoot?.activeElement);
  expect(server.calls.filter(({ method }) => method === "PATCH")).toEqual([]);
  expect(location.hash).toBe(""); // so that the same result can be chosen again
});

test("a message of another branch brings that branch into use with one call", async () => {
  server.messages = [message(1, "Q"), message(2, "A")];
  const other = [message(3, "Q2", { parent: null, siblings: ["1", "3"] }), message(4, "A2")];
  server.otherwise = ({ method }) => {
    if (method === "PATCH") server.messages = other;
    return undefined;
  };
  open("/chat/c");
  await vi.waitFor(() => expect(views()).toHaveLength(2));
  open("/chat/c#m4");
  await vi.waitFor(() => expect(found()).toEqual(["4"]));
  expect(server.calls.filter(({ method }) => method === "PATCH")).toMatchObject([{ path: "/api/conversations/c", body: { through: "4" } }]);
});

test("to continue a stopped answer is to ask for the rest, right after it", async () => {
  server.messages = [message(1, "Q"), message(2, "Half", { partial: true })];
  open("/chat/c");
  await vi.waitFor(() => expect(views()).toHaveLength(2));
  await views()[1]?.updateComplete;
  views()[1]?.renderRoot.querySelector<HTMLElement>(".go-on")?.click();
  await vi.waitFor(() => expect(server.asked("POST", "/api/answers")).toHaveLength(1));
  expect(server.asked("POST", "/api/answers")[0]?.body).toEqual({
    id: expect.any(String), conversation: "c", text: say("page.chat.go_on_words"), images: [], after: "2",
  });
});

test("an answer is read aloud once, when it is all there", async () => {
  events.start();
  server.messages = [message(1, "Q")];
  server.running = answer();
  open("/chat/c");
  await vi.waitFor(() => expect(views().at(-1)?.shown.growing).toBe(true));
  server.tell("answer", { id: "a", conversation: "c", seq: 1, type: "delta", text: "Kick, " });
  await vi.waitFor(() => expect(views().at(-1)?.words).toContain("Kick,"));
  expect(told()).toBe("");
  server.messages.push(message(2, "Kick, snare."));
  server.running = null;
  server.tell("answer", { id: "a", conversation: "c", seq: 2, type: "delta", text: "snare." });
  server.tell("answer", { id: "a", conversation: "c", seq: 3, type: "done", message: message(2, "Kick, snare.") });
  await vi.waitFor(() => expect(told()).toBe(aloud("Kick, snare.", false)));
});

test("of a very long answer the beginning is read aloud, and that there is more", () => {
  expect(aloud("a".repeat(MOST), true)).toBe(say("page.chat.says_partial", { text: "a".repeat(MOST) }));
  const beginning = say("page.chat.says_beginning", { text: "a".repeat(MOST) });
  expect(aloud("a".repeat(MOST + 1), false)).toBe(say("page.chat.says", { text: beginning }));
});

test("a stop while the question is being sent takes effect when the server has it", async () => {
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  server.otherwise = ({ path }) => (path === "/api/answers" ? arrived : undefined);
  open("/chat");
  await vi.waitFor(() => expect(screen.renderRoot.querySelector(".starters button")).not.toBeNull());
  screen.renderRoot.querySelector<HTMLElement>(".starters button")?.click();
  const stop = (): HTMLElement | null | undefined => screen.renderRoot.querySelector("lt-composer")?.shadowRoot?.querySelector(".stop");
  await vi.waitFor(() => expect(stop()).toBeTruthy());
  stop()?.click();
  arrive();
  await vi.waitFor(() => expect(server.asked("POST", "/api/answers/a/stop")).toHaveLength(1));
});

test("a cut answer tells why in one notice, with the ways on", async () => {
  const error = { code: "stream_cut", message: "It was cut. Try `again`.", request_id: "r", retry_after: null };
  server.messages = [message(1, "Q"), message(2, "Half", { partial: true })];
  server.running = answer({ state: "failed", text: "Half", message: "2", error });
  open("/chat/c");
  await vi.waitFor(() => expect(views()).toHaveLength(2));
  await views()[1]?.updateComplete;
  const notices = views()[1]?.renderRoot.querySelectorAll("[role=alert]");
  expect(notices).toHaveLength(1);
  expect(notices?.[0]?.textContent).toContain("It was cut. Try again.");
  expect([...(notices?.[0]?.querySelectorAll("button") ?? [])].map((one) => one.textContent)).toEqual([
    say("page.chat.go_on"), say("page.chat.ask_again"),
  ]);
  expect(screen.renderRoot.querySelector(".trouble")).toBeNull();
});

test("an answer that failed before anything came is told in the thread", async () => {
  const error = { code: "network", message: "No line.", request_id: "r", retry_after: null };
  server.messages = [message(1, "Q")];
  server.running = answer({ state: "failed", error });
  open("/chat/c");
  await vi.waitFor(() => expect(screen.renderRoot.querySelector(".trouble")?.textContent).toContain("No line."));
});

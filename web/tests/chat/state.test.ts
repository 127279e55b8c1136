import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { events } from "../../src/app/events.ts";
import { ChatState } from "../../src/chat/state.ts";
import { FakeServer, answer, conversation, detail, message, refusal } from "./fake-server.ts";

let server: FakeServer;
let state: ChatState;
let begun: string[];
let turned: string[];

beforeEach(() => {
  server = new FakeServer();
  begun = [];
  turned = [];
  state = new ChatState({
    changed: () => undefined,
    grew: () => undefined,
    turned: (answer) => turned.push(`${answer.state} in ${state.id}`),
    begun: (id) => begun.push(id),
  });
});

afterEach(() => vi.unstubAllGlobals());

/** A door that a fake answer waits behind. */
function door(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

test("a question is shown at once, and is no longer on its way when the server has it", async () => {
  const asking = state.ask({ text: "Q", images: [] });
  expect(state.pending).toMatchObject({ text: "Q", conversation: null, error: null });
  expect(await asking).toBe(true);
  expect(state.pending).toBeNull();
  expect([state.id, begun]).toEqual(["c", ["c"]]);
  expect(state.answer?.state).toBe("running");
});

test("a question that is not sent is kept with the reason, and can be sent again", async () => {
  server.otherwise = ({ method }) => (method === "POST" ? refusal("too_many_answers", 429) : undefined);
  expect(await state.ask({ text: "Q", images: [] })).toBe(false);
  expect(state.pending).toMatchObject({ text: "Q", error: { code: "too_many_answers" } });
  server.otherwise = () => undefined;
  expect(state.pending && (await state.ask(state.pending))).toBe(true);
});

test("a question whose reply was lost is found, and not asked twice", async () => {
  const end = state.start();
  events.start();
  const hello = (): void => server.tell("hello", { change: 1, answers: [] });
  server.otherwise = ({ method, path }) => {
    if (method === "POST" && path === "/api/answers") throw new TypeError("network");
    if (path.startsWith("/api/answers/")) return refusal("not_here", 404);
    return undefined;
  };
  await state.ask({ text: "Q", images: [] });
  const id = state.pending?.id ?? "";
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  hello();
  await vi.waitFor(() => expect(server.calls.filter(({ path }) => path === `/api/answers/${id}`)).toHaveLength(1));
  expect(state.pending).toMatchObject({ text: "Q", error: { code: "unreachable" } });
  server.otherwise = ({ path }) => (path === `/api/answers/${id}` ? { answer: answer({ id }) } : undefined);
  hello();
  await vi.waitFor(() => expect(state.pending).toBeNull());
  expect([state.id, begun, state.answer?.id]).toEqual(["c", ["c"], id]);
  expect(server.calls.filter(({ method, path }) => method === "POST" && path === "/api/answers")).toHaveLength(1);
  events.stop();
  end();
});

test("a question that is sent again is the same one", async () => {
  const ids: unknown[] = [];
  server.otherwise = ({ method, body }) => {
    if (method !== "POST") return undefined;
    ids.push((body as { id: string }).id);
    return refusal("too_many_answers", 429);
  };
  await state.ask({ text: "Q", images: [] });
  if (state.pending) await state.ask(state.pending);
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
});

test("the list has a new conversation as soon as it has begun, whatever was read before", async () => {
  const { open, opened } = door();
  let listed: { conversations: unknown[] } = { conversations: [] };
  let first = true;
  server.otherwise = async ({ path }) => {
    if (!path.startsWith("/api/conversations?")) return undefined;
    if (!first) return listed;
    first = false;
    await opened;
    return { conversations: [] };
  };
  const slow = state.readList();
  listed = { conversations: [conversation("c")] };
  await state.ask({ text: "Q", images: [] });
  await vi.waitFor(() => expect(state.conversations?.map(({ id }) => id)).toEqual(["c"]));
  open();
  await slow;
  expect(state.conversations?.map(({ id }) => id)).toEqual(["c"]);
});

test("who goes elsewhere while a question is sent is not taken back", async () => {
  const { open, opened } = door();
  server.otherwise = ({ method }) => (method === "POST" ? opened : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  await state.show("other");
  open();
  await asking;
  expect([state.id, begun]).toEqual(["other", []]);
});

test("of two readings that cross, the later one counts", async () => {
  const { open, opened } = door();
  let first = true;
  server.otherwise = async ({ path }) => {
    if (path !== "/api/conversations/c" || !first) return undefined;
    first = false;
    await opened;
    return detail([message(1, "old")]);
  };
  const slow = state.show("c");
  server.messages = [message(1, "new")];
  await state.read();
  open();
  await slow;
  expect(state.detail?.messages[0]?.text).toBe("new");
});

test("a conversation that is not there is told; one that cannot be read anew stays shown", async () => {
  await state.show("c");
  server.otherwise = ({ path }) => (path === "/api/conversations/c" ? refusal("internal", 500) : undefined);
  await state.read();
  expect([state.trouble, state.detail?.conversation.id]).toEqual([null, "c"]);
  server.otherwise = ({ path }) => (path === "/api/conversations/c" ? refusal("unknown", 404) : undefined);
  await state.read();
  expect([state.trouble?.code, state.detail]).toEqual(["unknown", null]);
});

test("what fails is told, and is forgotten when the next thing is done", async () => {
  server.otherwise = ({ method }) => (method === "DELETE" ? refusal("books", 503) : undefined);
  await state.remove("c");
  expect(state.trouble?.code).toBe("books");
  server.otherwise = () => undefined;
  await state.restore("c");
  expect(state.trouble).toBeNull();
});

test("an answer that failed is told until somebody asks again", async () => {
  server.running = answer({ id: "old", state: "failed", error: { code: "network", message: "No.", request_id: "r", retry_after: null } });
  await state.show("c");
  expect(state.answer?.error?.code).toBe("network");
  server.running = null;
  await state.ask({ text: "", images: [], again: "1" });
  expect(state.answer).toMatchObject({ state: "running", conversation: conversation("c").id });
});

const stops = (): string[] => server.calls.filter(({ path }) => path.endsWith("/stop")).map(({ path }) => path);

test("a stop before the server has the question ends its answer as soon as that is known", async () => {
  const { open, opened } = door();
  server.otherwise = ({ path }) => (path === "/api/answers" ? opened : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  expect(state.busy).toBe(true);
  await state.stop();
  expect(stops()).toEqual([]);
  open();
  await asking;
  expect(stops()).toEqual(["/api/answers/a/stop"]);
});

test("a stop after that does not wait until the conversation is read", async () => {
  const { open, opened } = door();
  server.otherwise = ({ path }) => (path === "/api/conversations/c" ? opened : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  await vi.waitFor(() => expect(state.answer?.state).toBe("running"));
  expect(state.pending).not.toBeNull();
  await state.stop();
  expect(stops()).toEqual(["/api/answers/a/stop"]);
  open();
  await asking;
});

test("the first answer of a conversation is told to begin in it, however much of it came before the server's reply", async () => {
  const { open, opened } = door();
  const ended = answer({ state: "done", seq: 3, text: "One.", message: "2" });
  server.otherwise = ({ path }) => (path === "/api/answers" ? opened : path === "/api/answers/a" ? { answer: ended } : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  state.live.hear({ id: "a", conversation: "c", seq: 1, type: "start", model: "m" });
  await vi.waitFor(() => expect(turned).toEqual(["done in null"]));
  open();
  await asking;
  expect(turned).toContain("running in c");
});

test("an answer that is heard of before the server has replied is stopped at once", async () => {
  await state.show("c");
  const { open, opened } = door();
  server.otherwise = ({ path }) => (path === "/api/answers" ? opened : path === "/api/answers/b" ? { answer: answer({ id: "b" }) } : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  state.live.hear({ id: "b", conversation: "c", seq: 0, type: "start", model: "m" });
  await state.stop();
  expect(stops()).toEqual(["/api/answers/b/stop"]);
  open();
  await asking;
});

test("a stopped question that was not sent can be sent again, and is answered then", async () => {
  server.otherwise = ({ method }) => (method === "POST" ? refusal("too_many_answers", 429) : undefined);
  const asking = state.ask({ text: "Q", images: [] });
  await state.stop();
  await asking;
  server.otherwise = () => undefined;
  if (state.pending) await state.ask(state.pending);
  expect([stops(), state.answer?.state]).toEqual([[], "running"]);
});

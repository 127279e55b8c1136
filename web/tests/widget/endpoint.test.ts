import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Message, Refusal, ask } from "../../src/widget/endpoint.ts";
import { speaking } from "../../src/widget/words.ts";
import { Endpoint, Stream, json, settle } from "./server.ts";

const say = speaking("en");
const MESSAGES: Message[] = [{ role: "user", content: "Hello" }];

let endpoint: Endpoint;
let grown: string[];
let controller: AbortController;
let host = 0;

beforeEach(() => {
  endpoint = new Endpoint();
  grown = [];
  controller = new AbortController();
  host += 1; // tokens are kept by origin
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const origin = (): string => `https://host${host}.example`;

function asked(ours = false): Promise<string> {
  return ask({
    endpoint: new URL(`${origin()}/api/chat`),
    ours,
    messages: MESSAGES,
    language: "fr",
    say,
    signal: controller.signal,
    grown: (text) => grown.push(text),
  });
}

async function refusal(): Promise<Refusal> {
  const error: unknown = await asked().then(() => null, (reason: unknown) => reason);
  if (!(error instanceof Refusal)) throw new Error(`no refusal: ${String(error)}`);
  return error;
}

test("any endpoint that answers JSON with a message will do", async () => {
  endpoint.answers = [() => json({ message: "Hi" })];
  expect(await asked()).toBe("Hi");
  const [call] = endpoint.calls;
  expect(call?.url).toBe(`${origin()}/api/chat`);
  expect(call?.body).toEqual({ messages: MESSAGES, stream: true });
  expect(call?.headers.get("Content-Type")).toBe("application/json");
  expect(call?.headers.get("Accept-Language")).toBe("fr");
  expect(call?.headers.has("X-Livetechno-Session")).toBe(false);
});

test("what is said goes nowhere but to the endpoint", async () => {
  endpoint.answers = [() => json({ message: "Hi" })];
  await asked();
  expect(endpoint.calls[0]?.redirect).toBe("error");
});

test("a stream is told as it grows, however its bytes are cut", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const answer = asked();
  await settle();
  stream.raw(": padding\n\nevent: start\ndata: {}\n\nevent: del");
  stream.raw('ta\ndata: {"text":"Sw"}\n');
  stream.raw('\nevent: delta\ndata: {"text":"ing"}\n\n');
  await settle();
  expect(grown.at(-1)).toBe("Swing");
  stream.say("done", { message: "Swing." });
  expect(await answer).toBe("Swing.");
});

test("a stream that ends early is no whole answer", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const failed = refusal();
  await settle();
  stream.say("delta", { text: "Sw" });
  stream.end();
  expect((await failed).code).toBe("cut");
  expect(grown).toEqual(["Sw"]);
});

test("an error inside a stream is told in its own words", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const failed = refusal();
  await settle();
  stream.say("error", { error: { code: "budget_exceeded", message: "No money.", retry_after: 9 } });
  expect(await failed).toMatchObject({ code: "budget_exceeded", message: "No money.", retryAfter: 9 });
});

test.each([
  [json({ error: { code: "rate_limited", message: "Slower.", retry_after: 7 } }, 429), "rate_limited", "Slower.", 7],
  [json({ error: "Slower." }, 429, { "Retry-After": "12" }), "failed", "Slower.", 12],
  [new Response("<h1>Bad gateway</h1>", { status: 502 }), "failed", say("page.widget.failed", { status: 502 }), 0],
  [json([1, 2], 500), "failed", say("page.widget.failed", { status: 500 }), 0],
])("a refusal says what the endpoint says, or its status: %#", async (response, code, message, retryAfter) => {
  endpoint.answers = [() => response];
  expect(await refusal()).toMatchObject({ code, message, retryAfter });
});

test("a moment to try again is read as seconds from now", async () => {
  const moment = new Date(Date.now() + 30_000).toUTCString();
  endpoint.answers = [() => json({}, 503, { "Retry-After": moment })];
  const { retryAfter } = await refusal();
  expect(retryAfter).toBeGreaterThan(27);
  expect(retryAfter).toBeLessThanOrEqual(30);
});

test.each([json({ answer: "Hi" }), json({ message: 1 }), json({ message: " " }), json(null), new Response("Hi")])(
  "what has no message is no answer: %#",
  async (response) => {
    endpoint.answers = [() => response];
    expect((await refusal()).code).toBe("no_answer");
  },
);

test("a server that cannot be reached is named", async () => {
  const failed = await refusal();
  expect(failed.code).toBe("no_connection");
  expect(failed.message).toContain(`host${host}.example`);
});

test("a server that says nothing is not waited for without end", async () => {
  vi.useFakeTimers();
  endpoint.answers = [() => new Promise<Response>(() => undefined)];
  const failed = refusal();
  await vi.advanceTimersByTimeAsync(300_000);
  expect((await failed).code).toBe("timed_out");
  expect(endpoint.calls[0]?.signal.aborted).toBe(true);
});

test("what the asker stops is stopped on its way", async () => {
  const stream = new Stream();
  endpoint.answers = [(call) => stream.answer(call)];
  const failed = refusal();
  await settle();
  controller.abort();
  await failed;
  expect(endpoint.calls[0]?.signal.aborted).toBe(true);
});

test("a session is asked for only when the server wants one, and its token goes in a header", async () => {
  const unknown = (): Response => json({ error: { code: "session_unknown", message: "Who?" } }, 401);
  endpoint.answers = [unknown, () => json({ token: "t-1", expires: 3600 }), () => json({ message: "Hi" })];
  expect(await asked()).toBe("Hi");
  expect(endpoint.calls.map(({ url }) => url.slice(origin().length))).toEqual(["/api/chat", "/api/session", "/api/chat"]);
  expect(endpoint.calls[2]?.headers.get("X-Livetechno-Session")).toBe("t-1");
  expect(await asked()).toBe("Hi");
  expect(endpoint.calls[3]?.headers.get("X-Livetechno-Session")).toBe("t-1");
  expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])).not.toContain("t-1");
});

test("a livetechno is asked for a session before the first question, so that none is refused", async () => {
  endpoint.answers = [
    ({ url, headers }) => {
      if (url.endsWith("/api/session")) return json({ token: "t-4" });
      return headers.get("X-Livetechno-Session") === "t-4" ? json({ message: "Hi" }) : json({ error: { code: "session_unknown" } }, 401);
    },
  ];
  expect(await Promise.all([asked(true), asked(true)])).toEqual(["Hi", "Hi"]);
  expect(await asked(true)).toBe("Hi");
  const paths = endpoint.calls.map(({ url }) => url.slice(origin().length));
  expect(paths).toEqual(["/api/session", "/api/chat", "/api/chat", "/api/chat"]);
});

test("where a cookie is the session it is asked for once, and no header is sent", async () => {
  endpoint.answers = [({ url }) => (url.endsWith("/api/session") ? new Response(null, { status: 204 }) : json({ message: "Hi" }))];
  await asked(true);
  await asked(true);
  expect(endpoint.calls.map(({ url }) => url.slice(origin().length))).toEqual(["/api/session", "/api/chat", "/api/chat"]);
  expect(endpoint.calls.some(({ headers }) => headers.has("X-Livetechno-Session"))).toBe(false);
});

test("who has no session to give is asked all the same", async () => {
  endpoint.answers = [({ url }) => (url.endsWith("/api/session") ? json({ error: "no" }, 404) : json({ message: "Hi" }))];
  expect(await asked(true)).toBe("Hi");
});

test("a token that has run out is renewed once, and no more", async () => {
  const unknown = (): Response => json({ error: { code: "session_unknown", message: "Who?" } }, 401);
  endpoint.answers = [unknown, () => json({ token: "t-2" }), unknown];
  expect(await refusal()).toMatchObject({ code: "session_unknown", message: "Who?" });
  expect(endpoint.calls).toHaveLength(3);
});

test("two widgets that find no session ask for one together", async () => {
  endpoint.answers = [
    ({ url, headers }) => {
      if (url.endsWith("/api/session")) return json({ token: "t-3" });
      return headers.has("X-Livetechno-Session") ? json({ message: "Hi" }) : json({ error: { code: "session_unknown" } }, 401);
    },
  ];
  expect(await Promise.all([asked(), asked()])).toEqual(["Hi", "Hi"]);
  expect(endpoint.calls.filter(({ url }) => url.endsWith("/api/session"))).toHaveLength(1);
});

test("another 401 is told as it is", async () => {
  endpoint.answers = [() => json({ error: { code: "key_unknown", message: "Wrong key." } }, 401)];
  expect((await refusal()).message).toBe("Wrong key.");
  expect(endpoint.calls).toHaveLength(1);
});

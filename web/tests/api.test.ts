import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, get, open, post } from "../src/app/api.ts";
import { speak } from "../src/app/words.ts";

type Call = { path: string; init: RequestInit };

let calls: Call[];
let answers: (() => Response)[];

beforeEach(() => {
  calls = [];
  answers = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    calls.push({ path, init });
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  speak("en");
});

function says(status: number, body?: unknown): void {
  answers.push(() => new Response(body === undefined ? null : JSON.stringify(body), { status }));
}

const failure = (code: string, retry_after: number | null = null): unknown => ({
  error: { code, message: `about ${code}`, request_id: "req_1", retry_after },
});

const paths = (): string[] => calls.map(({ path }) => path);

test("a body goes as JSON, in the language of the page", async () => {
  speak("fr");
  says(200, { fine: true });
  expect(await post("/api/answers", { text: "bonjour" })).toEqual({ fine: true });
  const { method, headers, body } = calls[0]?.init ?? {};
  expect(method).toBe("POST");
  expect(headers).toMatchObject({ "Content-Type": "application/json", "Accept-Language": "fr" });
  expect(body).toBe('{"text":"bonjour"}');
});

test("an unknown session is renewed once, and the call repeated with its body", async () => {
  says(401, failure("session_unknown"));
  says(204);
  says(200, { id: "a" });
  expect(await post("/api/answers", { text: "x" })).toEqual({ id: "a" });
  expect(paths()).toEqual(["/api/answers", "/api/session", "/api/answers"]);
  expect(calls[2]?.init.body).toBe(calls[0]?.init.body);
});

test("a session that stays unknown is an error, not a loop", async () => {
  says(401, failure("session_unknown"));
  says(204);
  says(401, failure("session_unknown"));
  await expect(get("/api/settings")).rejects.toMatchObject({ code: "session_unknown", status: 401 });
  expect(calls).toHaveLength(3);
});

test("calls that fail at the same time renew the session together", async () => {
  const unknown = new Set(["/api/a", "/api/b"]);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    calls.push({ path, init });
    if (path === "/api/session") return new Response(null, { status: 204 });
    return unknown.delete(path)
      ? new Response(JSON.stringify(failure("session_unknown")), { status: 401 })
      : new Response("{}", { status: 200 });
  });
  await Promise.all([get("/api/a"), get("/api/b")]);
  expect(paths().filter((path) => path === "/api/session")).toHaveLength(1);
});

test("a secret of the address's fragment is taken out of it, and shown for a session", async () => {
  history.replaceState(null, "", "/chat#secret=s3");
  vi.resetModules();
  const { get: ask } = await import("../src/app/api.ts");
  expect(location.hash).toBe("");
  says(401, failure("session_unknown"));
  says(204);
  says(200, {});
  await ask("/api/settings");
  expect(calls[1]).toMatchObject({ path: "/api/session", init: { body: '{"secret":"s3"}' } });
});

test("another 401 is not repeated", async () => {
  says(401, failure("key_refused"));
  await expect(get("/api/models")).rejects.toMatchObject({ code: "key_refused" });
  expect(calls).toHaveLength(1);
});

test("a refusal carries what the server said of it", async () => {
  says(429, failure("rate_limit", 2.5));
  const error = await get("/api/models").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    code: "rate_limit",
    message: "about rate_limit",
    requestId: "req_1",
    retryAfter: 2.5,
    status: 429,
  });
});

test("a server that is not there is an error with a sentence", async () => {
  await expect(get("/api/models")).rejects.toMatchObject({ code: "unreachable", status: 0 });
});

test("what is no JSON of ours is an error with a sentence", async () => {
  answers.push(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(get("/api/models")).rejects.toMatchObject({ code: "unreadable", status: 502 });
});

test("an empty answer is undefined", async () => {
  says(204);
  expect(await post("/api/answers/a/stop")).toBeUndefined();
});

test("a call that is given up stays an AbortError", async () => {
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    init.signal?.throwIfAborted();
    return new Response("{}");
  });
  const given = new AbortController();
  given.abort();
  await expect(open("GET", "/api/events", undefined, { signal: given.signal })).rejects.toMatchObject({
    name: "AbortError",
  });
});

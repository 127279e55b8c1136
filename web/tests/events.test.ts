import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EventStream } from "../src/app/events.ts";
import { whenChanged } from "../src/app/fresh.ts";

/** A server of one stream after the other, whose ends are in the test's hand. */
class Connections {
  readonly paths: string[] = [];
  readonly streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  refuses = false;

  readonly open = async (path: string, signal: AbortSignal): Promise<Response> => {
    this.paths.push(path);
    if (this.refuses) throw new Error("not there");
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.streams.push(controller);
        signal.addEventListener("abort", () => controller.error(new DOMException("", "AbortError")));
      },
    });
    return new Response(body);
  };

  say(type: string, data: unknown): void {
    this.streams.at(-1)?.enqueue(new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
  }
}

let server: Connections;
let events: EventStream;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  server = new Connections();
  events = new EventStream(server.open);
});

afterEach(() => {
  events.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

async function connected(change = 7): Promise<void> {
  events.start();
  await pass();
  server.say("hello", { change, answers: [] });
  await pass();
}

test("subscribers hear changes and answers of their kind", async () => {
  const changes = vi.fn();
  const answers = vi.fn();
  events.subscribe("change", changes);
  events.subscribe("answer", answers);
  await connected();
  server.say("change", { number: 8, kind: "conversation", object: "c1" });
  server.say("answer", { id: "a1", conversation: "c1", seq: 1, type: "delta", text: "bon" });
  await pass();
  expect(changes.mock.calls).toEqual([[{ number: 8, kind: "conversation", object: "c1" }]]);
  expect(answers.mock.calls[0]?.[0]).toMatchObject({ type: "delta", text: "bon" });
});

test("the connection is open at hello, lost when it ends, and open again", async () => {
  const states: string[] = [];
  events.subscribe("connection", (state) => states.push(state));
  await connected();
  server.streams[0]?.close();
  await pass();
  expect(events.connection).toBe("lost");
  await pass(500);
  server.say("hello", { change: 7, answers: [] });
  await pass();
  expect(states).toEqual(["open", "lost", "open"]);
});

test("a new connection goes on after the last change that was heard", async () => {
  await connected(7);
  server.say("change", { number: 12, kind: "conversation", object: "c1" });
  await pass();
  server.streams[0]?.close();
  await pass(500);
  expect(server.paths).toEqual(["/api/events", "/api/events?after=12"]);
});

test("a connection that ends before its first change goes on after hello's", async () => {
  await connected(7);
  server.streams[0]?.close();
  await pass(500);
  expect(server.paths[1]).toBe("/api/events?after=7");
});

test("a server that stays away is asked less and less often, and never given up", async () => {
  server.refuses = true;
  events.start();
  await pass();
  for (const wait of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const before = server.paths.length;
    await pass(wait - 1);
    expect(server.paths).toHaveLength(before);
    await pass(1);
    expect(server.paths).toHaveLength(before + 1);
  }
});

test("trying now does not wait", async () => {
  server.refuses = true;
  events.start();
  await pass(2_000);
  const before = server.paths.length;
  events.retryNow();
  await pass();
  expect(server.paths).toHaveLength(before + 1);
});

test("a connection without a heartbeat is taken for dead", async () => {
  await connected();
  await pass(39_999);
  expect(events.connection).toBe("open");
  await pass(1);
  expect(events.connection).toBe("lost");
});

test("a connection that was silent while nobody looked is opened anew when somebody comes back", async () => {
  await connected();
  await pass(19_000);
  dispatchEvent(new Event("online"));
  await pass();
  expect(server.paths).toHaveLength(1);
  await pass(2_000);
  dispatchEvent(new Event("online"));
  await pass();
  expect(server.paths).toHaveLength(2);
});

test("a heartbeat keeps it", async () => {
  await connected();
  for (let beat = 0; beat < 4; beat++) {
    await pass(15_000);
    server.streams[0]?.enqueue(new TextEncoder().encode(": heartbeat\n\n"));
  }
  await pass();
  expect(events.connection).toBe("open");
  expect(server.paths).toHaveLength(1);
});

test("who ended a subscription hears nothing more", async () => {
  const changes = vi.fn();
  const end = events.subscribe("change", changes);
  await connected();
  end();
  server.say("change", { number: 8, kind: "conversation", object: "c1" });
  await pass();
  expect(changes).not.toHaveBeenCalled();
});

test("a stopped stream is not opened again", async () => {
  await connected();
  events.stop();
  await pass(60_000);
  expect(server.paths).toHaveLength(1);
});

test("many changes at once are one reason to look anew, of the kinds asked for", async () => {
  const reload = vi.fn();
  const end = whenChanged(["call"], reload, events);
  await connected();
  for (let number = 8; number < 20; number++) server.say("change", { number, kind: "call", object: `${number}` });
  await pass(250);
  expect(reload).toHaveBeenCalledOnce();
  server.say("change", { number: 20, kind: "conversation", object: "c1" });
  await pass(500);
  expect(reload).toHaveBeenCalledOnce();
  server.say("change", { number: 21, kind: "call", object: "21" });
  await pass();
  end();
  await pass(500);
  expect(reload).toHaveBeenCalledOnce();
});

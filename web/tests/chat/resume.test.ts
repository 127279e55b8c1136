import { expect, test } from "vitest";
import type { Answer, AnswerEvent } from "../../src/app/types.ts";
import { LiveAnswers } from "../../src/chat/resume.ts";

const WORDS = Array.from({ length: 20 }, (_, at) => `w${at} `);

function snapshot(seq: number): Answer {
  const state = seq > WORDS.length ? "done" : "running";
  return {
    id: "a", conversation: "c", question: "q", state, text: WORDS.slice(0, seq).join(""), seq, message: null, error: null, model: "m",
  };
}

function step(seq: number): AnswerEvent {
  const done = seq > WORDS.length;
  return { id: "a", conversation: "c", seq, type: done ? "done" : "delta", ...(done ? {} : { text: WORDS[seq - 1] ?? "" }) };
}

function page(fetched: () => Promise<Answer | null>): { live: LiveAnswers; gone: string[] } {
  const gone: string[] = [];
  const live = new LiveAnswers(fetched, { grew: () => undefined, turned: () => undefined, gone: (id) => gone.push(id) });
  return { live, gone };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("wherever a page comes in, whatever it hears twice, no character is twice or missing", async () => {
  for (let first = 1; first <= WORDS.length; first += 1) {
    for (const known of [first - 1, first, Math.min(first + 3, WORDS.length + 1)]) {
      const { live } = page(() => Promise.resolve(snapshot(known)));
      for (let seq = first; seq <= WORDS.length + 1; seq += 1) {
        live.hear(step(seq));
        if (seq % 3 === 0) live.hear(step(Math.max(first, seq - 1)));
        if (seq === first + 1) await settled();
      }
      await settled();
      expect(live.of("c")?.text).toBe(WORDS.join(""));
      expect(live.of("c")?.state).toBe("done");
    }
  }
});

test("an answer that is fetched late takes back nothing that was heard meanwhile", async () => {
  let fetched: (answer: Answer) => void = () => undefined;
  const { live } = page(() => new Promise((resolve) => (fetched = resolve)));
  live.hear(step(1));
  live.put(snapshot(0));
  for (let seq = 2; seq <= WORDS.length + 1; seq += 1) live.hear(step(seq));
  fetched(snapshot(1));
  await settled();
  expect(live.of("c")).toMatchObject({ state: "done", text: WORDS.join("") });
});

test("a step that is missing makes it fetch the answer", async () => {
  let asked = 0;
  const { live } = page(() => {
    asked += 1;
    return Promise.resolve(snapshot(5));
  });
  live.put(snapshot(2));
  live.hear(step(6));
  await settled();
  expect(asked).toBe(1);
  expect(live.of("c")?.text).toBe(WORDS.slice(0, 6).join(""));
});

test("an answer that ended while the connection was lost is fetched, or known to be gone", async () => {
  const ended = page(() => Promise.resolve(snapshot(WORDS.length + 1)));
  ended.live.put(snapshot(3));
  ended.live.hello([]);
  await settled();
  expect(ended.live.of("c")?.state).toBe("done");

  const lost = page(() => Promise.resolve(null));
  lost.live.put(snapshot(3));
  lost.live.hello([]);
  await settled();
  expect(lost.gone).toEqual(["a"]);
  expect(lost.live.of("c")).toBeNull();
});

test("an older copy never takes text away", () => {
  const { live } = page(() => Promise.resolve(null));
  live.put(snapshot(8));
  live.put(snapshot(4));
  expect(live.of("c")?.seq).toBe(8);
});

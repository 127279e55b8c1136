import { expect, test } from "vitest";
import type { Pending } from "../../src/chat/state.ts";
import { thread } from "../../src/chat/thread.ts";
import { ApiError } from "../../src/app/api.ts";
import type { Shown } from "../../src/chat/message-view.ts";
import { answer, detail, message } from "./fake-server.ts";

const TALK = [message(1, "Q1"), message(2, "A1"), message(3, "Q2"), message(4, "A2")];
const texts = (shown: readonly Shown[]): string[] => shown.map(({ text, growing }) => (growing ? `${text}…` : text));

function pending(more: Partial<Pending> = {}): Pending {
  return { id: "a", conversation: "c", text: "New", images: [], error: null, ...more };
}

test("a branch is shown as it is stored, without what only the model and its tools said", () => {
  const tools = [message(5, "Q3"), message(6, ""), { ...message(7, "result"), role: "tool" as const }, message(8, "A3", { parent: "7" })];
  expect(texts(thread(detail([...TALK, ...tools]), null, null))).toEqual(["Q1", "A1", "Q2", "A2", "Q3", "A3"]);
  expect(thread(null, null, null)).toEqual([]);
});

test("a question on its way is at the end, with an answer that is waited for", () => {
  expect(texts(thread(detail(TALK), null, pending()))).toEqual(["Q1", "A1", "Q2", "A2", "New", "…"]);
});

test("one that was not sent stays, and nothing is waited for", () => {
  expect(texts(thread(detail(TALK), null, pending({ error: ApiError.unreachable() })))).toEqual(["Q1", "A1", "Q2", "A2", "New"]);
});

test("asked instead, or again, what came after is hidden at once", () => {
  expect(texts(thread(detail(TALK), null, pending({ after: "2" })))).toEqual(["Q1", "A1", "New", "…"]);
  expect(texts(thread(detail(TALK), null, pending({ after: null })))).toEqual(["New", "…"]);
  expect(texts(thread(detail(TALK), null, pending({ text: "", again: "4" })))).toEqual(["Q1", "A1", "Q2", "…"]);
  expect(texts(thread(detail(TALK), null, pending({ text: "", again: "1" })))).toEqual(["Q1", "…"]);
});

test("a growing answer takes the place of the one that is asked for again, and keeps its key when it is stored", () => {
  const growing = thread(detail(TALK), answer({ question: "3", text: "B" }), null);
  expect(texts(growing)).toEqual(["Q1", "A1", "Q2", "B…"]);
  const other = message(6, "Better", { parent: "3", siblings: ["4", "6"] });
  const stored = thread(detail([...TALK.slice(0, 3), other]), answer({ question: "3", text: "Better", state: "done", message: "6" }), null);
  expect(texts(stored)).toEqual(["Q1", "A1", "Q2", "Better"]);
  expect(stored.at(-1)?.key).toBe(growing.at(-1)?.key);
});

test("what had come of an answer that failed stays, unless its question is on another branch or answered", () => {
  const failed = answer({ question: "3", text: "Half", state: "failed" });
  expect(texts(thread(detail(TALK.slice(0, 3)), failed, null))).toEqual(["Q1", "A1", "Q2", "Half"]);
  expect(texts(thread(detail(TALK), failed, null))).toEqual(["Q1", "A1", "Q2", "A2"]);
  expect(texts(thread(detail(TALK.slice(0, 2)), failed, null))).toEqual(["Q1", "A1"]);
});

test("no two messages have the same key", () => {
  for (const growing of [answer({ question: "3" }), answer({ question: "1" }), answer({ question: "4" })]) {
    const keys = thread(detail(TALK), growing, null).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});

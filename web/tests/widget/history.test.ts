import { afterEach, expect, test, vi } from "vitest";
import type { Message } from "../../src/widget/endpoint.ts";
import { MOST_CHARACTERS, MOST_MESSAGES, keep, kept, messagesOf, newest } from "../../src/widget/history.ts";

const turns = (count: number, content = "x"): Message[] =>
  Array.from({ length: count }, (_, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content }));

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

test("what goes along is the newest that fits, and begins with a question", () => {
  expect(newest(turns(5))).toEqual(turns(5));
  const many = newest(turns(2 * MOST_MESSAGES + 1));
  expect(many.length).toBeLessThanOrEqual(MOST_MESSAGES);
  expect(many[0]?.role).toBe("user");
  expect(newest(turns(5, "x".repeat(0.4 * MOST_CHARACTERS)))).toHaveLength(1);
});

test("whatever is said, a server for visitors takes what goes along", () => {
  for (const word of ["a", "é", "音", "🎹", "\n", '"']) {
    const body = JSON.stringify({ messages: newest(turns(199, word.repeat(900))), stream: true });
    expect(new TextEncoder().encode(body).length).toBeLessThan(100_000);
  }
});

test("a question goes along however long it is", () => {
  const long = { role: "user", content: "x".repeat(500_000) } as const;
  expect(newest([...turns(4), long])).toEqual([long]);
});

test("messages of a stranger are read with care", () => {
  expect(messagesOf([{ role: "user", content: "Hi", more: 1 }])).toEqual([{ role: "user", content: "Hi" }]);
  for (const wrong of [null, {}, [null], [{ role: "system", content: "" }], [{ role: "user", content: 1 }]]) {
    expect(() => messagesOf(wrong)).toThrow(TypeError);
  }
});

test("nothing is kept unless the page asks for it", () => {
  keep(null, "a", turns(2));
  keep("none", "a", turns(2));
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
  expect(kept(null, "a")).toEqual([]);
});

test.each([["session", () => sessionStorage], ["local", () => localStorage]] as const)("kept for the %s, and forgotten", (history, place) => {
  keep(history, "a", turns(2));
  expect(place()).toHaveLength(1);
  expect(kept(history, "a")).toEqual(turns(2));
  expect(kept(history, "b")).toEqual([]);
  keep(history, "a", []);
  expect(place()).toHaveLength(0);
});

test("what cannot be read or kept is no hindrance", () => {
  localStorage.setItem("a", "{");
  expect(kept("local", "a")).toEqual([]);
  vi.spyOn(Object.getPrototypeOf(localStorage) as Storage, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  keep("local", "a", turns(2));
});

import { expect, test } from "vitest";
import { inRange } from "../../src/chat/parameters.ts";

test("a parameter out of its range is left to the model", () => {
  expect(inRange("0,7", 0, 2)).toBe(0.7);
  for (const typed of ["", "3", "-1", "x", "1e400"]) expect(inRange(typed, 0, 2)).toBeUndefined();
  expect(inRange("1.5", 1, 10, true)).toBeUndefined();
});

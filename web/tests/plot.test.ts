import { expect, test } from "vitest";
import { ceiling } from "../src/screens/plot.ts";

test.each([
  [0, 1],
  [0.0031, 0.005],
  [0.2, 0.2],
  [1.01, 2],
  [7, 10],
  [43, 50],
])("the top line over %d dollars stands at %d", (usd, top) => expect(ceiling(usd)).toBeCloseTo(top, 12));

import { expect, test } from "vitest";
import { say, speak } from "../../src/app/words.ts";
import { spent } from "../../src/chat/money.ts";
import { NOTHING } from "./fake-server.ts";

test("what a conversation cost is said with what is not known of it, but not of a call under way", () => {
  speak("en");
  expect(spent({ ...NOTHING, calls: 2, usd: "0.30" })).toBe("$0.30");
  expect(spent({ ...NOTHING, calls: 2, unknown: 1, unsettled: 1, usd: "0.30" }, true)).toBe("$0.30");
  expect(spent({ ...NOTHING, calls: 2, unknown: 1, usd: "0.30" })).toBe(say("page.chat.cost_at_least", { usd: "$0.30" }));
  expect(spent({ ...NOTHING, calls: 1, unknown: 1 })).toBe(say("page.chat.cost_unknown"));
  speak(null);
});

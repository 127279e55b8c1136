/** What a conversation has cost, said for people. */

import type { Sum } from "../app/types.ts";
import { dollars, say } from "../app/words.ts";

/** Dollars of some calls; that the cost of some is not known is said, but not of one under way. */
export function spent({ usd, unknown, unsettled, calls }: Sum, running = false): string {
  const open = unknown - (running ? unsettled : 0);
  if (open <= 0) return dollars(usd);
  return unknown === calls ? say("page.chat.cost_unknown") : say("page.chat.cost_at_least", { usd: dollars(usd) });
}

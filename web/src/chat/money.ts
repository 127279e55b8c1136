/** Sums of what answers cost, exact to the last digit. */

import type { Message, Usd } from "../app/types.ts";

const DIGITS = 12;

/** The sum of decimal strings; null when one of them is unknown. */
export function sum(amounts: readonly Usd[]): Usd {
  let total = 0n;
  for (const amount of amounts) {
    if (amount === null) return null;
    const [whole = "0", fraction = ""] = amount.replace("-", "").split(".");
    const value = BigInt(whole + fraction.slice(0, DIGITS).padEnd(DIGITS, "0"));
    total += amount.startsWith("-") ? -value : value;
  }
  const text = String(total < 0n ? -total : total).padStart(DIGITS + 1, "0");
  const fraction = text.slice(-DIGITS).replace(/0+$/, "");
  return `${total < 0n ? "-" : ""}${text.slice(0, -DIGITS)}${fraction ? `.${fraction}` : ""}`;
}

export interface Totals {
  readonly tokens: number;
  readonly usd: Usd;
}

/** Tokens and dollars of the answers among these messages. */
export function totals(messages: readonly Message[]): Totals {
  const answers = messages.flatMap((message) => (message.role === "assistant" && message.about ? [message.about] : []));
  const tokens = answers.reduce((all, { usage }) => all + (usage ? usage.input_tokens + usage.output_tokens : 0), 0);
  return { tokens, usd: sum(answers.map((about) => about.cost)) };
}

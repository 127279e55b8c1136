import { html } from "lit";
import type { Found } from "../app/types.ts";

/** What was found, with the words that were looked for marked. */
export function marked({ excerpt, marks }: Pick<Found, "excerpt" | "marks">): unknown[] {
  const characters = [...excerpt]; // as Python counts them
  const cut = (start: number, end?: number): string => characters.slice(start, end).join("");
  const ends = marks.map(([, end]) => end);
  const parts = marks.flatMap(([start, end], at): unknown[] => [cut(ends[at - 1] ?? 0, start), html`<mark>${cut(start, end)}</mark>`]);
  return [...parts, cut(ends.at(-1) ?? 0)];
}

import { say } from "../app/words.ts";

/** Characters of an answer that are read aloud at once; nobody could stop a book. */
export const MOST = 20_000;

/** What a screen reader says of an answer that is all there; of a very long one the beginning, and that there is more. */
export function aloud(words: string, partial: boolean): string {
  const text = words.length > MOST ? say("page.chat.says_beginning", { text: words.slice(0, MOST) }) : words;
  return say(partial ? "page.chat.says_partial" : "page.chat.says", { text });
}

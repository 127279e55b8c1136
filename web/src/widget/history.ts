/** What was said: which of it goes along with a question, and what of it is kept in the browser. */

import type { Message } from "./endpoint.ts";

export const MOST_MESSAGES = 50;
/** In any script they stay below the 100,000 bytes that a livetechno takes of a visitor. */
export const MOST_CHARACTERS = 30_000;

/** The newest messages that fit, from a question on; the last one always does. */
export function newest(messages: readonly Message[]): Message[] {
  let from = messages.length;
  let characters = 0;
  while (from > 0 && messages.length - from < MOST_MESSAGES) {
    characters += messages[from - 1]?.content.length ?? 0;
    if (characters > MOST_CHARACTERS && from < messages.length) break;
    from -= 1;
  }
  const fitting = messages.slice(from);
  const question = fitting.findIndex(({ role }) => role === "user");
  return fitting.slice(Math.max(0, question));
}

/** Messages as a stranger gives them. Throws TypeError for anything else. */
export function messagesOf(given: unknown): Message[] {
  if (!Array.isArray(given)) throw new TypeError("messages: an array of {role, content}");
  return given.map((one: Partial<Message> | null) => {
    const { role, content } = one ?? {};
    if ((role !== "user" && role !== "assistant") || typeof content !== "string") {
      throw new TypeError('messages: role is "user" or "assistant", content is text');
    }
    return Object.freeze({ role, content });
  });
}

/** The place that the attribute `history` names; null where nothing is kept. */
function placeOf(history: string | null): Storage | null {
  try {
    if (history === "session") return sessionStorage;
    if (history === "local") return localStorage;
  } catch {
    // a browser may keep nothing for this page
  }
  return null;
}

/** What was kept under this name. */
export function kept(history: string | null, name: string): Message[] {
  try {
    return messagesOf(JSON.parse(placeOf(history)?.getItem(name) ?? "[]"));
  } catch {
    return [];
  }
}

/** Keep the newest of this under that name, as far as the browser lets us. */
export function keep(history: string | null, name: string, messages: readonly Message[]): void {
  try {
    if (messages.length === 0) placeOf(history)?.removeItem(name);
    else placeOf(history)?.setItem(name, JSON.stringify(newest(messages)));
  } catch {
    // full, or forbidden: the conversation lasts as long as the page
  }
}

/** What is typed and attached and not sent yet, for each conversation. Words last as long as the tab, files as long as the page. */

import type { Attachment } from "./attachments.ts";

export interface Draft {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

const words = new Map<string, string>();
const files = new Map<string, readonly Attachment[]>();

export function draftOf(conversation: string | null): Draft {
  const key = name(conversation);
  return { text: stored(key) ?? "", attachments: files.get(key) ?? [] };
}

/** Keep it; an empty one is forgotten. */
export function keepDraft(conversation: string | null, { text, attachments }: Draft): void {
  const key = name(conversation);
  words.set(key, text);
  files.set(key, attachments);
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // kept in memory
  }
}

/** What was begun for a new conversation goes on in the one that it has become. */
export function moveDraft(conversation: string): void {
  keepDraft(conversation, draftOf(null));
  keepDraft(null, { text: "", attachments: [] });
}

function stored(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return words.get(key) ?? null;
  }
}

function name(conversation: string | null): string {
  return `livetechno.draft.${conversation ?? "new"}`;
}

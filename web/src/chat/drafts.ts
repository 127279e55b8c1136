/** What is typed and not sent yet, for each conversation, as long as the tab is open. */

const inMemory = new Map<string, string>();

export function draftOf(conversation: string | null): string {
  try {
    return sessionStorage.getItem(name(conversation)) ?? "";
  } catch {
    return inMemory.get(name(conversation)) ?? "";
  }
}

/** Keep it; an empty one is forgotten. */
export function keepDraft(conversation: string | null, text: string): void {
  inMemory.set(name(conversation), text);
  try {
    if (text) sessionStorage.setItem(name(conversation), text);
    else sessionStorage.removeItem(name(conversation));
  } catch {
    // kept in memory
  }
}

function name(conversation: string | null): string {
  return `livetechno.draft.${conversation ?? "new"}`;
}

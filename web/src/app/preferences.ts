/** What a person chose for this browser. Where nothing can be stored, a choice lasts as long as the page. */

const inMemory = new Map<string, string>();

export function preference(name: string): string | null {
  try {
    return localStorage.getItem(`livetechno.${name}`);
  } catch {
    return inMemory.get(name) ?? null;
  }
}

/** Keep a choice; `null` forgets it. */
export function prefer(name: string, value: string | null): void {
  if (value === null) inMemory.delete(name);
  else inMemory.set(name, value);
  try {
    if (value === null) localStorage.removeItem(`livetechno.${name}`);
    else localStorage.setItem(`livetechno.${name}`, value);
  } catch {
    // kept in memory
  }
}

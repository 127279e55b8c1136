/** The settings in force, read once and shared by the screens. */

import { get, patch } from "./api.ts";
import type { Settings } from "./types.ts";

let known: Settings | null = null;
const listeners = new Set<(settings: Settings) => void>();

/** The settings as last read; null before that. */
export function settings(): Settings | null {
  return known;
}

/** Read them anew, and tell whoever shows them. */
export async function loadSettings(): Promise<Settings> {
  return tell(await get<Settings>("/api/settings"));
}

/** Change some; null gives a choice back to livetechno. */
export async function changeSettings(
  changes: Partial<Pick<Settings, "model" | "retired" | "strict" | "mock_chosen">> & { base_url?: string | null },
): Promise<Settings> {
  return tell(await patch<Settings>("/api/settings", changes));
}

/** Call with the settings whenever they were read. Gives what ends that. */
export function onSettings(listener: (settings: Settings) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell(now: Settings): Settings {
  known = now;
  for (const listener of [...listeners]) listener(now);
  return now;
}

/** How answers are generated, as chosen in this browser. */

import { prefer, preference } from "../app/preferences.ts";

export interface Parameters {
  temperature?: number;
  max_tokens?: number;
}

export function parameters(): Parameters {
  try {
    const { temperature, max_tokens } = JSON.parse(preference("parameters") ?? "{}") as Record<string, unknown>;
    return {
      ...(typeof temperature === "number" ? { temperature } : {}),
      ...(typeof max_tokens === "number" ? { max_tokens } : {}),
    };
  } catch {
    return {};
  }
}

export function keepParameters(chosen: Parameters): void {
  prefer("parameters", Object.keys(chosen).length > 0 ? JSON.stringify(chosen) : null);
}

/** What was typed as a number in a range; undefined for anything else, which leaves the choice to the model. */
export function inRange(typed: string, least: number, most: number, whole = false): number | undefined {
  const value = Number(typed.trim().replace(",", "."));
  if (!typed.trim() || !Number.isFinite(value) || value < least || value > most) return undefined;
  return whole && !Number.isInteger(value) ? undefined : value;
}

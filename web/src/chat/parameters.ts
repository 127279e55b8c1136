/** What was typed as a number in a range; undefined for anything else, which leaves the choice to the model. */
export function inRange(typed: string, least: number, most: number, whole = false): number | undefined {
  const value = Number(typed.trim().replace(",", "."));
  if (!typed.trim() || !Number.isFinite(value) || value < least || value > most) return undefined;
  return whole && !Number.isInteger(value) ? undefined : value;
}

/** Light or dark: the system's choice, or a person's. */

import { prefer, preference } from "./preferences.ts";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function theme(): Theme {
  const stored = preference("theme");
  return THEMES.find((one) => one === stored) ?? "system";
}

export function setTheme(wanted: Theme): void {
  prefer("theme", wanted === "system" ? null : wanted);
  applyTheme();
}

/** Bring the document to the choice; call once at the start. */
export function applyTheme(): void {
  const wanted = theme();
  const root = document.documentElement;
  if (wanted === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = wanted;
  // what surrounds the page on a phone follows; without a choice each keeps its own media query
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset["own"] ??= meta.content;
    meta.content = wanted === "system" ? meta.dataset["own"] : getComputedStyle(root).getPropertyValue("--paper").trim();
  }
}

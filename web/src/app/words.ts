/** Every sentence of the page, from the catalogue that Python speaks from too (src/livetechno/words). */

import { en, fr } from "virtual:words";
import { prefer, preference } from "./preferences.ts";

export type Language = "en" | "fr";
export const LANGUAGES: readonly Language[] = ["en", "fr"];
export type Values = Record<string, string | number>;

const CATALOGUES: Record<Language, Record<string, string>> = { en, fr };
const listeners = new Set<() => void>();
let chosen = storedLanguage();

/** The language that is spoken now: the one chosen here, else the browser's, else English. */
export function language(): Language {
  return chosen ?? browsersLanguage();
}

/** Whether the language follows the browser. */
export function languageFollows(): boolean {
  return chosen === null;
}

/** Speak this language from now on; `null` follows the browser. */
export function speak(wanted: Language | null): void {
  chosen = wanted;
  prefer("language", wanted);
  document.documentElement.lang = language();
  for (const listener of listeners) listener();
}

/** Call when another language is spoken. Gives what ends that. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The sentence for a key, with its `{values}` filled in. An unknown key is a defect, and throws. */
export function say(key: string, values: Values = {}): string {
  const sentence = CATALOGUES[language()][key];
  if (sentence === undefined) throw new Error(`no sentence for ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${key} needs ${name}`);
    return typeof value === "number" ? number(value) : value;
  });
}

/** `say` for a number of things: the sentence `key.one` or `key.other`, which may name `{count}`. */
export function sayCount(key: string, count: number, values: Values = {}): string {
  const form = new Intl.PluralRules(language()).select(count) === "one" ? "one" : "other";
  return say(`${key}.${form}`, { count, ...values });
}

/** The language as the browser's owner has it, with their country: it decides how sums and times are written. */
function locale(): string {
  return asked().find((tag) => spokenIn(tag) === language()) ?? language();
}

/** A number as it is written here: 12,345 or 12 345. */
export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** Dollars from a decimal string: two digits, or as many more as a small sum needs, or `wanted`; "?" when unknown. */
export function dollars(usd: string | null, wanted?: number): string {
  if (usd === null) return "?";
  const value = Number(usd);
  const small = value === 0 || Math.abs(value) >= 0.1 ? 2 : Math.abs(value) >= 0.001 ? 4 : 6;
  const digits = Math.max(small === 6 ? 6 : 0, wanted ?? small);
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: wanted ?? 2,
    maximumFractionDigits: digits,
  }).format(value);
}

/** A moment (ISO 8601) as a person reads it: the time today, else the day. */
export function moment(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const form: Intl.DateTimeFormatOptions =
    at.toDateString() === now.toDateString()
      ? { hour: "numeric", minute: "2-digit" }
      : at.getFullYear() === now.getFullYear()
        ? { day: "numeric", month: "short" }
        : { day: "numeric", month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(locale(), form).format(at);
}

/** A moment (ISO 8601) with its day and its time. */
export function dayAndTime(iso: string): string {
  const form: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale(), form).format(new Date(iso));
}

/** A day (YYYY-MM-DD, UTC) as a person reads it: 24 Nov. */
export function day(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return date;
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", timeZone: "UTC" }).format(at);
}

function storedLanguage(): Language | null {
  const stored = preference("language");
  return LANGUAGES.find((one) => one === stored) ?? null;
}

function browsersLanguage(): Language {
  return asked().map(spokenIn).find((found) => found !== undefined) ?? "en";
}

/** The languages that the browser asks for, the dearest first: fr-CA, en. */
function asked(): readonly string[] {
  return navigator.languages?.length ? navigator.languages : [navigator.language];
}

function spokenIn(tag: string): Language | undefined {
  return LANGUAGES.find((one) => one === tag.slice(0, 2).toLowerCase());
}

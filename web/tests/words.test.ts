import { en, fr } from "virtual:words";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { day, dollars, language, languageFollows, onLanguage, say, sayCount, speak } from "../src/app/words.ts";

beforeEach(() => speak("en"));
afterEach(() => {
  speak(null);
  vi.unstubAllGlobals();
});

test("the page has its own sentences only, the same in both languages", () => {
  expect(Object.keys(en)).toEqual(Object.keys(fr));
  expect(Object.keys(en).every((key) => key.startsWith("page.") && !key.startsWith("page.widget."))).toBe(true);
});

test("another language is spoken at once, and who shows words is told", () => {
  const told = vi.fn();
  const end = onLanguage(told);
  expect(say("page.tab.settings")).toBe(en["page.tab.settings"]);
  speak("fr");
  expect(say("page.tab.settings")).toBe(fr["page.tab.settings"]);
  expect(document.documentElement.lang).toBe("fr");
  expect(told).toHaveBeenCalledOnce();
  end();
  speak("en");
  expect(told).toHaveBeenCalledOnce();
});

test("a choice is kept for the next visit, and can be given back to the browser", () => {
  speak("fr");
  expect(localStorage.getItem("livetechno.language")).toBe("fr");
  speak(null);
  expect(localStorage.getItem("livetechno.language")).toBeNull();
  expect(languageFollows()).toBe(true);
});

test.each([
  [["fr-CA", "en"], "fr"],
  [["en-GB", "fr"], "en"],
  [["de", "fr"], "fr"],
  [["ja"], "en"],
])("a browser that asks for %j hears %s", (languages, heard) => {
  speak(null);
  vi.stubGlobal("navigator", { languages, language: languages[0] });
  expect(language()).toBe(heard);
});

test("no line of French ends before a mark that belongs to its word", () => {
  expect(fr["page.chat.empty.title"]).toMatch(/\u202f\?$/);
  expect(Object.values(fr).filter((sentence) => / [;:!?»]/.test(sentence))).toEqual([]);
});

test("sums and times are written as in the reader's country", () => {
  vi.stubGlobal("navigator", { languages: ["de", "en-GB", "en-US"], language: "de" });
  expect(day("2026-11-24")).toBe("24 Nov");
  vi.stubGlobal("navigator", { languages: ["fr-FR", "en-US"], language: "fr-FR" });
  expect(day("2026-11-24")).toBe("Nov 24");
});

test("values are filled in, numbers as they are written here", () => {
  expect(say("page.settings.version", { version: "1.2" })).toBe("livetechno 1.2");
  expect(sayCount("page.costs.calls", 1)).toBe("1 call.");
  expect(sayCount("page.costs.calls", 12_345)).toBe("12,345 calls.");
  speak("fr");
  expect(sayCount("page.costs.calls", 0)).toBe("0 appel.");
  expect(sayCount("page.costs.calls", 12_345)).toMatch(/^12\s345 appels\.$/u);
});

test("an unknown key or a missing value is a defect", () => {
  expect(() => say("page.no.such")).toThrow("page.no.such");
  expect(() => say("page.settings.version")).toThrow("version");
});

test.each([
  ["0", "$0.00"],
  ["1234.5", "$1,234.50"],
  ["0.0123", "$0.0123"],
  ["0.000012", "$0.000012"],
  [null, "?"],
])("%s dollars are written %s", (usd, written) => expect(dollars(usd)).toBe(written));

test("a day of UTC stays that day wherever one is", () => {
  expect(day("2026-11-24")).toBe("Nov 24");
  speak("fr");
  expect(day("2026-11-24")).toBe("24 nov.");
});

/** The widget's sentences, in the language of each widget. */

import { en, fr } from "virtual:widget-words";

const CATALOGUES = { en, fr };
export type Language = keyof typeof CATALOGUES;
export type Say = (key: string, values?: Record<string, string | number>) => string;

/** The language for a tag such as "fr-CA"; English where it is none of ours. */
export function languageOf(tag: string): Language {
  const wanted = tag.slice(0, 2).toLowerCase();
  return wanted === "fr" ? "fr" : "en";
}

/** What says sentences in this language. An unknown key is a defect, and throws. */
export function speaking(language: Language): Say {
  return (key, values = {}) => {
    const sentence = CATALOGUES[language][key];
    if (sentence === undefined) throw new Error(`no sentence for ${key}`);
    return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  };
}

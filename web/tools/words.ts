import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const NAME = "virtual:words";
const OF_THE_PAGE = "page.";

/** The sentences of the page, out of the catalogue that Python speaks from: `import {en, fr} from "virtual:words"`. */
export function words(): Plugin {
  const file = (language: string): string =>
    fileURLToPath(new URL(`../../src/livetechno/words/${language}.json`, import.meta.url));
  return {
    name: "livetechno-words",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      return ["en", "fr"]
        .map((language) => {
          this.addWatchFile(file(language));
          const all = JSON.parse(readFileSync(file(language), "utf8")) as Record<string, string>;
          const own = Object.entries(all).filter(([key]) => key.startsWith(OF_THE_PAGE));
          const said = own.map(([key, sentence]) => [key, unbroken(sentence)]);
          return `export const ${language} = ${JSON.stringify(Object.fromEntries(said))};`;
        })
        .join("\n");
    },
  };
}

/** French sets a space before some marks, at which no line may end: narrow before `;`, `!` and `?`. */
function unbroken(sentence: string): string {
  return sentence.replace(/ (?=[;!?])/g, "\u202f").replace(/ (?=[:»])|(?<=«) /g, "\u00a0");
}

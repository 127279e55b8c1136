import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const OF_THE_PAGE = "page.";
const OF_THE_WIDGET = "page.widget.";
const MODULES: Readonly<Record<string, (key: string) => boolean>> = {
  "virtual:words": (key) => key.startsWith(OF_THE_PAGE) && !key.startsWith(OF_THE_WIDGET),
  "virtual:widget-words": (key) => key.startsWith(OF_THE_WIDGET),
};

/**
 * The sentences of the page, out of the catalogue that Python speaks from: `import {en, fr} from "virtual:words"`;
 * those of the widget are in `virtual:widget-words`, as it is loaded without the page.
 */
export function words(): Plugin {
  const file = (language: string): string =>
    fileURLToPath(new URL(`../../src/livetechno/words/${language}.json`, import.meta.url));
  return {
    name: "livetechno-words",
    resolveId: (id) => (id in MODULES ? `\0${id}` : undefined),
    load(id) {
      const isOwn = MODULES[id.slice(1)];
      if (!isOwn || !id.startsWith("\0")) return undefined;
      return ["en", "fr"]
        .map((language) => {
          this.addWatchFile(file(language));
          const all = JSON.parse(readFileSync(file(language), "utf8")) as Record<string, string>;
          const said = Object.entries(all)
            .filter(([key]) => isOwn(key))
            .map(([key, sentence]) => [key, unbroken(sentence)]);
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

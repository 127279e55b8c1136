/** Colours for code, loaded when the first block of a language that is known is complete. */

/** Characters of a block that is still coloured; the time of a frame is not spent on more. */
const LONGEST = 30_000;
const NAMES: Readonly<Record<string, string>> = {
  asm: "asm", bash: "bash", c: "c", "c++": "c", cpp: "c", cs: "java", css: "css", diff: "diff", docker: "docker",
  dockerfile: "docker", go: "go", h: "c", html: "html", http: "http", ini: "ini", java: "java", javascript: "js", js: "js",
  json: "json", jsx: "js", kotlin: "java", lua: "lua", make: "make", makefile: "make", patch: "diff", perl: "pl", pl: "pl",
  py: "py", python: "py", rs: "rs", rust: "rs", sh: "bash", shell: "bash", sql: "sql", svg: "xml", toml: "toml", ts: "ts",
  tsx: "ts", typescript: "ts", xml: "xml", yaml: "yaml", yml: "yaml", zsh: "bash",
};

/** Colour the text of `code`; whatever goes wrong, the text stays as it is. */
export async function colour(code: HTMLElement, text: string, language: string): Promise<void> {
  const known = NAMES[language.toLowerCase()];
  if (known === undefined || text.length > LONGEST || !Object.hasOwn(NAMES, language.toLowerCase())) return;
  const coloured = document.createDocumentFragment();
  try {
    const { tokenize } = await import("@speed-highlight/core");
    await tokenize(text, known as Parameters<typeof tokenize>[1], (words, kind) => {
      if (!kind) {
        coloured.append(words);
        return;
      }
      const span = document.createElement("span");
      span.className = `c-${kind}`;
      span.textContent = words;
      coloured.append(span);
    });
  } catch {
    return;
  }
  if (coloured.textContent === text && code.textContent === text) code.replaceChildren(coloured);
}

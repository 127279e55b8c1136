/** What a complete block of code gets: a bar with its language, and a button that copies it. */

/** Its words, in the language of who reads. */
export interface CodeWords {
  readonly code: string;
  readonly copy: string;
  readonly copyCode: string;
  readonly copied: string;
  readonly notCopied: string;
}

/** Milliseconds that the copy button says that it has copied. */
const SAID = 2000;

/** Put the bar above the code, and name the block for who listens. */
export function finishCode(block: HTMLElement, text: string, language: string, words: CodeWords): void {
  const bar = document.createElement("div");
  const name = document.createElement("span");
  const button = document.createElement("button");
  bar.className = "code-bar";
  name.textContent = language || words.code;
  button.type = "button";
  button.textContent = words.copy;
  button.setAttribute("aria-label", words.copyCode);
  button.addEventListener("click", () => void copyFrom(button, text, words));
  bar.append(name, button);
  block.prepend(bar);
  block.querySelector("pre")?.setAttribute("aria-label", language || words.code);
  block.querySelector("pre")?.setAttribute("role", "group");
}

async function copyFrom(button: HTMLButtonElement, text: string, words: CodeWords): Promise<void> {
  button.textContent = (await copy(text)) ? words.copied : words.notCopied;
  setTimeout(() => (button.textContent = words.copy), SAID);
}

/** Put a text on the clipboard; whether that was allowed. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** One message of the thread. */

import { finishCode } from "../chat/markdown/code-block.ts";
import { GrowingMarkdown } from "../chat/markdown/growing.ts";
import { make } from "./elements.ts";
import type { Message } from "./endpoint.ts";
import type { Say } from "./words.ts";

export class Row {
  readonly element: HTMLElement;
  private readonly body = make("div", { part: "text", class: "text", dir: "auto" });
  private readonly markdown: GrowingMarkdown | null;

  /** `written` hears the words of an answer once all of it is shown. */
  constructor(role: Message["role"], say: Say, written: (words: string) => void = () => undefined) {
    const answers = role === "assistant";
    const part = answers ? "message answer" : "message question";
    const name = say(answers ? "page.widget.answer" : "page.widget.you");
    this.element = make("article", { part, class: part, "aria-label": name }, this.body);
    this.markdown = answers
      ? new GrowingMarkdown(
          this.body,
          (block, text, language) => finishCode(block, text, language, codeWords(say)),
          () => written(this.markdown?.words ?? ""),
        )
      : null;
  }

  /** Show the text; an answer grows until it is complete. */
  show(text: string, complete = true): void {
    this.element.setAttribute("aria-busy", String(!complete));
    if (this.markdown) this.markdown.show(text, complete);
    else this.body.textContent = text;
  }
}

function codeWords(say: Say): Parameters<typeof finishCode>[3] {
  return {
    code: say("page.widget.code"),
    copy: say("page.widget.copy"),
    copyCode: say("page.widget.copy_code"),
    copied: say("page.widget.copied"),
    notCopied: say("page.widget.not_copied"),
  };
}

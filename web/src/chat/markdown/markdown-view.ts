import { type PropertyValues, css, unsafeCSS } from "lit";
import { customElement, property } from "lit/decorators.js";
import { PageElement } from "../../app/element.ts";
import { say } from "../../app/words.ts";
import { type CodeWords, finishCode } from "./code-block.ts";
import { colour } from "./colours.ts";
import { GrowingMarkdown } from "./growing.ts";
import look from "./look.css?inline";

/**
 * Markdown that may still grow. Text that only goes on is appended; `complete` ends it.
 *
 * @fires written - when all of a complete text is shown
 */
@customElement("lt-markdown")
export class MarkdownView extends PageElement {
  @property({ attribute: false }) text = "";
  @property({ type: Boolean, reflect: true }) complete = false;

  private readonly root = document.createElement("div");
  private readonly growing = new GrowingMarkdown(
    this.root,
    (block, text, language) => {
      finishCode(block, text, language, codeWords());
      const code = block.querySelector("code");
      if (code) void colour(code, text, language);
    },
    () => this.dispatchEvent(new CustomEvent("written", { bubbles: true, composed: true })),
  );

  static override styles = [
    PageElement.styles,
    unsafeCSS(look),
    css`
      :host {
        display: block;
      }
    `,
  ];

  override render(): unknown {
    return this.root;
  }

  /** All of the text as it can be read aloud. */
  get words(): string {
    return this.growing.words;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("text") || changed.has("complete")) this.growing.show(this.text, this.complete);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.growing.pause();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.growing.goOn();
  }
}

function codeWords(): CodeWords {
  return {
    code: say("page.chat.code"),
    copy: say("page.chat.copy"),
    copyCode: say("page.chat.copy_code"),
    copied: say("page.chat.copied"),
    notCopied: say("page.chat.not_copied"),
  };
}

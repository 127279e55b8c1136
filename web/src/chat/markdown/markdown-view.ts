import { type PropertyValues, css } from "lit";
import { customElement, property } from "lit/decorators.js";
import { PageElement } from "../../app/element.ts";
import { say } from "../../app/words.ts";
import { inFrames } from "../frames.ts";
import { MarkdownWriter } from "./blocks.ts";
import { colour } from "./colours.ts";
import { markdownStyles } from "./styles.ts";

/** Characters that are written before the clock is looked at. */
const STEP = 1024;
/** Characters from which on blocks that are out of sight are not laid out. */
const LONG = 20_000;
/** Milliseconds that the copy button says that it has copied. */
const SAID = 2000;

/**
 * Markdown that may still grow. Text that only goes on is appended; `complete` ends it.
 *
 * @fires grown - when it is higher than before
 * @fires written - when all of a complete text is shown
 */
@customElement("lt-markdown")
export class MarkdownView extends PageElement {
  @property({ attribute: false }) text = "";
  @property({ type: Boolean, reflect: true }) complete = false;

  private readonly root = document.createElement("div");
  private writer: MarkdownWriter | null = null;
  private wanted = "";
  private shown = 0;
  private ended = false;
  private stop: (() => void) | null = null;

  static override styles = [
    PageElement.styles,
    markdownStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  constructor() {
    super();
    this.root.className = "markdown";
  }

  override render(): unknown {
    return this.root;
  }

  /** All of the text as it can be read aloud. */
  get words(): string {
    const blocks = this.root.querySelectorAll(":scope > :not(.section), :scope > .section > *");
    return [...blocks].map((block) => block.textContent).join("\n");
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("text") && !changed.has("complete")) return;
    const begunAnew = !this.text.startsWith(this.wanted) || (this.ended && this.text !== this.wanted);
    if (!this.writer || begunAnew) this.begin();
    this.wanted = this.text;
    this.stop ??= inFrames(() => this.step());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
    this.stop = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.writer && !this.ended) this.stop ??= inFrames(() => this.step());
  }

  private begin(): void {
    this.root.replaceChildren();
    this.root.classList.remove("long");
    this.writer = new MarkdownWriter(this.root, (block, text, language) => finishCode(block, text, language));
    this.shown = 0;
    this.ended = false;
  }

  /** Write some more; false when there is nothing to write for now. */
  private step(): boolean {
    if (this.shown < this.wanted.length) {
      if (this.shown > LONG) this.root.classList.add("long");
      this.writer?.write(this.wanted.slice(this.shown, this.shown + STEP));
      this.shown = Math.min(this.wanted.length, this.shown + STEP);
      if (this.shown < this.wanted.length) return true;
    }
    if (this.complete && !this.ended) {
      this.ended = true;
      this.writer?.end();
      this.dispatchEvent(new CustomEvent("written", { bubbles: true, composed: true }));
    }
    this.stop = null;
    return false;
  }
}

/** A bar with the language and a button that copies, then the colours. */
function finishCode(block: HTMLElement, text: string, language: string): void {
  const bar = document.createElement("div");
  const name = document.createElement("span");
  const button = document.createElement("button");
  bar.className = "code-bar";
  name.textContent = language || say("page.chat.code");
  button.type = "button";
  button.textContent = say("page.chat.copy");
  button.setAttribute("aria-label", say("page.chat.copy_code"));
  button.addEventListener("click", () => void copyFrom(button, text));
  bar.append(name, button);
  block.prepend(bar);
  const code = block.querySelector("code");
  block.querySelector("pre")?.setAttribute("aria-label", language || say("page.chat.code"));
  block.querySelector("pre")?.setAttribute("role", "group");
  if (code) void colour(code, text, language);
}

async function copyFrom(button: HTMLButtonElement, text: string): Promise<void> {
  const copied = await copy(text);
  button.textContent = say(copied ? "page.chat.copied" : "page.chat.not_copied");
  setTimeout(() => (button.textContent = say("page.chat.copy")), SAID);
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

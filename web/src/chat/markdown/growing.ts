/** Markdown that may still grow, written into an element in slices, so that no frame waits for it. */

import { inFrames } from "../frames.ts";
import { type CodeSeen, MarkdownWriter } from "./blocks.ts";

/** Characters that are written before the clock is looked at. */
const STEP = 1024;
/** Characters from which on blocks that are out of sight are not laid out. */
const LONG = 20_000;

export class GrowingMarkdown {
  private writer: MarkdownWriter | null = null;
  private wanted = "";
  private complete = false;
  private shown = 0;
  private ended = false;
  private stop: (() => void) | null = null;

  /** `written` is called when all of a complete text is shown. */
  constructor(
    private readonly root: HTMLElement,
    private readonly codeSeen: CodeSeen,
    private readonly written: () => void = () => undefined,
  ) {
    root.classList.add("markdown");
  }

  /** Show this text; what only goes on is appended, and `complete` ends it. */
  show(text: string, complete: boolean): void {
    const begunAnew = !text.startsWith(this.wanted) || (this.ended && text !== this.wanted);
    if (!this.writer || begunAnew) this.begin();
    this.wanted = text;
    this.complete = complete;
    this.stop ??= inFrames(() => this.step());
  }

  /** Write nothing until `goOn`: nobody sees it. */
  pause(): void {
    this.stop?.();
    this.stop = null;
  }

  /** Write on. */
  goOn(): void {
    if (this.writer && !this.ended) this.stop ??= inFrames(() => this.step());
  }

  /** All of the text as it can be read aloud. */
  get words(): string {
    const blocks = this.root.querySelectorAll(":scope > :not(.section), :scope > .section > *");
    return [...blocks].map((block) => block.textContent).join("\n");
  }

  private begin(): void {
    this.root.replaceChildren();
    this.root.classList.remove("long");
    this.writer = new MarkdownWriter(this.root, this.codeSeen);
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
      this.written();
    }
    this.stop = null;
    return false;
  }
}

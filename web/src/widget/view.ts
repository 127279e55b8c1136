/** What is inside the widget: a header, the thread, where a question is written, a footer. */

import look from "../chat/markdown/look.css?inline";
import { Composer } from "./composer.ts";
import { button, label, make, sign } from "./elements.ts";
import type { Message } from "./endpoint.ts";
import { Row } from "./row.ts";
import type { Language, Say } from "./words.ts";
import style from "./widget.css?inline";

/** What the reader can ask for. */
export interface Doing {
  readonly ask: (text: string) => void;
  readonly stop: () => void;
  readonly retry: () => void;
  readonly clear: () => void;
}

/** Why the newest question has no whole answer. */
export interface Trouble {
  readonly message: string;
  /** Milliseconds since the epoch, before which it is not asked again. */
  readonly notBefore: number;
  readonly stopped: boolean;
}

/** Pixels from the end of the thread within which it follows what is written. */
const NEAR = 48;
/** Characters of an answer that are read aloud at once; nobody could stop a book. */
const ALOUD = 20_000;

let sheet: CSSStyleSheet | undefined;

/** Rules that a page's policy cannot refuse, as no markup and no style attribute has them. */
function styles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(look + style);
  }
  return sheet;
}

export class View {
  readonly composer: Composer;
  private readonly title = make("div", { part: "title", class: "title" });
  private readonly clearButton: HTMLButtonElement;
  private readonly header: HTMLElement;
  private readonly headerSlot = make("slot", { name: "header" }, this.title);
  private readonly greeting = make("p", { class: "text", dir: "auto" });
  private readonly greetingSlot = make("slot", { name: "greeting" }, this.greeting);
  private readonly greetingRow = make("div", { part: "message greeting", class: "message answer" }, this.greetingSlot);
  private readonly emptySlot = make("slot", { name: "empty" });
  private readonly footerSlot = make("slot", { name: "footer" });
  private readonly rows = make("div", { class: "rows" });
  private readonly trouble = make("div", { class: "troubles" });
  private readonly thread: HTMLElement;
  private readonly status = make("div", { class: "visually-hidden", role: "status" });
  private readonly frame: HTMLElement;
  private following = true;
  /** Shows how long the server wants to be left alone; whether that is over. */
  private count: (() => boolean) | null = null;
  private counting: ReturnType<typeof setInterval> | undefined;
  private say!: Say;

  constructor(
    root: ShadowRoot,
    private readonly doing: Doing,
  ) {
    root.adoptedStyleSheets = [styles()];
    this.composer = new Composer(doing.ask, doing.stop);
    this.clearButton = button("clear", sign("M5 12a7 7 0 1 0 2-5M5 4v4h4"), () => {
      doing.clear();
      this.composer.focus();
    });
    this.header = make("header", { part: "header", class: "header" }, this.headerSlot, this.clearButton);
    const inside = make("div", { class: "inside" }, this.greetingRow, this.emptySlot, this.rows, this.trouble);
    // its messages are told one by one by `status`, whole
    const quiet = { role: "log", "aria-live": "off", tabindex: "0" };
    this.thread = make("div", { part: "thread", class: "thread", ...quiet }, inside);
    const footer = make("footer", { part: "footer", class: "footer" }, this.footerSlot);
    // an empty title: that of the element itself names it, and is not to be shown over every word
    const parts = [this.header, this.thread, this.composer.element, footer, this.status];
    this.frame = make("section", { part: "frame", class: "frame", title: "" }, ...parts);
    root.append(this.frame);
    root.addEventListener("slotchange", () => this.arrange());
    this.thread.addEventListener("scroll", () => this.look(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(inside);
  }

  /** Say everything in this language. */
  speak(language: Language, say: Say, given: { title: string; greeting: string; placeholder: string }): void {
    this.say = say;
    this.frame.lang = language;
    this.frame.setAttribute("aria-label", given.title || say("page.widget.chat"));
    this.thread.setAttribute("aria-label", say("page.widget.conversation"));
    label(this.clearButton, say("page.widget.clear"));
    this.title.textContent = given.title;
    this.greeting.textContent = given.greeting;
    this.composer.speak(say, given.placeholder || say("page.widget.placeholder"));
    this.arrange();
  }

  /** Show these messages and no others. */
  show(messages: readonly Message[]): void {
    this.rows.replaceChildren();
    for (const { role, content } of messages) this.add(role).show(content);
    this.tell(null);
    this.status.textContent = "";
    this.arrange();
  }

  /** A row for one more message; of an answer that is `new`, its words are said once it is all there. */
  add(role: Message["role"], isNew = false): Row {
    const row = new Row(role, this.say, isNew ? (words) => this.read(words) : undefined);
    this.rows.append(row.element);
    if (role === "user") this.following = true;
    this.arrange();
    return row;
  }

  /** Take away the newest message. */
  takeBack(): void {
    this.rows.lastElementChild?.remove();
    this.arrange();
  }

  /** Tell that a question has no whole answer, with a way to ask again; null takes that away. */
  tell(trouble: Trouble | null): void {
    this.leave();
    this.count = null;
    this.trouble.replaceChildren();
    if (!trouble) return;
    const again = button("retry", "", () => {
      this.composer.focus();
      this.doing.retry();
    });
    const role = trouble.stopped ? "note" : "alert";
    const words = make("p", { dir: "auto" }, trouble.message);
    this.trouble.append(make("div", { part: "error", class: trouble.stopped ? "trouble stopped" : "trouble", role }, words, again));
    this.count = () => {
      const left = Math.ceil((trouble.notBefore - Date.now()) / 1000);
      again.disabled = left > 0;
      again.textContent = this.retryWords(left);
      return left <= 0;
    };
    this.enter();
  }

  run(running: boolean): void {
    if (running) this.status.textContent = "";
    this.composer.run(running);
  }

  /** Somebody looks. */
  enter(): void {
    this.leave();
    if (!this.count || this.count()) return;
    this.counting = setInterval(() => {
      if (this.count?.() ?? true) this.leave();
    }, 1000);
  }

  /** Nobody looks any more. */
  leave(): void {
    clearInterval(this.counting);
  }

  private retryWords(seconds: number): string {
    if (seconds <= 0) return this.say("page.widget.retry");
    if (seconds < 100) return this.say("page.widget.retry_in_seconds", { seconds });
    return this.say("page.widget.retry_in_minutes", { minutes: Math.ceil(seconds / 60) });
  }

  private read(words: string): void {
    this.status.textContent = this.say("page.widget.says", { text: words.slice(0, ALOUD) });
  }

  /** Show what has something in it, and nothing else. */
  private arrange(): void {
    const begun = this.rows.childElementCount > 0;
    const headed = isFilled(this.headerSlot) || this.title.textContent !== "";
    this.header.hidden = !headed && !begun;
    this.clearButton.hidden = !begun;
    this.greetingRow.hidden = !isFilled(this.greetingSlot) && this.greeting.textContent === "";
    this.emptySlot.hidden = begun;
  }

  private look(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.thread;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
  }

  private follow(): void {
    if (this.following) this.thread.scrollTop = this.thread.scrollHeight;
  }
}

function isFilled(slot: HTMLSlotElement): boolean {
  return slot.assignedNodes().length > 0;
}

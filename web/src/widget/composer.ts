/** Where a question is written: Enter sends, Shift+Enter breaks the line, Escape stops an answer. */

import { button, label, make, sign } from "./elements.ts";
import type { Say } from "./words.ts";

/** Pixels; a longer question scrolls. */
const TALLEST = 160;

export class Composer {
  readonly element = make("form", { part: "composer", class: "composer" });
  private readonly box = make("textarea", { part: "input", rows: "1", enterkeyhint: "send", dir: "auto" });
  private readonly sendButton = button("send", sign("M12 19V5M6 11l6-6 6 6"));
  private readonly stopButton: HTMLButtonElement;
  private running = false;

  constructor(
    private readonly ask: (text: string) => void,
    private readonly stop: () => void,
  ) {
    this.stopButton = button("stop", sign("M7 7h10v10H7z"), () => this.stopAndStay());
    this.element.append(this.box, this.sendButton, this.stopButton);
    this.element.addEventListener("submit", (event) => this.submit(event));
    this.box.addEventListener("input", () => this.fit());
    this.box.addEventListener("keydown", (event) => this.key(event));
    // a letter typed here is no shortcut of the page around, which sees the widget and not the box
    for (const kind of ["keydown", "keypress", "keyup"] as const) this.box.addEventListener(kind, keepTyped);
    this.run(false);
  }

  speak(say: Say, placeholder: string): void {
    this.box.setAttribute("aria-label", say("page.widget.question"));
    this.box.placeholder = placeholder;
    label(this.sendButton, say("page.widget.send"));
    label(this.stopButton, say("page.widget.stop"));
  }

  /** Show that an answer is under way, or that a question may be asked. */
  run(running: boolean): void {
    this.running = running;
    this.stopButton.hidden = !running;
    this.sendButton.hidden = running;
    this.fit();
  }

  focus(options?: FocusOptions): void {
    this.box.focus(options);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.running) {
      event.preventDefault();
      event.stopPropagation();
      this.stopAndStay();
    }
    const typing = event.isComposing || event.keyCode === 229; // Safari ends composing before this
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !typing) this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.box.value.trim();
    if (this.running || !text) return;
    this.box.value = "";
    this.fit();
    this.focus();
    this.ask(text);
  }

  private stopAndStay(): void {
    this.focus();
    this.stop();
  }

  private fit(): void {
    this.sendButton.disabled = !this.box.value.trim();
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(TALLEST, this.box.scrollHeight)}px`;
  }
}

function keepTyped(event: KeyboardEvent): void {
  if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation();
}

import { type PropertyValues, css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import type { Failure, Message } from "../app/types.ts";
import { dollars, say, sayCount } from "../app/words.ts";
import { type TextFile, isOwnPicture, parted } from "./attachments.ts";
import { copy } from "./markdown/code-block.ts";
import "./markdown/markdown-view.ts";
import type { MarkdownView } from "./markdown/markdown-view.ts";
import { sign } from "./signs.ts";
import { waysOut } from "./trouble.ts";

/** A message as the thread shows it: stored, on its way, or growing. */
export interface Shown {
  readonly key: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly images: Message["images"];
  readonly message: Message | null;
  readonly growing: boolean;
  readonly partial: boolean;
  /** Why it was cut, while that is known. */
  readonly failure: Failure | null;
  readonly model: string | null;
}

const SAID = 2000;

/**
 * One message with what can be done about it.
 *
 * @fires edit - detail `{ message, text }`: ask this instead, beside the old question
 * @fires again - detail `Message`: answer once more
 * @fires go-on - detail `Message`: write on where this answer stops
 * @fires sibling - detail: the id of the message to show instead
 */
@customElement("lt-message")
export class MessageView extends PageElement {
  @property({ attribute: false }) shown!: Shown;
  @property({ type: Boolean }) busy = false;
  @state() private editing = false;
  @state() private copied = false;
  @query("lt-markdown") private markdown!: MarkdownView | null;
  @query("textarea") private box!: HTMLTextAreaElement | null;

  static override styles = [
    PageElement.styles,
    css`
      :host { display: block; content-visibility: auto; contain-intrinsic-size: auto 140px; margin: 0 -14px; padding: var(--space-2) 14px; }
      :host([found]) { border-radius: var(--radius-l); box-shadow: inset 0 0 0 2px var(--accent); }
      :host { outline: none; scroll-margin-block: var(--space-4); transition: box-shadow var(--quick); }
      article { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space-1); }
      .user { justify-items: end; }
      .bubble { border: 1px solid transparent; max-width: min(86%, 60ch); padding: 9px 15px; border-radius: 20px 20px 6px 20px; background: var(--accent-soft); color: var(--ink); white-space: pre-wrap; overflow-wrap: anywhere; }
      .bubble.long { max-height: 22em; overflow: auto; }
      .file { border: 1px solid transparent; max-width: min(86%, 60ch); border-radius: var(--radius-m); background: var(--accent-soft); font-size: var(--text-s); }
      .file summary { min-height: var(--target); padding: 11px var(--space-4); border-radius: var(--radius-m); font-weight: 550; overflow-wrap: anywhere; cursor: pointer; }
      .file pre { max-height: 22em; margin: 0; padding: 0 var(--space-4) var(--space-3); overflow: auto; font-family: var(--font-mono); font-size: 0.94em; }
      .pictures { display: flex; flex-wrap: wrap; justify-content: end; gap: var(--space-2); }
      .pictures img { max-width: min(220px, 60vw); max-height: 220px; border: 1px solid var(--line); border-radius: var(--radius-m); }
      .assistant lt-markdown { min-height: 1.6em; }
      .cursor { display: inline-block; width: 8px; height: 1.1em; border-radius: 2px; background: var(--accent); animation: blink 1.1s steps(2, jump-none) infinite; }
      @keyframes blink { to { opacity: 0.15; } }
      @media (prefers-reduced-motion: reduce) { .cursor { animation: none; } }
      .tools { display: flex; flex-wrap: wrap; align-items: center; min-height: var(--target); margin-inline-start: -12px; color: var(--ink-soft); font-size: var(--text-xs); }
      .user .tools { margin-inline: 0 -12px; }
      .tools button { min-width: var(--target); border-color: transparent; background: transparent; color: var(--ink-soft); padding: 0; }
      .tools button:hover:not(:disabled) { background: var(--sunken); color: var(--ink); }
      .facts { padding-inline: var(--space-2); font-variant-numeric: tabular-nums; }
      .place { min-width: 2.6em; text-align: center; font-variant-numeric: tabular-nums; }
      .partial { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--space-3); margin-top: var(--space-2); padding: var(--space-1) var(--space-1) var(--space-1) var(--space-3); border-radius: var(--radius-m); background: var(--warning-soft); color: var(--warning); font-size: var(--text-s); }
      .partial button { border-color: transparent; background: transparent; color: inherit; }
      .partial span:first-child { flex: 1 1 14em; padding-block: var(--space-1); }
      .ways { display: flex; flex-wrap: wrap; margin-inline-start: auto; }
      .edit { display: grid; gap: var(--space-2); width: 100%; }
      .edit textarea { min-height: 6em; resize: vertical; line-height: 1.5; border-radius: var(--radius-l); }
      .actions { display: flex; justify-content: end; gap: var(--space-2); }
      @media (hover: hover) and (min-width: 900px) {
        .user .quietly { opacity: 0; transition: opacity var(--quick); }
        :host(:hover) .quietly, :host(:focus-within) .quietly, :host([last]) .quietly { opacity: 1; }
      }
    `,
  ];

  override render(): unknown {
    const { role } = this.shown;
    return html`<article class=${role} aria-label=${say(role === "user" ? "page.chat.you" : "page.chat.model")}
        aria-busy=${this.shown.growing ? "true" : "false"}>
      ${role === "user" ? this.renderQuestion() : this.renderAnswer()}
    </article>`;
  }

  /** Show more of a growing answer, without drawing the thread anew. */
  grow(text: string): void {
    if (this.markdown) this.markdown.text = text;
  }

  /** The answer as it can be read aloud. */
  get words(): string {
    return this.markdown?.words ?? this.shown.text;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("editing") && this.editing && this.box) {
      this.box.focus();
      this.box.setSelectionRange(this.box.value.length, this.box.value.length);
    }
  }

  private renderQuestion(): unknown {
    const { text, images } = this.shown;
    if (this.editing) {
      return html`<form class="edit" @submit=${this.resend} @keydown=${this.editKey}>
        <textarea aria-label=${say("page.chat.edit_question")} .value=${text}></textarea>
        <div class="actions">
          <button type="button" class="quiet" @click=${this.endEdit}>${say("page.chat.cancel")}</button>
          <button class="primary">${say("page.chat.send_instead")}</button>
        </div>
      </form>`;
    }
    const own = images.filter(({ url }) => isOwnPicture(url));
    const far = images.length - own.length;
    const { words, files } = parted(text);
    return html`${own.length > 0
        ? html`<div class="pictures">${own.map(({ url }) => html`<img src=${url} alt=${say("page.chat.picture")} />`)}</div>`
        : nothing}
      ${far > 0 ? html`<p class="soft small">${sayCount("page.chat.far_pictures", far)}</p>` : nothing}
      ${files.map((file) => this.renderFile(file))}
      ${words ? html`<div class="bubble ${words.length > 3000 ? "long" : ""}" tabindex=${words.length > 3000 ? 0 : nothing}>${words}</div>` : nothing}
      <div class="tools">${this.renderPlace()}${this.renderCopy()}
        ${this.shown.message
          ? html`<button class="quietly" id="edit" aria-label=${say("page.chat.edit")} title=${say("page.chat.edit")} ?disabled=${this.busy}
              @click=${() => (this.editing = true)}>${sign("edit", 18)}</button>`
          : nothing}
      </div>`;
  }

  private renderFile({ name, text }: TextFile): unknown {
    return html`<details class="file"><summary>${name}</summary><pre tabindex="0">${text}</pre></details>`;
  }

  private renderAnswer(): unknown {
    const { text, growing, partial, failure, message } = this.shown;
    return html`<lt-markdown .text=${text} ?complete=${!growing}></lt-markdown>
      ${growing ? html`<span class="cursor" role="img" aria-label=${say("page.chat.writing")}></span>` : nothing}
      ${message && (partial || message.about?.finish === "length")
        ? html`<div class="partial" role=${failure ? "alert" : nothing}>
            <span>${failure ? coded(failure.message) : nothing} ${say(partial ? "page.chat.partial" : "page.chat.too_long")}</span>
            <span class="ways"><button class="go-on" ?disabled=${this.busy} @click=${this.goOn}>${say("page.chat.go_on")}</button>
            <button ?disabled=${this.busy} @click=${this.again}>${say("page.chat.ask_again")}</button>
              ${failure ? waysOut(failure) : nothing}</span></div>`
        : nothing}
      ${growing ? nothing : html`<div class="tools">${this.renderPlace()}${this.renderCopy()}
        ${message
          ? html`<button class="quietly" aria-label=${say("page.chat.retry")} title=${say("page.chat.retry")} ?disabled=${this.busy}
              @click=${this.again}>${sign("again", 18)}</button>`
          : nothing}
        ${this.renderFacts()}
      </div>`}`;
  }

  private renderFacts(): unknown {
    const about = this.shown.message?.about;
    if (!about) return nothing;
    const tokens = about.usage ? about.usage.input_tokens + about.usage.output_tokens : null;
    const facts = [
      about.model,
      tokens === null ? null : sayCount("page.chat.tokens", tokens),
      about.cost === null ? say("page.chat.cost_unknown") : dollars(about.cost),
      about.estimated ? say("page.chat.estimated") : null,
    ].filter((fact) => fact);
    const split = about.usage
      ? say("page.chat.tokens_split", { input: about.usage.input_tokens, output: about.usage.output_tokens })
      : "";
    return html`<span class="facts" title=${split}>${facts.join(" · ")}</span>`;
  }

  private renderCopy(): unknown {
    const label = say(this.copied ? "page.chat.copied" : "page.chat.copy");
    return html`<button class="quietly" aria-label=${label} title=${label} @click=${this.copyText}>${sign(this.copied ? "check" : "copy", 18)}</button>`;
  }

  private renderPlace(): unknown {
    const { message } = this.shown;
    if (!message || message.siblings.length < 2) return nothing;
    const at = message.siblings.indexOf(message.id);
    const to = (step: number): string | undefined => message.siblings[at + step];
    const button = (step: -1 | 1, key: string): unknown => html`<button aria-label=${say(key)} title=${say(key)}
      ?disabled=${this.busy || to(step) === undefined}
      @click=${() => this.dispatchEvent(new CustomEvent("sibling", { detail: to(step) }))}>${sign(step < 0 ? "previous" : "next", 18)}</button>`;
    return html`${button(-1, "page.chat.previous")}
      <span class="place">${say("page.chat.place", { place: at + 1, count: message.siblings.length })}</span>
      ${button(1, "page.chat.next")}`;
  }

  private async copyText(): Promise<void> {
    this.copied = await copy(this.shown.text);
    setTimeout(() => (this.copied = false), SAID);
  }

  private again(): void {
    this.dispatchEvent(new CustomEvent("again", { detail: this.shown.message }));
  }

  private goOn(): void {
    this.dispatchEvent(new CustomEvent("go-on", { detail: this.shown.message }));
  }

  private editKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.endEdit();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      this.resend(event);
    }
  }

  private endEdit(): void {
    this.editing = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("#edit")?.focus());
  }

  private resend(event: Event): void {
    event.preventDefault();
    const text = this.box?.value.trim() ?? "";
    if (!text || this.busy) return;
    this.editing = false;
    this.dispatchEvent(new CustomEvent("edit", { detail: { message: this.shown.message, text } }));
  }
}

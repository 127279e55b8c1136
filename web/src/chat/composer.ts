import { type PropertyValues, css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";
import type { Image } from "../app/types.ts";
import { say } from "../app/words.ts";
import { type Attachment, attach, parted, withFiles } from "./attachments.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { sign } from "./signs.ts";

export interface Asked {
  text: string;
  images: Image[];
}

/**
 * Where a question is written: Enter sends, Shift+Enter breaks the line.
 *
 * @fires ask - a question, detail `Asked`
 * @fires stop - the running answer is to end
 */
@customElement("lt-composer")
export class Composer extends PageElement {
  @property({ attribute: false }) conversation: string | null = null;
  @property({ type: Boolean }) running = false;
  @state() private text = "";
  @state() private attachments: readonly Attachment[] = [];
  @state() private refused = "";
  @state() private over = false;
  @query("textarea") private box!: HTMLTextAreaElement | null;
  @query("input[type=file]") private files!: HTMLInputElement | null;
  private composing = false;

  static override styles = [
    PageElement.styles,
    css`
      :host { display: block; }
      form { border: 1px solid var(--line-strong); border-radius: 22px; background: var(--surface); box-shadow: var(--shadow); }
      form:focus-within { border-color: var(--accent); outline: 1px solid var(--accent); }
      form.over { border-style: dashed; border-color: var(--accent); background: var(--accent-soft); }
      .row { display: flex; align-items: flex-end; gap: 2px; padding: 4px; }
      .row textarea { flex: 1; max-height: min(0.4 * var(--viewport-height, 100vh), 320px); padding: 10px 4px; border: 0; background: transparent; line-height: 24px; resize: none; outline: 0; overflow-y: auto; }
      .row button { flex: none; border-radius: var(--radius-round); }
      .row .stop { border-color: transparent; background: var(--ink); color: var(--paper); }
      ul { display: flex; flex-wrap: wrap; gap: var(--space-2); margin: 0; padding: var(--space-3) var(--space-3) 0; list-style: none; }
      li { display: flex; align-items: center; max-width: 100%; border: 1px solid var(--line); border-radius: var(--radius-m); background: var(--sunken); font-size: var(--text-s); overflow: hidden; }
      li img { width: 44px; height: 44px; object-fit: cover; }
      li span { padding-inline-start: var(--space-3); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 180px; }
      .refused { padding: var(--space-2) var(--space-4) 0; }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    // a file may be dropped anywhere: else the browser would leave the page and show it
    addEventListener("dragover", this.dragOver);
    addEventListener("dragleave", this.dragLeave);
    addEventListener("drop", this.drop);
    this.endings.push(() => {
      removeEventListener("dragover", this.dragOver);
      removeEventListener("dragleave", this.dragLeave);
      removeEventListener("drop", this.drop);
    });
  }

  override render(): unknown {
    const empty = !this.text.trim() && this.attachments.length === 0;
    return html`<form class=${this.over ? "over" : ""} @submit=${this.submit}>
      ${this.attachments.length > 0
        ? html`<ul aria-label=${say("page.chat.attached")}>${this.attachments.map((one) => this.renderAttachment(one))}</ul>`
        : nothing}
      ${this.refused ? html`<p class="refused error small" role="alert">${this.refused}</p>` : nothing}
      <div class="row">
        <button type="button" class="quiet icon" aria-label=${say("page.chat.attach")} title=${say("page.chat.attach")}
          @click=${() => this.files?.click()}>${sign("attach")}</button>
        <input type="file" multiple hidden tabindex="-1" aria-label=${say("page.chat.attach")} @change=${this.chosen} />
        <textarea rows="1" .value=${this.text} aria-label=${say("page.chat.question")} placeholder=${say("page.chat.placeholder")}
          enterkeyhint="send" @input=${this.typed} @keydown=${this.key} @paste=${this.paste}
          @compositionstart=${() => (this.composing = true)} @compositionend=${() => (this.composing = false)}></textarea>
        ${this.running
          ? html`<button type="button" class="icon stop" aria-label=${say("page.chat.stop")} title=${say("page.chat.stop_title")}
              @click=${this.stop}>${sign("stop")}</button>`
          : html`<button class="primary icon" aria-label=${say("page.chat.send")} title=${say("page.chat.send")}
              ?disabled=${empty}>${sign("send")}</button>`}
      </div>
    </form>`;
  }

  /** The box, ready for typing; on a phone only when asked for, as a keyboard covers half of it. */
  override focus(): void {
    void this.updateComplete.then(() => this.box?.focus());
  }

  /** Put a question there, before what is typed and attached. */
  put({ text, images }: Asked): void {
    const { words, files } = parted(text);
    const pictures = images.map(({ url }): Attachment => ({ kind: "picture", name: say("page.chat.picture"), url }));
    this.text = [words, this.text].filter((typed) => typed.trim()).join("\n");
    this.attachments = [...pictures, ...files, ...this.attachments];
    this.keep();
    void this.updateComplete.then(() => this.fit());
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("conversation") && this.hasUpdated) return;
    ({ text: this.text, attachments: this.attachments } = draftOf(this.conversation));
    this.refused = "";
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("text")) this.fit();
  }

  private renderAttachment(one: Attachment): unknown {
    return html`<li>
      ${one.kind === "picture" ? html`<img src=${one.url} alt="" />` : nothing}<span>${one.name}</span>
      <button type="button" class="quiet icon" aria-label=${say("page.chat.detach", { name: one.name })}
        @click=${() => {
          this.attachments = this.attachments.filter((other) => other !== one);
          this.keep();
          this.focus();
        }}>${sign("close", 16)}</button>
    </li>`;
  }

  private fit(): void {
    const { box } = this;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  private typed(): void {
    this.text = this.box?.value ?? "";
    this.keep();
  }

  private keep(): void {
    keepDraft(this.conversation, { text: this.text, attachments: this.attachments });
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.running) {
      event.preventDefault();
      event.stopPropagation();
      this.stop();
    }
    const typing = event.isComposing || this.composing || event.keyCode === 229; // Safari ends composing before this
    if (event.key !== "Enter" || event.shiftKey || event.altKey || typing) return;
    event.preventDefault();
    this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = withFiles(this.text.trim(), this.attachments);
    const images = this.attachments.flatMap((one) => (one.kind === "picture" ? [{ url: one.url }] : []));
    if (this.running || (!text && images.length === 0)) return;
    this.text = "";
    this.attachments = [];
    this.refused = "";
    this.keep();
    this.focus();
    this.dispatchEvent(new CustomEvent<Asked>("ask", { detail: { text, images } }));
  }

  private stop(): void {
    this.focus();
    this.dispatchEvent(new CustomEvent("stop"));
  }

  private chosen(): void {
    const files = [...(this.files?.files ?? [])];
    if (this.files) this.files.value = "";
    void this.take(files);
  }

  private paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    void this.take(files);
  }

  private readonly dragOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.over = true;
  };

  private readonly dragLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.over = false; // out of the window
  };

  private readonly drop = (event: DragEvent): void => {
    const files = [...(event.dataTransfer?.files ?? [])];
    this.over = false;
    if (files.length === 0) return;
    event.preventDefault();
    void this.take(files);
  };

  private async take(files: readonly File[]): Promise<void> {
    const { conversation } = this;
    this.refused = "";
    for (const file of files) {
      const taken = await attach(file, draftOf(conversation).attachments);
      const { text, attachments } = draftOf(conversation); // another one may be shown by now
      if (typeof taken !== "string") keepDraft(conversation, { text, attachments: [...attachments, taken] });
      if (conversation !== this.conversation) continue;
      if (typeof taken === "string") this.refused = say(`page.chat.refused.${taken}`, { name: file.name });
      else this.attachments = draftOf(conversation).attachments;
    }
    this.focus();
  }
}

import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { download } from "../app/download.ts";
import { PageElement } from "../app/element.ts";
import { address } from "../app/router.ts";
import type { Conversation, Found } from "../app/types.ts";
import { moment, say, sayCount } from "../app/words.ts";
import { marked } from "./marked.ts";
import { sign } from "./signs.ts";
import { type ChatState, path } from "./state.ts";

/** Milliseconds without typing before a search begins. */
const PAUSE = 180;

/**
 * The conversations: search, rename, delete, restore, purge, export.
 *
 * @fires chosen - one was opened, or a new one begun
 * @fires removed - detail `Conversation`: it can be taken back
 */
@customElement("lt-conversation-list")
export class ConversationList extends PageElement {
  @property({ attribute: false }) state!: ChatState;
  @property({ attribute: false }) version = 0;
  @property({ attribute: false }) current: string | null = null;
  @state() private found: Found[] | null = null;
  @state() private menu: string | null = null;
  @state() private renaming: string | null = null;
  @state() private bin = false;
  @state() private purging: string | null = null;
  @query("#search") private box!: HTMLInputElement | null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  static override styles = [
    PageElement.styles,
    css`
      :host { display: flex; flex-direction: column; height: 100%; min-height: 0; background: var(--paper); }
      header { display: grid; gap: var(--space-2); padding: var(--space-3); }
      .new { width: 100%; justify-content: flex-start; }
      .scroll { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 1px var(--space-2) var(--space-3); }
      ul { margin: 0; padding: 0; list-style: none; }
      li { position: relative; }
      .one { border: 1px solid transparent; display: flex; align-items: center; border-radius: var(--radius-m); }
      .one:hover { background: var(--sunken); }
      .one.current { border-color: var(--line); background: var(--surface); }
      .one > a { flex: 1; display: grid; gap: 1px; min-width: 0; min-height: 52px; align-content: center; padding: 6px 0 6px var(--space-3); color: var(--ink); text-decoration: none; font-size: var(--text-s); }
      .title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 550; }
      .about { overflow: hidden; color: var(--ink-soft); font-size: var(--text-xs); text-overflow: ellipsis; white-space: nowrap; }
      .excerpt { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; color: var(--ink-soft); font-size: var(--text-xs); overflow-wrap: anywhere; }
      mark { border-radius: 3px; background: var(--accent-soft); color: var(--ink); font-weight: 600; }
      .dot { display: inline-block; width: 7px; height: 7px; margin-inline-end: 6px; border-radius: 50%; background: var(--accent); }
      .menu { display: grid; margin: 0 0 var(--space-2); padding: var(--space-1); border: 1px solid var(--line); border-radius: var(--radius-m); background: var(--surface); box-shadow: var(--shadow); }
      .menu button { justify-content: flex-start; }
      form { display: flex; gap: var(--space-1); padding: var(--space-1); }
      .empty { padding: var(--space-4) var(--space-3); color: var(--ink-soft); font-size: var(--text-s); }
      .bin { flex: none; justify-content: flex-start; margin: var(--space-2) var(--space-3) var(--space-3); padding-inline: var(--space-3); text-align: start; }
      .sure { display: flex; flex-wrap: wrap; padding: 0 var(--space-2) var(--space-2) var(--space-3); }
      .sure button { padding-inline: var(--space-3); }
    `,
  ];

  override render(): unknown {
    return html`<header>
        <a class="button new" href="/chat" @click=${this.choose}>${sign("add", 18)} ${say("page.chat.new")}</a>
        <input id="search" type="search" aria-label=${say("page.chat.search")} placeholder=${say("page.chat.search")}
          @input=${this.typed} @keydown=${this.searchKey} />
      </header>
      <div class="scroll" @keydown=${this.key}>
        ${this.found ? this.renderFound(this.found) : this.bin ? this.renderDeleted() : this.renderAll()}
      </div>
      <button class="quiet bin" aria-pressed=${this.bin ? "true" : "false"} @click=${this.toggleBin}>
        ${sign(this.bin ? "previous" : "bin", 18)} ${say(this.bin ? "page.chat.back_to_list" : "page.chat.deleted")}</button>`;
  }

  private renderAll(): unknown {
    const all = this.state.conversations;
    if (!all) return nothing;
    if (all.length === 0) return html`<p class="empty">${say("page.chat.list_empty")}</p>`;
    return html`<ul aria-label=${say("page.chat.conversations")}>${repeat(all, ({ id }) => id, (one) => this.renderOne(one))}</ul>`;
  }

  private renderOne(one: Conversation): unknown {
    const title = one.title || say("page.chat.untitled");
    const open = this.menu === one.id;
    if (this.renaming === one.id) {
      return html`<li><form @submit=${(event: Event) => void this.rename(event, one)}>
        <input name="title" aria-label=${say("page.chat.rename")} .value=${one.title} maxlength="200"
          @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.endMenu(event)} />
        <button class="primary icon" aria-label=${say("page.chat.save")}>${sign("check", 18)}</button>
      </form></li>`;
    }
    return html`<li>
      <div class="one ${one.id === this.current ? "current" : ""}">
        <a href=${address("chat", one.id)} aria-current=${one.id === this.current ? "true" : nothing} @click=${this.choose}>
          <span class="title">${one.answer ? html`<span class="dot" role="img" aria-label=${say("page.chat.writing")}></span>` : nothing}${title}</span>
          <span class="about">${moment(one.changed)} · ${sayCount("page.chat.messages", one.size)}</span>
        </a>
        <button class="quiet icon" id="more-${one.id}" aria-label=${say("page.chat.more", { title })} aria-expanded=${open ? "true" : "false"}
          @click=${() => (this.menu = open ? null : one.id)}>${sign("more")}</button>
      </div>
      ${open
        ? html`<div class="menu">
            <button class="quiet" @click=${() => this.startRename(one.id)}>${sign("edit", 18)} ${say("page.chat.rename")}</button>
            <button class="quiet" @click=${() => void this.save(one, "markdown")}>${sign("down", 18)} ${say("page.chat.export_markdown")}</button>
            <button class="quiet" @click=${() => void this.save(one, "json")}>${sign("down", 18)} ${say("page.chat.export_json")}</button>
            <button class="quiet danger" @click=${() => this.removeOne(one)}>${sign("bin", 18)} ${say("page.chat.delete")}</button>
          </div>`
        : nothing}
    </li>`;
  }

  private renderFound(found: readonly Found[]): unknown {
    if (found.length === 0) return html`<p class="empty" role="status">${say("page.chat.found_nothing")}</p>`;
    return html`<p class="visually-hidden" role="status">${sayCount("page.chat.found", found.length)}</p>
      <ul aria-label=${say("page.chat.search")}>${found.map((one) => html`<li><div class="one">
        <a href=${address("chat", one.conversation, one.message)} @click=${this.choose}>
          <span class="title">${one.title || say("page.chat.untitled")}</span>
          <span class="excerpt">${marked(one)}</span>
        </a></div></li>`)}</ul>`;
  }

  private renderDeleted(): unknown {
    const all = this.state.deleted;
    if (!all) return nothing;
    if (all.length === 0) return html`<p class="empty">${say("page.chat.bin_empty")}</p>`;
    return html`<ul aria-label=${say("page.chat.deleted")}>${all.map((one) => html`<li>
      <div class="one"><a><span class="title">${one.title || say("page.chat.untitled")}</span>
        <span class="about">${moment(one.deleted ?? one.changed)}</span></a></div>
      <div class="sure">${this.purging === one.id
        ? html`<button class="danger" @click=${() => void this.purge(one)}>${say("page.chat.purge_sure")}</button>
            <button class="quiet" @click=${(event: Event) => void this.askPurge(event, null)}>${say("page.chat.cancel")}</button>`
        : html`<button @click=${() => void this.restore(one)}>${say("page.chat.restore")}</button>
            <button class="quiet danger" @click=${(event: Event) => void this.askPurge(event, one.id)}>${say("page.chat.purge")}</button>`}
      </div></li>`)}</ul>`;
  }

  private choose(): void {
    this.dispatchEvent(new CustomEvent("chosen"));
  }

  private typed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.search(), PAUSE);
  }

  private async search(): Promise<void> {
    const words = this.box?.value.trim() ?? "";
    const turn = (this.asked += 1);
    if (!words) {
      this.found = null;
      return;
    }
    try {
      const found = await this.state.search(words);
      if (turn === this.asked) this.found = found;
    } catch {
      if (turn === this.asked) this.found = [];
    }
  }

  private searchKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.box?.value) return;
    event.stopPropagation();
    this.box.value = "";
    void this.search();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && (this.menu ?? this.renaming)) this.endMenu(event);
  }

  private endMenu(event: Event): void {
    event.stopPropagation();
    const id = this.menu ?? this.renaming;
    this.menu = null;
    this.renaming = null;
    void this.backTo(id);
  }

  /** Who uses the keyboard goes on at that conversation. */
  private async backTo(id: string | null): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`#more-${id}`)?.focus();
  }

  private startRename(id: string): void {
    this.menu = null;
    this.renaming = id;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLInputElement>("[name=title]")?.select());
  }

  private async rename(event: Event, one: Conversation): Promise<void> {
    event.preventDefault();
    const title = this.renderRoot.querySelector<HTMLInputElement>("[name=title]")?.value.trim() ?? "";
    if (title && title !== one.title) await this.state.change(one.id, { title });
    this.renaming = null;
    await this.backTo(one.id);
  }

  private async save(one: Conversation, format: "markdown" | "json"): Promise<void> {
    this.menu = null;
    void this.backTo(one.id);
    try {
      await download(`${path(one.id)}/export?format=${format}`, `conversation.${format === "json" ? "json" : "md"}`);
    } catch (error) {
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    }
  }

  private removeOne(one: Conversation): void {
    this.menu = null;
    this.dispatchEvent(new CustomEvent("removed", { detail: one }));
  }

  /** Ask, or no longer, whether it is to go for ever; who uses the keyboard stays at that place. */
  private async askPurge(event: Event, id: string | null): Promise<void> {
    const place = (event.currentTarget as HTMLElement).parentElement;
    this.purging = id;
    await this.updateComplete;
    place?.querySelector<HTMLElement>(id === null ? ".danger" : ".quiet")?.focus();
  }

  private async purge(one: Conversation): Promise<void> {
    this.purging = null;
    await this.state.purge(one.id);
    await this.stayInBin();
  }

  private async restore(one: Conversation): Promise<void> {
    await this.state.restore(one.id);
    await this.stayInBin();
  }

  /** At what is left there, or at the way back. */
  private async stayInBin(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(".sure button, .bin")?.focus();
  }

  private toggleBin(): void {
    this.bin = !this.bin;
    this.found = null;
    if (this.box) this.box.value = "";
    if (this.bin) void this.state.readDeleted().catch((error: unknown) => this.dispatchEvent(new CustomEvent("failed", { detail: error })));
  }
}

import { type PropertyValues, html, nothing } from "lit";
import { customElement, property, query, queryAll, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { ApiError, messageOf } from "../app/api.ts";
import { PageElement } from "../app/element.ts";
import { preference } from "../app/preferences.ts";
import { address, navigate } from "../app/router.ts";
import { loadSettings, onSettings, settings } from "../app/settings.ts";
import type { Answer, Conversation, Failure, Message } from "../app/types.ts";
import { say } from "../app/words.ts";
import { aloud } from "./aloud.ts";
import { screenStyles } from "./chat-styles.ts";
import type { Asked, Composer } from "./composer.ts";
import "./composer.ts";
import "./conversation-list.ts";
import "./conversation-panel.ts";
import { moveDraft } from "./drafts.ts";
import "./key-gate.ts";
import type { MessageView, Shown } from "./message-view.ts";
import "./message-view.ts";
import { spent } from "./money.ts";
import { sign } from "./signs.ts";
import { ChatState } from "./state.ts";
import { thread } from "./thread.ts";
import { failureOf, renderTrouble } from "./trouble.ts";

/** Pixels from the end within which a growing answer is followed. */
const AT_END = 48;
/** Messages that are drawn at first; earlier ones follow, so many at a time. */
const DRAWN = 60;
/** Milliseconds for which a message that was looked for stands out. */
const FOUND = 2_500;
/** Milliseconds in which something deleted can be taken back with one press. */
const UNDO = 10_000;
/** Frames in which messages that come into sight find their height. */
const FRAMES = 4;
const STARTERS = ["groove", "explain", "code"] as const;

/** The chat. It fills the height it is given and scrolls by itself. */
@customElement("lt-chat-screen")
export class ChatScreen extends PageElement {
  /** The conversation that is shown; null for a new one. */
  @property({ attribute: false }) conversation: string | null = null;
  /** A message of it to begin at, on whichever branch. */
  @property({ attribute: false }) message: string | null = null;
  @state() private version = 0;
  @state() private drawer = false;
  @state() private panel = false;
  @state() private gate: boolean | null = null;
  /** Why the settings cannot be used, and so nothing can be asked. */
  @state() private unsettled: ApiError | null = null;
  @state() private away = false;
  @state() private drawn = DRAWN;
  @state() private removed: Conversation | null = null;
  @state() private told = "";
  @query(".log") private log!: HTMLElement | null;
  @query("lt-composer") private composer!: Composer | null;
  @queryAll("lt-message") private views!: NodeListOf<MessageView>;
  private undoTimer: ReturnType<typeof setTimeout> | undefined;
  private following = true;
  /** Pixels that the thread was scrolled when that was told last. */
  private scrolledTo = 0;
  private readonly sizes = new ResizeObserver(() => this.follow());
  private readonly toRead = new Set<string>();

  private readonly chat = new ChatState({
    changed: () => (this.version += 1),
    grew: (answer) => this.grow(answer),
    turned: (answer) => this.turn(answer),
    begun: (id) => {
      moveDraft(id);
      navigate(address("chat", id), { replace: true });
    },
  });

  static override styles = [PageElement.styles, screenStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(this.chat.start(), onSettings(() => this.decideGate()), () => this.sizes.disconnect());
    if (settings()) this.decideGate();
    else void this.load();
  }

  override render(): unknown {
    if (this.gate === null) return nothing;
    if (this.gate) return html`<lt-key-gate @passed=${this.passGate}></lt-key-gate>`;
    return html`<div class="chat">
      <aside class=${this.drawer ? "open" : ""} aria-label=${say("page.chat.conversations")} @keydown=${this.drawerKey}>
        <lt-conversation-list .state=${this.chat} .version=${this.version} .current=${this.chat.id} @chosen=${this.closeDrawer}
          @removed=${this.removeOne} @failed=${(event: CustomEvent<unknown>) => (this.told = messageOf(event.detail))}></lt-conversation-list>
      </aside>
      ${this.drawer ? html`<div class="scrim" @click=${this.closeDrawer}></div>` : nothing}
      <section class="main" ?inert=${this.drawer && matchMedia("(max-width: 1099px)").matches}>
        ${this.renderHeader()}
        ${this.panel ? html`<div class="panel" id="panel" @keydown=${this.panelKey}>
          <lt-conversation-panel .state=${this.chat} .version=${this.version}></lt-conversation-panel></div>` : nothing}
        ${this.renderLog()}
        <div class="foot">
          ${this.away ? html`<button class="to-end icon" aria-label=${say("page.chat.to_end")} title=${say("page.chat.to_end")}
            @click=${() => this.toEnd()}>${sign("down")}</button>` : nothing}
          <lt-composer .conversation=${this.chat.id} ?running=${this.chat.busy} @ask=${this.ask} @stop=${this.stop}></lt-composer>
        </div>
      </section>
      ${this.renderToast()}
      <div class="visually-hidden" role="status" aria-live="polite">${this.told}</div>
    </div>`;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("conversation")) return;
    this.drawn = DRAWN;
    this.following = true;
    this.scrolledTo = 0;
    this.away = false;
    if (this.conversation !== this.chat.id) void this.chat.show(this.conversation);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const opened = changed.has("conversation") || changed.get("gate") === null;
    if (this.gate === false && opened && !this.drawer) this.ready();
    const list = this.renderRoot.querySelector(".list");
    if (list) this.sizes.observe(list);
    this.follow();
    if (this.message !== null && this.chat.detail) void this.begin(this.message);
    if (this.drawn < (this.chat.detail?.messages.length ?? 0)) requestAnimationFrame(() => this.drawMore());
  }

  private renderHeader(): unknown {
    const detail = this.chat.detail;
    const title = detail?.conversation.title || say(this.chat.id ? "page.chat.untitled" : "page.chat.new");
    const total = detail?.total;
    return html`<header>
      <button class="quiet icon menu" aria-label=${say("page.chat.conversations")} aria-expanded=${this.drawer ? "true" : "false"}
        @click=${this.openDrawer}>${sign("list")}</button>
      <div class="name"><h1 title=${title}>${title}</h1>
        ${total && total.calls > 0 ? html`<span class="soft number">${spent(total, this.chat.busy)}</span>` : nothing}
      </div>
      ${settings()?.mock ? html`<span class="badge mock">${say("page.chat.mock")}</span>` : nothing}
      <button class="quiet icon" id="tune" aria-label=${say("page.chat.panel")} title=${say("page.chat.panel")}
        aria-expanded=${this.panel ? "true" : "false"} aria-controls="panel" @click=${() => (this.panel = !this.panel)}>${sign("tune")}</button>
      <a class="button quiet icon add" href="/chat" aria-label=${say("page.chat.new")} title=${say("page.chat.new")}>${sign("add")}</a>
    </header>`;
  }

  private renderLog(): unknown {
    const { detail, answer, pending, trouble } = this.chat;
    const all = thread(detail, answer, pending);
    const shown = all.slice(Math.max(0, all.length - this.drawn));
    const empty = all.length === 0 && !trouble && !this.unsettled && (this.chat.id === null || detail);
    return html`<div class="log" role="log" aria-live="off" aria-label=${say("page.chat.thread")} tabindex="0" @scroll=${this.scrolled}
        @keydown=${this.logKey}>
      <div class="list">
        ${empty ? this.renderEmpty() : nothing}
        ${repeat(shown, ({ key }) => key, (one, at) => this.renderMessage(one, at === shown.length - 1))}
        ${answer?.state === "failed" && answer.message === null && !pending && answer.error ? this.renderTrouble(answer.error, () => this.askAgain(answer), answer.text ? "page.chat.kept_partial" : "page.chat.kept_question") : nothing}
        ${pending?.error ? this.renderTrouble(failureOf(pending.error), () => void this.chat.ask(pending), "page.chat.not_sent", () => this.takeBack()) : nothing}
        ${this.unsettled ? this.renderTrouble(failureOf(this.unsettled), () => void this.load()) : nothing}
        ${trouble ? this.renderTrouble(failureOf(trouble), () => void this.chat.read()) : nothing}
      </div>
    </div>`;
  }

  private renderMessage(shown: Shown, last: boolean): unknown {
    return html`<lt-message .shown=${shown} ?busy=${this.chat.busy} ?last=${last}
      @edit=${(event: CustomEvent<{ message: Message; text: string }>) => this.askInstead(event.detail.message, event.detail.text)}
      @again=${(event: CustomEvent<Message>) => this.send({ text: "", images: [], again: event.detail.id })}
      @go-on=${(event: CustomEvent<Message>) => this.send({ text: say("page.chat.go_on_words"), images: [], after: event.detail.id })}
      @sibling=${(event: CustomEvent<string>) => void this.goTo(event.detail)}
      @written=${() => this.read(shown)}></lt-message>`;
  }

  private renderEmpty(): unknown {
    return html`<div class="empty">
      <h2>${say("page.chat.empty.title")}</h2>
      <p class="soft">${say("page.chat.empty.says")}</p>
      <div class="starters">${STARTERS.map((name) => html`<button @click=${() => this.send({ text: say(`page.chat.starter.${name}`), images: [] })}>
        ${say(`page.chat.starter.${name}`)}</button>`)}</div>
    </div>`;
  }

  private renderTrouble(failure: Failure, again: () => void, kept: string | null = null, takeBack?: () => void): unknown {
    const tryAgain = (): void => {
      again();
      this.ready();
    };
    return renderTrouble({ failure, kept, tryAgain, takeBack });
  }

  private renderToast(): unknown {
    const { removed } = this;
    if (!removed) return nothing;
    return html`<div class="toast" role="status"><span>${say("page.chat.removed", { title: removed.title || say("page.chat.untitled") })}</span>
      <button @click=${() => this.undoRemove(removed)}>${say("page.chat.undo")}</button></div>`;
  }

  private async load(): Promise<void> {
    try {
      await loadSettings();
    } catch (error) {
      this.gate = false;
      // that nobody answers is told by the frame of the page
      this.unsettled = error instanceof ApiError && error.status > 0 ? error : null;
    }
  }

  private decideGate(): void {
    const now = settings();
    this.unsettled = null;
    // who has come in stays in, whatever another page changes
    if (now && this.gate !== false) this.gate = now.mock && !now.key && preference("gate") === null;
    this.version += 1;
  }

  private passGate(): void {
    this.gate = false;
    void this.updateComplete.then(() => this.composer?.focus());
  }

  private ask(event: CustomEvent<Asked>): void {
    this.send(event.detail);
  }

  private send(question: { text: string; images: Asked["images"]; after?: string | null; again?: string }): void {
    if (this.chat.busy) return;
    this.following = true;
    void this.chat.ask(question);
    this.ready();
  }

  /** What was pressed may go; who has a keyboard types on. On a phone one would cover half of the thread. */
  private ready(): void {
    if (matchMedia("(pointer: fine)").matches) this.composer?.focus();
  }

  /** Show another version of a message; who uses the keyboard stays at its buttons. */
  private async goTo(message: string): Promise<void> {
    await this.chat.switchTo(message);
    await this.updateComplete;
    const view = [...this.views].find(({ shown }) => shown.message?.id === message);
    await view?.updateComplete;
    view?.renderRoot.querySelector<HTMLElement>(".tools button:not(:disabled)")?.focus();
  }

  private askInstead(message: Message, text: string): void {
    this.send({ text, images: message.images, after: message.parent });
  }

  private askAgain(answer: Answer): void {
    this.send({ text: "", images: [], again: answer.question });
  }

  private takeBack(): void {
    const { pending } = this.chat;
    if (!pending) return;
    this.chat.pending = null;
    this.composer?.put(pending);
    this.composer?.focus();
    this.version += 1;
  }

  private stop(): void {
    void this.chat.stop();
  }

  private grow(answer: Answer): void {
    if (answer.conversation !== this.chat.id) return;
    const view = [...this.views].reverse().find((one) => one.shown.growing);
    if (view) view.grow(answer.text);
    else this.version += 1;
  }

  private turn(answer: Answer): void {
    if (answer.conversation !== this.chat.id) return;
    if (answer.state === "running") {
      this.toRead.add(answer.question);
      this.told = "";
    } else if (answer.state === "failed") {
      this.toRead.clear();
    }
  }

  /** The whole answer is said once, when it is all there. */
  private read(shown: Shown): void {
    if (shown.growing || shown.role !== "assistant" || this.toRead.size === 0) return;
    const last = [...this.views].at(-1);
    if (last?.shown.key !== shown.key) return;
    this.toRead.clear();
    this.told = aloud(last.words, shown.partial);
  }

  /** Show a message that was looked for, and let it stand out for a moment. */
  private async begin(message: string): Promise<void> {
    this.message = null;
    this.following = false;
    navigate(address("chat", this.conversation), { replace: true });
    const isThere = (): boolean => this.chat.detail?.messages.some(({ id }) => id === message) ?? false;
    if (!isThere()) await this.chat.switchTo(message);
    if (!isThere()) return;
    this.drawn = Math.max(this.drawn, this.chat.detail?.messages.length ?? 0);
    this.version += 1;
    await this.updateComplete;
    const view = [...this.views].find(({ shown }) => shown.message?.id === message);
    if (!view) return;
    view.tabIndex = -1;
    view.toggleAttribute("found", true);
    setTimeout(() => view.toggleAttribute("found", false), FOUND);
    // what stands before it gets its height when it is drawn
    for (let frame = 0; frame < FRAMES; frame += 1) {
      await new Promise(requestAnimationFrame);
      view.scrollIntoView({ block: "start" });
    }
    view.focus({ preventScroll: true });
  }

  private drawMore(): void {
    const { log } = this;
    if (!log) return;
    const before = log.scrollHeight - log.scrollTop;
    this.drawn += DRAWN;
    void this.updateComplete.then(() => {
      if (!this.following) log.scrollTop = log.scrollHeight - before;
    });
  }

  private scrolled(): void {
    const { log } = this;
    if (!log) return;
    const left = log.scrollHeight - log.scrollTop - log.clientHeight;
    // what grew since the scroll that is told of was no person who turned back
    if (left < AT_END) this.following = true;
    else if (log.scrollTop < this.scrolledTo) this.following = false;
    this.scrolledTo = log.scrollTop;
    this.away = left > log.clientHeight / 2;
  }

  private follow(): void {
    if (this.following && this.log?.querySelector("lt-message, .trouble")) this.log.scrollTop = this.log.scrollHeight;
  }

  private toEnd(): void {
    this.following = true;
    this.away = false;
    this.follow();
    this.composer?.focus();
  }

  private logKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.stop();
    if (event.key === "End" && event.target === this.log) this.toEnd();
  }

  private openDrawer(): void {
    this.drawer = true;
    void this.updateComplete.then(() => this.list?.renderRoot.querySelector<HTMLElement>("a, input")?.focus());
  }

  private readonly closeDrawer = (): void => {
    if (!this.drawer) return;
    this.drawer = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".menu")?.focus());
  };

  private get list(): PageElement | null {
    return this.renderRoot.querySelector<PageElement>("lt-conversation-list");
  }

  private drawerKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.closeDrawer();
  }

  private panelKey(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    this.panel = false;
    this.renderRoot.querySelector<HTMLElement>("#tune")?.focus();
  }

  private async removeOne(event: CustomEvent<Conversation>): Promise<void> {
    const one = event.detail;
    await this.chat.remove(one.id);
    if (this.chat.trouble) return;
    this.list?.renderRoot.querySelector<HTMLElement>(".new")?.focus();
    clearTimeout(this.undoTimer);
    this.removed = one;
    this.undoTimer = setTimeout(() => (this.removed = null), UNDO);
    if (one.id === this.chat.id) navigate("/chat");
  }

  private async undoRemove(one: Conversation): Promise<void> {
    this.removed = null;
    this.drawer = false;
    await this.chat.restore(one.id);
    navigate(address("chat", one.id));
    this.composer?.focus();
  }
}

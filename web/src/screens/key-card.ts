import { css, html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { del, messageOf, post, put } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import { changeSettings, loadSettings, onSettings, settings } from "../app/settings.ts";
import { shared } from "../app/styles.ts";
import type { KeyKept } from "../app/types.ts";
import { say, sayCount } from "../app/words.ts";
import { card } from "./card.ts";

/** The key: typed once, sent once to Python, and from then on only its last four characters are seen. */
@customElement("lt-key-card")
export class KeyCard extends PageElement {
  @state() private typing = false;
  @state() private forgetting = false;
  @state() private busy = false;
  @state() private told = "";
  @state() private failed = "";
  @query("#key") private input!: HTMLInputElement | null;

  static override styles = [
    shared,
    card,
    css`
      .key {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: var(--space-1) var(--space-3);
      }
      .last4 {
        font-size: var(--text-l);
        letter-spacing: 0.04em;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(onSettings(() => this.requestUpdate()));
  }

  override render(): unknown {
    const now = settings();
    if (!now) return nothing;
    const asks = this.typing || !now.key;
    return html`<section class="card" aria-labelledby="title">
      <header>
        <h2 id="title">${say("page.key.title")}</h2>
        ${now.mock ? html`<span class="badge">${say("page.key.mock_badge")}</span>` : nothing}
      </header>
      ${now.mock
        ? html`<p class="soft">${say(!now.key ? "page.key.mock" : now.fixed.includes("mock") ? "page.key.mock_by_variable" : "page.key.mock_chosen")}</p>`
        : nothing}
      ${now.key ? this.renderKey(now.key.last4, now.key.where) : nothing}
      ${now.key
        ? html`<label class="check">
            <input type="checkbox" id="mock" .checked=${now.mock} ?disabled=${now.fixed.includes("mock")} @change=${this.chooseMock} />
            ${say("page.key.choose_mock")}
          </label>`
        : nothing}
      ${asks ? this.renderForm(now.mock && !now.key) : nothing}
      <p role="status" class="told small">${this.told}</p>
      ${this.failed ? html`<p role="alert" class="error small">${coded(this.failed)}</p>` : nothing}
    </section>`;
  }

  private renderKey(last4: string, where: string): unknown {
    return html`<p class="key">
        <span class="visually-hidden">${say("page.key.ends", { last4: last4 || "…" })}</span>
        <span class="mono last4" aria-hidden="true">•••• ${last4}</span>
        <span class="soft small">${say("page.key.where", { where })}</span>
      </p>
      ${this.forgetting
        ? html`<p>${say("page.key.forget_sure")}</p>
            <div class="actions">
              <button class="danger" ?disabled=${this.busy} @click=${this.forget}>${say("page.key.forget")}</button>
              <button class="quiet" @click=${() => void this.ask(false)}>${say("page.action.cancel")}</button>
            </div>`
        : html`<div class="actions">
            <button ?disabled=${this.busy} @click=${this.test}>${say("page.key.test")}</button>
            <button aria-expanded=${this.typing} @click=${() => (this.typing = !this.typing)}>${say("page.key.replace")}</button>
            <button class="quiet danger" @click=${() => void this.ask(true)}>${say("page.key.forget")}</button>
          </div>`}`;
  }

  private renderForm(mock: boolean): unknown {
    return html`<form class="field" @submit=${this.keep}>
      <label for="key">${say("page.key.label")}</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        required
        placeholder="sk-…"
        aria-describedby="hint"
      />
      <p id="hint" class="soft small">${say("page.key.hint")}${settings()?.keychain ? html` ${say("page.key.readable")}` : nothing}</p>
      <div class="actions">
        <button class="primary" ?disabled=${this.busy}>${say("page.key.keep")}</button>
        ${mock ? html`<a class="button quiet" href="/chat">${say("page.key.continue_mock")}</a>` : nothing}
      </div>
    </form>`;
  }

  /** Ask, or no longer, whether to forget the key; who uses the keyboard stays at that place. */
  private async ask(forgetting: boolean): Promise<void> {
    this.forgetting = forgetting;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(forgetting ? ".quiet" : ".danger")?.focus();
  }

  private keep(event: SubmitEvent): void {
    event.preventDefault();
    const key = this.input?.value.trim() ?? "";
    if (!key) return;
    void this.act(async () => {
      const kept = await put<KeyKept>("/api/key", { key, tried: true });
      this.typing = false;
      if (this.input) this.input.value = "";
      await loadSettings();
      return kept.first ? say("page.key.shadowed", { where: kept.first.where }) : say("page.key.kept");
    });
  }

  private chooseMock(event: Event): void {
    const mock_chosen = (event.target as HTMLInputElement).checked;
    void this.act(async () => {
      await changeSettings({ mock_chosen });
      return say("page.action.saved");
    });
  }

  private test(): void {
    void this.act(async () => {
      const { models } = await post<{ models: number }>("/api/key/test");
      return sayCount("page.key.works", models);
    });
  }

  private async forget(): Promise<void> {
    await this.act(async () => {
      await del("/api/key");
      const now = await loadSettings();
      this.forgetting = false;
      return now.key ? say("page.key.still", { where: now.key.where }) : say("page.key.forgotten");
    });
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("button")?.focus();
  }

  /** Do it, and tell how it went; what is shown stays when it fails. */
  private async act(what: () => Promise<string>): Promise<void> {
    this.busy = true;
    this.told = this.failed = "";
    try {
      this.told = await what();
    } catch (error) {
      this.failed = messageOf(error);
    } finally {
      this.busy = false;
    }
  }
}

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { messageOf, put } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import { prefer } from "../app/preferences.ts";
import { loadSettings, settings } from "../app/settings.ts";
import { say } from "../app/words.ts";

/**
 * The first visit: a key, typed once and sent once to Python, or Mock AI.
 *
 * @fires passed - when it is decided
 */
@customElement("lt-key-gate")
export class KeyGate extends PageElement {
  @state() private busy = false;
  @state() private failed = "";

  static override styles = [
    PageElement.styles,
    css`
      :host { display: grid; height: 100%; overflow: auto; }
      .gate { display: grid; gap: var(--space-4); width: min(100% - 2 * var(--space-4), 460px); margin: auto; padding: var(--space-5) 0; }
      header { display: grid; gap: var(--space-2); }
      form { display: grid; gap: var(--space-3); }
      .or { display: flex; align-items: center; gap: var(--space-3); color: var(--ink-soft); font-size: var(--text-s); }
      .or::before, .or::after { flex: 1; height: 1px; background: var(--line); content: ""; }
      .mock { display: grid; gap: var(--space-2); }
      button { width: 100%; }
    `,
  ];

  override render(): unknown {
    return html`<div class="gate">
      <header>
        <h1>${say("page.chat.gate.title")}</h1>
        <p class="soft">${say("page.chat.gate.intro")}</p>
      </header>
      <div class="mock">
        <button class="primary" id="mock" @click=${this.withMock}>${say("page.chat.gate.mock")}</button>
        <p class="soft small">${say("page.chat.gate.mock_says")}</p>
      </div>
      <div class="or">${say("page.chat.gate.or")}</div>
      <form @submit=${this.withKey}>
        <label for="key">${say("page.chat.gate.key")}</label>
        <input id="key" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="sk-…"
          aria-describedby="key-says" aria-invalid=${this.failed ? "true" : "false"} required />
        <p class="soft small" id="key-says">${say("page.chat.gate.key_says")}${settings()?.keychain ? html` ${say("page.key.readable")}` : nothing}</p>
        ${this.failed ? html`<p role="alert" class="error small">${coded(this.failed)}</p>` : nothing}
        <button ?disabled=${this.busy}>${say(this.busy ? "page.chat.gate.checking" : "page.chat.gate.use_key")}</button>
      </form>
    </div>`;
  }

  private withMock(): void {
    this.pass();
  }

  private async withKey(event: Event): Promise<void> {
    event.preventDefault();
    const input = this.renderRoot.querySelector("input");
    const key = input?.value.trim() ?? "";
    if (!input || !key || this.busy) return;
    this.busy = true;
    this.failed = "";
    try {
      await put("/api/key", { key, tried: true });
      input.value = "";
      await loadSettings();
      this.pass();
    } catch (error) {
      this.failed = messageOf(error);
      input.focus();
      input.select();
    } finally {
      this.busy = false;
    }
  }

  private pass(): void {
    prefer("gate", "passed");
    this.dispatchEvent(new CustomEvent("passed"));
  }
}

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { get, messageOf } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import { changeSettings, onSettings, settings } from "../app/settings.ts";
import { shared } from "../app/styles.ts";
import type { Models, Settings } from "../app/types.ts";
import { say } from "../app/words.ts";
import { card } from "./card.ts";

const USES = ["chat", "patterns", "reasoning", "code"];
type Changes = Parameters<typeof changeSettings>[0];

/** Which server is asked, and which model answers to what use. */
@customElement("lt-server-card")
export class ServerCard extends PageElement {
  @state() private models: Models | null = null;
  @state() private told = "";
  @state() private failed = "";

  static override styles = [
    shared,
    card,
    css`
      .address {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }
      .address input {
        flex: 1 1 240px;
        width: auto;
        min-width: 0;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--space-2) var(--space-5);
        margin: 0;
      }
      dt {
        color: var(--ink-soft);
      }
      dd {
        margin: 0;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(onSettings(() => this.requestUpdate()));
    void this.load();
  }

  override render(): unknown {
    const now = settings();
    if (!now) return nothing;
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${say("page.server.title")}</h2>
      ${this.renderAddress(now)} ${this.renderModel(now)} ${this.renderUses()} ${this.renderRules(now)}
      <p role="status" class="told small">${this.told}</p>
      ${this.failed ? html`<p role="alert" class="error small">${coded(this.failed)}</p>` : nothing}
    </section>`;
  }

  private renderAddress(now: Settings): unknown {
    const fixed = now.fixed.includes("base_url");
    return html`<form class="field" @submit=${this.setAddress}>
      <label for="address">${say("page.server.address")}</label>
      <div class="address">
        <input
          id="address"
          name="base_url"
          type="url"
          required
          inputmode="url"
          autocapitalize="off"
          spellcheck="false"
          ?disabled=${fixed}
          .value=${now.base_url}
          aria-describedby="address-hint"
        />
        <button ?disabled=${fixed}>${say("page.action.save")}</button>
        <button type="button" class="quiet" ?disabled=${fixed} @click=${() => void this.change({ base_url: null })}>
          ${say("page.server.usual")}
        </button>
      </div>
      <p id="address-hint" class="soft small">${say(fixed ? "page.server.fixed" : "page.server.address_hint")}</p>
    </form>`;
  }

  private renderModel(now: Settings): unknown {
    const fixed = now.fixed.includes("model");
    const names = this.models?.models.map((model) => model.name) ?? [];
    const listed = now.model === null || names.includes(now.model) ? names : [now.model, ...names];
    return html`<div class="field">
      <label for="model">${say("page.server.model")}</label>
      <select id="model" ?disabled=${fixed} @change=${this.setModel}>
        <option value="" ?selected=${now.model === null}>${say("page.server.model_usual")}</option>
        ${listed.map((name) => html`<option value=${name} ?selected=${name === now.model}>${name}</option>`)}
      </select>
      ${fixed ? html`<p class="soft small">${say("page.server.fixed")}</p>` : nothing}
    </div>`;
  }

  private renderUses(): unknown {
    if (!this.models) return nothing;
    return html`<dl class="small">
      ${Object.entries(this.models.aliases).map(
        ([alias, name]) => html`<dt>${useOf(alias)}</dt><dd class="mono">${name}</dd>`,
      )}
    </dl>`;
  }

  private renderRules(now: Settings): unknown {
    return html`<div>
      <label class="check">
        <input
          type="checkbox"
          .checked=${now.retired === "replace"}
          @change=${(event: Event) => void this.change({ retired: isOn(event) ? "replace" : "fail" })}
        />
        ${say("page.server.retired")}
      </label>
      <label class="check">
        <input
          type="checkbox"
          .checked=${now.strict}
          @change=${(event: Event) => void this.change({ strict: isOn(event) })}
        />
        ${say("page.server.strict")}
      </label>
    </div>`;
  }

  private setAddress(event: SubmitEvent): void {
    event.preventDefault();
    const base_url = String(new FormData(event.target as HTMLFormElement).get("base_url")).trim();
    void this.change({ base_url });
  }

  private setModel(event: Event): void {
    void this.change({ model: (event.target as HTMLSelectElement).value || null });
  }

  private async change(changes: Changes): Promise<void> {
    this.told = this.failed = "";
    try {
      await changeSettings(changes);
      this.told = say("page.action.saved");
    } catch (error) {
      this.failed = messageOf(error);
      this.requestUpdate();
      return;
    }
    await this.load();
  }

  private async load(): Promise<void> {
    try {
      this.models = await get<Models>("/api/models");
    } catch (error) {
      this.failed = messageOf(error);
    }
  }
}

/** What an alias is for, in words; a maker's own alias is its own word. */
function useOf(alias: string): string {
  return USES.includes(alias) ? say(`page.chat.use.${alias}`) : alias;
}

function isOn(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

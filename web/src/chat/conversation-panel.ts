import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { PageElement } from "../app/element.ts";
import { say, sayCount } from "../app/words.ts";
import { spent } from "./money.ts";
import { inRange } from "./parameters.ts";
import type { ChatState } from "./state.ts";

const USES = ["chat", "patterns", "reasoning", "code"] as const;

/** How this conversation is answered: the model by use, the system prompt, generation parameters, and what it cost. */
@customElement("lt-conversation-panel")
export class ConversationPanel extends PageElement {
  @property({ attribute: false }) state!: ChatState;
  @property({ attribute: false }) version = 0;

  static override styles = [
    PageElement.styles,
    css`
      :host { display: block; }
      .panel { display: grid; gap: var(--space-4); padding: var(--space-4) max(var(--space-4), var(--safe-right)) var(--space-5) max(var(--space-4), var(--safe-left)); max-width: 820px; margin: 0 auto; }
      .field { display: grid; gap: var(--space-1); }
      .pair { display: grid; grid-template-columns: 1fr 1fr; align-items: end; gap: var(--space-3); }
      textarea { min-height: 5.5em; resize: vertical; line-height: 1.45; }
      .total { display: flex; flex-wrap: wrap; gap: var(--space-1) var(--space-3); }
    `,
  ];

  override render(): unknown {
    const { detail, fresh, models } = this.state;
    const model = detail ? detail.conversation.model : fresh.model;
    const system = detail ? detail.conversation.system : fresh.system;
    const chosen = detail ? detail.conversation.parameters : fresh.parameters;
    const aliases = USES.filter((use) => models?.aliases[use] !== undefined);
    const known = new Set<string>([...aliases, ...(models?.models.map(({ name }) => name) ?? [])]);
    return html`<div class="panel">
      <div class="field">
        <label for="model">${say("page.chat.model_for")}</label>
        <select id="model" @change=${this.chooseModel}>
          <option value="" ?selected=${!model} ?disabled=${detail !== null}>${say("page.chat.model_default")}</option>
          ${aliases.map((use) => html`<option value=${use} ?selected=${use === model}>${say(`page.chat.use.${use}`)} (${models?.aliases[use]})</option>`)}
          ${model && !known.has(model) ? html`<option value=${model} selected>${model}</option>` : nothing}
          ${(models?.models ?? []).map(({ name }) => html`<option value=${name} ?selected=${name === model}>${name}</option>`)}
        </select>
      </div>
      <div class="field">
        <label for="system">${say("page.chat.system")}</label>
        <textarea id="system" .value=${system} placeholder=${say("page.chat.system_says")} @change=${this.chooseSystem}></textarea>
      </div>
      <div class="pair">
        <div class="field">
          <label for="temperature">${say("page.chat.temperature")}</label>
          <input id="temperature" inputmode="decimal" autocomplete="off" placeholder=${say("page.chat.by_model")}
            .value=${live(String(chosen.temperature ?? ""))} @change=${this.chooseParameters} />
        </div>
        <div class="field">
          <label for="most">${say("page.chat.max_tokens")}</label>
          <input id="most" inputmode="numeric" autocomplete="off" placeholder=${say("page.chat.by_model")}
            .value=${live(String(chosen.max_tokens ?? ""))} @change=${this.chooseParameters} />
        </div>
      </div>
      ${this.renderTotal()}
    </div>`;
  }

  private renderTotal(): unknown {
    const total = this.state.detail?.total;
    if (!total) return nothing;
    return html`<p class="total soft small number"><span>${say("page.chat.total")}</span>
      <span>${sayCount("page.chat.tokens", total.input_tokens + total.output_tokens)}</span>
      <span>${spent(total, this.state.answer?.state === "running")}</span></p>`;
  }

  private value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.value ?? "";
  }

  private chooseModel(): void {
    const model = this.value("model");
    const { detail } = this.state;
    if (!detail) this.state.fresh = { ...this.state.fresh, model };
    else if (model) void this.state.change(detail.conversation.id, { model });
  }

  private chooseSystem(): void {
    const system = this.value("system");
    const { detail } = this.state;
    if (detail) void this.state.change(detail.conversation.id, { system });
    else this.state.fresh = { ...this.state.fresh, system };
  }

  private chooseParameters(): void {
    const temperature = inRange(this.value("temperature"), 0, 2);
    const most = inRange(this.value("most"), 1, 1_000_000, true);
    const { detail, fresh } = this.state;
    const { temperature: _, max_tokens: __, ...others } = detail ? detail.conversation.parameters : fresh.parameters;
    const parameters = { ...others, ...(temperature !== undefined ? { temperature } : {}), ...(most !== undefined ? { max_tokens: most } : {}) };
    if (detail) void this.state.change(detail.conversation.id, { parameters });
    else this.state.fresh = { ...fresh, parameters };
    this.requestUpdate();
  }
}

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { get, messageOf, put } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import { whenChanged } from "../app/fresh.ts";
import { shared } from "../app/styles.ts";
import type { Budget } from "../app/types.ts";
import { dayAndTime, dollars, say } from "../app/words.ts";
import { card } from "./card.ts";

/** How each budget stands, and what it may be changed to. */
@customElement("lt-budgets")
export class Budgets extends PageElement {
  @state() private budgets: Budget[] = [];
  @state() private editing: Budget["budget"] | null = null;
  @state() private failed = "";
  @state() private told = "";

  static override styles = [
    shared,
    card,
    css`
      .budget {
        display: grid;
        gap: var(--space-2);
        padding-top: var(--space-4);
        border-top: 1px solid var(--line);
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 var(--space-3);
      }
      .line button {
        margin-inline-end: calc(-1 * var(--space-3));
      }
      h3 {
        flex: 1;
        font-size: var(--text-s);
        font-weight: 600;
      }
      meter {
        display: block;
        width: 100%;
        height: 8px;
        border: 0;
        border-radius: 4px;
        background: none;
        appearance: none;
        forced-color-adjust: none;
      }
      meter::-webkit-meter-inner-element {
        display: block;
      }
      meter::-webkit-meter-bar {
        height: 8px;
        border: 0;
        border-radius: 4px;
        background: var(--sunken);
      }
      meter::-webkit-meter-optimum-value {
        border-radius: 4px;
        background: var(--accent);
      }
      meter::-webkit-meter-suboptimum-value,
      meter::-webkit-meter-even-less-good-value {
        border-radius: 4px;
        background: var(--danger);
      }
      @supports (-moz-appearance: none) {
        meter {
          background: var(--sunken);
        }
      }
      meter::-moz-meter-bar {
        border-radius: 4px;
        background: var(--accent);
      }
      .amount {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        max-width: 200px;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(whenChanged(["call", "budget"], () => void this.load()));
    void this.load();
  }

  override render(): unknown {
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${say("page.budgets.title")}</h2>
      <p class="soft small">${say("page.budgets.what")}</p>
      ${this.budgets.map((budget) => this.renderBudget(budget))}
      <p role="status" class="told small">${this.told}</p>
      ${this.failed ? html`<p role="alert" class="error small">${coded(this.failed)}</p>` : nothing}
    </section>`;
  }

  private renderBudget(budget: Budget): unknown {
    const name = say(`page.budgets.${budget.budget}`);
    return html`<div class="budget">
      <div class="line">
        <h3>${name}</h3>
        <button
          class="quiet"
          id="change-${budget.budget}"
          aria-expanded=${this.editing === budget.budget}
          aria-label=${say("page.budgets.change_named", { name })}
          @click=${() => void this.edit(budget.budget)}
        >
          ${say("page.budgets.change")}
        </button>
      </div>
      ${this.renderStanding(budget, name)} ${this.editing === budget.budget ? this.renderForm(budget) : nothing}
    </div>`;
  }

  private renderStanding(budget: Budget, name: string): unknown {
    if (budget.cap === null) return html`<p class="soft small">${say("page.budgets.none")}</p>`;
    if (budget.budget === "conversation") {
      return html`<p class="small number">${say("page.budgets.each", { cap: dollars(budget.cap) })}</p>`;
    }
    const cap = Number(budget.cap);
    const used = Number(budget.spent) + Number(budget.reserved);
    return html`<meter
        min="0"
        max=${cap || 1}
        high=${(cap || 1) * 0.9}
        optimum="0"
        .value=${Math.min(used, cap)}
        aria-label=${name}
      ></meter>
      <div class="line small number">
        <span>${say("page.budgets.spent", { spent: dollars(budget.spent), cap: dollars(budget.cap) })}</span>
        <span class="soft">${about(budget)}</span>
      </div>`;
  }

  private renderForm(budget: Budget): unknown {
    const id = `cap-${budget.budget}`;
    return html`<form class="field" @submit=${(event: SubmitEvent) => this.set(event, budget.budget)}>
      <label for=${id}>${say("page.budgets.cap")}</label>
      <div class="amount">
        <input
          id=${id}
          name="usd"
          inputmode="decimal"
          autocomplete="off"
          required
          pattern="\\s*[0-9]{1,7}([.,][0-9]{1,12})?\\s*"
          title=${say("page.budgets.amount")}
          .value=${budget.cap ?? ""}
        />
      </div>
      <div class="actions">
        <button class="primary">${say("page.action.save")}</button>
        ${budget.cap === null
          ? nothing
          : html`<button type="button" @click=${() => void this.cap(budget.budget, null)}>${say("page.budgets.lift")}</button>`}
        <button type="button" class="quiet" @click=${() => void this.edit(null)}>${say("page.action.cancel")}</button>
      </div>
    </form>`;
  }

  /** Change that one; none, or the same once more, ends it. Who types goes on there. */
  private async edit(name: Budget["budget"] | null): Promise<void> {
    const before = this.editing;
    this.editing = name === before ? null : name;
    await this.updateComplete;
    const place = this.editing === null ? `#change-${before}` : `#cap-${this.editing}`;
    this.renderRoot.querySelector<HTMLElement>(place)?.focus();
  }

  private set(event: SubmitEvent, name: Budget["budget"]): void {
    event.preventDefault();
    const wanted = new FormData(event.target as HTMLFormElement).get("usd");
    void this.cap(name, String(wanted).trim().replace(",", "."));
  }

  private async load(): Promise<void> {
    this.failed = "";
    try {
      this.budgets = (await get<{ budgets: Budget[] }>("/api/budgets")).budgets;
    } catch (error) {
      this.failed = messageOf(error);
    }
  }

  private async cap(name: Budget["budget"], usd: string | null): Promise<void> {
    this.failed = this.told = "";
    try {
      this.budgets = (await put<{ budgets: Budget[] }>(`/api/budgets/${name}`, { usd })).budgets;
      await this.edit(null);
      this.told = say("page.action.saved");
    } catch (error) {
      this.failed = messageOf(error);
    }
  }
}

function about(budget: Budget): string {
  const said = [
    budget.default ? say("page.budgets.default") : "",
    budget.frees ? say("page.budgets.frees", { at: dayAndTime(budget.frees) }) : "",
  ];
  return said.filter(Boolean).join(" · ");
}

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { get, messageOf } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { download } from "../app/download.ts";
import { PageElement } from "../app/element.ts";
import { whenChanged } from "../app/fresh.ts";
import { icon } from "../app/icons.ts";
import { page, shared } from "../app/styles.ts";
import type { Costs, Sum } from "../app/types.ts";
import { day, dollars, number, say, sayCount } from "../app/words.ts";
import "./budgets.ts";
import { card } from "./card.ts";
import "./plot.ts";

const PERIODS = [7, 30, 90] as const;
/** Lines of the table by day that are shown until all are asked for. */
const LINES = 20;
/** The caller that sits at this machine. */
const LOCAL = "local";

/** What calls have cost: the sum, a plot per day, tables, CSV, and the budgets. */
@customElement("lt-costs-screen")
export class CostsScreen extends PageElement {
  @state() private period: number = 30;
  @state() private costs: Costs | null = null;
  @state() private byModel: Costs | null = null;
  @state() private byCaller: Costs | null = null;
  @state() private whole = false;
  @state() private failed = "";

  static override styles = [
    shared,
    page,
    card,
    css`
      .total {
        font-size: 2.25rem;
        font-weight: 650;
        letter-spacing: -0.03em;
        line-height: 1.1;
      }
      .scroll {
        margin: 0 calc(-1 * var(--space-5));
        padding: 0 var(--space-5);
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--text-s);
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 10px 0 10px var(--space-4);
        border-bottom: 1px solid var(--line);
        text-align: right;
        white-space: nowrap;
      }
      th {
        color: var(--ink-soft);
        font-weight: 550;
      }
      th:first-child,
      .name {
        text-align: left;
      }
      .name {
        min-width: 10em;
        overflow-wrap: anywhere;
        white-space: normal;
      }
      th:first-child {
        padding-left: 0;
      }
      tbody th {
        color: var(--ink);
        font-weight: 400;
      }
      tbody tr:last-child > * {
        border-bottom: 0;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(whenChanged(["call"], () => void this.load()));
    void this.load();
  }

  override render(): unknown {
    return html`<div class="page">
      <header>
        <h1>${say("page.tab.costs")}</h1>
        <p class="soft">${say("page.costs.what")}</p>
      </header>
      ${this.failed
        ? html`<div role="alert" class="card">
            <p class="error">${coded(this.failed)}</p>
            <div class="actions"><button @click=${this.load}>${say("page.app.try_now")}</button></div>
          </div>`
        : nothing}
      ${this.costs && this.byModel ? this.renderCosts(this.costs, this.byModel) : nothing}
      ${this.byCaller?.totals.some(({ keys }) => keys[0] !== LOCAL) ? this.renderCallers(this.byCaller) : nothing}
    </div>`;
  }

  private renderCosts(costs: Costs, byModel: Costs): unknown {
    return html`<section class="card" aria-labelledby="spent">
        <header>
          <h2 id="spent">${say("page.costs.spent")}</h2>
          ${this.renderPeriods()}
        </header>
        <div>
          <p class="total number">${dollars(costs.total.usd)}</p>
          <p class="soft small">${sayCount("page.costs.calls", costs.total.calls)} ${doubts(costs.total)}</p>
        </div>
        ${costs.totals.length ? this.renderPlot(costs, byModel) : html`<p class="soft">${say("page.costs.empty")}</p>`}
      </section>
      <lt-budgets></lt-budgets>
      ${costs.totals.length ? this.renderTables(costs, byModel) : nothing}`;
  }

  private renderPeriods(): unknown {
    return html`<fieldset @change=${this.choose}>
      <legend class="visually-hidden">${say("page.costs.period")}</legend>
      <div class="segments">
        ${PERIODS.map(
          (days) => html`<label>
            <input type="radio" name="period" .value=${String(days)} .checked=${days === this.period} />
            ${sayCount("page.costs.days", days)}
          </label>`,
        )}
      </div>
    </fieldset>`;
  }

  private renderPlot(costs: Costs, byModel: Costs): unknown {
    const spent = costs.totals.map(({ keys: [day = "", model = ""], usd }) => ({ day, model, usd: Number(usd) }));
    return html`<lt-plot .days=${daysOf(costs)} .models=${modelsOf(byModel)} .spent=${spent}></lt-plot>`;
  }

  private renderTables(costs: Costs, byModel: Costs): unknown {
    const dearest = [...byModel.totals].sort((a, b) => Number(b.usd) - Number(a.usd));
    const newest = [...costs.totals].reverse();
    return html`<section class="card" aria-labelledby="models">
        <h2 id="models">${say("page.costs.by_model")}</h2>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="models">
          <table>
            <thead><tr><th scope="col">${say("page.costs.model")}</th>${heads()}</tr></thead>
            <tbody>
              ${dearest.map((sum) => html`<tr><th scope="row" class="name">${modelName(sum.keys[0])}</th>${cells(sum)}</tr>`)}
            </tbody>
          </table>
        </div>
      </section>
      <section class="card" aria-labelledby="days">
        <header>
          <h2 id="days">${say("page.costs.by_day")}</h2>
          <button @click=${() => void this.save(costs)}>${icon("download", 18)} ${say("page.costs.csv")}</button>
        </header>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="days">
          <table>
            <thead>
              <tr>
                <th scope="col">${say("page.costs.day")}</th>
                <th scope="col" class="name">${say("page.costs.model")}</th>
                ${heads()}
              </tr>
            </thead>
            <tbody>
              ${newest.slice(0, this.whole ? undefined : LINES).map(
                (sum) => html`<tr>
                  <th scope="row">${day(sum.keys[0] ?? "")}</th>
                  <td class="name">${modelName(sum.keys[1])}</td>
                  ${cells(sum)}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
        ${this.whole || newest.length <= LINES
          ? nothing
          : html`<div class="actions"><button @click=${this.showWhole}>${say("page.costs.whole", { count: newest.length })}</button></div>`}
      </section>`;
  }

  private renderCallers(byCaller: Costs): unknown {
    return html`<section class="card" aria-labelledby="callers">
      <h2 id="callers">${say("page.costs.by_caller")}</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="callers">
        <table>
          <thead><tr><th scope="col">${say("page.costs.caller")}</th>${heads()}</tr></thead>
          <tbody>
            ${byCaller.totals.map((sum) => html`<tr><th scope="row" class="name">${callerName(sum.keys[0] ?? "")}</th>${cells(sum)}</tr>`)}
          </tbody>
        </table>
      </div>
    </section>`;
  }

  /** All lines; who uses the keyboard stays at the table. */
  private showWhole(): void {
    this.whole = true;
    this.renderRoot.querySelector<HTMLElement>(".scroll[aria-labelledby=days]")?.focus();
  }

  private choose(event: Event): void {
    this.period = Number((event.target as HTMLInputElement).value);
    void this.load();
  }

  private readonly load = async (): Promise<void> => {
    const period = this.period;
    const since = new Date(Date.now() - (period - 1) * 86_400_000).toISOString().slice(0, 10);
    this.failed = "";
    try {
      const [costs, byModel, byCaller] = await Promise.all([
        get<Costs>(`/api/costs?by=day,model&since=${since}`),
        get<Costs>(`/api/costs?by=model&since=${since}`),
        get<Costs>(`/api/costs?by=caller&since=${since}`),
      ]);
      if (period === this.period) [this.costs, this.byModel, this.byCaller] = [costs, byModel, byCaller];
    } catch (error) {
      this.failed = messageOf(error);
    }
  };

  private async save({ since, until }: Costs): Promise<void> {
    try {
      await download(`/api/costs.csv?since=${since}&until=${until}`, `livetechno-${since}-${until}.csv`);
    } catch (error) {
      this.failed = messageOf(error);
    }
  }
}

function heads(): unknown {
  return html`<th scope="col">${say("page.costs.dollars")}</th>
    <th scope="col">${say("page.costs.calls_column")}</th>
    <th scope="col">${say("page.costs.input")}</th>
    <th scope="col">${say("page.costs.output")}</th>`;
}

function cells(sum: Sum): unknown {
  return html`<td>${cost(sum)}</td>
    <td>${number(sum.calls)}</td>
    <td>${number(sum.input_tokens)}</td>
    <td>${number(sum.output_tokens)}</td>`;
}

/** With a question mark for calls whose cost is not known. */
function cost(sum: Sum): string {
  if (sum.unknown === sum.calls) return dollars(null);
  return dollars(sum.usd, 4) + (sum.unknown ? ` + ${dollars(null)}` : "");
}

/** What the sum does not know, in a sentence each. */
function doubts(sum: Sum): unknown {
  return [
    sum.unknown ? sayCount("page.costs.unknown", sum.unknown) : "",
    sum.estimated ? sayCount("page.costs.estimated", sum.estimated) : "",
  ].join(" ");
}

function modelName(name: string | undefined): string {
  return name || say("page.costs.no_model");
}

function callerName(caller: string): string {
  const [kind, ...rest] = caller.split(":");
  const name = rest.join(":");
  if (kind === "access") return say("page.costs.caller.access", { name });
  if (kind === "site") return say("page.costs.caller.site", { name });
  return say("page.costs.caller.local");
}

function modelsOf(byModel: Costs): string[] {
  const dearest = [...byModel.totals].sort((a, b) => Number(b.usd) - Number(a.usd));
  return dearest.filter((sum) => Number(sum.usd) > 0).map((sum) => sum.keys[0] ?? "");
}

function daysOf({ since, until }: Costs): string[] {
  const days: string[] = [];
  for (let at = Date.parse(since); at <= Date.parse(until) && days.length < 400; at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

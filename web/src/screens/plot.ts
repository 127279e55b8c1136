import { css, html, nothing, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";
import { shared } from "../app/styles.ts";
import { day, dollars, say } from "../app/words.ts";

/** Dollars of one model on one day (YYYY-MM-DD). */
export interface Spent {
  day: string;
  model: string;
  usd: number;
}

const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 26;
const TOP = 10;
const COLOURS = 6;

/** Dollars per day as stacked bars, one colour for each model. Its numbers are in the table below it. */
@customElement("lt-plot")
export class Plot extends PageElement {
  @property({ attribute: false }) days: string[] = [];
  /** In the order of their colours. */
  @property({ attribute: false }) models: string[] = [];
  @property({ attribute: false }) spent: Spent[] = [];
  @state() private width = 640;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      svg {
        display: block;
        width: 100%;
        overflow: visible;
      }
      text {
        fill: var(--ink-soft);
        font: 11px var(--font);
        font-variant-numeric: tabular-nums;
      }
      line {
        stroke: var(--line);
      }
      .c0 { fill: var(--plot-1); background: var(--plot-1); }
      .c1 { fill: var(--plot-2); background: var(--plot-2); }
      .c2 { fill: var(--plot-3); background: var(--plot-3); }
      .c3 { fill: var(--plot-4); background: var(--plot-4); }
      .c4 { fill: var(--plot-5); background: var(--plot-5); }
      .c5 { fill: var(--plot-6); background: var(--plot-6); }
      g.day:hover rect {
        opacity: 0.8;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1) var(--space-4);
        margin: var(--space-3) 0 0;
        padding: 0;
        list-style: none;
        font-size: var(--text-s);
      }
      li {
        display: flex;
        align-items: center;
        gap: var(--space-2);
      }
      li span {
        forced-color-adjust: none;
        width: 10px;
        height: 10px;
        border-radius: 3px;
      }
    `,
  ];

  private readonly resized = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0) this.width = entry.contentRect.width;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.resized.observe(this);
    this.endings.push(() => this.resized.disconnect());
  }

  override render(): unknown {
    const top = ceiling(Math.max(0, ...this.days.map((day) => total(this.on(day)))));
    const y = (usd: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - usd / top);
    return html`<svg viewBox="0 0 ${this.width} ${HEIGHT}" height=${HEIGHT} role="img" aria-label=${say("page.costs.plot")}>
        ${[0, top / 2, top].map(
          (usd) => svg`<line x1=${LEFT} x2=${this.width} y1=${y(usd)} y2=${y(usd)} />
            <text x=${LEFT - 8} y=${y(usd) + 4} text-anchor="end">${dollars(String(usd))}</text>`,
        )}
        ${this.days.map((day, at) => this.renderDay(day, at, y))}
      </svg>
      <ul>
        ${this.models.map((model) => html`<li><span class=${this.colour(model)}></span>${model}</li>`)}
      </ul>`;
  }

  private renderDay(date: string, at: number, y: (usd: number) => number): unknown {
    const step = (this.width - LEFT) / Math.max(1, this.days.length);
    const bar = Math.max(1, Math.min(36, step * 0.7));
    const x = LEFT + step * at + (step - bar) / 2;
    const spent = this.on(date);
    let below = 0;
    const labels = Math.max(1, Math.ceil(64 / step));
    return svg`<g class="day">
      <title>${day(date)}: ${dollars(String(total(spent)))}</title>
      ${spent.map(({ model, usd }) => {
        const top = y(below + usd);
        const height = y(below) - top;
        below += usd;
        return svg`<rect class=${this.colour(model)} x=${x} y=${top} width=${bar} height=${height} rx=${Math.min(2, height / 2)} />`;
      })}
      ${
        (this.days.length - 1 - at) % labels === 0
          ? svg`<text x=${Math.min(x + bar / 2, this.width - 20)} y=${HEIGHT - 6} text-anchor="middle">${day(date)}</text>`
          : nothing
      }
    </g>`;
  }

  private on(date: string): Spent[] {
    const spent = this.spent.filter((one) => one.day === date && one.usd > 0);
    return spent.sort((a, b) => this.models.indexOf(a.model) - this.models.indexOf(b.model));
  }

  private colour(model: string): string {
    return `c${Math.min(this.models.indexOf(model), COLOURS - 1)}`;
  }
}

function total(spent: Spent[]): number {
  return spent.reduce((sum, { usd }) => sum + usd, 0);
}

/** The next of 1, 2, 5 times a power of ten, so that the lines stand at round sums. */
export function ceiling(usd: number): number {
  if (usd <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(usd));
  const found = [1, 2, 5, 10].find((factor) => usd <= factor * power * (1 + 1e-9)) ?? 10;
  return found * power;
}

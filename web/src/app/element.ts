import { type CSSResultGroup, LitElement } from "lit";
import { shared } from "./styles.ts";
import { onLanguage } from "./words.ts";

/** An element of the page: it has the shared styles, and is drawn anew when another language is spoken. */
export class PageElement extends LitElement {
  static override styles: CSSResultGroup = shared;
  /** What must end when the element leaves the page; filled in `connectedCallback`. */
  protected readonly endings: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(onLanguage(() => this.requestUpdate()));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.endings.splice(0)) end();
  }
}

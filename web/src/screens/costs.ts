import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";

@customElement("lt-costs-screen")
export class CostsScreen extends PageElement {
  override render(): unknown {
    return html``;
  }
}

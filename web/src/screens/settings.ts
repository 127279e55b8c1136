import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";

@customElement("lt-settings-screen")
export class SettingsScreen extends PageElement {
  override render(): unknown {
    return html``;
  }
}

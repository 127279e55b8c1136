import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";

/** The chat. It fills the height it is given and scrolls by itself. */
@customElement("lt-chat-screen")
export class ChatScreen extends PageElement {
  /** The conversation that is shown; null for a new one. */
  @property({ attribute: false }) conversation: string | null = null;

  static override styles = [PageElement.styles, css`:host { display: block; height: 100%; }`];

  override render(): unknown {
    return html`<slot></slot>`;
  }
}

import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { PageElement } from "../app/element.ts";
import { icon } from "../app/icons.ts";
import type { ScreenName } from "../app/router.ts";
import { page, shared } from "../app/styles.ts";
import { say } from "../app/words.ts";

/** A screen that is not built yet: it says so, and what will be there. */
@customElement("lt-later-screen")
export class LaterScreen extends PageElement {
  @property() name: ScreenName = "studio";

  static override styles = [
    shared,
    page,
    css`
      .page {
        justify-items: center;
        align-content: center;
        min-height: 100%;
        max-width: 480px;
        text-align: center;
      }
      :host {
        height: 100%;
      }
      .sign {
        display: grid;
        place-items: center;
        width: 72px;
        height: 72px;
        border-radius: 22px;
        background: var(--accent-soft);
        color: var(--accent);
      }
    `,
  ];

  override render(): unknown {
    return html`<div class="page">
      <div class="sign">${icon(this.name, 32)}</div>
      <h1>${say(`page.tab.${this.name}`)}</h1>
      <p class="badge">${say("page.later.badge")}</p>
      <p class="soft">${say(`page.later.${this.name}`)}</p>
      <a class="button" href="/chat">${icon("chat", 18)} ${say("page.later.go_chat")}</a>
    </div>`;
  }
}

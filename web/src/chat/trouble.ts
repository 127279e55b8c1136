/** What went wrong, as the thread tells it, with what can be done about it. */

import { html, nothing } from "lit";
import type { ApiError } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import type { Failure } from "../app/types.ts";
import { say } from "../app/words.ts";
import { sign } from "./signs.ts";

const OF_KEY = ["authentication", "permission", "key_missing", "key_file", "configuration", "key_problem"];
const OF_MONEY = ["budget_exceeded", "spending_limit", "unknown_price"];

export interface Trouble {
  failure: Failure;
  /** The sentence's key that tells what is kept all the same. */
  kept: string | null;
  tryAgain: () => void;
  /** Put the question back where it was written. */
  takeBack?: (() => void) | undefined;
}

export function renderTrouble({ failure, kept, tryAgain, takeBack }: Trouble): unknown {
  return html`<div class="trouble" role="alert">
    <p>${coded(failure.message)}</p>
    ${kept ? html`<p class="small">${say(kept)}</p>` : nothing}
    <div class="actions">
      <button @click=${tryAgain}>${sign("again", 18)} ${say("page.chat.try_again")}</button>
      ${takeBack ? html`<button class="quiet" @click=${takeBack}>${sign("edit", 18)} ${say("page.chat.take_back")}</button>` : nothing}
      ${waysOut(failure)}
    </div>
  </div>`;
}

/** Where that can be mended: the key in the settings, money where it is told of. */
export function waysOut({ code }: Failure): unknown {
  if (OF_KEY.includes(code)) return html`<a class="button quiet" href="/settings">${say("page.chat.to_settings")}</a>`;
  if (!OF_MONEY.includes(code)) return nothing;
  return html`<a class="button quiet" href="/costs">${say("page.chat.to_costs")}</a>
    <a class="button quiet" href="/settings">${say("page.chat.to_budgets")}</a>`;
}

export function failureOf(error: ApiError): Failure {
  return { code: error.code, message: error.message, request_id: error.requestId, retry_after: error.retryAfter };
}

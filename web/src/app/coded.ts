/** Sentences that name a command in backticks, as Python's do for a terminal. */

import { html } from "lit";

/** The sentence with what stands in backticks as code. Its text is set as text only. */
export function coded(sentence: string): unknown[] {
  return sentence.split(/`([^`\n]+)`/).map((part, at) => (at % 2 === 1 ? html`<code class="mono">${part}</code>` : part));
}

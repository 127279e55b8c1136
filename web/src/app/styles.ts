import { css } from "lit";

/** What every element of the page has in common: type, focus, controls, cards. */
export const shared = css`
  :host {
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  h1 {
    font-size: var(--text-xl);
    font-weight: 650;
    letter-spacing: -0.018em;
    line-height: 1.2;
    text-wrap: balance;
  }
  h2 {
    font-size: var(--text-m);
    font-weight: 650;
    letter-spacing: -0.006em;
    line-height: 1.35;
  }
  .soft {
    color: var(--ink-soft);
  }
  .small {
    font-size: var(--text-s);
  }
  .mono {
    font-family: var(--font-mono);
    font-size: 0.94em;
    overflow-wrap: anywhere;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .error {
    color: var(--danger);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  a {
    color: var(--accent);
    text-underline-offset: 0.18em;
    text-decoration-thickness: 1px;
  }

  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-2);
    min-height: var(--target);
    padding: 0 var(--space-4);
    border: 1px solid var(--line);
    border-radius: var(--radius-m);
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    font-size: var(--text-s);
    font-weight: 550;
    line-height: 1.2;
    text-decoration: none;
    cursor: pointer;
    touch-action: manipulation;
    -webkit-tap-highlight-color: transparent;
    transition:
      background var(--quick),
      border-color var(--quick),
      color var(--quick);
  }
  button:hover,
  .button:hover {
    border-color: var(--line-strong);
  }
  button.primary {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }
  button.primary:hover {
    background: var(--accent-strong);
  }
  button.quiet,
  .button.quiet {
    border-color: transparent;
    background: transparent;
    color: var(--ink-soft);
  }
  button.quiet:hover,
  .button.quiet:hover {
    background: var(--sunken);
    color: var(--ink);
  }
  button.danger {
    color: var(--danger);
  }
  button.icon {
    width: var(--target);
    padding: 0;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }

  input:not([type="checkbox"], [type="radio"]),
  select,
  textarea {
    width: 100%;
    min-height: var(--target);
    padding: var(--space-2) var(--space-3);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-m);
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    font-size: max(16px, var(--text-m)); /* smaller, and a phone zooms in */
    text-overflow: ellipsis;
  }
  select {
    padding-right: 40px;
    background:
      linear-gradient(45deg, transparent 50%, var(--ink-soft) 50%) calc(100% - 20px) 50% / 5px 5px no-repeat,
      linear-gradient(-45deg, transparent 50%, var(--ink-soft) 50%) calc(100% - 15px) 50% / 5px 5px no-repeat,
      var(--surface);
    appearance: none;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--ink-soft);
    opacity: 1;
  }
  input:focus-visible,
  select:focus-visible,
  textarea:focus-visible {
    border-color: var(--accent);
    outline: 2px solid var(--accent);
    outline-offset: 0;
  }
  label {
    font-size: var(--text-s);
    font-weight: 550;
  }

  .card {
    padding: var(--space-5);
    border: 1px solid var(--line);
    border-radius: var(--radius-l);
    background: var(--surface);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    padding: 2px 10px;
    border-radius: var(--radius-round);
    background: var(--accent-soft);
    color: var(--accent-strong);
    font-size: var(--text-xs);
    font-weight: 600;
    white-space: nowrap;
  }
  @media (forced-colors: active) {
    .card,
    button {
      border: 1px solid;
    }
    select {
      appearance: auto;
    }
  }
`;

/** The frame of a screen of text: a heading, then cards, at a width that can be read. */
export const page = css`
  :host {
    display: block;
  }
  .page {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--space-5);
    max-width: 760px;
    margin: 0 auto;
    padding: var(--space-5) max(var(--space-4), var(--safe-right)) var(--space-7) max(var(--space-4), var(--safe-left));
  }
  .page > header {
    display: grid;
    gap: var(--space-2);
    padding: var(--space-2) 0;
  }
  @media (min-width: 900px) {
    .page {
      padding: var(--space-7) max(var(--space-6), var(--safe-right)) var(--space-7) max(var(--space-6), var(--safe-left));
    }
  }
`;

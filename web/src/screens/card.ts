import { css } from "lit";

/** What stands in a card: a heading, fields, and what can be done. */
export const card = css`
  :host {
    display: block;
  }
  .card,
  .field,
  fieldset {
    grid-template-columns: minmax(0, 1fr);
  }
  .card {
    display: grid;
    gap: var(--space-4);
  }
  .card > header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-2);
  }
  .field {
    display: grid;
    gap: var(--space-2);
    margin: 0;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2);
  }
  @media (min-width: 600px) {
    .actions .quiet:last-child:not(:first-child) {
      margin-inline-start: auto;
    }
  }
  .told:empty {
    display: none;
  }
  .told {
    color: var(--accent-strong);
  }
  fieldset {
    display: grid;
    gap: var(--space-2);
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    margin-bottom: var(--space-2);
    padding: 0;
    font-size: var(--text-s);
    font-weight: 550;
  }
  .segments {
    display: inline-flex;
    flex-wrap: wrap;
    width: fit-content;
    max-width: 100%;
    padding: 3px;
    border-radius: var(--radius-m);
    background: var(--sunken);
  }
  .segments label {
    position: relative;
    display: grid;
    place-items: center;
    min-height: var(--target);
    padding: 0 var(--space-4);
    border-radius: calc(var(--radius-m) - 3px);
    color: var(--ink-soft);
    cursor: pointer;
  }
  .segments label:has(:checked) {
    background: var(--surface);
    box-shadow: 0 0 0 1px var(--line);
    color: var(--ink);
  }
  .segments label:has(:focus-visible) {
    outline: 2px solid var(--accent);
  }
  .segments input {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  @media (forced-colors: active) {
    .segments,
    .segments label:has(:checked) {
      border: 1px solid;
    }
  }
  .check {
    display: flex;
    align-items: center;
    gap: var(--space-3);
    min-height: var(--target);
    padding-block: var(--space-1);
    font-weight: 400;
    cursor: pointer;
  }
  .check input {
    flex: none;
    width: 20px;
    height: 20px;
    margin: 0;
    accent-color: var(--accent);
  }
`;

import { css } from "lit";

/** How rendered Markdown looks. */
export const markdownStyles = css`
  .markdown {
    overflow-wrap: anywhere;
    line-height: 1.62;
  }
  .markdown > *,
  .section > * {
    margin: 0 0 0.85em;
  }
  .markdown > .section {
    margin: 0;
  }
  .markdown.long > * {
    content-visibility: auto;
    contain-intrinsic-block-size: auto 6em;
  }
  .markdown.long > .section {
    contain-intrinsic-block-size: auto 200em;
  }
  .markdown > :last-child:not(.section),
  .section:last-child > :last-child {
    margin-bottom: 0;
  }
  .markdown > .continued,
  .section > p.continued:not(:first-child) {
    margin-top: -0.85em;
  }
  li.continued {
    list-style: none;
  }
  h3,
  h4,
  h5,
  h6 {
    margin: 1.4em 0 0.5em;
    font-size: 1.02em;
    font-weight: 650;
    letter-spacing: -0.01em;
    line-height: 1.3;
  }
  h3 {
    font-size: 1.3em;
  }
  h4 {
    font-size: 1.14em;
  }
  .markdown > :is(h3, h4, h5, h6):first-child {
    margin-top: 0;
  }
  ul,
  ol {
    padding-inline-start: 1.5em;
  }
  li > * {
    margin: 0.3em 0;
  }
  li::marker {
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  blockquote {
    padding: 0.1em 0 0.1em 1em;
    border-inline-start: 3px solid var(--line);
    color: var(--ink-soft);
  }
  blockquote > * {
    margin: 0.4em 0;
  }
  hr {
    height: 1px;
    border: 0;
    background: var(--line);
  }
  .host {
    color: var(--ink-soft);
    font-size: 0.86em;
  }
  a.image::before {
    content: "▨ " / "";
    text-decoration: none;
  }
  code {
    font-family: var(--font-mono);
    font-size: 0.88em;
  }
  :not(pre) > code {
    padding: 0.12em 0.36em;
    border-radius: var(--radius-s);
    background: var(--sunken);
    box-decoration-break: clone;
    -webkit-box-decoration-break: clone;
  }
  .code-block {
    overflow: clip;
    border: 1px solid var(--line);
    border-radius: var(--radius-m);
    background: var(--sunken);
  }
  .code-bar {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding-inline-start: var(--space-3);
    border-bottom: 1px solid var(--line);
    color: var(--ink-soft);
    font-size: var(--text-xs);
  }
  .code-bar button {
    border: 0;
    background: transparent;
    color: var(--ink-soft);
    font-size: var(--text-xs);
  }
  .code-bar button:hover {
    color: var(--ink);
  }
  .code-bar button:focus-visible {
    outline-offset: -4px;
  }
  pre {
    margin: 0;
    padding: var(--space-3) var(--space-4);
    overflow-x: auto;
    line-height: 1.5;
    tab-size: 4;
    overflow-wrap: normal;
  }
  pre:focus-visible,
  .table:focus-visible {
    outline-offset: -2px;
  }
  pre > code,
  .part {
    display: block;
  }
  .c-kwd,
  .c-oper,
  .c-deleted {
    color: var(--code-keyword);
  }
  .c-oper {
    color: inherit;
  }
  .c-str,
  .c-insert {
    color: var(--code-string);
  }
  .c-num,
  .c-bool,
  .c-esc,
  .c-var {
    color: var(--code-number);
  }
  .c-cmnt {
    color: var(--code-comment);
  }
  .c-func,
  .c-class,
  .c-type,
  .c-section {
    color: var(--code-function);
  }
  .table {
    max-width: 100%;
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius-m);
  }
  table {
    min-width: 100%;
    border-collapse: collapse;
    font-size: 0.94em;
    overflow-wrap: normal;
  }
  th,
  td {
    padding: var(--space-2) var(--space-3);
    border-bottom: 1px solid var(--line);
    text-align: start;
    vertical-align: top;
  }
  tr:last-child > td {
    border-bottom: 0;
  }
  th {
    background: var(--sunken);
    font-weight: 600;
    white-space: nowrap;
  }
  .right {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .centre {
    text-align: center;
  }
`;

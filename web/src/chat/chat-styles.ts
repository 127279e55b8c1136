import { css } from "lit";

/** The frame of the chat: the list beside or over it, the thread, the box below. */
export const screenStyles = css`
  :host {
    display: block;
    height: 100%;
  }
  .chat {
    position: relative;
    display: flex;
    height: 100%;
  }
  aside {
    position: absolute;
    z-index: 3;
    inset: calc(-1 * var(--safe-top)) auto 0 0;
    width: min(86%, calc(340px + var(--safe-left)));
    padding: var(--safe-top) 0 0 var(--safe-left);
    background: var(--paper);
    border-right: 1px solid var(--line);
    box-shadow: var(--shadow);
    visibility: hidden;
    transform: translateX(-100%);
    transition:
      transform var(--quick),
      visibility var(--quick);
  }
  aside.open {
    visibility: visible;
    transform: none;
  }
  .scrim {
    position: absolute;
    z-index: 2;
    inset: calc(-1 * var(--safe-top)) 0 0;
    background: var(--scrim);
  }
  .main {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
  }
  header {
    display: flex;
    align-items: center;
    gap: 2px;
    min-height: 56px;
    padding: 4px max(var(--space-2), var(--safe-right)) 4px max(var(--space-2), var(--safe-left));
    border-bottom: 1px solid var(--line);
  }
  .name {
    display: flex;
    flex: 1;
    align-items: baseline;
    gap: var(--space-3);
    min-width: 0;
    padding-inline: var(--space-2);
  }
  .name span {
    flex: none;
    font-size: var(--text-xs);
  }
  h1 {
    overflow: hidden;
    font-size: var(--text-m);
    font-weight: 600;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  @media (max-width: 400px) {
    .name span {
      display: none; /* the panel tells it too */
    }
  }
  .panel {
    position: relative;
    z-index: 1; /* over the button that leads to the end */
    max-height: 60%;
    min-height: 0;
    border-bottom: 1px solid var(--line);
    background: var(--surface);
    overflow-y: auto;
  }
  .log {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    overscroll-behavior: contain;
  }
  .log:focus-visible {
    outline-offset: -3px;
  }
  .list,
  lt-composer {
    width: 100%;
    max-width: 780px;
    margin: 0 auto;
  }
  .list {
    padding: var(--space-4) max(var(--space-4), var(--safe-right)) var(--space-5) max(var(--space-4), var(--safe-left));
  }
  .foot {
    position: relative;
    flex: none;
    padding: 0 max(var(--space-3), var(--safe-right)) var(--space-3) max(var(--space-3), var(--safe-left));
  }
  .to-end {
    position: absolute;
    bottom: calc(100% + var(--space-2));
    left: 50%;
    border-radius: var(--radius-round);
    box-shadow: var(--shadow);
    transform: translateX(-50%);
  }
  .empty {
    display: grid;
    gap: var(--space-3);
    padding: min(14vh, 120px) 0 var(--space-4);
  }
  .empty h2 {
    font-size: var(--text-xl);
    letter-spacing: -0.02em;
  }
  .starters {
    display: grid;
    gap: var(--space-2);
    margin-top: var(--space-3);
  }
  .starters button {
    justify-content: flex-start;
    padding-block: var(--space-2);
    font-weight: 450;
    line-height: 1.4;
    text-align: start;
  }
  .trouble {
    display: grid;
    gap: var(--space-2);
    margin: var(--space-2) 0;
    padding: var(--space-3) var(--space-4);
    border-inline-start: 3px solid var(--danger);
    border-radius: var(--radius-m);
    background: var(--danger-soft);
    overflow-wrap: anywhere;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2);
  }
  .toast {
    position: absolute;
    z-index: 4;
    bottom: 84px;
    left: 50%;
    display: flex;
    align-items: center;
    gap: var(--space-3);
    max-width: calc(100% - 2 * var(--space-4));
    padding: var(--space-1) var(--space-1) var(--space-1) var(--space-4);
    border-radius: var(--radius-m);
    background: var(--ink);
    box-shadow: var(--shadow);
    color: var(--paper);
    font-size: var(--text-s);
    transform: translateX(-50%);
  }
  .toast span {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .toast button {
    border-color: transparent;
    background: transparent;
    color: inherit;
    font-weight: 650;
    text-decoration: underline;
  }
  @media (min-width: 700px) {
    .starters {
      grid-template-columns: repeat(3, 1fr);
    }
    .starters button {
      align-items: flex-start;
      min-height: 92px;
      padding: var(--space-3);
    }
  }
  @media (min-width: 1100px) {
    aside {
      position: static;
      flex: none;
      width: 280px;
      padding: 0;
      box-shadow: none;
      visibility: visible;
      transform: none;
    }
    .scrim,
    header .menu,
    header .add {
      display: none;
    }
  }
`;

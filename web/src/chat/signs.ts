import { type SVGTemplateResult, type TemplateResult, html, svg } from "lit";

/** Drawn as the page's icons are: on a grid of 24, in the colour of the text around. */
const DRAWINGS = {
  send: svg`<path d="M12 19V5M6 11l6-6 6 6"/>`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor"/>`,
  attach: svg`<path d="M19 11.5l-7 7a4.600 4.600 0 0 1-6.500-6.500l7.500-7.500a3 3 0 0 1 4.300 4.300l-7.400 7.400a1.500 1.500 0 0 1-2.100-2.100l6.700-6.700"/>`,
  copy: svg`<rect x="9" y="9" width="11" height="11" rx="2.500"/><path d="M15 9V6.500A2.500 2.500 0 0 0 12.500 4h-6A2.500 2.500 0 0 0 4 6.500v6A2.500 2.500 0 0 0 6.500 15H9"/>`,
  again: svg`<path d="M19 6v4.500h-4.500M5.500 14A7 7 0 1 0 7 7.200L19 10"/>`,
  edit: svg`<path d="M4 20l1-4L15.500 5.500a2.100 2.100 0 0 1 3 3L8 19z"/>`,
  previous: svg`<path d="M14.500 6l-6 6 6 6"/>`,
  next: svg`<path d="M9.500 6l6 6-6 6"/>`,
  list: svg`<path d="M4 7h16M4 12h16M4 17h10"/>`,
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  close: svg`<path d="M6 6l12 12M18 6L6 18"/>`,
  more: svg`<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="2.800"/>`,
  tune: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  down: svg`<path d="M12 5v14M6 13l6 6 6-6"/>`,
  bin: svg`<path d="M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12"/>`,
  check: svg`<path d="M5 12.500l4.500 4.500L19 7.500"/>`,
} satisfies Record<string, SVGTemplateResult>;

/** A sign beside words, or in a button that has a label. */
export function sign(name: keyof typeof DRAWINGS, size = 20): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${DRAWINGS[name]}</svg>`;
}

import { type SVGTemplateResult, type TemplateResult, html, svg } from "lit";

/** Drawn on a grid of 24, lines of 1.75, in the colour of the text around. */
const DRAWINGS = {
  chat: svg`<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5z"/>`,
  studio: svg`<path d="M4 5h3.5v3.5H4zM10.25 5h3.5v3.5h-3.5zM16.5 5H20v3.5h-3.5zM4 15.5h3.5V19H4zM10.25 15.5h3.5V19h-3.5zM16.5 15.5H20V19h-3.5zM4 12h16"/>`,
  review: svg`<path d="M4 6h9M4 12h6M4 18h5M13 15.5l3 3 5-6"/>`,
  arrange: svg`<path d="M4 6h7v4H4zM13 6h7v4h-7zM8 14h9v4H8z"/>`,
  mixer: svg`<path d="M6 4v9M6 17v3M12 4v3M12 11v9M18 4v7M18 15v5M4 15h4M10 9h4M16 13h4"/>`,
  export: svg`<path d="M12 15V4M8 8l4-4 4 4M5 14v4a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-4"/>`,
  costs: svg`<path d="M4 20h16M6.5 16v-4M12 16V5M17.5 16V9"/>`,
  settings: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  download: svg`<path d="M12 4v11M8 11l4 4 4-4M5 19h14"/>`,
  offline: svg`<path d="M4 4l16 16M8.5 15.5a5 5 0 0 1 5-1.2M5.5 12a9.500 9.500 0 0 1 4-2.300M14 9.600a9.500 9.500 0 0 1 4.500 2.400M12 19h.01"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof DRAWINGS;

/** An icon beside its words: hidden from who listens. */
export function icon(name: IconName, size = 22): TemplateResult {
  return html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >${DRAWINGS[name]}</svg>`;
}

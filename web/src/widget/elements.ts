/** Elements without markup: made one by one, their text set as text. */

type Attributes = Readonly<Record<string, string>>;

/** An element with attributes and children. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A sign on a grid of 24, in the colour of the text around; hidden from who listens. */
export function sign(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(name, value);
  }
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

/** A button that shows a sign, or words; `speak` names it. */
export function button(part: string, content: Node | string, click?: () => void): HTMLButtonElement {
  const element = make("button", { type: click ? "button" : "submit", part, class: part }, content);
  if (click) element.addEventListener("click", click);
  return element;
}

/** Name an element for who listens, and for who points at it. */
export function label(element: HTMLElement, words: string): void {
  element.setAttribute("aria-label", words);
  element.title = words;
}

/** The only place where Markdown becomes elements: of these kinds and no others, and never from a string of HTML. */

import type { Inline, Link } from "./inline.ts";
import { plainText } from "./inline.ts";
import { tellsHost } from "./links.ts";

export const ALLOWED = [
  "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
  "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
] as const;
export type Tag = (typeof ALLOWED)[number];

/** An element, with a class. */
export function make<T extends Tag>(tag: T, name = ""): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}

/** A tree of Markdown as nodes. */
export function nodesOf(inlines: readonly Inline[]): Node[] {
  return inlines.flatMap((inline): Node[] => {
    if (typeof inline === "string") return [document.createTextNode(inline)];
    if (inline.tag === "br") return [make("br")];
    if (inline.tag === "a") return linkNodes(inline);
    const element = make(inline.tag);
    if (inline.tag === "code") element.textContent = inline.text;
    else element.append(...nodesOf(inline.children));
    return [element];
  });
}

function linkNodes({ link, image, children }: Link): Node[] {
  const element = make("a", image ? "image" : "");
  element.href = link.href;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  const words = plainText(children).trim();
  if (words) element.append(...nodesOf(children));
  else element.textContent = link.host;
  if (!words || tellsHost(words, link)) return [element];
  const host = make("span", "host");
  host.textContent = ` (${link.host})`;
  return [element, host];
}

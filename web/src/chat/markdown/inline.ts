/**
 * Markdown inside a block: CommonMark's emphasis, code, links and escapes, GFM's strikethrough and bare links.
 *
 * Raw HTML is text. An image is a link to it, so nothing is fetched by being read. What is a link at all is
 * decided in links.ts.
 */

import { type SafeLink, safeLink } from "./links.ts";

export type Inline = string | Span | Code | Break | Link;
export interface Span {
  readonly tag: "em" | "strong" | "del";
  readonly children: readonly Inline[];
}
export interface Code {
  readonly tag: "code";
  readonly text: string;
}
export interface Break {
  readonly tag: "br";
}
export interface Link {
  readonly tag: "a";
  readonly link: SafeLink;
  readonly image: boolean;
  readonly children: readonly Inline[];
}

/** Emphasis nested deeper is dropped: no browser lays out thousands of levels quickly. */
const DEEPEST = 12;
const SPECIAL = /[\\`*_~[\]!<&\n]|https?:\/\//gi;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/iy;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", hellip: "…",
  mdash: "—", ndash: "–", laquo: "«", raquo: "»", times: "×", deg: "°", euro: "€", rarr: "→", larr: "←",
};
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/iy;
const BARE_LINK = /https?:\/\/[^\s<>"`\\[\]]{1,2000}/iy;
const TARGET = /\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y;

interface Mark {
  readonly mark: "*" | "_" | "~";
  count: number;
  readonly length: number;
  readonly opens: boolean;
  readonly closes: boolean;
}
type Piece = Inline | Mark;
interface Bracket {
  readonly at: number;
  readonly after: number;
  readonly image: boolean;
}

/** The text as a tree. Time grows with its length, whatever is in it; callers keep it to some kilobytes. */
export function parseInline(source: string): Inline[] {
  const pieces: Piece[] = [];
  let brackets: Bracket[] = [];
  const codeEnds = runsOfBackticks(source);
  let at = 0;

  const text = (words: string): void => {
    if (words) pieces.push(words);
  };

  while (at < source.length) {
    SPECIAL.lastIndex = at;
    const found = SPECIAL.exec(source);
    if (!found) {
      text(source.slice(at));
      break;
    }
    const start = found.index;
    const character = found[0];
    if (character === "\n") {
      const before = source.slice(at, start);
      const hard = / {2,}$/.test(before);
      text(before.trimEnd());
      if (hard) pieces.push({ tag: "br" });
      text("\n");
      at = start + 1;
      continue;
    }
    text(source.slice(at, start));
    at = start + character.length;
    switch (character) {
      case "\\": {
        const next = source[at] ?? "";
        if (next === "\n") {
          pieces.push({ tag: "br" });
        } else if (ESCAPABLE.test(next)) {
          text(next);
          at += 1;
        } else {
          text("\\");
        }
        break;
      }
      case "`": {
        const run = /`+/y;
        run.lastIndex = start;
        const length = run.exec(source)?.[0].length ?? 1;
        at = start + length;
        const end = codeEnds.get(length)?.find((place) => place >= at);
        if (end === undefined) {
          text("`".repeat(length));
        } else {
          pieces.push({ tag: "code", text: codeText(source.slice(at, end)) });
          at = end + length;
        }
        break;
      }
      case "*":
      case "_":
      case "~": {
        let end = at;
        while (source[end] === character) end += 1;
        pieces.push(markOf(source, start, end, character));
        at = end;
        break;
      }
      case "!":
        if (source[at] === "[") {
          brackets.push({ at: pieces.length, after: at + 1, image: true });
          text("![");
          at += 1;
        } else {
          text("!");
        }
        break;
      case "[":
        brackets.push({ at: pieces.length, after: at, image: false });
        text("[");
        break;
      case "]": {
        const opener = brackets.pop();
        TARGET.lastIndex = at;
        const target = opener && source[at] === "(" ? TARGET.exec(source) : null;
        if (!opener || !target) {
          text("]");
          break;
        }
        const link = safeLink(unescaped(target[1] ?? target[2] ?? ""));
        const inside = withoutLinks(emphasised(pieces.splice(opener.at).slice(1)));
        if (link) {
          pieces.push({ tag: "a", link, image: opener.image, children: inside });
          if (!opener.image) brackets = brackets.filter((bracket) => bracket.image);
          at = TARGET.lastIndex;
        } else if (opener.image) {
          pieces.push(...inside);
          at = TARGET.lastIndex;
        } else {
          pieces.push("[", ...inside, "]");
        }
        break;
      }
      case "<": {
        ANGLE_LINK.lastIndex = start;
        const address = ANGLE_LINK.exec(source)?.[1];
        const link = address === undefined ? null : safeLink(address);
        if (address !== undefined && link) {
          pieces.push({ tag: "a", link, image: false, children: [address.replace(/^mailto:/i, "")] });
          at = ANGLE_LINK.lastIndex;
        } else {
          text("<");
        }
        break;
      }
      case "&": {
        ENTITY.lastIndex = start;
        const entity = ENTITY.exec(source);
        const meant = entity && entityText(entity);
        text(meant ?? "&");
        if (meant) at = ENTITY.lastIndex;
        break;
      }
      default: {
        const address = /\w/.test(source[start - 1] ?? "") ? "" : bareLink(source, start);
        const link = safeLink(address);
        if (address && link) {
          pieces.push({ tag: "a", link, image: false, children: [address] });
          at = start + address.length;
        } else {
          text(character);
        }
      }
    }
  }
  return emphasised(pieces);
}

/** The words of a tree without their marks. */
export function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return inline;
      if (inline.tag === "br") return "\n";
      return inline.tag === "code" ? inline.text : plainText(inline.children);
    })
    .join("");
}

function runsOfBackticks(source: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (const run of source.matchAll(/`+/g)) {
    const places = runs.get(run[0].length) ?? [];
    places.push(run.index);
    runs.set(run[0].length, places);
  }
  return runs;
}

function codeText(text: string): string {
  const line = text.replace(/\n/g, " ");
  return /^ .* $/.test(line) && line.trim() ? line.slice(1, -1) : line;
}

function unescaped(address: string): string {
  return address.replace(/\\([!-/:-@[-`{-~])/g, "$1");
}

function entityText(entity: RegExpExecArray): string | undefined {
  const [, decimal, hexadecimal, name] = entity;
  if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  const code = decimal !== undefined ? Number(decimal) : parseInt(hexadecimal ?? "", 16);
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : "\ufffd";
}

/** A bare address without the punctuation that ends the sentence around it. */
function bareLink(source: string, start: number): string {
  BARE_LINK.lastIndex = start;
  let address = BARE_LINK.exec(source)?.[0] ?? "";
  for (;;) {
    const shorter = address.replace(/[.,;:!?'*_~»]+$/, "");
    const unbalanced = shorter.endsWith(")") && count(shorter, ")") > count(shorter, "(");
    const next = unbalanced ? shorter.slice(0, -1) : shorter;
    if (next === address) return address;
    address = next;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function markOf(source: string, start: number, end: number, mark: Mark["mark"]): Mark {
  const before = characterBefore(source, start);
  const after = characterAfter(source, end);
  const spaceBefore = /^\s?$/.test(before);
  const spaceAfter = /^\s?$/.test(after);
  const left = !spaceAfter && (!PUNCTUATION.test(after) || spaceBefore || PUNCTUATION.test(before));
  const right = !spaceBefore && (!PUNCTUATION.test(before) || spaceAfter || PUNCTUATION.test(after));
  const words = mark === "_";
  return {
    mark,
    count: end - start,
    length: end - start,
    opens: words ? left && (!right || PUNCTUATION.test(before)) : left,
    closes: words ? right && (!left || PUNCTUATION.test(after)) : right,
  };
}

function characterBefore(source: string, at: number): string {
  const unit = source[at - 1] ?? "";
  return /[\udc00-\udfff]/.test(unit) ? source.slice(at - 2, at) : unit;
}

function characterAfter(source: string, at: number): string {
  const point = source.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
}

function isMark(piece: Piece): piece is Mark {
  return typeof piece === "object" && "mark" in piece;
}

/** CommonMark's matching of marks. `floors` makes a search that failed once fail at once the next time. */
function emphasised(pieces: readonly Piece[]): Inline[] {
  const open: Piece[] = [];
  const floors = new Map<string, number>();
  for (const piece of pieces) {
    if (!isMark(piece)) {
      open.push(piece);
      continue;
    }
    while (piece.closes && piece.count > 0) {
      const key = `${piece.mark}${String(piece.opens)}${String(piece.length % 3)}${String(piece.mark === "~" ? piece.count : 0)}`;
      const from = openerOf(piece, open, floors.get(key) ?? 0);
      if (from < 0) {
        floors.set(key, open.length);
        break;
      }
      const opener = open[from] as Mark;
      const both = opener.count >= 2 && piece.count >= 2 ? 2 : 1;
      const children = settled(open.splice(from + 1));
      opener.count -= both;
      piece.count -= both;
      if (opener.count === 0) open.pop();
      const tag = piece.mark === "~" ? "del" : both === 2 ? "strong" : "em";
      if (depth(children) < DEEPEST) open.push({ tag, children });
      else open.push(...children);
      for (const [name, floor] of floors) floors.set(name, Math.min(floor, open.length));
    }
    if (piece.count > 0) open.push(piece.opens ? piece : piece.mark.repeat(piece.count));
  }
  return settled(open);
}

function openerOf(closer: Mark, open: readonly Piece[], floor: number): number {
  for (let at = open.length - 1; at >= floor; at -= 1) {
    const piece = open[at];
    if (piece !== undefined && isMark(piece) && piece.mark === closer.mark && fits(piece, closer)) return at;
  }
  return -1;
}

function fits(opener: Mark, closer: Mark): boolean {
  if (opener.mark === "~") return opener.count === 2 && closer.count === 2;
  const odd = (opener.closes || closer.opens) && (opener.length + closer.length) % 3 === 0;
  return !odd || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

/** Marks without a partner become text; neighbouring texts become one. */
function settled(pieces: readonly Piece[]): Inline[] {
  const result: Inline[] = [];
  let words = "";
  for (const piece of pieces) {
    if (typeof piece === "string") words += piece;
    else if (isMark(piece)) words += piece.mark.repeat(piece.count);
    else {
      if (words) result.push(words);
      words = "";
      result.push(piece);
    }
  }
  if (words) result.push(words);
  return result;
}

const depths = new WeakMap<object, number>();

function depth(inlines: readonly Inline[]): number {
  let deepest = 0;
  for (const inline of inlines) {
    if (typeof inline === "string" || !("children" in inline)) continue;
    let own = depths.get(inline);
    if (own === undefined) {
      own = 1 + depth(inline.children);
      depths.set(inline, own);
    }
    deepest = Math.max(deepest, own);
  }
  return deepest;
}

/** The words of a link hold no other link. */
function withoutLinks(inlines: readonly Inline[]): Inline[] {
  return inlines.flatMap((inline): Inline[] => {
    if (typeof inline === "string" || !("children" in inline)) return [inline];
    const children = withoutLinks(inline.children);
    return inline.tag === "a" ? children : [{ ...inline, children }];
  });
}

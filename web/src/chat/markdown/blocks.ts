/**
 * Streamed Markdown as elements, a line at a time. What is complete is never touched again.
 *
 * A line that has not ended yet is shown as if it had, and taken back before more text comes; the elements after
 * `end()` are therefore the same however the text was cut. Follows CommonMark and GFM's tables, without indented
 * code, headings that are underlined, and reference links, which models do not write. Work per call grows with the
 * new text: a very long line or paragraph goes on in a new element, and after many blocks all goes on in a new
 * section, so that a browser lays out a section and not a book.
 */

import { parseInline } from "./inline.ts";
import { make, nodesOf } from "./nodes.ts";
import { alignOf, cellsOf, rowOf } from "./rows.ts";

/** What is told of code: the block's element, its text and its language, when it is complete. */
export type CodeSeen = (block: HTMLElement, text: string, language: string) => void;

const LONGEST_LINE = 2048;
const LONGEST_PARAGRAPH = 4096;
const CODE_PART = 4096;
const DEEPEST = 12;
const MOST_COLUMNS = 64;
/** Blocks, items and rows of one section. A row of many cells counts for several. */
const SECTION = 128;
const CELLS = 16;

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const ITEM = /^( *)([-*+]|(\d{1,9})[.)])(?:( +)(.*))?$/;
const TASK = /^\[([ xX])\](?= )/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
/** The begin of something that only its next characters tell. */
const UNDECIDED = /^\s*(?:[-*+_#>|`~:=\s]+|\d{1,9}[.)]?|\|[\s:|-]*)$/;

interface List {
  readonly element: HTMLElement;
  readonly mark: string;
}
type Container =
  | { readonly kind: "quote"; readonly element: HTMLElement }
  | { readonly kind: "item"; readonly element: HTMLElement; readonly indent: number; readonly list: List };

interface Shown {
  text: string;
}
type Leaf =
  | { readonly kind: "paragraph"; readonly element: HTMLElement; readonly text: string; readonly shown: Shown }
  | {
      readonly kind: "code";
      readonly block: HTMLElement;
      readonly code: HTMLElement;
      readonly part: Text;
      readonly size: number;
      readonly fence: string;
      readonly indent: number;
      readonly language: string;
      readonly lines: number;
    }
  | { readonly kind: "table"; readonly body: HTMLElement; readonly names: string; readonly aligns: readonly string[] };

export class MarkdownWriter {
  private stack: readonly Container[] = [];
  private leaf: Leaf | null = null;
  private section: HTMLElement;
  private blocks = 0;
  private buffer = "";
  private inLine = false;
  private undo: (() => void)[] | null = null;
  private done: (() => void)[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly codeSeen: CodeSeen = () => undefined,
  ) {
    this.section = root;
  }

  /** Show more of the text. */
  write(text: string): void {
    this.takeBack();
    this.buffer += text;
    let at = 0;
    for (;;) {
      const newline = this.buffer.indexOf("\n", at);
      if (newline >= 0 && newline - at < LONGEST_LINE) {
        this.takeLine(this.buffer.slice(at, newline));
        this.inLine = false;
        at = newline + 1;
      } else if (this.buffer.length - at >= LONGEST_LINE) {
        const end = at + cutOf(this.buffer.slice(at, at + LONGEST_LINE));
        this.takeLine(this.buffer.slice(at, end));
        this.inLine = true;
        at = end;
      } else {
        break;
      }
    }
    this.buffer = this.buffer.slice(at);
    this.attempt();
    this.show();
  }

  /** There is no more text. */
  end(): void {
    this.takeBack();
    if (this.buffer) this.takeLine(this.buffer);
    this.buffer = "";
    this.closeTo(0);
  }

  private takeLine(line: string): void {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (this.inLine) this.goOn(text);
    else this.line(text);
    for (const tell of this.done.splice(0)) tell();
  }

  /** Show the unfinished line, so that it can be taken back. */
  private attempt(): void {
    if (!this.buffer || (!this.inLine && UNDECIDED.test(this.buffer))) return;
    const { stack, leaf, section, blocks } = this;
    this.undo = [() => Object.assign(this, { stack, leaf, section, blocks })];
    if (this.inLine) this.goOn(this.buffer);
    else this.line(this.buffer);
  }

  private takeBack(): void {
    const undo = this.undo;
    if (!undo) return;
    this.undo = null;
    this.done = [];
    for (const step of undo.reverse()) step();
  }

  private append(parent: HTMLElement, node: HTMLElement | Text): void {
    parent.append(node);
    this.undo?.push(() => {
      node.remove();
    });
  }

  private get place(): HTMLElement {
    return this.stack.at(-1)?.element ?? this.section;
  }

  /** Put a block where the text is now. */
  private put(block: HTMLElement): void {
    this.turnSection(block.className === "continued");
    this.append(this.place, block);
    this.blocks += 1;
  }

  /** Begin a new section when this one is full, and go on there inside the same quotes and items; whether it did. */
  private turnSection(continued: boolean): boolean {
    if (this.blocks < SECTION) return false;
    this.section = make("div", continued || this.stack.length > 0 ? "section continued" : "section");
    this.blocks = 0;
    this.append(this.root, this.section);
    const open = this.stack;
    this.stack = [];
    for (const container of open) {
      const element = make(container.kind === "quote" ? "blockquote" : "li", "continued");
      if (container.kind === "quote") {
        this.append(this.place, element);
        this.stack = [...this.stack, { kind: "quote", element }];
      } else {
        const list = this.openList(container.list.mark, nextOf(container.list) - 1);
        this.append(list.element, element);
        this.stack = [...this.stack, { ...container, element, list }];
      }
    }
    return true;
  }

  private line(whole: string): void {
    let rest = whole;
    let depth = 0;
    for (const container of this.stack) {
      const inside = insideOf(container, rest);
      if (inside === null) break;
      rest = inside;
      depth += 1;
    }
    if (this.leaf?.kind === "code") {
      if (depth === this.stack.length) {
        this.codeLine(rest);
        return;
      }
      this.closeTo(depth);
    }
    const lazy = depth < this.stack.length;
    let opened = false;
    while (depth < DEEPEST) {
      const inside = this.openContainer(rest, depth);
      if (inside === null) break;
      rest = inside;
      depth += 1;
      opened = true;
    }
    if (!rest.trim()) {
      this.closeTo(depth);
      return;
    }
    if (lazy && !opened && this.leaf?.kind === "paragraph" && !startsBlock(rest)) {
      this.addText(rest.trimStart(), "\n");
      return;
    }
    if (depth < this.stack.length) this.closeTo(depth);
    this.leafLine(rest);
  }

  private openContainer(rest: string, depth: number): string | null {
    const quote = /^ {0,3}>/.exec(rest);
    if (quote) {
      this.closeTo(depth);
      const element = make("blockquote");
      this.put(element);
      this.stack = [...this.stack, { kind: "quote", element }];
      return rest.slice(quote[0].length).replace(/^[ \t]/, "");
    }
    const item = RULE.test(rest) ? null : ITEM.exec(expanded(rest));
    if (!item) return null;
    const [, before = "", marker = "", number, gap = "", words = ""] = item;
    if (before.length > 3 && depth === 0) return null;
    const sibling = this.stack[depth];
    const mark = number === undefined ? marker : marker.slice(-1);
    const continues = sibling?.kind === "item" && sibling.list.mark === mark;
    const interrupts = this.leaf?.kind === "paragraph" && depth === this.stack.length;
    if (interrupts && !continues && (!words.trim() || (number !== undefined && Number(number) !== 1))) return null;
    this.closeTo(depth);
    const next = continues ? nextOf(sibling.list) : Number(number ?? 1);
    const list = this.turnSection(continues) || !continues ? this.openList(mark, next) : sibling.list;
    const element = make("li");
    this.append(list.element, element);
    this.blocks += 1;
    const space = words.trim() && gap.length <= 4 ? gap.length : 1;
    this.stack = [...this.stack, { kind: "item", element, indent: before.length + marker.length + space, list }];
    const content = " ".repeat(Math.max(0, gap.length - space)) + words;
    return content.replace(TASK, (_, tick: string) => (tick === " " ? "☐" : "☑"));
  }

  private openList(mark: string, first: number): List {
    const numbered = mark === "." || mark === ")";
    const element = make(numbered ? "ol" : "ul");
    if (numbered && first !== 1) element.setAttribute("start", String(first));
    this.append(this.place, element);
    return { element, mark };
  }

  private leafLine(text: string): void {
    const fence = FENCE.exec(text);
    if (fence) {
      this.openCode(fence[1] ?? "```", fence[2] ?? "", indentOf(text));
      return;
    }
    const heading = HEADING.exec(text);
    if (heading) {
      this.closeLeaf();
      const level = Math.min(6, (heading[1]?.length ?? 1) + 2) as 3 | 4 | 5 | 6;
      const element = make(`h${level}`);
      element.append(...nodesOf(parseInline((heading[2] ?? "").replace(/(?:^|[ \t]+)#+[ \t]*$/, "").trim())));
      this.put(element);
      return;
    }
    if (RULE.test(text)) {
      this.closeLeaf();
      this.put(make("hr"));
      return;
    }
    if (this.leaf?.kind === "table") {
      if (text.includes("|")) {
        this.addRow(this.leaf, text);
        return;
      }
      this.closeLeaf();
    }
    if (this.leaf?.kind === "paragraph" && DELIMITERS.test(text) && this.openTable(this.leaf, text)) return;
    this.addText(text.trimStart(), "\n");
  }

  /** More of a line that is too long to be taken whole. */
  private goOn(text: string): void {
    if (!text) return;
    if (this.leaf?.kind === "code") {
      this.addCode(text);
    } else {
      if (this.leaf?.kind === "table") this.closeLeaf();
      this.addText(text, "");
    }
  }

  private addText(text: string, join: string): void {
    const open = this.leaf?.kind === "paragraph" ? this.leaf : null;
    if (open && open.text.length + text.length <= LONGEST_PARAGRAPH) {
      this.leaf = { ...open, text: open.text + join + text };
      return;
    }
    this.closeLeaf();
    const element = make("p", open ? "continued" : "");
    this.put(element);
    this.leaf = { kind: "paragraph", element, text, shown: { text: "" } };
  }

  /** Bring the open paragraph's elements up to date. */
  private show(): void {
    if (this.leaf?.kind !== "paragraph" || this.leaf.shown.text === this.leaf.text) return;
    const { element, text, shown } = this.leaf;
    element.replaceChildren(...nodesOf(parseInline(text.trimEnd())));
    shown.text = text;
  }

  private openTable(header: Leaf & { kind: "paragraph" }, delimiters: string): boolean {
    const lines = header.text.split("\n");
    const names = lines.pop() ?? "";
    const aligns = cellsOf(delimiters).map(alignOf);
    if (!names.includes("|") && aligns.length > 1) return false;
    if (!delimiters.includes("|") || cellsOf(names).length !== aligns.length) return false;
    if (aligns.length > MOST_COLUMNS) return false;
    const before = lines.join("\n");
    this.leaf = { ...header, text: before };
    this.closeLeaf();
    if (!before) this.hide(header.element);
    this.beginTable(names, aligns);
    return true;
  }

  private beginTable(names: string, aligns: readonly string[]): Leaf & { kind: "table" } {
    const [wrapper, table, head, body] = [make("div", "table"), make("table"), make("thead"), make("tbody")];
    wrapper.tabIndex = 0;
    head.append(rowOf(names, aligns, "th"));
    table.append(head, body);
    wrapper.append(table);
    this.put(wrapper);
    this.leaf = { kind: "table", body, names, aligns };
    return this.leaf;
  }

  /** One more row; where a section is full, in a new table of the same head. */
  private addRow(table: Leaf & { kind: "table" }, text: string): void {
    const { names, aligns } = table;
    const { body } = this.blocks < SECTION ? table : this.beginTable(names, aligns);
    this.append(body, rowOf(text, aligns, "td"));
    this.blocks += Math.ceil(aligns.length / CELLS);
  }

  private hide(element: HTMLElement): void {
    const parent = element.parentElement;
    const next = element.nextSibling;
    element.remove();
    this.undo?.push(() => parent?.insertBefore(element, next));
  }

  private openCode(fence: string, info: string, indent: number): void {
    this.closeLeaf();
    const block = make("div", "code-block");
    const pre = make("pre");
    const code = make("code");
    pre.append(code);
    block.append(pre);
    pre.tabIndex = 0;
    this.put(block);
    const language = /^[\w+#.-]{0,24}/.exec(info.trim())?.[0] ?? "";
    block.dataset["language"] = language;
    this.leaf = { kind: "code", block, code, part: newPart(code), size: 0, fence, indent, language, lines: 0 };
  }

  private codeLine(text: string): void {
    if (this.leaf?.kind !== "code") return;
    const { fence, indent, lines } = this.leaf;
    const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(text)?.[1];
    if (closing?.startsWith(fence)) {
      this.closeLeaf();
      return;
    }
    this.addCode((lines > 0 ? "\n" : "") + stripped(text, Math.min(indent, indentOf(text))));
  }

  private addCode(text: string): void {
    if (this.leaf?.kind !== "code") return;
    const { leaf } = this;
    const full = leaf.size > CODE_PART && text.startsWith("\n");
    const words = full ? text.slice(1) : text;
    if (full) this.grow(leaf.part, "\n");
    const part = full ? newPart(leaf.code) : leaf.part;
    if (full) this.undo?.push(() => part.parentElement?.remove());
    this.grow(part, words);
    this.leaf = { ...leaf, part, size: (full ? 0 : leaf.size) + text.length, lines: leaf.lines + 1 };
  }

  private grow(part: Text, text: string): void {
    part.appendData(text);
    this.undo?.push(() => {
      part.deleteData(part.length - text.length, text.length);
    });
  }

  private closeLeaf(): void {
    const { leaf } = this;
    if (leaf?.kind === "paragraph") this.show();
    if (leaf?.kind === "code") {
      const { block, code, language } = leaf;
      this.done.push(() => {
        this.codeSeen(block, code.textContent, language);
      });
    }
    this.leaf = null;
  }

  private closeTo(depth: number): void {
    this.closeLeaf();
    this.stack = this.stack.slice(0, depth);
    if (!this.undo) for (const tell of this.done.splice(0)) tell();
  }
}

/** The number that a list's next item has. */
function nextOf({ element }: List): number {
  return Number(element.getAttribute("start") ?? 1) + element.childElementCount;
}

function newPart(code: HTMLElement): Text {
  const part = make("span", "part");
  const text = document.createTextNode("");
  part.append(text);
  code.append(part);
  return text;
}

function cutOf(line: string): number {
  const space = line.lastIndexOf(" ") + 1;
  if (space > line.length / 2) return space;
  const last = line.charCodeAt(line.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? line.length - 1 : line.length;
}

/** What of a line is inside a container; null when the line is not. */
function insideOf(container: Container, text: string): string | null {
  if (container.kind === "quote") {
    const mark = /^ {0,3}> ?/.exec(text);
    return mark && text.slice(mark[0].length);
  }
  if (!text.trim()) return "";
  return indentOf(text) >= container.indent ? stripped(text, container.indent) : null;
}

function startsBlock(text: string): boolean {
  return FENCE.test(text) || HEADING.test(text) || RULE.test(text);
}

/** Columns of white space at the start. */
function indentOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** The text without that many columns of white space. */
function stripped(text: string, columns: number): string {
  if (columns === 0) return text;
  const spaces = /^[ \t]*/.exec(text)?.[0] ?? "";
  if (!spaces.includes("\t")) return text.slice(columns);
  return " ".repeat(Math.max(0, indentOf(spaces) - columns)) + text.slice(spaces.length);
}

function expanded(text: string): string {
  const tabless = text.replace(/^[ \t]+/, (spaces) => " ".repeat(indentOf(spaces)));
  return tabless.replace(/^( *(?:[-*+]|\d{1,9}[.)]))\t/, "$1 ");
}

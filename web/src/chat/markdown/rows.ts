/** Rows of tables, as GFM has them. */

import { parseInline } from "./inline.ts";
import { make, nodesOf } from "./nodes.ts";

/** The texts of a row's cells. */
export function cellsOf(row: string): string[] {
  const bare = row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

/** The class of a column, from its cell in the line of delimiters. */
export function alignOf(cell: string): string {
  if (cell.endsWith(":")) return cell.startsWith(":") ? "centre" : "right";
  return "";
}

/** A row of as many cells as there are columns. */
export function rowOf(text: string, aligns: readonly string[], tag: "td" | "th"): HTMLElement {
  const row = make("tr");
  const cells = cellsOf(text);
  aligns.forEach((align, index) => {
    const cell = make(tag, align);
    if (cell instanceof HTMLTableCellElement && tag === "th") cell.scope = "col";
    cell.append(...nodesOf(parseInline(cells[index] ?? "")));
    row.append(cell);
  });
  return row;
}

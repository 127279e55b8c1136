import { describe, expect, test } from "vitest";
import { MarkdownWriter } from "../../src/chat/markdown/blocks.ts";
import { ALLOWED } from "../../src/chat/markdown/nodes.ts";

function whole(text: string): HTMLElement {
  return inPieces([text]);
}

function inPieces(pieces: string[]): HTMLElement {
  const root = document.createElement("div");
  const writer = new MarkdownWriter(root);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  return root;
}

/** The same numbers on every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function cut(text: string, random: () => number, longest: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + Math.floor(random() * longest);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

const ATOMS = [
  "word", " ", " ", "\n", "\n", "\n\n", "# ", "## t", "- ", "* ", "1. ", "2) ", "> ", "```", "```py\n", "~~~", "`", "``", "*", "**", "_",
  "~~", "[a](https://example.org/x)", "[", "](", ")", "![i](https://evil.example/p.png)", "|", "| a | b |\n|---|:-:|\n| 1 | 2 |\n", "---",
  "---\n", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "[x](javascript:alert(1))", "\\", "&lt;",
  "&#x41;", "https://a.example/b?c=d", "  ", "    ", "\t", "\r\n", "é", "🎹", "\ud83c", "☐", "[ ] ", "[x] ", "<https://b.example>", "|\n|-\n",
];

function text(random: () => number, size: number): string {
  return Array.from({ length: size }, () => ATOMS[Math.floor(random() * ATOMS.length)]).join("");
}

describe("however a text is cut", () => {
  test("the elements are those of the whole", () => {
    const random = chance(7);
    for (let round = 0; round < 400; round += 1) {
      const source = text(random, 1 + Math.floor(random() * 40));
      const expected = whole(source).innerHTML;
      for (const longest of [1, 3, 12]) {
        expect(inPieces(cut(source, random, longest)).innerHTML, JSON.stringify(source)).toBe(expected);
      }
    }
  });

  test("also when lines and paragraphs are longer than one element takes", () => {
    const random = chance(11);
    for (const source of ["word ".repeat(3000), "x".repeat(9000), `> ${"**b** ".repeat(2000)}`, `\`\`\`\n${"y".repeat(5000)}\n\`\`\``]) {
      expect(inPieces(cut(source, random, 700)).innerHTML).toBe(whole(source).innerHTML);
    }
  });

  test.each([
    ["paragraphs", "a *word*\n\n".repeat(300)],
    ["a list", "1. item\n   - within\n".repeat(200)],
    ["items of one item", `- first\n${"  1) within\n".repeat(300)}`],
    ["a quote", "> one\n>\n> - two\n".repeat(200)],
    ["a table", `|a|b|\n|-|-|\n${"|1|2|\n".repeat(300)}`],
    ["code blocks", "```py\nx\n```\n".repeat(150)],
    ["a paragraph", "word\n".repeat(150_000)],
  ])("also when all goes on in a new section: %s", (_, source) => {
    const expected = whole(source);
    expect(expected.querySelectorAll(":scope > .section").length).toBeGreaterThan(0);
    expect(inPieces(cut(source, chance(13), 900)).innerHTML).toBe(expected.innerHTML);
  });

  test("every moment shows what the text so far says", () => {
    const random = chance(5);
    const source = text(random, 60);
    const root = document.createElement("div");
    const writer = new MarkdownWriter(root);
    let seen = "";
    for (const piece of cut(source, random, 4)) {
      writer.write(piece);
      seen += piece;
      const fresh = document.createElement("div");
      new MarkdownWriter(fresh).write(seen);
      expect(root.innerHTML).toBe(fresh.innerHTML);
    }
  });

  test("what is complete is not made again", () => {
    const root = document.createElement("div");
    const writer = new MarkdownWriter(root);
    writer.write("# One\n\ntwo\n\nthr");
    const [heading, paragraph] = root.children;
    writer.write("ee\n\n- four\n");
    writer.end();
    expect(root.children[0]).toBe(heading);
    expect(root.children[1]).toBe(paragraph);
  });
});

describe("whatever the text", () => {
  test("only allowed elements and attributes are made, and links lead to the web or to mail", () => {
    const random = chance(3);
    for (let round = 0; round < 300; round += 1) {
      const source = text(random, 60);
      for (const element of whole(source).querySelectorAll("*")) {
        expect(ALLOWED).toContain(element.tagName.toLowerCase());
        for (const name of element.getAttributeNames()) {
          expect(["class", "href", "rel", "target", "start", "scope", "tabindex", "data-language"]).toContain(name);
        }
        const href = element.getAttribute("href");
        if (href !== null) {
          expect(href).toMatch(/^(https?:\/\/|mailto:)/);
          expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow");
          expect(element.getAttribute("target")).toBe("_blank");
        }
      }
    }
  });

  test.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/settings)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
  ])("%s is no link", (source) => {
    expect(whole(source).querySelector("a")).toBeNull();
  });

  test("raw HTML is text", () => {
    const source = '<img src=x onerror="alert(1)"> <b>no</b> <!-- c --> </div>';
    const root = whole(source);
    expect(root.textContent).toBe(source);
    expect(root.querySelectorAll("img, b")).toHaveLength(0);
  });

  test("an image is a link that says where it leads, and is not fetched", () => {
    const root = whole("![a cat](https://pictures.example/cat.png?secret=1)");
    expect(root.querySelector("img")).toBeNull();
    expect(root.querySelector("a")?.getAttribute("href")).toBe("https://pictures.example/cat.png?secret=1");
    expect(root.textContent).toBe("a cat (pictures.example)");
  });

  test("a link that pretends shows its host", () => {
    expect(whole("[https://bank.example](https://evil.example/)").textContent).toBe("https://bank.example (evil.example)");
    expect(whole("[x](https://bank.example@evil.example/)").textContent).toBe("x (evil.example)");
    expect(whole("[https://bank.example/a](https://bank.example/b)").textContent).toBe("https://bank.example/a");
  });

  test.each([
    ["one line of a megabyte", "x".repeat(1_000_000)],
    ["a megabyte of words", "word ".repeat(200_000)],
    ["stars", "*".repeat(200_000)],
    ["stars apart", "*a ".repeat(60_000)],
    ["stars that close nothing", "a* ".repeat(60_000)],
    ["brackets", "[".repeat(200_000)],
    ["half links", "[a](".repeat(50_000)],
    ["images in images", "![".repeat(50_000) + "](x)".repeat(50_000)],
    ["backticks", "`a``b```c ".repeat(20_000)],
    ["quotations in quotations", ">".repeat(200_000)],
    ["lists in lists", "- ".repeat(100_000)],
    ["parentheses after an address", `https://a.example/${")".repeat(200_000)}`],
    ["half addresses", "http://)".repeat(25_000)],
    ["columns", "|a".repeat(100_000) + "\n" + "|-".repeat(100_000)],
    ["open code", "```\n" + "line of code\n".repeat(20_000)],
    ["a list", "- an item with *words*\n".repeat(20_000)],
    ["a table", "|a|b|\n|-|-|\n" + "|1|2|\n".repeat(20_000)],
    ["ampersands", "&amp".repeat(50_000)],
  ])("time does not run away: %s", (_, source) => {
    const start = performance.now();
    inPieces(cut(source, chance(1), 8000));
    expect(performance.now() - start).toBeLessThan(8000);
  });
});

describe("Markdown means what it should", () => {
  test.each([
    ["*a* **b** ***c*** ~~d~~ `e`", "<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <del>d</del> <code>e</code></p>"],
    ["2 * 3 * 4 and snake_case_name", "<p>2 * 3 * 4 and snake_case_name</p>"],
    ["**Note:** x", "<p><strong>Note:</strong> x</p>"],
    ["\\*a\\* &amp; &copy;", "<p>*a* &amp; ©</p>"],
    ["``a ` b``", "<p><code>a ` b</code></p>"],
    ["a  \nb\nc\\\nd", "<p>a<br>\nb\nc<br>\nd</p>"],
    ["# A #\n### B", "<h3>A</h3><h5>B</h5>"],
    ["a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"],
    ["- a\n- b\n  - c\n\n  d\n- e", "<ul><li><p>a</p></li><li><p>b</p><ul><li><p>c</p></li></ul><p>d</p></li><li><p>e</p></li></ul>"],
    ["3. a\n4. b", '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'],
    ["- a\n1. b", "<ul><li><p>a</p></li></ul><ol><li><p>b</p></li></ol>"],
    ["> a\nlazy\n> - b\n\nc", "<blockquote><p>a\nlazy</p><ul><li><p>b</p></li></ul></blockquote><p>c</p>"],
    ["- [ ] a\n- [x] b", "<ul><li><p>☐ a</p></li><li><p>☑ b</p></li></ul>"],
    ["In 1986.\nThe year", "<p>In 1986.\nThe year</p>"],
  ])("%j", (source, html) => {
    expect(whole(source).innerHTML).toBe(html);
  });

  test("a table has a head, cells and alignment, and scrolls by itself", () => {
    const root = whole("before\n\n| a | b |\n|:--|--:|\n| 1 | `x\\|y` |\n| 3 |\n\nafter");
    expect(root.querySelectorAll("th")).toHaveLength(2);
    expect(root.querySelectorAll("tbody tr")).toHaveLength(2);
    expect(root.querySelectorAll("td")[1]?.textContent).toBe("x|y");
    expect(root.querySelectorAll("td")[1]?.className).toBe("right");
    expect(root.querySelector(".table")?.getAttribute("tabindex")).toBe("0");
    expect(root.lastElementChild?.textContent).toBe("after");
  });

  test("no section holds more than a browser lays out at once, and no word is lost or said twice", () => {
    for (const [source, word] of [["> - word\n", "word"], ["# word\n", "word"], ["word\n\n", "word"], ["- word\n\n  more\n", "word"]] as const) {
      const root = whole(source.repeat(1000));
      for (const block of [root, ...root.children]) expect(block.querySelectorAll(":scope > :not(.section)").length).toBeLessThanOrEqual(129);
      for (const section of root.querySelectorAll(".section")) expect(section.querySelectorAll("li, p, h3").length).toBeLessThanOrEqual(260);
      expect(root.textContent.split(word)).toHaveLength(1001);
    }
  });

  test("a long list keeps its numbers and its depth", () => {
    const root = whole(`5. a\n${"6. b\n".repeat(199)}   - in the last\n`);
    const lists = [...root.querySelectorAll("ol")];
    expect(lists.map((list) => [list.start, list.childElementCount])).toEqual([[5, 64], [69, 64], [133, 64], [197, 8]]);
    expect(root.querySelector("ol > li:last-child > ul")?.textContent).toBe("in the last");
  });

  test("a list inside a long item goes on under that item, which has its number once", () => {
    const root = whole(`3. first\n${"   - within\n".repeat(200)}4. second\n`);
    const items = [...root.querySelectorAll<HTMLElement>("ol > li")];
    expect(items.filter(({ className }) => className === "")).toHaveLength(2);
    const last = items.at(-1)?.parentElement as HTMLOListElement;
    expect([last.start, [...last.children].map(({ className }) => className)]).toEqual([3, ["continued", ""]]);
    expect(root.querySelectorAll("ul > li")).toHaveLength(200);
  });

  test("a long table has its head again", () => {
    const root = whole(`|a|b|\n|-|-:|\n${"|1|2|\n".repeat(300)}`);
    expect(root.querySelectorAll("tbody tr")).toHaveLength(300);
    const heads = [...root.querySelectorAll("thead")].map(({ textContent }) => textContent);
    expect(heads).toEqual(Array.from({ length: 3 }, () => "ab"));
    expect(root.querySelectorAll("td.right")).toHaveLength(300);
  });

  test("code keeps its text, and is told once when it is complete", () => {
    const told: [string, string][] = [];
    const root = document.createElement("div");
    const writer = new MarkdownWriter(root, (_, code, language) => told.push([code, language]));
    for (const piece of cut("```python\n\tdef f():\n\n\t\treturn `1`\n```\nafter", chance(2), 3)) writer.write(piece);
    writer.end();
    expect(told).toEqual([["\tdef f():\n\n\t\treturn `1`", "python"]]);
    expect(root.querySelector("code")?.textContent).toBe("\tdef f():\n\n\t\treturn `1`");
    expect(root.querySelector("p")?.textContent).toBe("after");
  });

  test("a fence that is never closed is code to the end", () => {
    const told: string[] = [];
    const root = document.createElement("div");
    const writer = new MarkdownWriter(root, (_, code) => told.push(code));
    writer.write("```\na\n# b\n");
    expect(told).toEqual([]);
    writer.end();
    expect(told).toEqual(["a\n# b"]);
  });

  test("code in an item stays in it", () => {
    const root = whole("1. do\n   ```sh\n   ls\n   ```\n2. done");
    expect(root.querySelectorAll("ol")).toHaveLength(1);
    expect(root.querySelector("li code")?.textContent).toBe("ls");
  });
});

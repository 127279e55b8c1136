import { expect, test } from "vitest";
import { MOST_IMAGE_BYTES, attach, fenced, isOwnPicture, parted, withFiles } from "../../src/chat/attachments.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);

test("a text file goes under its name, between fences longer than its own", () => {
  expect(fenced("a.py", "print()")).toBe("a.py:\n```py\nprint()\n```");
  expect(fenced("b.md", "````\n")).toBe("b.md:\n`````md\n````\n`````");
  expect(fenced("c\n.txt", "x")).toBe("c .txt:\n```txt\nx\n```");
  expect(withFiles("why?", [{ kind: "text", name: "d", text: "x" }])).toBe("why?\n\nd:\n```\nx\n```");
});

test("the files of a question are told from its words again, but not a block of code in them", () => {
  const files = [
    { kind: "text", name: "a b.py", text: "print()" },
    { kind: "text", name: "c.md", text: "x.py:\n```py\n1\n```\n\nend" },
  ] as const;
  expect(parted(withFiles("why?\n\nand how?", files))).toEqual({ words: "why?\n\nand how?", files });
  expect(parted(withFiles("", files))).toEqual({ words: "", files });
  for (const words of ["Look at this:\n```py\nprint()\n```", "a.py:\n```\nx\n```", "a.py:\n```py\nopen"]) {
    expect(parted(words)).toEqual({ words, files: [] });
  }
});

test("a picture is known by its first bytes, not by its name", async () => {
  expect(await attach(new File([PNG], "x.txt"), [])).toMatchObject({ kind: "picture", url: expect.stringMatching(/^data:image\/png;base64,/) });
  expect(await attach(new File(["<svg onload=alert(1)>"], "x.svg", { type: "image/svg+xml" }), [])).toMatchObject({ kind: "text" });
  expect(await attach(new File([new Uint8Array([0, 1, 2])], "x.png"), [])).toBe("binary");
});

test("pictures have 20 MB in all", async () => {
  const beside = [{ kind: "picture", name: "a", url: "x".repeat(MOST_IMAGE_BYTES) }] as const;
  expect(await attach(new File([PNG], "b.png"), beside)).toBe("picture_size");
});

test("only pictures that are written out in their address are shown", () => {
  expect(isOwnPicture("data:image/png;base64,AAAA")).toBe(true);
  for (const url of ["https://evil.example/a.png", "data:image/svg+xml;base64,AAAA", "data:text/html,x", "javascript:alert(1)"]) {
    expect(isOwnPicture(url)).toBe(false);
  }
});

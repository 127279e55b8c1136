import { expect, test } from "vitest";
import { MOST_IMAGE_BYTES, attach, fenced, isOwnPicture, withFiles } from "../../src/chat/attachments.ts";
import { sum } from "../../src/chat/money.ts";
import { inRange } from "../../src/chat/parameters.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);

test("a text file goes under its name, between fences longer than its own", () => {
  expect(fenced("a.py", "print()")).toBe("a.py:\n```py\nprint()\n```");
  expect(fenced("b.md", "````\n")).toBe("b.md:\n`````md\n````\n`````");
  expect(fenced("c\n.txt", "x")).toBe("c .txt:\n```txt\nx\n```");
  expect(withFiles("why?", [{ kind: "text", name: "d", text: "x" }])).toBe("d:\n```\nx\n```\n\nwhy?");
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

test("dollars are added to the last digit, and unknown stays unknown", () => {
  expect(sum(["0.1", "0.2", "0.000000000001"])).toBe("0.300000000001");
  expect(sum(["1.5", "-0.25"])).toBe("1.25");
  expect(sum([])).toBe("0");
  expect(sum(["1", null])).toBeNull();
});

test("a parameter out of its range is left to the model", () => {
  expect(inRange("0,7", 0, 2)).toBe(0.7);
  for (const typed of ["", "3", "-1", "x", "1e400"]) expect(inRange(typed, 0, 2)).toBeUndefined();
  expect(inRange("1.5", 1, 10, true)).toBeUndefined();
});

import { expect, test } from "vitest";
import { MOST_IMAGE_BYTES, attach, fenced, isOwnPicture, parted, withFiles } from "../../src/chat/attachments.ts";
import { spent } from "../../src/chat/money.ts";
import { say, speak } from "../../src/app/words.ts";
import { NOTHING } from "./fake-server.ts";
import { inRange } from "../../src/chat/parameters.ts";

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

test("what a conversation cost is said with what is not known of it, but not of a call under way", () => {
  speak("en");
  expect(spent({ ...NOTHING, calls: 2, usd: "0.30" })).toBe("$0.30");
  expect(spent({ ...NOTHING, calls: 2, unknown: 1, unsettled: 1, usd: "0.30" }, true)).toBe("$0.30");
  expect(spent({ ...NOTHING, calls: 2, unknown: 1, usd: "0.30" })).toBe(say("page.chat.cost_at_least", { usd: "$0.30" }));
  expect(spent({ ...NOTHING, calls: 1, unknown: 1 })).toBe(say("page.chat.cost_unknown"));
  speak(null);
});

test("a parameter out of its range is left to the model", () => {
  expect(inRange("0,7", 0, 2)).toBe(0.7);
  for (const typed of ["", "3", "-1", "x", "1e400"]) expect(inRange(typed, 0, 2)).toBeUndefined();
  expect(inRange("1.5", 1, 10, true)).toBeUndefined();
});

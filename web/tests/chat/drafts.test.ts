import { afterEach, expect, test, vi } from "vitest";
import type { Attachment } from "../../src/chat/attachments.ts";
import { draftOf, keepDraft, moveDraft } from "../../src/chat/drafts.ts";

const FILE: Attachment = { kind: "text", name: "a.txt", text: "x" };
const EMPTY = { text: "", attachments: [] };

afterEach(() => {
  vi.unstubAllGlobals();
  for (const id of [null, "a", "b"]) keepDraft(id, EMPTY);
});

test("each conversation has a draft of its own, words and files", () => {
  keepDraft("a", { text: "kick", attachments: [FILE] });
  keepDraft(null, { text: "new", attachments: [] });
  expect(draftOf("a")).toEqual({ text: "kick", attachments: [FILE] });
  expect(draftOf(null)).toEqual({ text: "new", attachments: [] });
  expect(draftOf("b")).toEqual(EMPTY);
});

test("words last as long as the tab, and an empty draft is forgotten", () => {
  keepDraft("a", { text: "kick", attachments: [] });
  expect(sessionStorage.getItem("livetechno.draft.a")).toBe("kick");
  keepDraft("a", EMPTY);
  expect(sessionStorage.getItem("livetechno.draft.a")).toBeNull();
});

test("what is typed while a conversation begins goes on in it", () => {
  keepDraft(null, { text: "and then", attachments: [FILE] });
  moveDraft("b");
  expect(draftOf("b")).toEqual({ text: "and then", attachments: [FILE] });
  expect(draftOf(null)).toEqual(EMPTY);
});

test("where nothing may be stored, drafts last as long as the page", () => {
  vi.stubGlobal("sessionStorage", undefined);
  keepDraft("a", { text: "kick", attachments: [] });
  expect(draftOf("a").text).toBe("kick");
});

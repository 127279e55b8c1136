/** Pictures and text files that go along with a question. */

import { dataUrl } from "../app/data-url.ts";

/** Bytes of pictures, as they are sent, that a question may hold. */
export const MOST_IMAGE_BYTES = 20 * 1000 * 1000;
/** Bytes of one text file, or of all together: two windows of the largest model. */
export const MOST_TEXT_BYTES = 8 * 1000 * 1000;

export interface Picture {
  readonly kind: "picture";
  readonly name: string;
  readonly url: string;
}
export interface TextFile {
  readonly kind: "text";
  readonly name: string;
  readonly text: string;
}
export type Attachment = Picture | TextFile;
export type Refusal = "picture_size" | "text_size" | "binary" | "unreadable";

/** A file under its name, whose ending is also the language of its fence. */
const FENCED = /(?:^|\n\n)([^\n]{1,255}\.([\w+#-]{1,16})):\n(`{3,})\2\n([\s\S]*?)\n\3(?=\n\n|$)/g;

const PICTURES = new Map<string, (start: Uint8Array) => boolean>([
  ["image/png", (start) => begins(start, [0x89, 0x50, 0x4e, 0x47])],
  ["image/jpeg", (start) => begins(start, [0xff, 0xd8, 0xff])],
  ["image/gif", (start) => begins(start, [0x47, 0x49, 0x46, 0x38])],
  ["image/webp", (start) => begins(start, [0x52, 0x49, 0x46, 0x46]) && begins(start.slice(8), [0x57, 0x45, 0x42, 0x50])],
]);

/** What a file is, as it goes to the model; `beside` is attached already. */
export async function attach(file: File, beside: readonly Attachment[]): Promise<Attachment | Refusal> {
  try {
    const start = new Uint8Array(await file.slice(0, 16).arrayBuffer());
    const type = [...PICTURES].find(([, is]) => is(start))?.[0];
    if (type !== undefined) {
      const sent = Math.ceil(file.size / 3) * 4;
      if (sent + sizeOf(beside, "picture") > MOST_IMAGE_BYTES) return "picture_size";
      return { kind: "picture", name: file.name, url: await dataUrl(file, type) };
    }
    if (file.size + sizeOf(beside, "text") > MOST_TEXT_BYTES) return "text_size";
    const text = decoded(await file.arrayBuffer());
    return text === null ? "binary" : { kind: "text", name: file.name, text };
  } catch {
    return "unreadable";
  }
}

/** The words of a question, by which it is known, with its text files after them, each fenced under its name. */
export function withFiles(words: string, attachments: readonly Attachment[]): string {
  const files = attachments.flatMap((one) => (one.kind === "text" ? [fenced(one.name, one.text)] : []));
  return [words, ...files].filter((part) => part.trim()).join("\n\n");
}

/** The words of a question and its files, as `withFiles` put them together; what it cannot tell from words is words. */
export function parted(question: string): { words: string; files: TextFile[] } {
  const files: TextFile[] = [];
  const words = question.replace(FENCED, (_, name: string, _language: string, _fence: string, text: string) => {
    files.push({ kind: "text", name, text });
    return "";
  });
  return { words: words.trim(), files };
}

/** `text` between fences that are longer than any inside it, under the file's name. */
export function fenced(name: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const line = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const language = /\.([\w+#-]{1,16})$/.exec(line)?.[1] ?? "";
  return `${line}:\n${fence}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}

/** Whether an address is a picture of ours: written out in the address itself, and no drawing that holds script. */
export function isOwnPicture(url: string): boolean {
  return /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url);
}

function sizeOf(attachments: readonly Attachment[], kind: Attachment["kind"]): number {
  return attachments.reduce((sum, one) => {
    if (one.kind !== kind) return sum;
    return sum + (one.kind === "picture" ? one.url.length : new Blob([one.text]).size);
  }, 0);
}

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

function decoded(bytes: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

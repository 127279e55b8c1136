/** A server of the API as the chat asks it, in memory: enough to see what the page asks for, and when. */

import { vi } from "vitest";
import type { Answer, Branch, Conversation, Message, Settings, Sum } from "../../src/app/types.ts";
import type { Detail } from "../../src/chat/state.ts";

export interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

export const NOTHING: Sum = {
  calls: 0, input_tokens: 0, output_tokens: 0, unknown: 0, unpriced: 0, unsettled: 0, estimated: 0, usd: "0", at_worst: "0",
};

export const SETTINGS: Settings = {
  mock: true,
  mock_chosen: false,
  language: "en",
  base_url: "https://api.openai.com/v1",
  key: null,
  model: null,
  retired: "replace",
  strict: false,
  fixed: [],
  keychain: false,
  shares: false,
  version: "0",
};

export function conversation(id: string, more: Partial<Conversation> = {}): Conversation {
  const at = "2026-11-24T12:00:00.000000Z";
  return { id, title: id, system: "", model: "chat", parameters: {}, made: at, changed: at, deleted: null, size: 2, head: null, answer: null, ...more };
}

/** A question (odd ids) or an answer (even ids), one after the other. */
export function message(id: number, text: string, more: Partial<Message> = {}): Message {
  return {
    id: String(id),
    parent: id > 1 ? String(id - 1) : null,
    turn: String(id - ((id + 1) % 2)),
    place: id - 1,
    role: id % 2 === 1 ? "user" : "assistant",
    text,
    images: [],
    partial: false,
    about: null,
    at: "2026-11-24T12:00:00.000000Z",
    siblings: [String(id)],
    ...more,
  };
}

export function answer(more: Partial<Answer> = {}): Answer {
  return { id: "a", conversation: "c", question: "1", state: "running", text: "", seq: 0, message: null, error: null, model: "m", ...more };
}

/** A conversation with these messages on the branch that is shown. */
export function detail(messages: Message[]): Detail {
  return { conversation: conversation("c"), messages, branches: [], answer: null, total: NOTHING };
}

export class FakeServer {
  readonly calls: Call[] = [];
  settings: Settings = SETTINGS;
  messages: Message[] = [];
  branches: Branch[] = [];
  running: Answer | null = null;
  total: Sum = NOTHING;
  /** What to answer otherwise than below; a Response, a document, or undefined to leave it. */
  otherwise: (call: Call) => unknown = () => undefined;

  private stream: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor() {
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.answer(path, init));
  }

  /** Say something on the page's one long connection, which must be open. */
  tell(type: string, data: unknown): void {
    this.stream?.enqueue(new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  asked(method: string, path: string): Call[] {
    return this.calls.filter((call) => call.method === method && call.path === path);
  }

  private async answer(path: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? "GET";
    const call = { method, path, body: JSON.parse(String(init.body ?? "{}")) as Record<string, unknown> };
    this.calls.push(call);
    const other = await this.otherwise(call);
    if (other instanceof Response) return other;
    if (path.startsWith("/api/events")) return new Response(new ReadableStream({ start: (stream) => void (this.stream = stream) }));
    const document = other ?? this.document(call);
    return document === null ? new Response(null, { status: 204 }) : new Response(JSON.stringify(document));
  }

  private document({ method, path, body }: Call): unknown {
    if (path.startsWith("/api/settings")) return this.settings;
    if (path.startsWith("/api/models")) return { aliases: { chat: "gpt-x" }, models: [] };
    if (path.startsWith("/api/conversations?")) return { conversations: [] };
    if (path.startsWith("/api/search")) return { found: [] };
    if (method === "POST" && path === "/api/answers") {
      const id = (body["conversation"] as string | null) ?? "c";
      return { answer: answer({ conversation: id }), conversation: conversation(id) };
    }
    if (method === "GET" && path.startsWith("/api/conversations/")) {
      const id = path.split("/").at(-1) ?? "";
      return { conversation: conversation(id), messages: this.messages, branches: this.branches, answer: this.running, total: this.total };
    }
    return null;
  }
}

export function refusal(code: string, status: number): Response {
  const error = { code, message: `Refused: ${code}.`, request_id: "r", retry_after: null };
  return new Response(JSON.stringify({ error }), { status });
}

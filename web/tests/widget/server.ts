/** An endpoint in memory: each call is answered by the next of `answers`, the last one for ever. */

import { vi } from "vitest";

export interface Call {
  readonly url: string;
  readonly body: { messages?: { role: string; content: string }[]; stream?: boolean };
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly redirect: RequestRedirect | undefined;
}
type Answer = (call: Call) => Response | Promise<Response>;

export class Endpoint {
  readonly calls: Call[] = [];
  answers: Answer[] = [];

  constructor() {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const signal = init.signal as AbortSignal;
      const body = JSON.parse(String(init.body)) as Call["body"];
      const call = { url, body, headers: new Headers(init.headers), signal, redirect: init.redirect };
      this.calls.push(call);
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
      return Promise.race([answer?.(call) ?? Promise.reject(new TypeError("no network")), stopped]);
    });
  }
}

export function json(document: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(document), { status, headers: { "Content-Type": "application/json", ...headers } });
}

/** A stream whose events the test decides. */
export class Stream {
  private controller!: ReadableStreamDefaultController<Uint8Array>;

  /** The response, whose reader hears when the call is stopped. */
  answer({ signal }: Call): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
        signal.addEventListener("abort", () => {
          try {
            controller.error(signal.reason);
          } catch {
            // it has ended before
          }
        });
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }

  say(type: string, data: unknown): void {
    this.raw(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  raw(text: string): void {
    this.controller.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.controller.close();
  }
}

/** Let everything happen that waits for nothing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
}

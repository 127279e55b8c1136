/**
 * The page's one long connection: what changed in the store, and every running answer as it grows.
 *
 * A connection that ends, or says nothing for too long, is opened again, later each time, from the last change
 * that was heard. `hello` begins each connection and tells which answers are running.
 */

import { isAbort, open } from "./api.ts";
import { ServerSentEvents } from "./sse.ts";
import type { AnswerEvent, Change, Hello } from "./types.ts";

export type Connection = "connecting" | "open" | "lost";

interface Kinds {
  hello: Hello;
  change: Change;
  answer: AnswerEvent;
  connection: Connection;
}

/** Milliseconds without a byte after which a connection is taken for dead; the server's heart beats every 15 s. */
const SILENCE = 40_000;
/** The same for who comes back: the page, or all of the device, may have slept, and its connection be dead. */
const QUIET = 20_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

export type Opener = (path: string, signal: AbortSignal) => Promise<Response>;

export class EventStream {
  private readonly listeners: { [K in keyof Kinds]: Set<(data: Kinds[K]) => void> } = {
    hello: new Set(),
    change: new Set(),
    answer: new Set(),
    connection: new Set(),
  };
  private last: number | null = null;
  private state: Connection = "connecting";
  private life: AbortController | undefined;
  private attempt: AbortController | undefined;
  private wake: (() => void) | undefined;
  private heardAt = 0;
  private hurry = false;

  constructor(private readonly opener: Opener = (path, signal) => open("GET", path, undefined, { signal })) {}

  get connection(): Connection {
    return this.state;
  }

  /** Call for each event of a kind. Gives what ends that. */
  subscribe<K extends keyof Kinds>(kind: K, listener: (data: Kinds[K]) => void): () => void {
    this.listeners[kind].add(listener);
    return () => void this.listeners[kind].delete(listener);
  }

  start(): void {
    if (this.life) return;
    this.life = new AbortController();
    this.state = "connecting";
    addEventListener("online", this.comeBack);
    document.addEventListener("visibilitychange", this.comeBack);
    void this.run(this.life.signal);
  }

  stop(): void {
    this.life?.abort();
    this.life = undefined;
    removeEventListener("online", this.comeBack);
    document.removeEventListener("visibilitychange", this.comeBack);
    this.attempt?.abort();
    this.wake?.();
  }

  /** Do not wait any longer before trying again. */
  readonly retryNow = (): void => this.wake?.();

  private readonly comeBack = (): void => {
    if (document.visibilityState === "hidden") return;
    if (this.state === "open" && Date.now() - this.heardAt > QUIET) {
      this.hurry = true;
      this.attempt?.abort();
    }
    this.retryNow();
  };

  private async run(life: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT;
    while (!life.aborted) {
      if (await this.listen()) wait = FIRST_WAIT;
      if (life.aborted) return;
      this.become("lost");
      if (!this.hurry) await this.pause(wait * (0.75 + Math.random() / 2));
      this.hurry = false;
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  /** One connection, to its end. Whether it said anything. */
  private async listen(): Promise<boolean> {
    const attempt = new AbortController();
    this.attempt = attempt;
    let heard = false;
    let alarm = setTimeout(() => attempt.abort(), SILENCE);
    try {
      const after = this.last === null ? "" : `?after=${this.last}`;
      const response = await this.opener(`/api/events${after}`, attempt.signal);
      const reader = response.body?.getReader();
      if (!reader) return false;
      const events = new ServerSentEvents();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return heard;
        clearTimeout(alarm);
        alarm = setTimeout(() => attempt.abort(), SILENCE);
        this.heardAt = Date.now();
        for (const event of events.read(decoder.decode(value, { stream: true }))) {
          heard = true;
          this.hear(event.type, event.data);
        }
      }
    } catch (error) {
      if (!isAbort(error) && !(error instanceof Error)) throw error;
      return heard;
    } finally {
      clearTimeout(alarm);
    }
  }

  private hear(type: string, text: string): void {
    const data: unknown = JSON.parse(text);
    if (type === "hello") {
      const hello = data as Hello;
      this.last ??= hello.change;
      this.become("open");
      this.tell("hello", hello);
    } else if (type === "change") {
      const change = data as Change;
      this.last = Math.max(this.last ?? 0, change.number);
      this.tell("change", change);
    } else if (type === "answer") {
      this.tell("answer", data as AnswerEvent);
    }
  }

  private become(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    this.tell("connection", state);
  }

  private tell<K extends keyof Kinds>(kind: K, data: Kinds[K]): void {
    for (const listener of [...this.listeners[kind]]) {
      try {
        listener(data);
      } catch (error) {
        reportError(error); // one listener's fault is not the others'
      }
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export const events = new EventStream();

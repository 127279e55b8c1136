/** One question to an endpoint: it answers with events (start, delta, done, error), or with JSON, `{message}`. */

import { ServerSentEvents } from "../app/sse.ts";
import type { Say } from "./words.ts";

export interface Message {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** Why there is no answer: a code, a sentence for who asked, and the seconds to wait before another try. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

export interface Question {
  readonly endpoint: URL;
  /** Whether that is a livetechno's, which answers a page of another site with a session only. */
  readonly ours: boolean;
  readonly messages: readonly Message[];
  readonly language: string;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Hears all of the answer's text so far, each time that it has grown. */
  readonly grown: (text: string) => void;
}

/** Milliseconds until a server begins to answer: one that does not stream thinks first. */
const BEGIN = 300_000;
/** Milliseconds of silence in a stream; a livetechno says something every 15 s. */
const SILENCE = 60_000;
/** Characters of an answer that are taken. */
const LONGEST = 1_000_000;
const SESSION = "X-Livetechno-Session";
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/** Tokens of visitors, by origin, empty where a cookie is the session: in memory only, and shared by the widgets of a page. */
const tokens = new Map<string, string>();
const renewals = new Map<string, Promise<void>>();

/** The answer's text. Throws Refusal; once the signal has been given, whatever comes first. */
export async function ask(question: Question): Promise<string> {
  const { say, endpoint } = question;
  const host = endpoint.host;
  const call = new Call(question.signal, say("page.widget.timed_out", { host }));
  try {
    const response = await admitted(question, call);
    if (!response.ok) throw await refusalOf(response, say);
    const stream = isOf(response, "text/event-stream") ? response.body : null;
    const message = stream ? await streamed(stream, question, call) : (await json(response))["message"];
    if (typeof message === "string" && message.trim()) return message;
    throw new Refusal("no_answer", say("page.widget.no_answer", { host }));
  } catch (error) {
    if (call.signal.aborted && call.signal.reason instanceof Refusal) throw call.signal.reason;
    if (error instanceof Refusal) throw error;
    throw new Refusal("no_connection", say("page.widget.no_connection", { host }));
  } finally {
    call.end();
  }
}

/** What is sent for one question: it ends when the asker stops it, or when nothing is heard for too long. */
class Call {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal = this.controller.signal;

  constructor(
    private readonly stopped: AbortSignal,
    private readonly timedOut: string,
  ) {
    stopped.addEventListener("abort", this.stop);
    if (stopped.aborted) this.stop();
  }

  /** The other side has this long, in milliseconds, to say more. */
  wait(patience: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(new Refusal("timed_out", this.timedOut)), patience);
  }

  end(): void {
    clearTimeout(this.timer);
    this.stopped.removeEventListener("abort", this.stop);
    this.controller.abort();
  }

  private readonly stop = (): void => this.controller.abort();
}

/** The response; where a session is asked for, with one. */
async function admitted(question: Question, call: Call): Promise<Response> {
  const { origin, href } = question.endpoint;
  // a browser writes a 401 to its console; and if there is no session, the answer to the question tells why
  if (question.ours && !tokens.has(origin)) await session(question, call).catch(() => undefined);
  const body = JSON.stringify({ messages: question.messages, stream: true });
  const send = (): Promise<Response> => post(href, body, question.language, call, tokens.get(origin));
  const token = tokens.get(origin);
  const response = await send();
  if (response.status !== 401 || codeOf(await json(response.clone())) !== "session_unknown") return response;
  if (tokens.get(origin) === token) await session(question, call);
  return send();
}

/** A new session; the same for all that want one at a time. */
function session(question: Question, call: Call): Promise<void> {
  const { origin } = question.endpoint;
  const renewal = renewals.get(origin) ?? renew(question, call).finally(() => renewals.delete(origin));
  renewals.set(origin, renewal);
  return renewal;
}

/** A session of the endpoint's server: a token for a visitor, or its own page's cookie. */
async function renew({ endpoint: { origin }, language, say }: Question, call: Call): Promise<void> {
  const response = await post(`${origin}/api/session`, "{}", language, call);
  if (!response.ok) throw await refusalOf(response, say);
  const { token } = await json(response);
  tokens.set(origin, typeof token === "string" && TOKEN.test(token) ? token : "");
}

function post(address: string, body: string, language: string, call: Call, token?: string): Promise<Response> {
  const headers = new Headers({
    Accept: "text/event-stream, application/json",
    "Accept-Language": language,
    "Content-Type": "application/json",
  });
  if (token) headers.set(SESSION, token);
  call.wait(BEGIN);
  // what was said goes to the address that the page names, and to no other
  return fetch(address, { method: "POST", headers, body, signal: call.signal, redirect: "error", cache: "no-store" });
}

async function streamed(body: ReadableStream<Uint8Array>, { grown, say }: Question, call: Call): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = new ServerSentEvents();
  let text = "";
  for (;;) {
    call.wait(SILENCE);
    const { done, value } = await reader.read();
    if (done || text.length > LONGEST) throw new Refusal("cut", say("page.widget.cut"));
    const before = text.length;
    for (const { type, data } of events.read(decoder.decode(value, { stream: true }))) {
      const told = parsed(data);
      if (type === "delta" && typeof told["text"] === "string") text += told["text"];
      else if (type === "done") return typeof told["message"] === "string" ? told["message"] : text;
      else if (type === "error") throw refused(told, say("page.widget.cut"));
    }
    if (text.length > before) grown(text);
  }
}

type Told = Record<string, unknown>;

/** An error as the endpoint tells it: `{error: {code, message, retry_after}}`, or a sentence alone. */
async function refusalOf(response: Response, say: Say): Promise<Refusal> {
  const otherwise = say("page.widget.failed", { status: response.status });
  return refused(await json(response), otherwise, seconds(response.headers.get("Retry-After")));
}

function refused(told: Told, otherwise: string, retryAfter = 0): Refusal {
  const { error } = told;
  const { message, retry_after: wait } = isTold(error) ? error : { message: error, retry_after: null };
  const sentence = typeof message === "string" && message ? message : otherwise;
  return new Refusal(codeOf(told) ?? "failed", sentence, typeof wait === "number" ? wait : retryAfter);
}

function codeOf({ error }: Told): string | undefined {
  return isTold(error) && typeof error["code"] === "string" ? error["code"] : undefined;
}

/** The seconds of a Retry-After header, which may also name a moment. */
function seconds(header: string | null): number {
  if (!header) return 0;
  const given = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(given) ? Math.max(0, Math.ceil(given)) : 0;
}

async function json(response: Response): Promise<Told> {
  return isOf(response, "application/json") ? parsed(await response.text()) : {};
}

function isOf(response: Response, kind: string): boolean {
  return (response.headers.get("Content-Type") ?? "").toLowerCase().startsWith(kind);
}

function parsed(text: string): Told {
  try {
    const document: unknown = JSON.parse(text);
    return isTold(document) ? document : {};
  } catch {
    return {};
  }
}

function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null;
}

/** Calls of the API on this machine, with a session that mends itself and errors that say what to do. */

import type { Failure } from "./types.ts";
import { language, say } from "./words.ts";

/** What the API refused, or `unreachable` (status 0) when nobody answered. `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string,
    readonly retryAfter: number | null,
    readonly status: number,
  ) {
    super(message);
    this.name = "ApiError";
  }

  static of(failure: Failure, status: number): ApiError {
    return new ApiError(failure.code, failure.message, failure.request_id, failure.retry_after, status);
  }

  static unreachable(): ApiError {
    return new ApiError("unreachable", say("page.error.unreachable"), "", null, 0);
  }
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

export const get = <T>(path: string, options?: CallOptions): Promise<T> => json<T>("GET", path, undefined, options);
export const post = <T = void>(path: string, body: unknown = {}, options?: CallOptions): Promise<T> =>
  json<T>("POST", path, body, options);
export const put = <T = void>(path: string, body: unknown, options?: CallOptions): Promise<T> =>
  json<T>("PUT", path, body, options);
export const patch = <T = void>(path: string, body: unknown, options?: CallOptions): Promise<T> =>
  json<T>("PATCH", path, body, options);
export const del = <T = void>(path: string, options?: CallOptions): Promise<T> =>
  json<T>("DELETE", path, undefined, options);

/**
 * The response to a call, for who reads it as a stream or a file. An unknown session is renewed once and the
 * call repeated. Throws ApiError for any status that is no success; an AbortError stays one.
 */
export async function open(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Response> {
  let response = await send(method, path, body, options);
  if (response.status === 401 && (await codeOf(response.clone())) === "session_unknown") {
    await renewSession();
    response = await send(method, path, body, options);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function json<T>(method: string, path: string, body: unknown, options?: CallOptions): Promise<T> {
  const response = await open(method, path, body, options);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw isAbort(error) ? error : ApiError.unreachable();
  }
}

async function send(method: string, path: string, body: unknown, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": language(), ...options.headers };
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (options.signal) init.signal = options.signal;
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  try {
    return await fetch(path, init);
  } catch (error) {
    throw isAbort(error) ? error : ApiError.unreachable();
  }
}

let renewing: Promise<void> | undefined;

/** One new session, however many calls found theirs unknown at the same time. */
function renewSession(): Promise<void> {
  renewing ??= (async () => {
    const response = await send("POST", "/api/session", secret ? { secret } : {}, {});
    if (!response.ok) throw await refusal(response);
  })().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** In an app's own WebView a session is given only for the secret of the address's fragment, which is then taken away. */
const secret = takeSecret();

function takeSecret(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("secret");
  if (found) history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

async function refusal(response: Response): Promise<ApiError> {
  const failure = await failureOf(response);
  if (failure) return ApiError.of(failure, response.status);
  return new ApiError("unreadable", say("page.error.unreadable", { status: String(response.status) }), "", null, response.status);
}

async function codeOf(response: Response): Promise<string | undefined> {
  return (await failureOf(response))?.code;
}

async function failureOf(response: Response): Promise<Failure | undefined> {
  try {
    const { error } = (await response.json()) as { error?: Failure };
    return typeof error?.code === "string" && typeof error.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** What to show of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : say("page.error.unexpected");
}

// callGPT and streamGPT for a maker's page, in every host: a browser, the desktop window, a phone's WebView.
// The server calls this function with the sentences that it may have to say (server/bridge.py).
((say) => {
  "use strict";
  if (window.livetechno?.callGPT) return;

  /** What went wrong, as a sentence for a person; `code` for a program. */
  class GPTError extends Error {
    constructor(code, message, requestId = null) {
      super(message);
      this.name = "GPTError";
      this.code = code;
      this.requestId = requestId;
    }
  }

  /** The whole answer to `messages`: a text, or a list of `{role, content}`. */
  const callGPT = (messages) => streamGPT(messages);

  /** The same; `onText` is called with each piece as it comes. */
  async function streamGPT(messages, onText) {
    for await (const { event, data } of events(await ask(messages))) {
      if (event === "delta") onText?.(data.text);
      else if (event === "done") return data.message;
      else if (event === "error") throw refusal(data);
    }
    throw new GPTError("stream_cut", say.cut);
  }

  async function ask(messages) {
    const list = typeof messages === "string" ? [{ role: "user", content: messages }] : messages;
    const body = { messages: list, stream: true };
    let response = await post("/api/chat", body);
    if (response.status === 401) {
      await post("/api/session", {});
      response = await post("/api/chat", body);
    }
    if (!response.ok) throw refusal(await response.json().catch(() => ({})));
    return response;
  }

  const refusal = ({ error }) =>
    error ? new GPTError(error.code, error.message, error.request_id) : new GPTError("unreachable", say.unreachable);

  async function post(path, body) {
    try {
      return await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...inLanguage() },
        body: JSON.stringify(body),
      });
    } catch {
      throw new GPTError("unreachable", say.unreachable);
    }
  }

  /** The events of a stream, each with its data read. */
  async function* events(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(() => ({ done: true }));
        if (done) return;
        const blocks = (waiting + value).split("\n\n");
        waiting = blocks.pop();
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
          if (fields.data) yield { event: fields.event, data: JSON.parse(fields.data) };
        }
      }
    } finally {
      reader.cancel().catch(() => {}); // a page that listens no more stops the answer
    }
  }

  /** Errors are told in the language of the page. */
  function inLanguage() {
    const { lang } = document.documentElement;
    return lang ? { "Accept-Language": lang } : {};
  }

  const names = Object.freeze({ callGPT, streamGPT });
  window.livetechno = Object.assign(window.livetechno ?? {}, names);

  // pywebview puts an object of its own there when the page has loaded; our names stay.
  let pywebview = { api: { ...names } };
  Object.defineProperty(window, "pywebview", {
    configurable: true,
    enumerable: true,
    get: () => pywebview,
    set: (theirs) => {
      theirs.api = Object.assign(theirs.api ?? {}, names);
      pywebview = theirs;
    },
  });

  // Once, and in every host at the same moment: what pywebview fires later is a second time.
  let ready = false;
  window.addEventListener("pywebviewready", (event) => {
    if (ready) event.stopImmediatePropagation();
    ready = true;
  });
  const tell = () => setTimeout(() => ready || window.dispatchEvent(new CustomEvent("pywebviewready")));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", tell);
  else tell();
})

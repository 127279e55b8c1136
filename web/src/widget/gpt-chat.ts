/** `<gpt-chat>`: a chat for any page. README and docs/widget.md say how it is used. */

import { type Message, Refusal, ask } from "./endpoint.ts";
import { keep, kept, messagesOf, newest } from "./history.ts";
import { type Trouble, View } from "./view.ts";
import { type Say, languageOf, speaking } from "./words.ts";

const ATTRIBUTES = ["endpoint", "greeting", "history", "lang", "placeholder", "theme", "title"] as const;
/** Attributes that HTML has no property for. */
const REFLECTED = ["endpoint", "greeting", "history", "placeholder", "theme"] as const;
/** Where this script came from has an endpoint, too. */
const SOURCE = import.meta.url;

/**
 * @fires gpt-message - one more message, detail `{role, text}`; `partial` where an answer was stopped or cut
 * @fires gpt-error - no answer, or no whole one, detail `{code, message}`
 */
export class GptChat extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;
  declare endpoint: string;
  declare greeting: string;
  declare history: string;
  declare placeholder: string;
  declare theme: string;

  private readonly view: View;
  private said: readonly Message[] = [];
  private running: AbortController | null = null;
  /** Whether the newest message is an answer that is not whole. */
  private partial = false;
  private notBefore = 0;
  private keptAs = "";
  private say: Say = speaking("en");

  constructor() {
    super();
    this.view = new View(this.attachShadow({ mode: "open" }), {
      ask: (text) => void this.send(text),
      stop: () => this.stop(),
      retry: () => void this.retry(),
      clear: () => this.clear(),
    });
    this.refresh();
  }

  connectedCallback(): void {
    for (const name of [...REFLECTED, "messages"] as const) this.takeUp(name);
    this.refresh();
    this.recall();
    this.view.enter();
  }

  disconnectedCallback(): void {
    // an element that is moved leaves the page for no time at all
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.stop();
      this.view.leave();
    });
  }

  attributeChangedCallback(name: (typeof ATTRIBUTES)[number]): void {
    this.refresh();
    if (this.isConnected && (name === "endpoint" || name === "history")) this.recall();
  }

  /** What was said, the oldest first: `{role, content}`. Setting it begins another conversation. Throws TypeError. */
  get messages(): Message[] {
    return [...this.said];
  }

  set messages(messages: readonly Message[]) {
    this.begin(messagesOf(messages));
    this.keep();
  }

  /** Whether an answer is under way. */
  get busy(): boolean {
    return this.running !== null;
  }

  /** Ask. The answer's text; null where there is none, or while another answer is under way. */
  async send(text: string): Promise<string | null> {
    const content = String(text).trim();
    if (!content || this.running) return null;
    this.partial = false;
    this.view.add("user").show(content);
    this.add({ role: "user", content });
    return this.said.length > 0 ? this.answer() : null; // who heard of it may have cleared all
  }

  /** End the answer that is under way; what came of it stays. */
  stop(): void {
    this.running?.abort();
  }

  /** Forget all that was said, here and in the browser. */
  clear(): void {
    this.begin([]);
    this.keep();
  }

  override focus(options?: FocusOptions): void {
    this.view.composer.focus(options);
  }

  private async retry(): Promise<string | null> {
    if (this.running || Date.now() < this.notBefore) return null;
    if (this.partial) {
      this.said = this.said.slice(0, -1);
      this.view.takeBack();
    }
    return this.answer();
  }

  private async answer(): Promise<string | null> {
    const running = new AbortController();
    this.running = running;
    this.partial = false;
    this.view.tell(null);
    this.view.run(true);
    const row = this.view.add("assistant", true);
    row.show("", false);
    let text = "";
    let refusal: Refusal | null = null;
    try {
      const endpoint = this.address();
      text = await ask({
        endpoint,
        ours: isOurs(endpoint),
        messages: newest(this.said),
        language: this.language,
        say: this.say,
        signal: running.signal,
        grown: (sofar) => {
          text = sofar;
          if (this.running === running) row.show(text, false);
        },
      });
    } catch (error) {
      refusal = error instanceof Refusal ? error : new Refusal("failed", String(error));
    }
    if (this.running !== running) return null; // another conversation has begun
    this.running = null;
    this.view.run(false);
    this.partial = refusal !== null && text !== "";
    if (refusal === null || this.partial) {
      row.show(text);
      this.add({ role: "assistant", content: text });
    } else {
      this.view.takeBack();
    }
    if (refusal) this.complain(refusal, running.signal.aborted);
    return refusal ? null : text;
  }

  private complain({ code, message, retryAfter }: Refusal, stopped: boolean): void {
    this.notBefore = stopped ? 0 : Date.now() + retryAfter * 1000;
    const trouble: Trouble = {
      message: stopped ? this.say("page.widget.stopped") : message,
      notBefore: this.notBefore,
      stopped,
    };
    this.view.tell(trouble);
    if (!stopped) this.dispatch("gpt-error", { code, message });
  }

  /** Put a message behind the others, keep it, and tell the page. */
  private add(message: Message): void {
    this.said = [...this.said, Object.freeze(message)];
    this.keep();
    const detail = { role: message.role, text: message.content };
    this.dispatch("gpt-message", this.partial ? { ...detail, partial: true } : detail);
  }

  private begin(messages: readonly Message[]): void {
    const running = this.running;
    this.running = null;
    running?.abort();
    this.said = messages;
    this.partial = false;
    this.view.run(false);
    this.view.show(messages);
  }

  /** Take up what is kept, where the attributes name another place than before. */
  private recall(): void {
    const name = `${this.history}:${this.keptName}`;
    if (name === this.keptAs) return;
    this.keptAs = name;
    const messages = kept(this.history, this.keptName);
    if (messages.length > 0 && this.said.length === 0) this.begin(messages);
  }

  private keep(): void {
    keep(this.history, this.keptName, this.said);
  }

  /** Widgets that ask the same endpoint are told apart by their ids. */
  private get keptName(): string {
    return `gpt-chat:${this.id}:${this.getAttribute("endpoint") ?? ""}`;
  }

  private get language(): ReturnType<typeof languageOf> {
    const said = this.closest("[lang]:not([lang=''])")?.getAttribute("lang");
    return languageOf(said || document.documentElement.lang || navigator.language);
  }

  private address(): URL {
    const given = this.getAttribute("endpoint");
    try {
      const url = given ? new URL(given, document.baseURI) : new URL("/api/chat", SOURCE);
      if (url.protocol === "https:" || url.protocol === "http:") return url;
    } catch {
      // told below
    }
    throw new Refusal("endpoint", this.say("page.widget.no_endpoint", { endpoint: given ?? SOURCE }));
  }

  private refresh(): void {
    this.say = speaking(this.language);
    const text = (name: string): string => this.getAttribute(name) ?? "";
    const given = { title: text("title"), greeting: text("greeting"), placeholder: text("placeholder") };
    this.view.speak(this.language, this.say, given);
  }

  /** A property that was set before the browser knew this element. */
  private takeUp(name: (typeof REFLECTED)[number] | "messages"): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = this[name];
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  private dispatch(kind: "gpt-message" | "gpt-error", detail: unknown): void {
    this.dispatchEvent(new CustomEvent(kind, { detail, bubbles: true, composed: true }));
  }
}

for (const name of REFLECTED) {
  Object.defineProperty(GptChat.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: GptChat) {
      return this.getAttribute(name) ?? "";
    },
    set(this: GptChat, value: unknown) {
      this.setAttribute(name, String(value));
    },
  });
}

/** Whether it is beside this script, and not of the page's own server: so a livetechno serves both, also in its frame. */
function isOurs({ origin, pathname }: URL): boolean {
  const elsewhere = origin !== location.origin || location.pathname === "/embed";
  return elsewhere && pathname === "/api/chat" && origin === new URL(SOURCE).origin;
}

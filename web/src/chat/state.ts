/** What the chat knows: the list, the conversation that is shown, running answers, and what could not be sent. */

import { ApiError, del, get, patch, post } from "../app/api.ts";
import { events } from "../app/events.ts";
import { whenChanged } from "../app/fresh.ts";
import type { Answer, Branch, Conversation, Found, Image, Message, Models, Parameters, Sum } from "../app/types.ts";
import { LiveAnswers } from "./resume.ts";

export interface Detail {
  conversation: Conversation;
  messages: Message[];
  branches: Branch[];
  answer: Answer | null;
  /** Of all its calls, on every branch. */
  total: Sum;
}

/** A question on its way, or one that did not get there. */
export interface Pending {
  /** Its answer's: whoever asks twice with it has one answer. */
  id: string;
  conversation: string | null;
  text: string;
  images: Image[];
  after?: string | null;
  again?: string;
  error: ApiError | null;
  /** It was stopped before the server had said which answer is its. */
  stopped?: boolean;
}

export interface NewConversation {
  system: string;
  model: string;
  parameters: Parameters;
}

const NEW: NewConversation = { system: "", model: "", parameters: {} };
/** Conversations that the list shows. */
const MOST = 500;

export class ChatState {
  conversations: Conversation[] | null = null;
  deleted: Conversation[] | null = null;
  detail: Detail | null = null;
  models: Models | null = null;
  pending: Pending | null = null;
  /** What is chosen for a conversation that has not begun. */
  fresh: NewConversation = NEW;
  /** Why the conversation cannot be shown, or something could not be done. */
  trouble: ApiError | null = null;
  private shown: string | null = null;
  private reading = 0;
  private listing = 0;

  readonly live = new LiveAnswers(
    (id) => answerOf(id),
    {
      grew: (answer) => this.tells.grew(answer),
      turned: (answer) => {
        this.tells.turned(answer);
        if (answer.state !== "running" && answer.conversation === this.shown) void this.read();
        this.tells.changed();
      },
      gone: (_, conversation) => {
        if (conversation === this.shown) void this.read();
      },
    },
  );

  constructor(
    private readonly tells: {
      changed: () => void;
      grew: (answer: Answer) => void;
      turned: (answer: Answer) => void;
      begun: (conversation: string) => void;
    },
  ) {}

  /** Follow what happens, here and elsewhere. Gives what ends that. */
  start(): () => void {
    const ends = [
      whenChanged(["conversation"], () => {
        void this.readList();
        void this.read();
      }),
      events.subscribe("answer", (event) => this.live.hear(event)),
      events.subscribe("hello", ({ answers }) => {
        this.live.hello(answers);
        void this.readList();
        void this.read();
        if (this.pending?.error?.status === 0) void this.find(this.pending);
        if (!this.models) void this.readModels();
      }),
    ];
    void this.readList();
    void this.readModels();
    return () => {
      for (const end of ends) end();
    };
  }

  get id(): string | null {
    return this.shown;
  }

  /** The answer that is being written in the shown conversation, or that failed there and was not asked again. */
  get answer(): Answer | null {
    return this.shown === null ? null : this.live.of(this.shown);
  }

  /** Whether a question is on its way here, or its answer is being written. */
  get busy(): boolean {
    return isSending(this.pending) || this.answer?.state === "running";
  }

  async show(id: string | null): Promise<void> {
    if (id === this.shown && (id === null || this.detail)) return;
    this.shown = id;
    if (this.detail?.conversation.id !== id) this.detail = null;
    if (this.pending?.conversation !== id) this.pending = null;
    this.trouble = null;
    this.tells.changed();
    await this.read();
  }

  async read(): Promise<void> {
    const id = this.shown;
    if (id === null) return;
    const turn = (this.reading += 1);
    try {
      const detail = await get<Detail>(path(id));
      if (turn !== this.reading || id !== this.shown) return;
      this.detail = detail;
      this.trouble = null;
      if (detail.answer) this.live.put(detail.answer);
    } catch (error) {
      if (turn !== this.reading || id !== this.shown || !(error instanceof ApiError)) return;
      if (!this.detail || error.status === 404) this.trouble = error;
      if (error.status === 404) this.detail = null;
    }
    this.tells.changed();
  }

  async readList(): Promise<void> {
    const turn = (this.listing += 1);
    try {
      const { conversations } = await get<{ conversations: Conversation[] }>(`/api/conversations?most=${MOST}`);
      if (turn !== this.listing) return;
      this.conversations = conversations;
      if (this.deleted) await this.readDeleted();
      this.tells.changed();
    } catch {
      // the frame of the page tells that livetechno does not answer; `hello` reads again
    }
  }

  async readDeleted(): Promise<void> {
    const path = `/api/conversations?deleted=true&most=${MOST}`;
    this.deleted = (await get<{ conversations: Conversation[] }>(path)).conversations;
    this.tells.changed();
  }

  async search(words: string): Promise<Found[]> {
    return (await get<{ found: Found[] }>(`/api/search?q=${encodeURIComponent(words)}`)).found;
  }

  /** Ask; the question is shown at once, and kept by the server before its answer begins. */
  async ask(question: Omit<Pending, "id" | "conversation" | "error" | "stopped"> & { id?: string }): Promise<boolean> {
    const pending: Pending = { id: newId(), ...question, conversation: this.shown, error: null, stopped: false };
    this.pending = pending;
    if (this.shown !== null) this.live.forget(this.shown);
    this.tells.changed();
    try {
      const { answer } = await post<{ answer: Answer }>("/api/answers", bodyOf(pending, this.fresh));
      await this.takeUp(pending, answer);
      return true;
    } catch (error) {
      pending.error = error instanceof ApiError ? error : ApiError.unreachable();
      this.tells.changed();
      return false;
    }
  }

  /** A question that seemed not to get there may have, and only its reply was lost. */
  private async find(pending: Pending): Promise<void> {
    const answer = await answerOf(pending.id).catch(() => null); // the next `hello` asks again
    if (answer && this.pending === pending) await this.takeUp(pending, answer);
  }

  private async takeUp(pending: Pending, answer: Answer): Promise<void> {
    if (pending.conversation === null) {
      this.fresh = NEW;
      void this.readList();
    }
    const stays = this.shown === pending.conversation;
    if (stays) this.shown = answer.conversation;
    if (stays && pending.conversation === null) {
      this.tells.begun(answer.conversation);
      // the steps that came before this reply were of no conversation that was shown
      this.tells.turned(answer);
    }
    this.live.put(answer);
    if (pending.stopped) void this.end(answer);
    if (stays) await this.read();
    if (this.pending === pending) this.pending = null;
    this.tells.changed();
  }

  /** End the answer that is being written here; one that is not known yet ends as soon as it is. */
  async stop(): Promise<void> {
    const { answer, pending } = this;
    if (isSending(pending)) pending.stopped = true;
    if (answer?.state === "running") await this.end(answer);
  }

  change(id: string, changes: Partial<Pick<Conversation, "title" | "system" | "model" | "parameters">> ): Promise<void> {
    return this.attempt(async () => {
      await patch(path(id), changes);
      await Promise.all([this.readList(), this.read()]);
    });
  }

  /** Go to the newest end of a branch that holds a message. */
  async switchTo(message: string): Promise<void> {
    const id = this.shown;
    if (id === null) return;
    await this.attempt(async () => {
      await patch(path(id), { through: message });
      this.live.forget(id);
      await this.read();
    });
  }

  remove(id: string): Promise<void> {
    return this.attempt(async () => {
      await del(path(id));
      await this.readList();
    });
  }

  restore(id: string): Promise<void> {
    return this.attempt(async () => {
      await post(`${path(id)}/restore`);
      await this.readList();
    });
  }

  purge(id: string): Promise<void> {
    return this.attempt(async () => {
      await post(`${path(id)}/purge`);
      await this.readList();
    });
  }

  private end(answer: Answer): Promise<void> {
    return this.attempt(() => post(`/api/answers/${encodeURIComponent(answer.id)}/stop`));
  }

  private async readModels(): Promise<void> {
    try {
      this.models = await get<Models>("/api/models");
      this.tells.changed();
    } catch {
      // `hello` reads again
    }
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      this.trouble = null;
      await work();
    } catch (error) {
      this.trouble = error instanceof ApiError ? error : ApiError.unreachable();
    }
    this.tells.changed();
  }
}

export function path(id: string): string {
  return `/api/conversations/${encodeURIComponent(id)}`;
}

function isSending(pending: Pending | null): pending is Pending {
  return pending !== null && pending.error === null;
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function answerOf(id: string): Promise<Answer | null> {
  try {
    return (await get<{ answer: Answer }>(`/api/answers/${encodeURIComponent(id)}`)).answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function bodyOf(pending: Pending, fresh: NewConversation): Record<string, unknown> {
  const begins = pending.conversation === null;
  return {
    id: pending.id,
    conversation: pending.conversation,
    text: pending.text,
    images: pending.images,
    ...(pending.after !== undefined ? { after: pending.after } : {}),
    ...(pending.again !== undefined ? { again: pending.again } : {}),
    ...(begins && fresh.system ? { system: fresh.system } : {}),
    ...(begins && fresh.model ? { model: fresh.model } : {}),
    ...(begins && Object.keys(fresh.parameters).length > 0 ? { parameters: fresh.parameters } : {}),
  };
}

/**
 * Running answers as this page knows them, put together from the one long connection and from what the server has.
 *
 * Every step of an answer has a number, `seq`. A step that is known already is passed over; where one is missing
 * (the page was loaded in mid-answer, or the connection was lost) the answer is fetched whole and goes on from there,
 * so no character comes twice and none is missing.
 */

import type { Answer, AnswerEvent } from "../app/types.ts";

export interface AnswerListener {
  /** More text; told for every step, so it must be quick. */
  grew(answer: Answer): void;
  /** It began, ended, or was found. */
  turned(answer: Answer): void;
  /** The server knows nothing of it any more. */
  gone(id: string, conversation: string): void;
}

interface Known {
  answer: Answer;
  waiting: AnswerEvent[] | null;
}

export class LiveAnswers {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly fetchAnswer: (id: string) => Promise<Answer | null>,
    private readonly listener: AnswerListener,
  ) {}

  /** The newest answer to that conversation that this page knows of. */
  of(conversation: string | null): Answer | null {
    let found: Answer | null = null;
    for (const { answer } of this.known.values()) if (answer.conversation === conversation) found = answer;
    return found;
  }

  /** An answer as the server has it: what is known already is kept when it is newer. */
  put(answer: Answer): void {
    const known = this.known.get(answer.id);
    if (known && known.answer.seq >= answer.seq && known.answer.state !== "running") return;
    if (known && known.answer.seq > answer.seq) return;
    const waiting = known?.waiting ?? [];
    this.known.delete(answer.id);
    this.known.set(answer.id, { answer: { ...answer }, waiting: null });
    this.listener.turned(answer);
    for (const event of waiting) this.hear(event);
  }

  /** A connection began: these are running, and what else was running here has ended meanwhile. */
  hello(running: readonly Answer[]): void {
    for (const answer of running) this.put(answer);
    const ids = new Set(running.map((answer) => answer.id));
    for (const [id, { answer }] of this.known) {
      if (answer.state === "running" && !ids.has(id)) void this.refresh(id, answer.conversation);
    }
  }

  /** A step of an answer. */
  hear(event: AnswerEvent): void {
    const known = this.known.get(event.id);
    if (!known) {
      this.known.set(event.id, { answer: blank(event), waiting: [event] });
      void this.refresh(event.id, event.conversation);
      return;
    }
    if (known.waiting) {
      known.waiting.push(event);
      return;
    }
    const { answer } = known;
    if (event.seq <= answer.seq) return;
    if (event.seq > answer.seq + 1) {
      known.waiting = [event];
      void this.refresh(event.id, event.conversation);
      return;
    }
    answer.seq = event.seq;
    if (event.type === "delta") {
      answer.text += event.text ?? "";
      this.listener.grew(answer);
      return;
    }
    if (event.type === "start") {
      answer.model = event.model ?? answer.model;
    } else {
      answer.state = event.type === "error" ? "failed" : event.type;
      answer.message = event.message?.id ?? answer.message;
      answer.error = event.error ?? null;
    }
    this.listener.turned(answer);
  }

  /** Forget an answer that is over, because what is stored tells of it, or somebody asked again. */
  forget(conversation: string): void {
    for (const [id, { answer }] of this.known) {
      if (answer.conversation === conversation && answer.state !== "running") this.known.delete(id);
    }
  }

  private async refresh(id: string, conversation: string): Promise<void> {
    const known = this.known.get(id);
    if (known) known.waiting ??= [];
    let answer: Answer | null;
    try {
      answer = await this.fetchAnswer(id);
    } catch {
      return; // the connection is lost; its next `hello` mends this
    }
    if (answer) {
      const now = this.known.get(id);
      if (now && !now.waiting && now.answer.seq >= answer.seq) return; // it was put, and went on, meanwhile
      const waiting = now?.waiting?.filter((event) => event.seq > answer.seq) ?? [];
      this.known.set(id, { answer: { ...answer }, waiting: null });
      this.listener.turned(answer);
      for (const event of waiting) this.hear(event);
    } else {
      this.known.delete(id);
      this.listener.gone(id, conversation);
    }
  }
}

function blank(event: AnswerEvent): Answer {
  return {
    id: event.id,
    conversation: event.conversation,
    question: "",
    state: "running",
    text: "",
    seq: -1,
    message: null,
    error: null,
    model: event.model ?? "",
  };
}

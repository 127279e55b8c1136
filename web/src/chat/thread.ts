/** The messages of a branch, the question on its way and the growing answer, as one list to show. */

import type { Answer, Message } from "../app/types.ts";
import type { Shown } from "./message-view.ts";
import type { Detail, Pending } from "./state.ts";

/**
 * What to show. An answer keeps its key from its first character until it is stored, so that its element stays.
 * Asked again or instead, what came after is hidden at once.
 */
export function thread(detail: Detail | null, answer: Answer | null, pending: Pending | null): Shown[] {
  const waits = pending !== null && pending.error === null;
  const all = (detail?.messages ?? []).filter(({ role, text, images }) => role === "user" || (role === "assistant" && (text || images.length > 0)));
  const stored = waits ? upTo(all, pending) : all;
  const shown = stored.map((message): Shown => ({
    key: message.role === "assistant" ? answerKey(message.parent, message.siblings.indexOf(message.id)) : `q${message.id}`,
    role: message.role === "user" ? "user" : "assistant",
    text: message.text,
    images: message.images,
    message,
    growing: false,
    partial: message.role === "assistant" && message.partial,
    failure: message.id === answer?.message ? answer.error : null,
    model: message.about?.model ?? null,
  }));
  if (pending && pending.again === undefined) shown.push({ ...NOTHING, key: "pending", role: "user", text: pending.text, images: pending.images });
  if (waits) shown.push({ ...NOTHING, key: "waiting", growing: true });
  else if (answer && !detail?.messages.some(({ id }) => id === answer.message) && (answer.state === "running" || answer.text)) {
    const question = stored.find(({ id }) => id === answer.question);
    const kept = shown.some(({ message }) => message !== null && message.parent === answer.question);
    if (answer.state === "running" || (question && !kept)) {
      const before = shown.findIndex(({ message }) => message !== null && message.parent === answer.question);
      if (before >= 0 && answer.state === "running") shown.splice(before);
      const place = stored.find(({ parent }) => parent === answer.question)?.siblings.length ?? 0;
      shown.push({
        ...NOTHING,
        key: answerKey(answer.question, place),
        text: answer.text,
        growing: answer.state === "running",
        model: answer.model,
      });
    }
  }
  return shown;
}

const NOTHING: Shown = { key: "", role: "assistant", text: "", images: [], message: null, growing: false, partial: false, failure: null, model: null };

function answerKey(question: string | null, place: number): string {
  return `a${question ?? ""}.${place}`;
}

/** The messages before a question that is asked instead, or up to one that is answered again. */
function upTo(messages: readonly Message[], { after, again }: Pending): readonly Message[] {
  if (again !== undefined) {
    const at = messages.findIndex(({ id }) => id === again);
    if (at < 0) return messages;
    return messages.slice(0, messages[at]?.role === "user" ? at + 1 : at);
  }
  if (after === undefined) return messages;
  return messages.slice(0, messages.findIndex(({ id }) => id === after) + 1);
}

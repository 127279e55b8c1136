import { type EventStream, events } from "./events.ts";

/** Milliseconds in which many changes are one. */
const TOGETHER = 250;

/**
 * Call `reload` soon after something of these kinds (`conversation`, `call`, `budget`, `settings`) changed, by whomever;
 * many changes at once are one. Gives what ends that.
 */
export function whenChanged(kinds: readonly string[], reload: () => void, stream: EventStream = events): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = stream.subscribe("change", ({ kind }) => {
    if (!kinds.includes(kind)) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      reload();
    }, TOGETHER);
  });
  return () => {
    end();
    clearTimeout(timer);
  };
}

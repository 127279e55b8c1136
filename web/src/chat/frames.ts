/** Work in slices, so that no frame waits for it. */

/** Milliseconds of a frame that may be spent on text. */
const SLICE = 4;
/** Milliseconds after which work goes on though no frame comes: a page in the background draws none. */
const NO_FRAME = 200;

/** Do `step` until it says that it is done (false), a slice of each frame. Gives what ends that. */
export function inFrames(step: () => boolean): () => void {
  let ended = false;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const work = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    if (ended) return;
    const until = performance.now() + SLICE;
    do {
      if (!step()) return;
    } while (performance.now() < until);
    frame = requestAnimationFrame(work);
    timer = setTimeout(work, NO_FRAME);
  };
  frame = requestAnimationFrame(work);
  timer = setTimeout(work, NO_FRAME);
  return () => {
    ended = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

/** Pixels that a keyboard on the screen takes at least; less is a browser's own bar. */
const KEYBOARD = 150;

/**
 * Keep `--viewport-height` at what is really seen: on iOS a keyboard covers the page without resizing it.
 * `tell` hears whether a keyboard is shown. Gives what ends that.
 */
export function watchViewport(tell: (keyboard: boolean) => void): () => void {
  const seen = window.visualViewport;
  if (!seen) return () => undefined;
  let tallest = 0;
  let width = 0;
  const measure = (): void => {
    if (seen.scale > 1.01) return; // zoomed in by hand: the layout stays
    if (seen.width !== width) [width, tallest] = [seen.width, 0];
    tallest = Math.max(tallest, seen.height);
    const touch = matchMedia("(pointer: coarse)").matches;
    document.documentElement.style.setProperty("--viewport-height", `${seen.height}px`);
    tell(touch && tallest - seen.height > KEYBOARD);
    if (seen.offsetTop > 0) scrollTo(0, 0);
  };
  seen.addEventListener("resize", measure);
  seen.addEventListener("scroll", measure);
  measure();
  return () => {
    seen.removeEventListener("resize", measure);
    seen.removeEventListener("scroll", measure);
  };
}

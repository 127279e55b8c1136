/** Runs before a page's own script: notes when it can be used, and while asked, how each frame and task went. */
(() => {
  const inside = (root, selector) => {
    for (const element of root.querySelectorAll("*")) {
      const found = element.matches(selector) ? element : element.shadowRoot && inside(element.shadowRoot, selector);
      if (found?.checkVisibility()) return found;
    }
    return null;
  };
  const BOX = "textarea:not(:disabled), [contenteditable]:not([contenteditable=false])";

  globalThis.probe = {
    /** When there is a box that takes words. */
    usable: new Promise((resolve) => {
      const look = () => (inside(document, BOX) ? resolve(performance.now()) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    }),

    /** When something was painted first. */
    painted: new Promise((resolve) => {
      new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
      }).observe({ type: "paint", buffered: true });
    }),

    /** When our page has shown all of an answer. */
    written: new Promise((resolve) => addEventListener("written", resolve, { once: true })),

    frames: [],
    tasks: [],
    begin() {
      new PerformanceObserver((list) => this.tasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: "longtask" });
      let last = performance.now();
      const frame = (now) => {
        this.frames.push(now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    },
  };
})();

/** What every page of a rival does: take an answer of /api/chat, and show it once a frame, scrolled to its end. */

/** Give each frame's new text of the answer to `show`, awaited; resolves at the answer's end. */
export async function answer(question, show) {
  const response = await fetch("/api/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: question }], stream: true }),
  });
  let waiting = "";
  let ended = false;
  const shown = (async () => {
    while (!ended || waiting) {
      await new Promise(requestAnimationFrame);
      const text = waiting;
      waiting = "";
      if (text) await show(text);
    }
  })();
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/);
    rest = events.pop();
    for (const event of events) {
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      if (/^event: ?delta$/m.test(event) && data) waiting += JSON.parse(data).text;
    }
  }
  ended = true;
  await shown;
}

/** The list of messages of a page, kept at its end while `draw` makes it grow. */
export function atEnd(log, draw) {
  return (text) => {
    draw(text);
    log.scrollTop = log.scrollHeight;
  };
}

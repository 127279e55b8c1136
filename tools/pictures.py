"""`python tools/pictures.py`: the pictures of docs/pythonista.md, drawn anew into docs/pictures.

The page is drawn by WebKitGTK, the nearest to an iPhone's WebKit, at the size of an iPhone 14 Pro Max. That
takes what the tests of the desktop's window take (CONTRIBUTING.md says what), and ImageMagick. What is native
is drawn by the stand-in for Pythonista (`drawn_phone.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (430, 932)
SCALE = 1
MOST_BYTES = 100_000
SMALL = ["-strip", "+dither", "-colors", "32", "-define", "png:compression-level=9"]
LIMIT = 60
"""Seconds for one picture."""

# Run by Debian's own Python, which has GTK: a bare window that fills the display, and a script in the page.
WINDOW = """
import sys, gi
gi.require_version("Gtk", "3.0"); gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2
url, script, language, width, height = sys.argv[1:]
context = WebKit2.WebContext.new_ephemeral()
context.set_preferred_languages([language])
view = WebKit2.WebView.new_with_context(context)
window = Gtk.Window(decorated=False); window.add(view); window.set_default_size(int(width), int(height))
def loaded(view, event):
    if event == WebKit2.LoadEvent.FINISHED: view.run_javascript(script, None, None)
def titled(view, _):
    if view.get_title() == "drawn": print("drawn", flush=True)
view.connect("load-changed", loaded); view.connect("notify::title", titled)
window.show_all(); view.load_uri(url); Gtk.main()
"""
# Waits for what it presses; `deep` looks into every shadow. The title tells when all is drawn.
ASKED = """
function* deep(root) {
  for (const one of root.querySelectorAll("*")) { yield one; if (one.shadowRoot) yield* deep(one.shadowRoot) }
}
const all = (selector) => [...deep(document)].filter((one) => one.matches(selector));
async function until(find) {
  for (;;) { const one = find(); if (one) return one; await new Promise((next) => setTimeout(next, 50)) }
}
(async () => {
  const gate = %(gate)s, question = %(question)s;
  (await until(() => all("button").find((one) => one.innerText.trim() === gate))).click();
  const send = await until(() => {
    const box = all("textarea")[0];
    const button = [...(box?.getRootNode().querySelectorAll("button") ?? [])].at(-1);
    if (!button) return undefined;
    box.value = question;
    box.dispatchEvent(new InputEvent("input", {bubbles: true, composed: true}));
    return button.disabled ? undefined : button;
  });
  send.click();
  await until(() => all(".facts").length);
  document.activeElement?.blur();
  setTimeout(() => { document.title = "drawn" }, 1000);
})();
"""
QUESTIONS = {"en": "How do I swing a hi-hat?", "fr": "Comment donner du swing à un charleston ?"}


def draw_page(language: str) -> Path:
    """The page with a question that Mock AI has answered."""
    file = PICTURES / f"pythonista-page-{language}.png"
    asked = {"gate": _words(language)["page.chat.gate.mock"], "question": QUESTIONS[language]}
    script = ASKED % {name: json.dumps(text) for name, text in asked.items()}
    width, height = SIZE
    with tempfile.TemporaryDirectory() as home, _display() as display:
        own = dict.fromkeys(("HOME", "LIVETECHNO_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home)
        here = {"DISPLAY": display, "GDK_BACKEND": "x11", "GDK_SCALE": str(SCALE), "NO_AT_BRIDGE": "1"}
        spoken = {"LIVETECHNO_LANG": language, "LANGUAGE": language}
        world = {**_without_keys(), **own, **here, **spoken}
        serve = [sys.executable, "-m", "livetechno", "serve", "--port", "0", "--no-open"]
        with _told(serve, "READY ", world) as url:
            window = ["/usr/bin/python3", "-c", WINDOW, url, script, language, str(width), str(height)]
            with _told(window, "drawn", world):
                subprocess.run(
                    ["import", "-window", "root", *SMALL, file], env=world, check=True, timeout=LIMIT
                )
    return file


def draw_native(language: str) -> list[Path]:
    """The start screen, and the chat with the same question."""
    drawing = str(ROOT / "tools" / "drawn_phone.py")
    program = [sys.executable, drawing, language, QUESTIONS[language], str(PICTURES)]
    subprocess.run(program, env=_without_keys(), check=True, timeout=LIMIT)
    return [PICTURES / f"pythonista-{what}-{language}.svg" for what in ("start", "chat")]


def _without_keys() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LIVETECHNO_"))
    }


def _words(language: str) -> dict[str, str]:
    file = ROOT / "src" / "livetechno" / "words" / f"{language}.json"
    words: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return words


@contextmanager
def _display() -> Iterator[str]:
    """A display of the phone's size that nobody sees."""
    reads, writes = os.pipe()
    width, height = (SCALE * length for length in SIZE)
    options = f"-displayfd {writes} -screen 0 {width}x{height}x24 -nolisten tcp"
    with os.fdopen(reads) as told:
        process = subprocess.Popen(["Xvfb", *options.split()], pass_fds=[writes], stderr=subprocess.DEVNULL)
        os.close(writes)
        try:
            yield f":{told.readline().strip()}"
        finally:
            process.terminate()
            process.wait(LIMIT)


@contextmanager
def _told(command: list[str], beginning: str, world: dict[str, str]) -> Iterator[str]:
    """What a program tells behind `beginning`; it is ended afterwards, in any case after LIMIT seconds."""
    process = subprocess.Popen(
        command, env=world, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    limit = threading.Timer(LIMIT, process.kill)
    limit.start()
    assert process.stdout is not None
    try:
        line = next((line for line in process.stdout if line.startswith(beginning)), None)
        if line is None:
            raise SystemExit(f"{command[0]} ended without {beginning!r}")
        yield line.removeprefix(beginning).strip()
    finally:
        limit.cancel()
        process.terminate()
        process.wait(LIMIT)
        process.stdout.close()


def main() -> None:
    """Draw all of them, and say how large they are."""
    PICTURES.mkdir(exist_ok=True)
    drawn = [file for language in QUESTIONS for file in (draw_page(language), *draw_native(language))]
    for file in drawn:
        size = file.stat().st_size
        print(f"{file.relative_to(ROOT)}  {size:,} bytes")
        if size > MOST_BYTES:
            raise SystemExit(f"a picture of the guide may have {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()

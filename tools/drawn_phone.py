"""The start screen and the native chat as the stand-in for Pythonista has them, drawn as SVG.

    python tools/drawn_phone.py LANGUAGE QUESTION FOLDER

They show where things are and what they say; nothing of it was drawn by iOS.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATHS = (ROOT, ROOT / "src", ROOT / "tests" / "hosts" / "pythonista" / "app")
SECONDS = 20.0


def main(language: str, question: str, folder: str) -> None:
    """Draw both."""
    sys.path[0:0] = map(str, PATHS)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(LIVETECHNO_HOME=home, LIVETECHNO_LANG=language, LIVETECHNO_MOCK="always")
        _draw(language, question, Path(folder))


def _draw(language: str, question: str, folder: Path) -> None:
    import _app
    import ui

    from livetechno import app, words
    from livetechno.hosts.pythonista import chat_view, running, start
    from tests.hosts.pythonista.phone import held

    with held(_app.launch()) as phone:
        run = phone.run(start.show)
        answering = words.say("page.key.mock_badge")
        phone.until(lambda: answering in phone.picture(), answering, SECONDS)
        (folder / f"pythonista-start-{language}.svg").write_text(phone.picture(), encoding="utf-8")
        phone.on_main(phone.screen.close)
        run.wait()
        run = phone.run(chat_view.show)
        send, again = words.say("page.chat.send"), words.say("page.chat.ask_again")
        phone.type(phone.find(ui.TextView), question)
        phone.tap(send)
        phone.until(lambda: bool(phone.all(ui.Button, title=again)), again, SECONDS)
        phone.app.main.settle(ahead=0.3)
        (folder / f"pythonista-chat-{language}.svg").write_text(phone.picture(), encoding="utf-8")
        phone.on_main(phone.screen.close)
        run.wait()
        running.stop_all()
        app.close_store()


if __name__ == "__main__":
    main(*sys.argv[1:])

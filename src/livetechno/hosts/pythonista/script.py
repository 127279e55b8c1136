"""What livetechno is told to do by another script, a Shortcut or an address: its arguments.

    pythonista3://livetechno.py?action=run&argv=--ask&argv=Why%20does%20a%20303%20squelch

`--ask` and words: the answer, as text. `--console`, `--chat`, `--page`: that room. Nothing: the start screen.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence

import shortcuts

from livetechno import failures, words
from livetechno.gpt.errors import UsageError
from livetechno.hosts.pythonista import device, start
from livetechno.words.cleaning import Cleaner, clean

ASK = "--ask"


def run(argv: Sequence[str]) -> str | None:
    """Do it; the answer to a question, else None. What goes wrong is told in a sentence."""
    try:
        return _do(*argv)
    except KeyboardInterrupt:
        _tell(words.say("errors.cancelled.what"))
    except Exception as error:  # noqa: BLE001 - the last net of a whole script
        _tell(failures.sentence(error))
    return None


def _do(option: str = "", *more: str) -> str | None:
    if option == ASK:
        return _answer(" ".join(more))
    if not option:
        start.show()
        return None
    rooms = {f"--{room.name}": room for room in start.ROOMS if room.exists}
    if option not in rooms or more:
        given, known = " ".join((option, *more)), ", ".join((ASK, *rooms))
        raise UsageError(words.say("phone.script.unknown", given=given, known=known), code="script")
    with device.activity():
        shows = rooms[option].load()
    shows()
    return None


def _answer(text: str) -> str:
    pieces: list[str] = []
    cleaned = Cleaner()
    with device.activity(), _awake(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        from livetechno import app
        from livetechno.chat import Chat

        warnings.simplefilter("ignore", app.MockAIWarning)  # once in a process, which outlives many scripts
        stream = Chat().stream(text)
        notice = f"{app.mock_notice()}\n\n" if app.endpoint().mock else ""
        _print(notice)
        try:
            for piece in stream:
                pieces.append(cleaned(piece))
                _print(pieces[-1])
        finally:
            _print("\n" if pieces else "")
    _print("".join(f"{clean(str(one.message))}\n" for one in warned))
    answer = "".join(pieces)
    _hand_over(notice + answer)
    return answer


@contextlib.contextmanager
def _awake() -> Iterator[None]:
    """Keep the screen on: when it goes dark, iOS soon stops us."""
    device.awake(True)
    try:
        yield
    finally:
        device.awake(False)


def _print(text: str) -> None:
    sys.stdout.write(text)


def _hand_over(text: str) -> None:
    """Give it to Shortcuts, as the result of its action, where that runs the script."""
    if shortcuts.is_running_shortcut():
        shortcuts.set_output_text(text)


def _tell(sentence: str) -> None:
    sentence = clean(sentence)
    _print(f"{sentence}\n")
    _hand_over(sentence)

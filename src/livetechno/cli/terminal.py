"""What this terminal can do, what is written to it, and lines on stderr.

Text from outside is cleaned first (`words.cleaning`), also when stdout is a file or a pipe, so that
showing the file later is as safe.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from dataclasses import dataclass
from typing import TextIO

from livetechno import words
from livetechno.words.cleaning import Cleaner as Cleaner
from livetechno.words.cleaning import clean as clean
from livetechno.words.cleaning import one_line as one_line

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON, on one line unless set in: exact for programs, harmless when a terminal shows it."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a stream can show."""

    terminal: bool
    """It is one, and people look at it."""
    styled: bool
    """Bold, underlined and dim text may be used."""
    coloured: bool
    """Colours too."""
    unicode: bool
    """Every character, also away from a terminal."""
    columns: int


def abilities(stream: TextIO | None) -> Abilities:
    """What `stream` can show.

    `TERM=dumb` and encodings without the whole of Unicode are plain; `NO_COLOR` (https://no-color.org)
    takes the colours and leaves bold.
    """
    import shutil

    terminal = is_terminal(stream)
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    kind = os.environ.get("TERM") or ("dumb" if os.name == "posix" else "windows")
    unicode = encoding.startswith("utf")
    styled = terminal and kind != "dumb" and unicode
    coloured = styled and not os.environ.get("NO_COLOR")
    return Abilities(terminal, styled, coloured, unicode, max(20, shutil.get_terminal_size().columns))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether `stream` is open and a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def sentence(text: str) -> None:
    """Show a line on stdout, cleaned, and broken between words where that is a terminal."""
    text, can = clean(text), abilities(sys.stdout)
    write((wrapped(text, can.columns) if can.terminal else text) + "\n")


def notice(text: str, *, dim: bool = False) -> None:
    """Show a line on stderr, cleaned; `dim` where the terminal can. Never fails."""
    stop_waiting()
    lines, can = clean(text).rstrip("\n").split("\n"), abilities(sys.stderr)
    if can.terminal:
        lines = [wrapped(line, can.columns) for line in lines]
    shown = "\n".join(lines)
    _to_stderr((f"\x1b[2m{shown}\x1b[0m" if dim and can.styled else shown) + "\n")


def wrapped(line: str, columns: int, hang: int = 0) -> str:
    """`line` broken between words; all lines but the first are set in by `hang` columns."""
    import textwrap

    return textwrap.fill(
        line, columns, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    )


PATIENCE = 10.0
"""Seconds of waiting after which a person is told that it goes on."""

_waiting = threading.RLock()
_marked = ""
"""What stands there while an answer is waited for, and is taken back then."""
_timer: threading.Timer | None = None


def mark_waiting() -> None:
    """Show on a terminal that an answer is being waited for, and say so after PATIENCE."""
    global _timer
    if not is_terminal(sys.stderr):
        return
    with _waiting:
        stop_waiting()
        _mark()
        _timer = threading.Timer(PATIENCE, _say_still_waiting)
        _timer.daemon = True
        _timer.start()


def stop_waiting() -> None:
    """Take the waiting mark back, if it is there."""
    global _marked, _timer
    with _waiting:
        if _timer is not None:
            _timer.cancel()
            _timer = None
        if _marked:
            _marked = ""
            _to_stderr("\r\x1b[K")


def tell_waiting(text: str) -> None:
    """Say in the place of the waiting mark how far it is, from any thread."""
    global _marked
    with _waiting:
        if _timer is not None:
            _timer.cancel()
        if _marked and _marked != text:
            _marked = text
            _to_stderr(f"\r\x1b[K\x1b[2m{one_line(text)}\x1b[0m")


def aside(text: str) -> None:
    """A notice, from any thread, that does not end the waiting."""
    with _waiting:
        going_on = _timer is not None
        notice(text, dim=True)
        if going_on:
            mark_waiting()


def _mark() -> None:
    """The mark, where the screen can take it back."""
    global _marked
    if abilities(sys.stderr).styled and is_terminal(sys.stdout):
        _marked = "…"
        _to_stderr(f"\x1b[2m{_marked}\x1b[0m")


def _say_still_waiting() -> None:
    with _waiting:
        if threading.current_thread() is _timer:
            notice(words.say("cli.chat.still_waiting"), dim=True)
            _mark()


def open_standard_streams() -> None:
    """Open what was closed at the start (`<&-`) on the null device.

    Else the next files would get the numbers 0 to 2, and an event loop aborts on those.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
        if getattr(sys, name) is None:
            stream = os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)
            setattr(sys, name, stream)


def write(text: str) -> None:
    """Put `text`, already cleaned, on stdout at once. Raises BrokenPipeError when nobody reads any more."""
    stop_waiting()
    if sys.stdout is None:
        return
    sys.stdout.write(text)
    sys.stdout.flush()


def _to_stderr(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody can be told

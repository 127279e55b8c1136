"""What is asked: the words, the text of a pipe, and files, put together or refused with a reason."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livetechno import words
from livetechno.cli import terminal
from livetechno.gpt.errors import UsageError
from livetechno.gpt.messages import Image

MOST_BYTES = 8 * 1000 * 1000
"""Most bytes of text that a pipe, or all text files together, may bring: two windows of the largest model."""

_SIGNATURES = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".webp": (b"RIFF",),
}
"""How the files that go as images begin."""


@dataclass(frozen=True, slots=True)
class Question:
    """What goes to the model: text, and pictures."""

    text: str = ""
    images: tuple[Image, ...] = ()

    def followed_by(self, text: str) -> Question:
        """The same with `text` below, after a blank line."""
        return Question("\n\n".join(part for part in (self.text, text) if part.strip()), self.images)


def from_files(names: Iterable[str]) -> Question:
    """Pictures as pictures; text files fenced, each under its name. Raises UsageError."""
    texts: list[str] = []
    images: list[Image] = []
    left = MOST_BYTES
    for name in names:
        try:
            if Path(name).suffix.lower() in _SIGNATURES:
                images.append(_image(name))
            else:
                text = _text(name, left)
                left -= len(text.encode())
                texts.append(_fenced(name, text))
        except OSError as error:
            raise UsageError(
                words.say("cli.file.unreadable", path=name, reason=error.strerror or error), code="file"
            ) from None
    return Question("\n\n".join(texts), tuple(images))


def from_file(name: str) -> str | Image:
    """The picture or the text of one file, as it stands. Raises UsageError."""
    try:
        return _image(name) if Path(name).suffix.lower() in _SIGNATURES else _text(name, MOST_BYTES)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(words.say("cli.file.unreadable", path=name, reason=reason), code="file") from None


def from_words(parts: Sequence[str]) -> str:
    """The words of the command line as one text. Bytes that are no UTF-8 become the replacement character."""
    return os.fsencode(" ".join(parts)).decode("utf-8", "replace")


def from_pipe() -> str | None:
    """All the text that is piped in; None when stdin is a terminal or not open.

    UTF-8, with or without a byte order mark; other bytes become the replacement character. Raises
    UsageError over MOST_BYTES.
    """
    return None if terminal.is_terminal(sys.stdin) else from_stdin()


def from_stdin() -> str | None:
    """As `from_pipe`, also from a terminal: typed up to its end."""
    stdin = sys.stdin
    if stdin is None or stdin.closed:
        return None
    data = stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(words.say("cli.pipe.huge", most=MOST_BYTES // 1_000_000), code="pipe_size")
    return data.decode("utf-8-sig", "replace")


def _image(name: str) -> Image:
    path = Path(name)
    with path.open("rb") as file:
        start = file.read(16)
    if not start.startswith(_SIGNATURES[path.suffix.lower()]):
        raise UsageError(words.say("cli.file.no_image", path=name), code="file")
    return Image.from_file(path)


def _text(name: str, most: int) -> str:
    with Path(name).open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UsageError(words.say("cli.file.huge", path=name, most=MOST_BYTES // 1_000_000), code="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(words.say("cli.file.binary", path=name), code="file")
    return text


def _fenced(name: str, text: str) -> str:
    """`text` between fences that are longer than any inside it, under the file's name."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    language = Path(name).suffix.lstrip(".")
    end = "" if text.endswith("\n") else "\n"
    return f"{terminal.one_line(name)}:\n{fence}{language}\n{text}{end}{fence}"

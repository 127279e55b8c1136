r"""Recordings: one exchange with a server, as a file that a person can read and edit.

    {
     "recorded": "2026-11-23T09:41:00Z", "upstream": "https://api.openai.com/v1",
     "request": {"method": "POST", "path": "/v1/chat/completions", "body": {...}},
     "response": {"status": 200, "headers": {...}, "ended": "whole", "events": ["data: {...}\n\n", ...]}
    }

The body of an answer is one of four, and comes back byte for byte: `events`, a stream, each event as
it was; `json` with its `layout`; `text`; `base64`. In `events` too, what is no text is `{"base64": ...}`.
`ended` is `whole`, or `cut` where the connection broke. `recorded` and `upstream` only inform. Files are
played in the order of the numbers that their names begin with.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from livetechno import words
from livetechno.gpt.errors import UsageError
from livetechno.mock import cleaning
from livetechno.settings import write_private

Ended = Literal["whole", "cut"]

VOLATILE = ("metadata", "prompt_cache_key", "safety_identifier", "user")
"""Fields of a body that say who asks, not what: requests that differ in these alone are the same."""

_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_NUMBER = re.compile(r"\d+")
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows and a file, or a terminal that shows it, had better not hold."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: method, path with its query, and the cleaned body (None: there was none)."""

    method: str
    path: str
    body: Any = None

    def wanted(self) -> Any:
        """The body without what is volatile; 1 and 1.0 are the same."""
        body = self.body
        if isinstance(body, dict):
            body = {name: inner for name, inner in body.items() if name not in VOLATILE}
        return _numbers(body)

    def key(self) -> str:
        """The same for every spelling of the same wish."""
        return json.dumps([self.method, self.path, self.wanted()], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Recording:
    """An exchange. `blocks` are the events of a stream, else the whole body."""

    wish: Wish
    status: int
    headers: Mapping[str, str]
    blocks: tuple[bytes, ...]
    stream: bool = False
    ended: Ended = "whole"
    name: str = ""
    """The file it came from."""


def wish_of(method: str, path: str, raw: bytes) -> Wish:
    """The wish in a request, cleaned."""
    text = raw.decode("utf-8", "replace")
    found = cleaning.document(text)
    return Wish(method, cleaning.plain(path), found[1] if found else cleaning.plain(text) or None)


def events(stream: bytes) -> list[bytes]:
    """A stream in its events; joined, they are the stream."""
    return _EVENT.findall(stream)


def numbered(folder: Path) -> int:
    """The highest number of a recording in a folder; 0 when there is none."""
    return max((_number(file) for file in _files(folder)), default=0)


def save(folder: Path, number: int, recording: Recording, *, recorded: str, upstream: str) -> Path:
    """Write the recording, cleaned, at once, for its owner only. Raises OSError, and then leaves nothing."""
    wish = recording.wish
    told = {
        "recorded": recorded,
        "upstream": cleaning.plain(upstream),
        "request": {
            "method": wish.method,
            "path": wish.path,
            **({} if wish.body is None else {"body": wish.body}),
        },
        "response": {
            "status": recording.status,
            "headers": cleaning.headers(recording.headers),
            "ended": recording.ended,
            **_written_body(recording),
        },
    }
    text = json.dumps(told, ensure_ascii=False, indent=1)
    text = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
    place = "-".join(re.findall(r"[a-z0-9]+", wish.path.lower().removeprefix("/v1"))[:4])
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    file = folder / f"{number:04}-{place[:60]}-{digest}.json"
    write_private(file, text)
    return file


def load(folder: Path) -> list[Recording]:
    """The recordings in a folder, in order. Raises UsageError: no such folder, none in it, a broken one."""
    files = sorted(_files(folder), key=lambda file: (_number(file), file.name))
    if not files:
        raise _refused(folder, words.say("mock.replay.none"))
    return [_load(file) for file in files]


def _files(folder: Path) -> list[Path]:
    # A name that begins with a dot is another program's: macOS puts `._NAME` beside a NAME on foreign disks.
    return [file for file in folder.glob("*.json") if not file.name.startswith(".")]


def _load(file: Path) -> Recording:
    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
        return _read(told, file.name)
    except OSError as error:
        reason = error.strerror or str(error)
    except KeyError as error:
        reason = words.say("mock.replay.missing", field=error.args[0])
    except ValueError as error:
        reason = str(error)
    except (TypeError, AttributeError, RecursionError):
        reason = words.say("mock.replay.form")
    raise _refused(file, reason)


def _refused(path: Path, reason: str) -> UsageError:
    return UsageError(words.say("mock.replay.unusable", path=path, reason=reason), code="recording")


def _read(told: Mapping[str, Any], name: str) -> Recording:
    asked, given = told["request"], told["response"]
    stream, ended, status = "events" in given, given.get("ended", "whole"), int(given["status"])
    if ended not in ("whole", "cut"):
        raise ValueError(f"ended: {ended!r}")
    if not 200 <= status <= 599:
        raise ValueError(f"status: {status}")
    return Recording(
        Wish(str(asked["method"]), str(asked["path"]), asked.get("body")),
        status,
        cleaning.headers(given.get("headers", {})),
        tuple(map(_bytes, given["events"])) if stream else (_read_body(given),),
        stream,
        ended,
        name,
    )


def _written_body(recording: Recording) -> dict[str, Any]:
    if recording.stream:
        return {"events": [_text(block, cleaning.event) for block in recording.blocks]}
    shown = _text(b"".join(recording.blocks), cleaning.json_or_text)
    if isinstance(shown, dict):
        return shown
    layout = _layout(shown)
    if layout is None:
        return {"text": shown}
    return {"json": json.loads(shown), "layout": layout} if layout else {"json": json.loads(shown)}


def _read_body(given: Mapping[str, Any]) -> bytes:
    if "json" in given:
        return _lay_out(given["json"], given.get("layout", {})).encode()
    return _bytes(given["text"] if "text" in given else {"base64": given["base64"]})


def _text(data: bytes, clean: Callable[[str], str]) -> str | dict[str, str]:
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(cleaning.binary(data)).decode()}


def _bytes(shown: str | Mapping[str, str]) -> bytes:
    if isinstance(shown, str):
        return shown.encode()
    return base64.b64decode(shown["base64"], validate=True)


def _layout(text: str) -> dict[str, Any] | None:
    """How this JSON is laid out, if writing it so gives the same text again; else None."""
    found = cleaning.document(text)
    if found is None:
        return None
    layout: dict[str, Any] = {}
    if indent := re.match(r"[\[{]\n( +)", text):
        layout["indent"] = len(indent[1])
    elif re.search(r'^[^"]*"[^"]*": |^\[[^"]*, ', text):
        layout["spaced"] = True
    if text.isascii() and "\\u" in text:
        layout["escaped"] = True
    if text.endswith("\n"):
        layout["newline"] = True
    return layout if _lay_out(found[0], layout) == text else None


def _lay_out(value: Any, layout: Mapping[str, Any]) -> str:
    wide = layout.get("spaced") or layout.get("indent")
    written = json.dumps(
        value,
        ensure_ascii=bool(layout.get("escaped")),
        indent=layout.get("indent"),
        separators=("," if layout.get("indent") else ", ", ": ") if wide else (",", ":"),
    )
    return written + "\n" * bool(layout.get("newline"))


def _numbers(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _numbers(inner) for name, inner in value.items()}
        case list():
            return list(map(_numbers, value))
    return value


def _number(file: Path) -> int:
    """The number that a file's name begins with; one without comes first."""
    found = _NUMBER.match(file.name)
    return int(found[0]) if found else 0

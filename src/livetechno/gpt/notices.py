"""Warnings for the person whose script calls us, pointing at a line of that script."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_BETWEEN = frozenset({"livetechno", "asyncio", "concurrent", "contextlib", "queue", "threading", "uvloop"})
"""Packages that may stand between a line of the script and us."""
_WAITING = "livetechno.gpt.background"
"""The module in which a thread waits for a call that runs on our own loop."""


def warn(sentence: str, kind: type[Warning]) -> None:
    """Issue the warning at the script's line that called us, or that waits for us.

    Where no single line does, as when a loop of the script's awaits us, at the script, line 0.
    """
    frame = _caller(sys._getframe()) or _waiting()
    if frame is None:
        main = vars(sys.modules["__main__"])
        file, line, names = main.get("__file__") or sys.argv[0] or "<script>", 0, main
    else:
        file, line, names = frame.f_code.co_filename, frame.f_lineno, frame.f_globals
    registry = names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(sentence, kind, file, line, names.get("__name__"), registry)


def _caller(innermost: FrameType) -> FrameType | None:
    """The first frame outwards that is neither ours nor between the script and us."""
    frame: FrameType | None = innermost
    while frame is not None and _module(frame).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    return frame


def _waiting() -> FrameType | None:
    """The script's frame that waits for a call on our own loop, when there is exactly one."""
    callers = [_caller(frame) for frame in sys._current_frames().values() if _waits(frame)]
    found = [caller for caller in callers if caller is not None]
    return found[0] if len(found) == 1 else None


def _waits(innermost: FrameType) -> bool:
    frame: FrameType | None = innermost
    while frame is not None and _module(frame).partition(".")[0] in _BETWEEN:
        if _module(frame) == _WAITING:
            return True
        frame = frame.f_back
    return False


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))

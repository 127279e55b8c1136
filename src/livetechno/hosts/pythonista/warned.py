"""What our warnings look like in the app: a sentence on one line, without the long path of the script.

There is one interpreter for all scripts, so this holds in each of them, and for no warning but ours.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from livetechno.words.cleaning import one_line


def in_sentences() -> None:
    """Have Python show them so from now on."""
    usual = warnings.formatwarning
    warnings.formatwarning = Sentences(getattr(usual, "of_others", usual))


class Sentences:
    """Python's `warnings.formatwarning`, for ours; `of_others` is for all others."""

    def __init__(self, of_others: Callable[..., str]) -> None:
        self.of_others = of_others

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        line: str | None = None,
    ) -> str:
        """A warning as it is printed."""
        if category.__module__.startswith("livetechno."):
            return f"livetechno: {one_line(str(message))}\n"
        return self.of_others(message, category, filename, lineno, line)

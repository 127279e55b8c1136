"""Why a wish came to nothing."""

from __future__ import annotations

from livetechno import words
from livetechno.composer.proposals import Used
from livetechno.music.problems import Problem


class NotComposedError(Exception):
    """The model's answers could not be used, also after they were to be mended. Nothing has changed.

    `problems` are those of the last answer, whose text is `text`; `used` is what all of them took.
    """

    exit_code = 6

    def __init__(self, problems: tuple[Problem, ...], text: str, used: Used) -> None:
        super().__init__(problems, text, used)
        self.problems, self.text, self.used = problems, text, used

    def what(self, language: str | None = None) -> str:
        """What happened, with the first things that were wrong."""
        first = " ".join(f"{one.path or '/'}: {one.what(language)}" for one in self.problems[:3])
        return words.say("composer.not_composed.what", language, calls=self.used.calls, problems=first)

    def todo(self, language: str | None = None) -> str:
        """What to do next."""
        return words.say("composer.not_composed.todo", language)

    def __str__(self) -> str:
        return f"{self.what()} {self.todo()}"

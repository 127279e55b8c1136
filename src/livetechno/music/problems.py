"""Why something may not be done: where it is, what is wrong with it, and what would be allowed.

For a person in words (`what`, `todo`), for a model as a document in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livetechno import words

MOST_ALLOWED = 40
"""How many allowed values a problem names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `music.problem.{code}.what` and `.todo` in the words say it."""

    code: str
    path: str
    """JSON pointer into the document: `/actions/2/instance`; "" is the whole."""
    allowed: tuple[str, ...] = ()
    """Values that would do, where they can be named."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the sentences tell."""

    def what(self, language: str | None = None) -> str:
        """What is wrong, for a person."""
        return words.say(f"music.problem.{self.code}.what", language, path=self.path, **self.values)

    def todo(self, language: str | None = None) -> str:
        """What would do instead, for a person."""
        sentence = words.say(f"music.problem.{self.code}.todo", language, path=self.path, **self.values)
        return f"{sentence} {self._named(language)}" if self.allowed else sentence

    def document(self) -> dict[str, Any]:
        """The same for a model: path, code, reason, remedy, allowed."""
        return {
            "path": self.path,
            "code": self.code,
            "reason": self.what("en"),
            "remedy": words.say(f"music.problem.{self.code}.todo", "en", path=self.path, **self.values),
            "allowed": list(self.allowed[:MOST_ALLOWED]),
        }

    def under(self, place: str) -> Problem:
        """The same in a document that holds this one at `place`, as `/actions/2`."""
        return Problem(self.code, f"{place}{self.path}", self.allowed, self.values)

    def _named(self, language: str | None) -> str:
        named = ", ".join(self.allowed[:MOST_ALLOWED])
        more = len(self.allowed) - MOST_ALLOWED
        if more > 0:
            return words.say("music.problem.allowed_more", language, allowed=named, more=more)
        return words.say("music.problem.allowed", language, allowed=named)


class Refused(Exception):  # noqa: N818 - an answer, and no fault of the program
    """Nothing was done, and `problems` say why: at least one."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(f"{one.path}: {one.what()} {one.todo()}".strip() for one in self.problems)

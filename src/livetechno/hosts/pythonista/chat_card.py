"""What stands below the last message: how the talk stands, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livetechno import words
from livetechno.hosts.pythonista.chat_shown import Said, Shown

Step = Literal["go_on", "again", "key", "settings"]
_TITLES: dict[Step, str] = {
    "go_on": "page.chat.go_on",
    "again": "page.chat.ask_again",
    "key": "phone.chat.key",
    "settings": "phone.chat.settings",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A sentence, and the steps that a person may take. `calm` is one that tells of nothing amiss."""

    sentence: str
    steps: tuple[Step, ...] = ()
    calm: bool = False


def card(shown: Shown) -> Card | None:
    """The card of a talk; None where there is nothing to tell."""
    if shown.busy:
        return None
    last = shown.said[-1] if shown.said else None
    if shown.trouble is not None:
        way = (shown.trouble.way,) if shown.trouble.way else ()
        if last is None:
            return Card(shown.trouble.sentence, way)
        if last.partial:
            return Card(shown.trouble.sentence, (*_of_partial(last), *way))
        kept = f" {words.say('page.chat.kept_question')}" if last.mine else ""
        return Card(f"{shown.trouble.sentence}{kept}", ("again", *way))
    if last is None:
        return Card(words.say("page.chat.empty.says"), calm=True)
    if last.partial:
        return Card(words.say("page.chat.partial"), _of_partial(last))
    if last.limited:
        return Card(words.say("page.chat.too_long"), ("go_on",))
    if shown.unanswered:
        return Card(words.say("phone.chat.unanswered"), ("again",))
    return None


def _of_partial(last: Said) -> tuple[Step, ...]:
    """One that could not be stored cannot be gone on with: the model is not told of it."""
    return ("again",) if last.id is None else ("go_on", "again")


def title(step: Step) -> str:
    """What the button of a step says."""
    return words.say(_TITLES[step])

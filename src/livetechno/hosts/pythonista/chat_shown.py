"""What is to be seen of a talk: values, and how they come from what is stored and from what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from livetechno import app, environment, failures, settings, words
from livetechno.gpt import catalogue, errors
from livetechno.store.messages import StoredMessage, text_of
from livetechno.words.cleaning import clean


@dataclass(frozen=True, slots=True)
class Said:
    """A message, without its text: `Talk.text` has that."""

    key: int
    """Its own for as long as the talk is open, from the moment it is shown."""
    mine: bool
    """Whether the person said it."""
    id: int | None = None
    """As what it is stored."""
    length: int = 0
    """Characters, while it does not grow."""
    growing: bool = False
    partial: bool = False
    """An answer that was stopped or cut."""
    limited: bool = False
    """An answer that reached its longest."""


Way = Literal["", "key", "settings"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, as a sentence with what to do, and where that is done beside asking again."""

    sentence: str
    way: Way


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is to be seen of a talk."""

    said: tuple[Said, ...] = ()
    busy: bool = False
    """Whether a question is on its way, or its answer is being written."""
    trouble: Trouble | None = None
    older: bool = False
    """Whether more was said before."""
    title: str = ""
    model: str = ""
    cost: Decimal = Decimal(0)
    """Dollars of all its calls, as far as they are known."""
    unsure: bool = False
    """Whether there are calls whose cost is not known."""
    mock: bool = False
    """Whether Mock AI answers."""

    @property
    def unanswered(self) -> bool:
        """Whether the last question waits for nothing: its answer never came, and nobody says why."""
        return bool(self.said) and self.said[-1].mine and not self.busy and self.trouble is None


def trouble(error: Exception) -> Trouble:
    """An error as it is shown."""
    if isinstance(error, errors.KeyProblem):
        return Trouble(failures.sentence(error), "key")
    mended = isinstance(error, _IN_SETTINGS)
    return Trouble(failures.sentence(error), "settings" if mended else "")


_IN_SETTINGS = (
    errors.BudgetExceededError,
    errors.SpendingLimitError,
    errors.UnknownPriceError,
    errors.ConfigurationError,
    errors.AddressRefusedError,
    errors.ModelNotFoundError,
    errors.RetiredModelError,
    settings.SettingsError,
)


def model(name: str) -> str:
    """The model that a name means today."""
    return catalogue.load_catalogue().resolve(app.model(name), environment.today()).name


def is_said(message: StoredMessage) -> bool:
    """Whether it is for people: no system message, no call of a function."""
    said = message.plain["role"] == "user" or message.plain["role"] == "assistant"
    return said and bool(text(message))


def text(message: StoredMessage) -> str:
    """What it says, cleaned for a screen; that there is a picture, where there is no more."""
    content = message.plain.get("content")
    pictures = isinstance(content, list) and any(part.get("type") != "text" for part in content)
    return clean(text_of(message.plain)) or (words.say("page.chat.picture") if pictures else "")

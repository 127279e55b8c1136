"""A key that never prints.

Whatever shows values (print, logs, tracebacks with locals, pickles, debuggers, JSON) gets the last
four characters at most. Only `reveal()` and `bearer()` give the key away, and both are easy to
search for.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NoReturn

from livetechno import words
from livetechno.gpt import redaction
from livetechno.gpt.errors import KeyProblem

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CHARACTERS = 512
"""Keys in use have 20 to 200; a longer text is a pasted file."""
ENOUGH_TO_SHOW = 16
"""The fewest secret characters of which four may be shown."""


class Secret:
    """A key. Prints as `…` and its last four characters; a short one shows nothing at all.

    White space around it is dropped. Making one also makes `redact` know it and puts the redactor
    on every log. Raises KeyProblem, never quoting the value, when it is empty, over 512 characters,
    or has other characters than printable ASCII. `where` (a variable, a file) is named in that error.
    """

    __slots__ = ("_last4", "_reveal")

    def __init__(self, value: str, *, where: str = "") -> None:
        # Tracebacks with locals print this object even when it is refused below.
        self._last4 = ""
        problem = _problem(value)
        if problem:
            # ... and they would print the refused key.
            del value
            raise KeyProblem(f"{where}: {problem}" if where else problem, code="key_form")
        value = value.strip()
        redaction.register(value)
        redaction.install()
        # A closure, because a str in a slot is printed by whatever walks over attributes.
        self._reveal: Callable[[], str] = lambda: value
        if len(redaction.secret_part(value)) >= ENOUGH_TO_SHOW:
            self._last4 = value[-4:]

    def reveal(self) -> str:
        """The key itself."""
        return self._reveal()

    @property
    def last4(self) -> str:
        """The last four characters, or nothing when the key is too short to give any away."""
        return self._last4

    def bearer(self) -> str:
        """The value of an Authorization header; its repr is masked, so shown locals do not leak it."""
        return _Bearer(f"Bearer {self.reveal()}")

    def __str__(self) -> str:
        return f"{redaction.MARK}{self._last4}"

    def __repr__(self) -> str:
        return f"Secret('{self}')"

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    def __hash__(self) -> int:
        return hash((Secret, self.reveal()))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(words.say("keys.no_pickle"))


class _Bearer(str):
    """A header's value: a plain str to whoever sends it, masked to whoever prints its repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'Bearer {redaction.MARK}'"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(words.say("keys.no_pickle"))


def _problem(value: object) -> str:
    """Why this cannot be a key, or nothing."""
    if not isinstance(value, str):
        return words.say("keys.form.type", type=type(value).__name__)
    text = value.strip()
    if not text:
        return words.say("keys.form.empty")
    if len(text) > MOST_CHARACTERS:
        return words.say("keys.form.long", most=MOST_CHARACTERS)
    if any(character.isspace() for character in text):
        return words.say("keys.form.space")
    if not text.isascii() or not text.isprintable():
        return words.say("keys.form.characters")
    return ""

"""A text that matches a regular expression, from seeded dice."""

from __future__ import annotations

import importlib
import random
import re
import string
import sys
from typing import Any

LONGEST = 400
_TRIES = 40
_MORE = 4
"""How many times past its minimum an unbounded repetition may run."""
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_NOT_WORD": " -.",
    "CATEGORY_NOT_SPACE": string.ascii_letters + string.digits,
}
_ALL = string.ascii_letters + string.digits + " -_.,:/#"


def matching(pattern: str, dice: random.Random, shortest: int = 0, longest: int = LONGEST) -> str | None:
    """A text in which `re.search(pattern)` finds a match, or None when none was found.

    The standard library's own parser reads the pattern, so that its grammar is re's.
    """
    # re's parser moved in Python 3.11, and importing it from its old place warns there.
    parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    try:
        compiled = re.compile(pattern)
        tree = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    for _ in range(_TRIES):
        text = _sequence(tree, dice, {})
        if text is None:
            return None
        if len(text) < shortest:
            text += "".join(dice.choice(string.ascii_lowercase) for _ in range(shortest - len(text)))
        if len(text) <= longest and compiled.search(text):
            return text
    return None


def _sequence(tree: Any, dice: random.Random, groups: dict[int, str]) -> str | None:
    parts: list[str] = []
    for operation, argument in tree:
        part = _part(str(operation), argument, dice, groups)
        if part is None:
            return None
        parts.append(part)
        if sum(map(len, parts)) > LONGEST:
            return None
    return "".join(parts)


def _part(operation: str, argument: Any, dice: random.Random, groups: dict[int, str]) -> str | None:
    match operation:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return dice.choice([sign for sign in _ALL if ord(sign) != argument])
        case "ANY":
            return dice.choice(string.ascii_lowercase)
        case "IN":
            return _one_of(argument, dice)
        case "BRANCH":
            return _sequence(dice.choice(argument[1]), dice, groups)
        case "SUBPATTERN":
            text = _sequence(argument[-1], dice, groups)
            if text is not None and argument[0] is not None:
                groups[argument[0]] = text
            return text
        case "GROUPREF":
            return groups.get(argument, "")
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inner = argument
            if low > LONGEST:
                return None
            count = dice.randint(low, min(int(high), low + _MORE))
            return _joined([_sequence(inner, dice, groups) for _ in range(count)])
        case "AT" | "ASSERT" | "ASSERT_NOT":
            # A look around consumes nothing; whether it holds is seen when the whole text is searched.
            return ""
    return None


def _joined(parts: list[str | None]) -> str | None:
    kept = [part for part in parts if part is not None]
    return "".join(kept) if len(kept) == len(parts) else None


def _one_of(items: Any, dice: random.Random) -> str | None:
    signs: list[str] = []
    negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                signs.append(chr(argument))
            case "RANGE":
                low, high = argument
                signs += [chr(code) for code in range(low, min(high, low + 255) + 1)]
            case "CATEGORY":
                signs += _CATEGORIES.get(str(argument), "")
    if negated:
        signs = [sign for sign in _ALL if sign not in signs]
    return dice.choice(signs) if signs else None

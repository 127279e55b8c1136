"""Which function to call, and with what, judged by the words of the last message."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from livetechno.gpt.completions import ToolSpec
from livetechno.mock.asked import Asked
from livetechno.mock.hints import Hints, name_words, plain_words, read_hints, word_set
from livetechno.mock.schemas import document

_COMMON = word_set("""
    a an and are as at be by can do does for from get has have how i in is it me my of on or please
    set that the this to tool function use what when where which who why will with you your au aux
    avec ce cette ces combien comment dans de des donne du elle en est et fais faire il je la le les
    ma mes moi mon ne nous on ou par pas peux peut plait pour pouvez que quel quelle qui quoi s se
    si son sur tu un une vous y
""")
"""Words that say nothing about what is wanted."""

FITS = 2
"""The least score at which a function is called unasked. One word of its name is enough."""


def calls_for(asked: Asked, dice: random.Random) -> list[tuple[str, str]]:
    """The functions to call now: name, and arguments as JSON text. Empty when none fits.

    After a function's result the answer is in words, unless the caller demands a call.
    """
    if not asked.tools or asked.tool_choice == "none":
        return []
    hints = read_hints(last_words(asked))
    if asked.tool_choice == "named":
        chosen = [tool for tool in asked.tools if tool.name == asked.tool_name]
    else:
        ranked = sorted(asked.tools, key=lambda tool: -score(tool, hints))
        answered = asked.messages[-1].role == "tool"
        fitting = [] if answered else [tool for tool in ranked if score(tool, hints) >= FITS]
        chosen = _together(fitting, hints, asked.parallel)
        if asked.tool_choice == "required" and not chosen:
            chosen = ranked[:1]
    return [(tool.name, arguments(tool, hints, dice)) for tool in chosen]


def last_words(asked: Asked) -> str:
    """What the person said last."""
    return next((message.text for message in reversed(asked.messages) if message.role == "user"), "")


def score(tool: ToolSpec, hints: Hints) -> int:
    """How well a function fits: 2 for a word of its name, 1 for one of its description or parameters."""
    said = {_stem(word) for word in hints.words - _COMMON}
    named = {_stem(word) for word in name_words([tool.name]) - _COMMON}
    parameters = tool.parameters.get("properties", {})
    told = set(plain_words(tool.description)) | name_words(parameters)
    told |= {word for part in parameters.values() for word in _options(part)}
    return 2 * len(said & named) + len((said & {_stem(word) for word in told - _COMMON}) - named)


def arguments(tool: ToolSpec, hints: Hints, dice: random.Random) -> str:
    """Arguments that follow the function's schema, drawn from the person's words where they offer some."""
    made = document({"type": "object", **tool.parameters}, dice, hints, optional=False)
    return json.dumps(made, ensure_ascii=False)


def _together(fitting: Sequence[ToolSpec], hints: Hints, parallel: bool) -> list[ToolSpec]:
    """The best function, and with it every other whose whole name was said."""
    said = {_stem(word) for word in hints.words}
    others = [
        tool for tool in fitting[1:] if {_stem(word) for word in name_words([tool.name]) - _COMMON} <= said
    ]
    return [*fitting[:1], *(others if parallel else [])]


def _options(part: object) -> list[str]:
    options = part.get("enum", ()) if isinstance(part, dict) else ()
    return [word for option in options if isinstance(option, str) for word in plain_words(option)]


def _stem(word: str) -> str:
    """The word without its plural, and cut, so that météo and meteorology meet."""
    return word.rstrip("s")[:6]

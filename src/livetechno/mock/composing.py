"""Mock AI as a composer: by the rules of `music.generator`, in the form that a model would answer in.

It knows its task by what it is told (`music.wire.context`), so that the whole way from a wish to a proposal
is the one that a model's answer goes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from livetechno.mock.asked import Asked
from livetechno.music import wish
from livetechno.music.generator import compose
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.problems import Refused
from livetechno.music.wire import context, writing
from livetechno.music.wire.context import Context


def document(asked: Asked, dice: random.Random) -> dict[str, Any] | None:
    """The answer to a wish for music; None where it is none."""
    told = _told(asked)
    if told is None:
        return None
    try:
        found = context.read(told, _schema(asked), _catalogue())
        intent = wish.of_document(found.intent)
    except (KeyError, TypeError, ValueError, AttributeError, Refused):
        return None
    words = wish.read(intent.words, _catalogue().solid_names())
    intent = replace(intent, machines=intent.machines or words.machines)
    seed = dice.getrandbits(32) if intent.seed is None else intent.seed
    known = {seat.machine.id: seat.machine for seat in found.palette.seats}
    batch = compose(_within(intent, found), found.project, known, seed=seed, inventory=frozenset(known))
    return writing.write(batch, found.project, found.palette)


def _within(intent: wish.Intent, found: Context) -> wish.Intent:
    """The wish, for machines that may be named alone."""
    ids = {seat.machine.id for seat in found.palette.seats}
    return replace(intent, machines=tuple(id_ for id_ in intent.machines if id_ in ids))


def _told(asked: Asked) -> Mapping[str, Any] | None:
    """What the first question tells, where it is a context."""
    first = next((message.text for message in asked.messages if message.role == "user"), "")
    if f'"type":"{context.TYPE}"' not in first:
        return None
    try:
        told = json.loads(first)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and told.get("type") == context.TYPE else None


def _schema(asked: Asked) -> Mapping[str, Any]:
    """The schema of the answer: beside the prompt, or the last line within it."""
    if asked.schema is not None:
        return asked.schema
    for message in asked.messages:
        last = message.text.rpartition("\n")[2]
        if message.role in ("system", "developer") and last.startswith("{"):
            try:
                found = json.loads(last)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
    return {}


@cache
def _catalogue() -> Catalogue:
    return Catalogue()

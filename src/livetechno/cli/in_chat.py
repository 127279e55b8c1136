"""What can be done with a conversation while talking: keep it, see its cost, its branches, its size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from livetechno import app, words
from livetechno.cli import answers, terminal
from livetechno.hosts import conversing
from livetechno.kept import StoredTurns, begin

if TYPE_CHECKING:
    from livetechno.chat import Chat
    from livetechno.store.tree import Branch

SHORT_ID = 6
"""Characters of an id that a person is shown; any beginning of it that no other id has will do."""


def save(chat: Chat, title: str) -> None:
    """Keep the conversation from now on, under a title if one is given, and say how to go on with it.

    What was only in memory is stored, exchange by exchange.
    """
    turns = chat.turns
    if not isinstance(turns, StoredTurns):
        stored = begin(app.store(), title=title, system=chat.system or "", model=chat.model)
        for turn in reversed(list(turns.newest())):
            stored.add(turn.messages)
        chat.turns = turns = stored
    elif title:
        turns.describe(title=title)
    key = "cli.chat.saved" if turns.saved else "cli.chat.saved_later"
    terminal.notice(words.say(key, id=(turns.identity or "")[:SHORT_ID]))


def cost(chat: Chat) -> None:
    """Say what this conversation has cost, and what is left of the day's budget."""
    for sentence in conversing.costs(chat.turns.identity):
        terminal.notice(sentence)


def branch(chat: Chat, number: str) -> None:
    """List the branches of the conversation, or go on with the one of that number."""
    turns = chat.turns
    if not isinstance(turns, StoredTurns):
        terminal.notice(words.say("cli.chat.not_saved"))
        return
    branches = app.store().tree.branches(turns.identity or "") if turns.saved else ()
    if not number:
        _list(branches)
        return
    if not number.isdecimal() or not 1 <= int(number) <= len(branches):
        terminal.notice(
            words.say("cli.chat.no_branch", number=terminal.one_line(number), count=len(branches))
        )
        return
    chosen = branches[int(number) - 1]
    turns.use(chosen.head)
    terminal.notice(words.say("cli.chat.on_branch", number=number, last=terminal.one_line(chosen.last)))
    answers.show(iter([turn.messages[-1].text for turn in islice(turns.newest(), 1)]))


def _list(branches: Sequence[Branch]) -> None:
    if len(branches) < 2:
        terminal.notice(words.say("cli.chat.one_branch"))
        return
    for number, one in enumerate(branches, 1):
        mark, last = "*" if one.in_use else " ", terminal.one_line(one.last)
        terminal.notice(words.say("cli.chat.branch", mark=mark, number=number, size=one.size, last=last))


def memory(chat: Chat) -> None:
    """Say how much of the conversation is in memory, how much that may be, and how much is stored."""
    turns = chat.turns
    if isinstance(turns, StoredTurns):
        size = app.store().conversations.get(turns.identity or "").size if turns.saved else 0
        terminal.notice(conversing.memory(turns.held, turns.most_bytes, size))
    else:
        terminal.notice(words.say("cli.chat.memory_only", held=conversing.kilobytes(turns.held)))


def left_out(chat: Chat) -> str:
    """What of the conversation did not go along with the last question, in a few words; "" when all did."""
    if not chat.left_out:
        return ""
    return words.say("cli.chat.summed_up" if chat.summed_up else "cli.chat.left_out", count=chat.left_out)

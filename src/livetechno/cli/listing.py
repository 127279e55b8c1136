"""Conversations on stdout as lines: a list of them, and what was found in them. No key is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from livetechno import words
from livetechno.cli import columns, terminal
from livetechno.cli.wrapping import Wrapper, cell_width
from livetechno.gpt.redaction import redact
from livetechno.store import Store, export
from livetechno.store.conversations import Conversation
from livetechno.store.search import Found, marks
from livetechno.words.styles import BOLD, PLAIN, Span

COLUMNS = ("id", "changed", "messages", "title")
LEAST_NEEDED = ("messages", "changed")
"""What a narrow terminal does without, in this order."""
SHORTEST_ID = 6
NARROWEST_TITLE = 10
_MARGIN = Span(" " * (SHORTEST_ID + 2))

ShortId = Callable[[str], str]


def show(found: Sequence[Conversation], short_id: ShortId) -> None:
    """A table with a line for each."""
    heads = {column: words.say(f"conversations.column.{column}") for column in COLUMNS}
    rows = [
        {
            "id": short_id(conversation.id),
            "changed": export.local_time(conversation.changed),
            "messages": str(conversation.size),
            "title": title(conversation.title),
        }
        for conversation in found
    ]
    can = terminal.abilities(sys.stdout)
    if can.terminal:
        beside = sum(2 + max(cell_width(row[column]) for row in (heads, *rows)) for column in COLUMNS[:-1])
        room = max(NARROWEST_TITLE, can.columns - beside)
        rows = [row | {"title": columns.shortened(row["title"], room)} for row in rows]
    columns.show(heads, rows, numbers=("messages",), least_needed=LEAST_NEEDED)


def show_found(found: Found, wanted: str, short_id: ShortId) -> None:
    """Two lines: the conversation, and what was found in it, its words in bold where the terminal can."""
    can = terminal.abilities(sys.stdout)
    wrapper = Wrapper(can.columns if can.terminal else sys.maxsize)
    lead, name = f"{short_id(found.conversation)}  {export.local_time(found.at)}  ", title(found.title)
    wrapper.begin([Span(lead)])
    wrapper.put(
        columns.shortened(name, max(NARROWEST_TITLE, can.columns - len(lead))) if can.terminal else name
    )
    wrapper.newline()
    wrapper.begin([_MARGIN], [_MARGIN])
    excerpt, end = safe(found.excerpt), 0
    for start, stop in marks(excerpt, wanted):
        wrapper.put(excerpt[end:start])
        wrapper.put(excerpt[start:stop], BOLD if can.styled else PLAIN)
        end = stop
    wrapper.put(excerpt[end:])
    wrapper.newline()
    terminal.write(wrapper.take())


def short_ids(store: Store) -> ShortId:
    """Shortens ids to beginnings that no other conversation's id has."""
    known = [
        one.id for deleted in (False, True) for one in store.conversations.list(deleted=deleted, most=-1)
    ]
    length = SHORTEST_ID
    while len({id_[:length] for id_ in known}) < len(known):
        length += 1
    return lambda id_: id_[:length]


def title(given: str) -> str:
    """A conversation's title, or words for one without."""
    return safe(given) or words.say("export.untitled")


def safe(text: str) -> str:
    """A text of theirs on one line, without any key."""
    return redact(terminal.one_line(text))

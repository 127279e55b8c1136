"""A conversation with all that was said in it, on every branch, and how to read a message of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from livetechno.store.conversations import Conversation
from livetechno.store.messages import StoredMessage, kept_apart
from livetechno.store.tree import Branch

if TYPE_CHECKING:
    from livetechno.store import Store

ATTACHMENT = "attachment:"
"""How the address of a picture begins that is among the attachments; its hash follows."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation with all that was said in it."""

    conversation: Conversation
    branches: tuple[Branch, ...]
    messages: tuple[StoredMessage, ...]
    """Those of all branches, each once, in the order in which they were written.

    The address of a picture that came as data is `attachment:` and its hash.
    """
    attachments: Mapping[str, tuple[str, bytes]]
    """Media type and bytes by SHA-256."""

    def way(self, head: int | None) -> tuple[StoredMessage, ...]:
        """The messages of the branch that ends there, the first one first."""
        known = {message.id: message for message in self.messages}
        back: list[StoredMessage] = []
        while head is not None:
            back.append(known[head])
            head = back[-1].parent
        return tuple(reversed(back))

    def only(self, number: int | None) -> Transcript:
        """The same as if there were no branch but that one; the first is 1, and None is none."""
        branches = () if number is None else self.branches[number - 1 : number]
        head = branches[0].head if branches else None
        messages = self.way(head)
        shown = {hash_of(url) for message in messages for url in pictures(message)}
        return Transcript(
            replace(self.conversation, head=head),
            branches,
            messages,
            {hash_: found for hash_, found in self.attachments.items() if hash_ in shown},
        )

    def with_texts(self, change: Callable[[str], str]) -> Transcript:
        """The same with each text in it, but no attachment, as `change` gives it back."""
        conversation = replace(
            self.conversation,
            title=change(self.conversation.title),
            system=change(self.conversation.system),
        )
        branches = tuple(replace(branch, last=change(branch.last)) for branch in self.branches)
        messages = tuple(
            replace(
                message,
                plain=_changed(message.plain, change),
                about=_changed(message.about, change),
                summary=_changed(message.summary, change),
            )
            for message in self.messages
        )
        return replace(self, conversation=conversation, branches=branches, messages=messages)


@dataclass(frozen=True, slots=True)
class Section:
    """A branch, as far as the sections before it do not hold it already."""

    number: int
    """Its place among the branches, from 1 on."""
    after: StoredMessage | None
    """The message of an earlier section that it goes on from."""
    messages: tuple[StoredMessage, ...]


def read(store: Store, id_: str) -> Transcript:
    """Everything of the conversation of that id. Raises StoreError kinds."""
    conversation = store.conversations.get(id_)
    branches = store.tree.branches(id_)
    attachments: dict[str, tuple[str, bytes]] = {}
    found: dict[int, StoredMessage] = {}
    for branch in branches:
        for message in _backwards(store, id_, branch.head):
            if message.id in found:
                break  # what stands before it has been read with another branch
            found[message.id] = replace(message, plain=_without_data(message.plain, attachments))
    return Transcript(conversation, branches, tuple(found[number] for number in sorted(found)), attachments)


def sections(transcript: Transcript) -> Iterator[Section]:
    """All messages, each once: those of the branch in use, then what the others have of their own."""
    seen: set[int] = set()
    numbered = enumerate(transcript.branches, 1)
    for number, branch in sorted(numbered, key=lambda pair: not pair[1].in_use):
        way = transcript.way(branch.head)
        own = tuple(message for message in way if message.id not in seen)
        shared = way[: len(way) - len(own)]
        yield Section(number, shared[-1] if shared else None, own)
        seen.update(message.id for message in own)


def whole(number: int, transcript: Transcript) -> Section:
    """A branch with all that it holds."""
    return Section(number, None, transcript.way(transcript.branches[number - 1].head))


def calls(message: StoredMessage) -> list[str]:
    """The functions that the model calls in it, as `name(arguments)`."""
    found = []
    for call in message.plain.get("tool_calls") or ():
        match call:
            case {"function": {"name": name, "arguments": arguments}}:
                found.append(f"{name}({arguments})")
    return found


def pictures(message: StoredMessage) -> list[str]:
    """The addresses of its pictures."""
    content = message.plain.get("content")
    parts = content if isinstance(content, list) else ()
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def hash_of(url: str) -> str | None:
    """Which attachment the address of a picture means, if any."""
    return url.removeprefix(ATTACHMENT) if url.startswith(ATTACHMENT) else None


def _backwards(store: Store, id_: str, head: int) -> Iterator[StoredMessage]:
    for exchange in store.tree.exchanges(id_, head):
        yield from reversed(exchange)


def _without_data(plain: dict[str, Any], attachments: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
    """The message with its pictures that are data put among the attachments."""
    content = plain.get("content")
    if not isinstance(content, list):
        return plain
    return plain | {"content": [_part_without_data(part, attachments) for part in content]}


def _part_without_data(part: dict[str, Any], attachments: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return part
    kept = kept_apart(part["image_url"]["url"], attachments)
    url = ATTACHMENT + kept["attachment"] if "attachment" in kept else kept["url"]
    return part | {"image_url": part["image_url"] | {"url": url}}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_changed(one, change) for one in value]
        case dict():
            return {name: _changed(one, change) for name, one in value.items()}
    return value

"""A conversation as a document: JSON that holds all of it, and Markdown to be read.

    transcript = transcripts.read(store, id_)
    export.document(transcript)                     # for json.dumps
    export.markdown(transcript, prices.format_usd)  # a text

docs/exports.md describes both. A change of the JSON document that its readers would notice gives it another
name than `livetechno.conversation.v1`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from livetechno import words
from livetechno.store.conversations import Conversation
from livetechno.store.messages import StoredMessage, text_of
from livetechno.store.texts import one_line
from livetechno.store.transcripts import Section, Transcript, calls, hash_of, pictures, sections

Dollars = Callable[[Decimal], str]
"""Says an amount for people."""

FORMAT = "livetechno.conversation.v1"
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
_CUT = ("length", "content_filter")
"""How an answer ends that the server has cut."""
_BEGINNING = 60
"""Characters that are enough to know a message by."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and newline, what turns the direction of text, halves of surrogate pairs."""
_ACTIVE = re.compile(r"[\\`*_~\[\]<&]")
"""What means something within a line of Markdown."""


def document(transcript: Transcript) -> dict[str, Any]:
    """All of it as a value for `json.dumps`."""
    conversation = transcript.conversation
    return {
        "format": FORMAT,
        "id": conversation.id,
        "title": conversation.title,
        "system": conversation.system,
        "model": conversation.model,
        "parameters": conversation.parameters,
        "made": conversation.made,
        "changed": conversation.changed,
        "deleted": conversation.deleted,
        "head": conversation.head,
        "messages": [
            {
                "id": message.id,
                "parent": message.parent,
                "turn": message.turn,
                "at": message.at,
                "partial": message.partial,
                "about": message.about,
                "summary": message.summary,
                "message": message.plain,
            }
            for message in transcript.messages
        ],
        "attachments": {
            hash_: {"kind": kind, "base64": base64.b64encode(data).decode()}
            for hash_, (kind, data) in transcript.attachments.items()
        },
    }


def markdown(transcript: Transcript, dollars: Dollars, files: Mapping[str, str] | None = None) -> str:
    """All that was said as a CommonMark document, in the person's language.

    Each message is quoted, so that no fence, list or heading in it reaches beyond it, and nobody is given
    words that are another's. `files` names the file of an attachment by its hash; other pictures are
    mentioned, and none is fetched from elsewhere. Control characters are made visible.
    """
    conversation = transcript.conversation
    parts = [f"# {_literal(title(conversation))}", f"*{_literal(headline(transcript))}*"]
    if conversation.system:
        parts += [f"**{words.say('export.role.system')}**", _quoted(conversation.system)]
    for section in sections(transcript):
        if len(transcript.branches) > 1:
            parts.append(f"## {section_name(section, transcript)}")
        if section.after is not None:
            parts.append(f"*{_literal(goes_on_from(section.after))}*")
        for message in section.messages:
            parts.append(" · ".join((f"**{_literal(speaker(message))}**", *facts(message, dollars))))
            parts += [_quoted(part) for part in _said(message, transcript, files or {})]
    return "\n\n".join(parts) + "\n"


def picture_files(transcript: Transcript, stem: str) -> dict[str, str]:
    """A file's name for each attachment, by its hash: `stem-1.png`, `stem-2.jpg`, ..."""
    return {
        hash_: f"{stem}-{number}{_ENDINGS.get(kind, '.bin')}"
        for number, (hash_, (kind, _)) in enumerate(transcript.attachments.items(), 1)
    }


def title(conversation: Conversation) -> str:
    """Its title, or words for a conversation without one."""
    return conversation.title or words.say("export.untitled")


def headline(transcript: Transcript) -> str:
    """Which conversation it is, since when, with which model, and how long."""
    conversation = transcript.conversation
    return words.say(
        "export.headline",
        id=conversation.id,
        made=local_time(conversation.made),
        model=conversation.model,
        count=len(transcript.messages),
    )


def section_name(section: Section, transcript: Transcript) -> str:
    """What to call the branch of a section."""
    key = "export.branch_in_use" if transcript.branches[section.number - 1].in_use else "export.branch"
    return words.say(key, number=section.number, count=len(transcript.branches))


def goes_on_from(message: StoredMessage) -> str:
    """After which message a branch goes its own way."""
    beginning = one_line(text_of(message.plain) or " ".join(calls(message)), _BEGINNING)
    return words.say("export.goes_on_from", speaker=speaker(message), text=beginning)


def speaker(message: StoredMessage) -> str:
    """Who says it: a role, or the model by its name where that is known."""
    role, model = message.plain["role"], (message.about or {}).get("model")
    return str(model) if model and role == "assistant" else words.say(f"export.role.{role}")


def facts(message: StoredMessage, dollars: Dollars) -> list[str]:
    """When it was said and, where known, how many tokens it took, what it cost, and that it is not whole."""
    about = message.about or {}
    known = [local_time(message.at)]
    match about:
        case {"usage": {"input_tokens": int(given), "output_tokens": int(written)}}:
            known.append(words.say("export.tokens", count=given + written))
    if about.get("cost") is not None:
        known.append(dollars(Decimal(about["cost"])))
    if message.partial or about.get("finish") in _CUT:
        known.append(words.say("export.partial"))
    return known


def picture_note(url: str, transcript: Transcript) -> str:
    """Words in place of a picture: what kind it is and how large, or where."""
    found = transcript.attachments.get(hash_of(url) or "")
    if found is None:
        return words.say("export.picture_elsewhere", url=url)
    kind, data = found
    return words.say("export.picture", kind=kind, size=max(1, round(len(data) / 1000)))


def local_time(at: str) -> str:
    """A stored moment by this machine's own clock, to the minute."""
    moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _said(message: StoredMessage, transcript: Transcript, files: Mapping[str, str]) -> list[str]:
    """What is quoted of a message: its text, then calls and pictures."""
    said = [content] if (content := text_of(message.plain)) else []
    said += [_code(call) for call in calls(message)]
    for url in pictures(message):
        note, file = _literal(picture_note(url, transcript)), files.get(hash_of(url) or "")
        said.append(note if file is None else f"![{note}]({quote(file)})")
    return said or [""]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in _visible(text).rstrip("\n").split("\n"))


def _literal(text: str) -> str:
    """Text on one line of Markdown that means nothing but itself."""
    return _ACTIVE.sub(r"\\\g<0>", " ".join(_visible(text).split()))


def _code(text: str) -> str:
    """Text on one line as code, between more backticks than it holds."""
    line = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}"


def _visible(text: str) -> str:
    """Text whose control characters are seen and do nothing, and whose lines all end alike."""
    return _UNSEEN.sub(_sign, text.replace("\r\n", "\n").replace("\r", "\n"))


def _sign(unseen: re.Match[str]) -> str:
    """Unicode's picture of a control character (␛), where there is one."""
    code = ord(unseen[0])
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"

"""What has come of an answer, on disk while it comes: iOS may end an app that sleeps, and tells nobody.

One small file for each conversation that is being answered. Keeping it is worth a try, and no reason to fail.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from livetechno import environment
from livetechno.gpt.messages import assistant, from_plain
from livetechno.kept import AnswerTurns
from livetechno.store import Store


def keep(conversation: str, question: int, text: str) -> None:
    """Keep what has come of the answer to a stored question."""
    file = _file(conversation)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"question": question, "text": text}), encoding="utf-8")
        new.replace(file)


def forget(conversation: str) -> None:
    """The answer has ended, and is stored where it belongs."""
    with contextlib.suppress(OSError):
        _file(conversation).unlink(missing_ok=True)


def restore(store: Store, conversation: str) -> None:
    """Store as a partial answer what an app that was ended had heard; unless the question has another by now.

    Raises StoreError and NotKeptError.
    """
    try:
        kept = json.loads(_file(conversation).read_text(encoding="utf-8"))
        question, text = int(kept["question"]), str(kept["text"])
    except (OSError, ValueError, KeyError, TypeError):
        forget(conversation)
        return
    if text and store.tree.head(conversation) == question:
        asked = store.tree.message(conversation, question)
        answer = assistant(text, partial=True)
        AnswerTurns(store, conversation, asked).add((from_plain(asked.plain), answer))
    forget(conversation)


def _file(conversation: str) -> Path:
    return environment.home() / "unfinished" / f"{conversation}.json"

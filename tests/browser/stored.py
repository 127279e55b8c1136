"""Conversations that are there before a page is opened."""

from __future__ import annotations

from livetechno import app
from livetechno.store.conversations import Draft
from livetechno.store.messages import NewMessage

ABOUT = {
    "model": "gpt-6-luna",
    "usage": {"input_tokens": 12, "output_tokens": 34},
    "cost": "0.0005",
    "finish": "stop",
    "request_id": "",
}


def keep(*texts: str, title: str = "") -> str:
    """A conversation in which these were said in turn, the question first; its id."""
    conversations, tree = app.store().conversations, app.store().tree
    id_ = conversations.new_id()
    messages = [
        NewMessage({"role": "assistant", "content": text}, about=ABOUT)
        if number % 2
        else NewMessage({"role": "user", "content": text})
        for number, text in enumerate(texts)
    ]
    tree.add(id_, messages, after=None, draft=Draft(title, "", "chat"))
    return id_

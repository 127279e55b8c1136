"""GPT where a maker works: a script, a terminal, a page, a stage.

    from livetechno import ask
    print(ask("Why does a 303 squelch?"))

`ask` answers one question, `Chat` holds a conversation. With no key, Mock AI answers.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from livetechno import environment
from livetechno.gpt import wiring

if TYPE_CHECKING:
    from livetechno.chat import Chat, ask
    from livetechno.gpt.accounting import Books
    from livetechno.gpt.client import Client

__version__ = "0.1.0"
__all__ = ["Chat", "ask", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("Chat", "ask"):
        from livetechno import chat

        return getattr(chat, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _client_of_process() -> Client:
    from livetechno import app

    app.announce()
    return app.client()


def _books_of_process() -> Books:
    from livetechno import app

    app.tell_of_budget()
    return app.books()


def _model_of_settings(name: str) -> str:
    from livetechno import app

    return app.model(name)


# Older scripts and their helpers live in `gpt`, which may not import `app`: it is handed over here.
wiring.default_client, wiring.default_model = _client_of_process, _model_of_settings
wiring.default_books = _books_of_process

if environment.is_phone():
    with contextlib.suppress(ImportError):  # another app with Python in it
        from livetechno.hosts import pythonista

        pythonista.settle()

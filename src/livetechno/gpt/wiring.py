"""Hooks that a higher room fills: `gpt` imports nothing above itself, and is still given its client.

`livetechno/__init__.py` fills them with functions that import `livetechno.app` when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from livetechno.gpt.accounting import Books
    from livetechno.gpt.client import Client

default_client: Callable[[], Client] | None = None
"""The client that this process uses anyway: its address and key, or Mock AI. Raises GPTError kinds."""

default_books: Callable[[], Books | None] | None = None
"""Where a client with a key and an address of its own books what it costs. Raises BooksError."""

default_model: Callable[[str], str] | None = None
"""The model meant by a name: the settings may put one in place of the alias `chat`."""

"""livetechno inside Pythonista, on an iPhone or iPad: a start screen, the console, a native chat, the page.

Only the modules in here import the app's own (`ui`, `console`, `keychain`, ...). Two threads matter: the main
thread, which draws and calls every callback, and the interpreter's, which runs the scripts, one after the
other. What belongs where is in `device`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livetechno.environment import Language


def settle() -> None:
    """Take the app's keychain for keys, and the person's language, whichever way livetechno comes in.

    Warnings of ours become sentences in the console.

    Raises ImportError where the app's modules are missing.
    """
    from livetechno import environment
    from livetechno.gpt import keys
    from livetechno.hosts.pythonista import warned
    from livetechno.hosts.pythonista.keychain_keys import KeychainStore

    environment.host_language = _language
    keys.use(KeychainStore())
    warned.in_sentences()


def _language() -> Language:
    from livetechno.hosts.pythonista import device

    return device.language()


def main(argv: Sequence[str] = ()) -> str | None:
    """Do what the arguments say, or show the start screen without any. Returns the answer to a question."""
    from livetechno.hosts.pythonista import script, waking

    settle()
    waking.start()
    return script.run(argv)

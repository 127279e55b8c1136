"""What this is: its version, the licences that came along, and how it goes. Off the main thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import console
import dialogs

import livetechno
from livetechno import words


def show() -> Callable[[], object] | None:
    """Tell it. What removes livetechno, where that was chosen, to be called when nothing of it is shown."""
    title, text = f"livetechno {livetechno.__version__}", words.say("phone.about.text")
    with contextlib.suppress(KeyboardInterrupt):
        if not starter().is_file():
            console.alert(title, text, words.say("phone.ok"), hide_cancel_button=True)
            return None
        chosen = console.alert(title, text, words.say("phone.licences"), words.say("phone.uninstall"))
        if chosen == 2:
            return _ask_uninstall()
        _show_licences()
    return None


def installed() -> Path:
    """The folder that `livetechno.py` unpacked: the package, the licences, and itself once more."""
    return Path(livetechno.__path__[0]).parent


def starter() -> Path:
    """The script that installs, and removes. It is missing where livetechno came in another way."""
    return installed() / "livetechno.py"


def licences() -> dict[str, list[Path]]:
    """The files of each package's licence, by its name."""
    found: dict[str, list[Path]] = {}
    folder = installed() / "LICENSES"
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        found.setdefault(path.relative_to(folder).parent.as_posix(), []).append(path)
    return found


def _show_licences() -> None:
    """Show each licence that is chosen, until none is."""
    found = licences()
    while (name := dialogs.list_dialog(words.say("phone.licences"), list(found))) is not None:
        text = "\n\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found[name])
        dialogs.text_dialog(name, text)


def _ask_uninstall() -> Callable[[], object]:
    """What removes livetechno, with conversations, settings and keys only if that was chosen.

    Raises KeyboardInterrupt when the person thinks better of it.
    """
    chosen = console.alert(
        words.say("phone.uninstall"),
        words.say("phone.uninstall.ask"),
        words.say("phone.uninstall.stay"),
        words.say("phone.uninstall.all"),
    )
    return lambda: _uninstall(data=chosen == 2)


def _uninstall(*, data: bool) -> None:
    loader = SourceFileLoader("livetechno_starter", str(starter()))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    script = module_from_spec(spec)  # under a name that makes it neither start nor be the package
    loader.exec_module(script)
    script.uninstall(data=data)

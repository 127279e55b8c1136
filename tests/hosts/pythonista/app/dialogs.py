"""Stand-in for Pythonista's `dialogs`: each shows a view and waits, so never on the main thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _app import CANCEL, app

_FIELD_TYPES = {"switch", "text", "url", "email", "password", "number", "check", "date", "time", "datetime"}


def _answer(kind: str, **details: Any) -> Any:
    answer = app().person(kind, **details)
    return None if answer is CANCEL else answer


def list_dialog(
    title: str = "", items: Sequence[Any] = (), multiple: bool = False, done_button_title: str = "Done"
) -> Any:
    """The chosen item, a list with `multiple`, or None. Raises TypeError for other titles and items.

    A test answers with an item, or with its title or place.
    """
    if not isinstance(title, str) or not isinstance(items, Sequence):  # type: ignore[redundant-expr]
        raise TypeError("title must be a string, items a sequence")
    answer = _answer("list_dialog", title=title, items=list(items))
    if answer is None or multiple:
        return answer
    for place, item in enumerate(items):
        if answer in (place, item) or (isinstance(item, dict) and item.get("title") == answer):
            return item
    raise AssertionError(f"the list has no {answer!r}, but {items}")


def edit_list_dialog(
    title: str = "",
    items: Sequence[Any] = (),
    move: bool = True,
    delete: bool = True,
    done_button_title: str = "Done",
) -> list[Any] | None:
    """The list as the person leaves it, or None."""
    answer: list[Any] | None = _answer("edit_list_dialog", title=title, items=list(items))
    return answer


def form_dialog(
    title: str = "",
    fields: Sequence[dict[str, Any]] | None = None,
    sections: Sequence[Sequence[Any]] | None = None,
    done_button_title: str = "Done",
) -> dict[str, Any] | None:
    """The values by their keys, or None. A test answers with those that the person changes."""
    if not fields and not sections:
        raise ValueError("fields or sections are required")
    every = [*(fields or ()), *(one for section in sections or () for one in section[1])]
    for one in every:
        if one.get("type") not in _FIELD_TYPES:
            raise ValueError(f"invalid field type {one.get('type')!r}")
    answer = _answer("form_dialog", title=title, fields=every, sections=sections)
    if answer is None:
        return None
    # of a group of checks there is one value: the key of the one that is marked (APP34)
    alone = [one for one in every if not one.get("group")]
    usual = {one.get("key", one.get("title")): one.get("value", _empty(one["type"])) for one in alone}
    usual |= {one["group"]: one["key"] for one in every if one.get("group") and one.get("value")}
    unknown = set(answer) - set(usual) - {one.get("group") for one in every}
    assert not unknown, f"the form has no {unknown}, but {sorted(map(str, usual))}"
    return {**usual, **answer}


def _empty(kind: str) -> Any:
    return False if kind in ("switch", "check") else None if kind in ("date", "time", "datetime") else ""


def text_dialog(
    title: str = "",
    text: str = "",
    font: tuple[str, float] = ("<System>", 16),
    autocorrection: bool | None = None,
    autocapitalization: int = 2,
    spellchecking: bool | None = None,
    done_button_title: str = "Done",
) -> str | None:
    """The text as the person leaves it, or None."""
    answer: str | None = _answer("text_dialog", title=title, text=text)
    return answer


def share_text(text: str) -> bool:
    """Show the share sheet with a text."""
    return _share("share_text", text)


def share_url(url: str) -> bool:
    """Show the share sheet with an address."""
    return _share("share_url", url)


def share_image(image: Any) -> bool:
    """Show the share sheet with a picture."""
    return _share("share_image", image)


def _share(kind: str, what: Any) -> bool:
    app().forbid_main(kind)
    app().shared.append(what)
    return True


def pick_document(types: Sequence[str] = ("public.data",)) -> str | None:
    """The path of a copy of the chosen file, or None."""
    answer: str | None = _answer("pick_document", types=list(types))
    return answer

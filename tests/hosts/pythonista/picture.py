"""Draws a tree of the stand-in's views as an SVG: for a look at a layout, and for the guide's pictures.

It shows where things are and what they say. It is no picture of iOS, and whoever shows it must say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import count
from typing import Any

import ui
from _ui_controls import items_of

INK = {False: "#1c1c1e", True: "#f2f2f7"}
PAPER = {False: "#ffffff", True: "#000000"}
LESS = "#8e8e93"
NARROWER = 0.92
"""A font of a browser is wider than the stand-in measures."""
FONT = 'font-family="sans-serif"'


def drawing(root: ui.View, screen: tuple[float, float], *, dark: bool) -> str:
    """The SVG of a view that fills the screen below its title bar."""
    width, height = screen
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {FONT}>',
        f'<rect width="{width:g}" height="{height:g}" fill="{PAPER[dark]}"/>',
        *_bar(root, width, dark),
        *_view(root, root.x, root.y, dark, count()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(root: ui.View, width: float, dark: bool) -> Iterator[str]:
    if root.y == 0:
        return
    yield _text(root.name, width / 2, root.y - 16, 17, INK[dark], anchor="middle", weight=600)
    left, right = 16.0, width - 16
    for item in items_of(root):
        title = item.title or (item.image.name if item.image else "")
        if item in root.left_button_items:
            yield _text(title, left, root.y - 16, 15, "#0a7aff")
            left += 12 + 8 * len(title)
        else:
            yield _text(title, right, root.y - 16, 15, "#0a7aff", anchor="end")
            right -= 12 + 8 * len(title)


def _view(view: Any, x: float, y: float, dark: bool, numbers: Iterator[int]) -> Iterator[str]:
    if view.hidden or view.alpha == 0:
        return
    name = f"c{next(numbers)}"
    box = f'x="{x:g}" y="{y:g}" width="{view.width:g}" height="{view.height:g}"'
    yield f'<clipPath id="{name}"><rect {box}/></clipPath>'
    yield f'<g clip-path="url(#{name})" opacity="{view.alpha:g}">'
    if view.background_color is not None or view.border_width:
        stroke = f' stroke="{_paint(view.border_color)}" stroke-width="{view.border_width:g}"' * bool(
            view.border_width
        )
        yield f'<rect {box} rx="{view.corner_radius:g}" fill="{_paint(view.background_color)}"{stroke}/>'
    yield from _words(view, x, y, dark)
    offset = getattr(view, "content_offset", ui.Point(0.0, 0.0))
    for one in view.subviews:
        yield from _view(one, x + one.x - offset.x, y + one.y - offset.y, dark, numbers)
    yield "</g>"


def _words(view: Any, x: float, y: float, dark: bool) -> Iterator[str]:
    if isinstance(view, ui.TableView):
        yield from _table(view, x, y, dark)
        return
    if isinstance(view, ui.Button):
        title = view.title or (view.image.name if view.image else "")
        middle = y + view.height / 2 + view.font[1] / 3
        yield _text(title, x + view.width / 2, middle, view.font[1], _paint(view.tint_color), anchor="middle")
        return
    text = getattr(view, "text", None) or getattr(view, "placeholder", None)
    if getattr(view, "secure", False) and view.text:
        text = "•" * len(view.text)
    if not isinstance(text, str):
        return
    colour = _paint(view.text_color)
    inset = (5.0, 8.0) if isinstance(view, ui.TextView) else (0.0, 0.0)
    size = view.font[1]
    for place, line in enumerate(_lines(text, view.width - 2 * inset[0], view.font)):
        yield _text(line, x + inset[0], y + inset[1] + size + place * size * 1.2, size, colour)


def _table(table: ui.TableView, x: float, y: float, dark: bool) -> Iterator[str]:
    title_of = getattr(table.data_source, "tableview_title_for_header", None)
    for section in range(table.sections if table.data_source else 0):
        title = title_of(table, section) if title_of else ""
        if title:
            yield _text(title, x + 16, y + 22, 13, LESS, weight=600)
            y += 32
        for cell in table.rows(section):
            yield from _row(table, cell, x, y, dark)
            y += table.row_height


def _row(table: ui.TableView, cell: Any, x: float, y: float, dark: bool) -> Iterator[str]:
    detail = cell.detail_text_label
    below = bool(detail is not None and detail.text)
    middle = y + table.row_height / 2 + 6
    yield _text(str(cell.text_label.text), x + 16, middle - 7 * below, 16, INK[dark])
    if below:
        yield _text(str(detail.text), x + 16, middle + 9, 12, LESS)
    line = f"M{x + 16:g} {y + table.row_height:g}h{table.width - 16:g}"
    yield f'<path d="{line}" stroke="{LESS}" opacity="0.3"/>'


def _lines(text: str, width: float, font: tuple[str, float]) -> Iterator[str]:
    """The lines that `ui.measure_string` counts."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and len(longer) * font[1] * 0.5 > width:
                yield line
                line = word
            else:
                line = longer
        yield line


def _text(
    text: str, x: float, y: float, size: float, fill: str, *, anchor: str = "start", weight: int = 400
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size * NARROWER:g}" fill="{fill}" text-anchor="{anchor}" '
        f'font-weight="{weight}" xml:space="preserve">{escape(text)}</text>'
    )


def _paint(colour: Any) -> str:
    if colour is None:
        return "none"
    red, green, blue, alpha = colour
    return f"rgba({red * 255:.0f},{green * 255:.0f},{blue * 255:.0f},{alpha:g})"

"""Text with a style, and its SGR codes (ECMA-48, "select graphic rendition").

Only the sixteen colours that a person's own theme defines are used, so text stays readable on light
and dark grounds alike.
"""

from __future__ import annotations

from typing import NamedTuple

Style = tuple[str, ...]
"""SGR codes, in order."""

PLAIN: Style = ()
BOLD: Style = ("1",)
DIM: Style = ("2",)
ITALIC: Style = ("3",)
UNDERLINED: Style = ("4",)
STRUCK: Style = ("9",)
BLUE: Style = ("34",)
CYAN: Style = ("36",)
GREEN: Style = ("32",)
MAGENTA: Style = ("35",)


class Span(NamedTuple):
    """A run of text in one style."""

    text: str
    style: Style = PLAIN


def paint(text: str, style: Style) -> str:
    """`text` between the codes that switch its style on and off."""
    return f"\x1b[{';'.join(style)}m{text}\x1b[0m" if style and text else text

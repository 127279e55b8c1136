"""Colours for code, line by line as it arrives.

pygments (which rich brings) knows the languages. Its lexers take whole texts; kept between lines is
the stack of lexer states, so a string over several lines is coloured right and a line costs its own
length only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livetechno.words.styles import BLUE, CYAN, DIM, GREEN, MAGENTA, PLAIN, Style, paint

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_LINE = 2000
"""Characters of a line that is still coloured; minified code is shown plain."""


class CodeColours:
    """Colours one block of code in the language that its fence names; plain when nobody knows it."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language)
        self._states = ["root"]

    def line(self, line: str) -> str:
        """`line`, without its newline, in colours. Its text is unchanged."""
        if self._lexer is None or len(line) > LONGEST_LINE:
            return line
        try:
            pieces = [(token, text) for _, token, text in self._tokens(line + "\n")]
        except Exception:  # noqa: BLE001 - a lexer that cannot go on costs the colours, never the code
            self._lexer = None
            return line
        coloured = "".join(paint(text, _style(token)) for token, text in pieces if text != "\n")
        told = "".join(text for _, text in pieces)
        return coloured.replace("\n", "") if told == line + "\n" else line

    def _tokens(self, text: str) -> Iterable[tuple[int, Any, str]]:
        from pygments.lexer import ExtendedRegexLexer, LexerContext, RegexLexer  # type: ignore[import-untyped]

        if not isinstance(self._lexer, RegexLexer):
            yield from self._lexer.get_tokens_unprocessed(text)
            return
        context = LexerContext(text, 0, list(self._states))
        yield from ExtendedRegexLexer.get_tokens_unprocessed(self._lexer, context=context)
        self._states = context.stack


def _lexer(language: str) -> Any:
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    try:
        return get_lexer_by_name(language, ensurenl=False)
    except ClassNotFound:
        return None


def _style(token: Any) -> Style:
    """The style of a pygments token: that of its nearest known ancestor."""
    kind = ".".join(token)
    while kind:
        if kind in _STYLES:
            return _STYLES[kind]
        kind = kind.rpartition(".")[0]
    return PLAIN


_STYLES: dict[str, Style] = {
    "Comment": DIM,
    "Keyword": MAGENTA,
    "Keyword.Constant": CYAN,
    "Literal.Number": CYAN,
    "Literal.String": GREEN,
    "Name.Builtin": CYAN,
    "Name.Class": BLUE,
    "Name.Decorator": BLUE,
    "Name.Function": BLUE,
    "Name.Tag": MAGENTA,
    "Name.Attribute": BLUE,
    "Operator.Word": MAGENTA,
    "Generic.Deleted": MAGENTA,
    "Generic.Inserted": GREEN,
}

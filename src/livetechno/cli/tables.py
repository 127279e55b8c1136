"""A Markdown table as aligned columns; cells wrap when the terminal is narrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from livetechno.words.styles import BOLD, Span, paint

Cell = Sequence[Span]


def draw(rows: Sequence[Sequence[Cell]], alignments: Sequence[str], columns: int) -> Iterator[str]:
    """The lines, with their newlines, of a table whose first row is its heading.

    `alignments` holds left, center or right for each column. Missing cells are empty, superfluous
    ones are added as columns, so nothing of the answer is lost.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = max(len(row) for row in rows)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="none")
    heading = [*rows[0], *([()] * (width - len(rows[0])))]
    for index, cell in enumerate(heading):
        justify: Any = alignments[index] if index < len(alignments) else "left"
        table.add_column(Text.from_ansi(_ansi(cell, BOLD)), justify=justify, overflow="fold")
    for row in rows[1:]:
        table.add_row(*(Text.from_ansi(_ansi(cell)) for cell in row))
    console = Console(
        width=columns, color_system="standard", force_terminal=True, no_color=False, _environ={}
    )
    for line in console.render_lines(table, pad=False):
        text = "".join(
            segment.style.render(segment.text) if segment.style else segment.text for segment in line
        )
        yield text.rstrip() + "\n"


def _ansi(cell: Cell, style: tuple[str, ...] = ()) -> str:
    return "".join(paint(span.text, style + span.style) for span in cell)

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.server.filenames import LONGEST, disposition, name_of


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Kicks", "Kicks"),
        ("Où est le kick ?", "Où est le kick"),
        ('a/b\\c: "d" <e>|f*', "a b c d e f"),
        ("../../etc/passwd", "etc passwd"),
        (".hidden", "hidden"),
        ("line\nbreak\tand \u202etxt.exe", "line break and txt.exe"),
        ("A title that was cut…", "A title that was cut"),
        ("con", "con_"),
        ("NUL.txt", "NUL.txt_"),
        ("Console", "Console"),
        ("鼓の音", "鼓の音"),
        ("", "conversation"),
        ("???", "conversation"),
    ],
)
def test_a_file_is_named_after_its_title_as_every_system_takes_it(title: str, name: str) -> None:
    assert name_of(title, "conversation") == name


def test_readers_of_ascii_get_what_is_ascii_of_it() -> None:
    assert disposition("Été 100%", "md", "conversation") == (
        "attachment; filename=\"Ete 100.md\"; filename*=UTF-8''%C3%89t%C3%A9%20100%25.md"
    )
    assert 'filename="conversation.json"' in disposition("鼓", "json", "conversation")


@given(st.text(st.characters()))
def test_whatever_the_title_the_header_is_one_line_of_ascii_with_one_name(title: str) -> None:
    header = disposition(title, "md", "conversation")
    found = re.fullmatch(r"attachment; filename=\"([ -~]+)\"; filename\*=UTF-8''([!-~]+)", header)
    assert found, header
    plain, encoded = found.groups()
    for name in (plain, unquote(encoded)):
        assert not re.search(r'[\\/:*?"<>|\n\r]', name)
        assert name.endswith(".md")
        assert not name.startswith(".")
        assert len(name) <= LONGEST + len("_.md")
        assert len(name.encode()) <= 255

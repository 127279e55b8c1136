"""A recording on disk: what was, byte for byte, in a form to read and edit."""

from __future__ import annotations

import json
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.errors import UsageError
from livetechno.mock import recordings
from livetechno.mock.recordings import Recording, Wish, wish_of

WISH = Wish("POST", "/v1/chat/completions", {"model": "gpt-4.1"})
WHEN = {"recorded": "2026-11-23T10:00:00+00:00", "upstream": "https://api.openai.com/v1"}


def kept(body: bytes, *, stream: bool = False, folder: Path, number: int = 1, **rest: Any) -> Recording:
    """What is loaded after this body was saved."""
    blocks = tuple(recordings.events(body)) if stream else (body,)
    recording = Recording(WISH, 200, {"content-type": "x/y"}, blocks, stream, **rest)
    file = recordings.save(folder, number, recording, **WHEN)
    (loaded,) = (one for one in recordings.load(folder) if one.name == file.name)
    assert loaded.wish == WISH
    return loaded


BODIES = st.binary(max_size=80) | st.text(max_size=80).map(str.encode)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(BODIES, st.booleans())
def test_any_bytes_come_back(body: bytes, stream: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert b"".join(kept(body, stream=stream, folder=Path(folder)).blocks) == body


@given(
    VALUES, st.sampled_from([None, 1, 2, 4]), st.booleans(), st.booleans(), st.sampled_from(["", "\n", " "])
)
def test_any_json_comes_back_in_its_own_layout(
    value: object, indent: int | None, compact: bool, escaped: bool, end: str
) -> None:
    separators = (",", ":") if compact else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=escaped) + end
    body = text.encode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as folder:
        assert kept(body, folder=Path(folder)).blocks == (body,)


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"indent": 2, "newline": True}, {"spaced": True}])
def test_json_is_kept_as_json_for_a_person_to_edit(tmp_path: Path, layout: dict[str, Any]) -> None:
    spaced = {"separators": (",", ":")} if not layout else {}
    reply = {"id": "x", "choices": [{"message": {"content": "Bonjour, « été »"}}], "usage": {"n": 1}}
    text = json.dumps(reply, indent=layout.get("indent"), ensure_ascii=False, **spaced)  # type: ignore[arg-type]
    text += "\n" * bool(layout.get("newline"))
    name = kept(text.encode(), folder=tmp_path).name
    shown = (tmp_path / name).read_text("utf-8")
    assert "Bonjour, « été »" in shown
    told = json.loads(shown)["response"]
    assert (told["json"], told.get("layout", {})) == (reply, layout)
    (tmp_path / name).write_text(shown.replace("Bonjour", "Bonsoir"), "utf-8")
    (loaded,) = recordings.load(tmp_path)
    assert loaded.blocks == (text.replace("Bonjour", "Bonsoir").encode(),)


@given(st.lists(st.text(alphabet="ab\r\n:é", max_size=9)))
def test_a_stream_is_cut_between_its_events_and_joined_again(lines: list[str]) -> None:
    stream = "".join(lines).encode()
    assert b"".join(recordings.events(stream)) == stream


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_each_event_stands_alone(end: bytes) -> None:
    events = [b"event: a" + end[: len(end) // 2] + b"data: 1" + end, b"data: 2" + end, b"data: tor"]
    assert recordings.events(b"".join(events)) == events


def test_files_are_for_their_owner_and_numbered_and_their_names_are_safe(tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    path = "/v1/../../etc/passwd?\x00/ö;rm -rf" + "/x" * 400
    recording = Recording(Wish("GET", path), 200, {}, (b"{}",))
    first = recordings.save(folder, 1, recording, **WHEN)
    second = recordings.save(folder, 10_000, recording, **WHEN)
    third = recordings.save(folder, 2, recording, **WHEN)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.name.startswith("0001-etc-passwd-")
    assert len(first.name) < 100
    assert [one.name for one in recordings.load(folder)] == [first.name, third.name, second.name]
    assert recordings.numbered(folder) == 10_000
    assert sorted(folder.iterdir()) == sorted([first, second, third])


def test_two_recorders_with_the_same_number_keep_both(tmp_path: Path) -> None:
    for body in (b"a", b"b"):
        recordings.save(tmp_path, 1, Recording(WISH, 200, {}, (body,)), **WHEN)
    assert len(recordings.load(tmp_path)) == 2


def test_a_file_shows_no_control_character_to_a_terminal(tmp_path: Path) -> None:
    body = "\x1b]0;title\x07 \x9b2J \u202e \x7f".encode()
    name = kept(body, folder=tmp_path).name
    shown = (tmp_path / name).read_text("utf-8")
    assert all(char.isprintable() or char == "\n" for char in shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"request": {"method": "GET", "path": "/v1/models"}}',
        '{"request": 1, "response": 2}',
        '{"request": {"method": "GET"}, "response": {"status": 200, "text": ""}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 99, "text": ""}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": "x", "text": ""}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200, "text": 7}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200, "base64": "%"}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200, "text": "", "headers": 1}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200, "text": "", "ended": 5}}',
        '{"request": {"method": "GET", "path": "/"}, "response": {"status": 200, "text": "\\ud800"}}',
    ],
)
def test_what_is_no_recording_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "0001-broken.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="0001-broken"):
        recordings.load(tmp_path)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "._0001.json").write_text("another program's")
    for folder in (tmp_path, tmp_path / "none", tmp_path / "notes.txt"):
        with pytest.raises(UsageError, match="no recordings"):
            recordings.load(folder)


def test_a_name_without_a_number_is_a_recording_too(tmp_path: Path) -> None:
    name = kept(b"{}", folder=tmp_path, number=3).name
    (tmp_path / name).rename(tmp_path / "hello.json")
    assert [one.name for one in recordings.load(tmp_path)] == ["hello.json"]
    assert recordings.numbered(tmp_path) == 0


def test_who_asks_is_no_part_of_what_is_asked() -> None:
    def key(**more: object) -> str:
        return wish_of("POST", "/v1/responses", json.dumps({"model": "m", **more}).encode()).key()

    assert key(user="a", metadata={"run": "1"}, temperature=1) == key(safety_identifier="b", temperature=1.0)
    assert len({key(), key(stream=True), key(model="n"), key(temperature=0.5), key(input="x")}) == 5


def test_order_and_spacing_are_no_part_of_it() -> None:
    one = wish_of("POST", "/v1/responses", b'{"a": 1, "b": [1.0, {"c": 2, "d": null}]}')
    two = wish_of("POST", "/v1/responses", b'{"b":[1,{"d":null,"c":2.0}],"a":1.0}')
    assert one.key() == two.key()
    assert wish_of("GET", "/v1/responses", b"").key() != wish_of("GET", "/v1/responses?limit=1", b"").key()

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from livetechno.cli import writing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_written_whole_and_for_their_owner_only(tmp_path: Path) -> None:
    files = {tmp_path / "a.png": b"\x00\r\n", tmp_path / "a.md": "é\n".encode()}
    writing.write(files)
    assert {path: path.read_bytes() for path in files} == files
    assert names(tmp_path) == ["a.md", "a.png"]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_nothing_is_written_where_one_of_them_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(FileExistsError) as caught:
        writing.write({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert caught.value.filename == str(tmp_path / "b")
    assert names(tmp_path) == ["b"]
    assert (tmp_path / "b").read_bytes() == b"mine"


def test_a_link_that_leads_nowhere_is_there_too(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        writing.write({tmp_path / "a": b"1"})
    assert names(tmp_path) == ["a"]


def test_who_says_so_replaces_a_file_and_keeps_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "real")
    writing.write({tmp_path / "link": b"new"}, replace=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "real").read_bytes() == b"new"
    assert names(tmp_path / "folder") == ["real"]


def test_only_files_are_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        writing.write({tmp_path: b"1"}, replace=True)
    with pytest.raises(OSError, match="Invalid"):
        writing.write({Path(os.devnull): b"1"}, replace=True)
    assert not Path(os.devnull).is_file()


def test_what_cannot_be_written_leaves_nothing_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        writing.write({tmp_path / "a": b"1", tmp_path / "missing" / "b": b"2"})
    assert caught.value.filename == str(tmp_path / "missing" / "b")
    assert names(tmp_path) == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        writing.write({tmp_path / "a": b"new"}, replace=True)
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_comes_in_between_is_not_replaced(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, link = os.fsync, os.link

    def meanwhile(number: int) -> None:
        (tmp_path / "a").write_bytes(b"theirs")
        fsync(number)

    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "fsync", meanwhile)
    monkeypatch.setattr(os, "link", link if links else no_links)
    with pytest.raises(FileExistsError):
        writing.write({tmp_path / "a": b"mine"})
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert names(tmp_path) == ["a"]


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    writing.write({tmp_path / "a": b"1"})
    assert (tmp_path / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["a"]

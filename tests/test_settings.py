"""`config.json` in the home folder."""

from __future__ import annotations

import json
import os
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno import settings, words
from livetechno.settings import Settings, SettingsError

TEXTS = st.text(min_size=1, max_size=20).map(str.strip).filter(bool).filter(lambda text: text.isprintable())
VALUES = st.builds(
    Settings,
    base_url=st.none() | TEXTS,
    model=st.none() | TEXTS,
    retired=st.sampled_from(settings.RETIRED),
    strict=st.booleans(),
    mock=st.booleans(),
    language=st.sampled_from((None, *words.LANGUAGES)),
)


def write(text: str | bytes) -> Path:
    file = settings.path()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_without_a_file_everything_is_left_to_us() -> None:
    assert settings.load() == Settings(base_url=None, model=None, retired="replace", strict=False)
    assert not settings.path().exists(), "reading writes nothing"


@given(VALUES)
def test_what_is_saved_is_what_is_loaded(chosen: Settings) -> None:
    settings.save(chosen)
    assert settings.load() == chosen


def test_saving_keeps_the_fields_that_we_do_not_know() -> None:
    write('{"theme": {"dark": true}, "model": "old", "strict": true}')
    settings.save(Settings(model="new"))
    assert json.loads(settings.path().read_text("utf-8")) == {"theme": {"dark": True}, "model": "new"}


def test_a_windows_editor_may_put_a_byte_order_mark() -> None:
    write(b'\xef\xbb\xbf{"model": "m"}')
    assert settings.load().model == "m"


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("", "", "no JSON"),
        ("{", "", "no JSON"),
        ("\x00\xff\xfe", "", "no JSON"),
        (b"\xff\xfe\x00", "", "no JSON"),
        ("[" * 100_000, "", "no JSON"),
        ("[]", "", "object"),
        ("null", "", "object"),
        ('{"base_url": 3}', "base_url", "text"),
        ('{"base_url": " "}', "base_url", "text"),
        ('{"model": ["m"]}', "model", "text"),
        ('{"retired": "maybe"}', "retired", "replace | fail"),
        ('{"retired": null}', "retired", "replace | fail"),
        ('{"language": "de"}', "language", "en | fr"),
        ('{"strict": "yes"}', "strict", "true | false"),
        ('{"strict": 1}', "strict", "true | false"),
        (" " * (settings.MOST_BYTES + 1), "", "over 1024 KiB"),
    ],
)
def test_a_broken_file_is_named_with_its_field_and_stays_as_it_is(
    text: str | bytes, field: str, reason: str
) -> None:
    file = write(text)
    before = file.read_bytes()
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert (caught.value.file, caught.value.field) == (file, field)
    assert reason in caught.value.reason
    assert str(file) in str(caught.value)
    if not field:
        with pytest.raises(SettingsError):
            settings.save(Settings(model="m"))
        assert file.read_bytes() == before


def test_a_value_that_could_not_be_read_back_is_not_written() -> None:
    file = write('{"model": "old"}')
    with pytest.raises(SettingsError, match="retired"):
        settings.save(Settings(retired="perhaps"))  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        settings.save(Settings(model="half \ud83d a pair"))
    assert file.read_text("utf-8") == '{"model": "old"}'
    assert [path.name for path in file.parent.iterdir()] == ["config.json"], "no temporary file is left"


def test_a_folder_in_place_of_the_file_is_an_error_with_its_name() -> None:
    settings.path().mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"config\.json"):
        settings.load()


def test_a_home_that_is_a_file_is_an_error_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    monkeypatch.setenv("LIVETECHNO_HOME", str(tmp_path / "f"))
    with pytest.raises(SettingsError, match=r"config\.json"):
        settings.save(Settings(model="m"))


def test_a_failed_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = write('{"model": "old"}')

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        settings.save(Settings(model="new"))
    assert file.read_text("utf-8") == '{"model": "old"}'
    assert [path.name for path in file.parent.iterdir()] == ["config.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_a_saved_file_is_the_owners_only_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    settings.path().parent.mkdir()
    settings.path().symlink_to(real)
    settings.save(Settings(model="m"))
    assert settings.path().is_symlink()
    assert json.loads(real.read_text("utf-8")) == {"model": "m"}
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_the_error_survives_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(SettingsError(Path("c.json"), "strict", "no")))
    assert (error.file, error.field, error.reason) == (Path("c.json"), "strict", "no")


def test_a_field_that_is_not_known_is_warned_of_once(recwarn: pytest.WarningsRecorder) -> None:
    write('{"modle": "gpt-5", "strict": true}')
    assert settings.load().strict
    assert settings.load().strict
    (told,) = recwarn.list
    assert told.category is settings.SettingsWarning
    assert "'modle'" in str(told.message)
    assert "model, retired" in str(told.message)

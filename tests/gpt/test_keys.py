"""Where a key is looked for, and to which address it belongs."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import addresses, key_file, keys, redaction
from livetechno.gpt.errors import AddressRefusedError, KeyFileError, KeyProblem
from livetechno.gpt.secret import Secret

OPENAI = addresses.OPENAI
LOCAL = "http://127.0.0.1:11434/v1"
OTHER = "https://x.example/v1"
KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"
KEY_2 = "sk-test-" + "Qw7eRt5yUi3oPa1sDf9g"

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes of POSIX")


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keys, "_hung", False)
    (tmp_path / "script").mkdir()
    monkeypatch.setattr(keys, "script_folder", lambda: tmp_path / "script")
    yield
    redaction.uninstall()


class Keyring:
    """A backend in memory, with the four things that we use of one."""

    priority: float = 5

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, account: str) -> str | None:
        return self.entries.get((service, account))

    def set_password(self, service: str, account: str, password: str) -> None:
        self.entries[service, account] = password

    def delete_password(self, service: str, account: str) -> None:
        del self.entries[service, account]


def plug_in(monkeypatch: pytest.MonkeyPatch, backend: object) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    module = types.ModuleType("keyring")
    module.get_keyring = lambda: backend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    backend = Keyring()
    plug_in(monkeypatch, backend)
    return backend


def put(path: Path, content: object, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path.chmod(mode)
    return path


def beside(tmp_path: Path) -> Path:
    return tmp_path / "script" / key_file.FILE_NAME


def revealed(base_url: str = OPENAI) -> str | None:
    found = keys.find(base_url)
    return found.secret.reveal() if found else None


# Where it is looked for


def test_no_place_has_a_key() -> None:
    assert keys.find(OPENAI) is None
    assert not keys.home_file().parent.exists(), "looking writes nothing"


def test_the_order_is_program_environment_keyring_script_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keyring: Keyring
) -> None:
    """F4: explicit argument, environment, keyring, file."""
    put(keys.home_file(), {"api_key": KEY + "-home"})
    assert (found := keys.find(OPENAI))
    assert (found.source, found.where) == ("home", str(keys.home_file()))
    put(beside(tmp_path), {"api_key": KEY + "-beside"})
    assert (found := keys.find(OPENAI))
    assert (found.source, found.where) == ("file", str(beside(tmp_path)))
    keyring.set_password("livetechno", OPENAI, KEY + "-ring")
    assert (found := keys.find(OPENAI))
    assert (found.source, found.secret.reveal()) == ("keyring", KEY + "-ring")
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "-env")
    assert (found := keys.find(OPENAI))
    assert (found.source, found.where) == ("environment", "OPENAI_API_KEY")
    assert (found := keys.find(OPENAI, explicit=KEY))
    assert (found.source, found.secret.reveal()) == ("explicit", KEY)


def test_a_folder_may_be_named_in_place_of_the_scripts(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / key_file.FILE_NAME, {"api_key": KEY})
    found = keys.find(OPENAI, beside=tmp_path / "elsewhere")
    assert found
    assert found.source == "file"


def test_an_empty_variable_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "  \n")
    assert keys.find(OPENAI) is None


def test_a_variable_that_cannot_be_a_key_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY + " " + KEY_2)
    with pytest.raises(KeyProblem, match="OPENAI_API_KEY: a key has no space") as caught:
        keys.find(OPENAI)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(shown.format())
    assert KEY[8:] not in text.replace("KEY = ", "")


def test_the_scripts_folder_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", [""])
    assert keys.script_folder() == tmp_path, "at a prompt"
    main.__file__ = str(tmp_path / "songs" / "play.py")
    monkeypatch.setattr(sys, "argv", [main.__file__])
    assert keys.script_folder() == tmp_path / "songs"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "bin" / "livetechno")])
    assert keys.script_folder() == tmp_path, "our own command looks in the current folder"
    main.__file__ = str(Path(keys.__file__).parents[1] / "__main__.py")
    monkeypatch.setattr(sys, "argv", [main.__file__])
    assert keys.script_folder() == tmp_path, "python -m livetechno too"
    monkeypatch.setattr(sys, "argv", [])
    assert keys.script_folder() == tmp_path


# To which address it belongs


@pytest.mark.parametrize(
    ("variable", "asked", "given"),
    [
        (None, OPENAI, True),
        (None, "https://API.openai.com:443/v1/", True),
        (None, LOCAL, False),
        (None, "https://api.openai.com.evil.com/v1", False),
        (None, "https://api.openai.com/v2", False),
        (OTHER, OTHER + "/", True),
        (OTHER, OPENAI, False),
        ("http://evil.com/v1", OPENAI, False),
        ("not an address", OPENAI, False),
    ],
)
def test_the_variables_key_goes_to_the_variables_address_only(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, asked: str, given: bool
) -> None:
    """CVE-2024-6587: a foreign api_base received the real key."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if variable:
        monkeypatch.setenv("OPENAI_BASE_URL", variable)
    assert revealed(asked) == (KEY if given else None)


def test_a_files_key_goes_to_the_files_address_only(tmp_path: Path) -> None:
    put(beside(tmp_path), {"api_key": KEY})
    assert (revealed(OPENAI), revealed(OTHER)) == (KEY, None)
    put(beside(tmp_path), {"api_key": KEY, "base_url": "HTTPS://x.example:443/v1/"})
    assert (revealed(OPENAI), revealed(OTHER)) == (None, KEY)
    put(beside(tmp_path), {"api_key": KEY, "keys": {LOCAL: KEY_2}})
    assert (revealed(OPENAI), revealed(OTHER), revealed(LOCAL)) == (KEY, None, KEY_2)


def test_a_keyring_entry_goes_to_its_address_only(keyring: Keyring) -> None:
    keys.store(Secret(KEY), OTHER)
    assert (revealed(OPENAI), revealed(OTHER)) == (None, KEY)
    assert list(keyring.entries) == [("livetechno", OTHER)]


def test_no_address_that_may_not_be_used_gets_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://x.example/v1")
    for call in (keys.find, keys.forget, lambda url: keys.store(Secret(KEY), url)):
        with pytest.raises(AddressRefusedError):
            call("http://x.example/v1")


@given(st.dictionaries(st.sampled_from([OPENAI, LOCAL, OTHER]), st.sampled_from([KEY, KEY_2])), st.data())
def test_each_address_gets_its_own_key_back_and_no_other(stored: dict[str, str], data: st.DataObject) -> None:
    for address in (OPENAI, LOCAL, OTHER):
        keys.forget(address)
    for address, key in stored.items():
        keys.store(Secret(key), address)
    for address in data.draw(st.lists(st.sampled_from([OPENAI, LOCAL, OTHER]))):
        assert keys.forget(address) == ([str(keys.home_file())] if stored.pop(address, None) else [])
    assert {url: revealed(url) for url in (OPENAI, LOCAL, OTHER)} == {
        url: stored.get(url) for url in (OPENAI, LOCAL, OTHER)
    }
    assert keys.home_file().exists() == bool(stored)


# The file


def test_the_briefs_file_is_what_is_written_for_openai() -> None:
    found = keys.store(Secret(KEY), OPENAI)
    assert (found.source, found.where) == ("home", str(keys.home_file()))
    assert json.loads(keys.home_file().read_text("utf-8")) == {"api_key": KEY}


def test_several_addresses_share_the_file() -> None:
    keys.store(Secret(KEY), LOCAL)
    assert json.loads(keys.home_file().read_text("utf-8")) == {"api_key": KEY, "base_url": LOCAL}
    keys.store(Secret(KEY_2), OPENAI)
    assert json.loads(keys.home_file().read_text("utf-8"))["keys"] == {OPENAI: KEY_2}
    keys.forget(LOCAL)
    keys.store(Secret(KEY), OPENAI)
    assert json.loads(keys.home_file().read_text("utf-8")) == {"api_key": KEY}


def test_fields_that_we_do_not_know_stay() -> None:
    put(keys.home_file(), {"api_key": KEY, "organization": "org-é", "keys": {}})
    keys.store(Secret(KEY_2), OPENAI)
    assert json.loads(keys.home_file().read_text("utf-8")) == {"organization": "org-é", "api_key": KEY_2}
    keys.forget(OPENAI)
    assert json.loads(keys.home_file().read_text("utf-8")) == {"organization": "org-é", "keys": {}}
    assert keys.find(OPENAI) is None


@posix
def test_the_file_is_created_for_its_owner_only_whatever_the_umask() -> None:
    """F4: created with O_EXCL and 0600, parent 0700."""
    former = os.umask(0)
    try:
        keys.store(Secret(KEY), OPENAI)
    finally:
        os.umask(former)
    assert stat.S_IMODE(keys.home_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.home_file().parent.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o620])
def test_a_file_that_others_can_reach_is_refused_until_it_is_closed(tmp_path: Path, mode: int) -> None:
    """F4: refuse group- and world-readable."""
    put(beside(tmp_path), {"api_key": KEY}, mode)
    with pytest.raises(KeyFileError, match="chmod 600") as caught:
        keys.find(OPENAI)
    assert caught.value.exit_code == 3
    assert str(beside(tmp_path)) in str(caught.value)
    beside(tmp_path).chmod(0o600)
    assert revealed() == KEY


@posix
def test_storing_a_key_mends_a_home_file_that_others_can_read() -> None:
    put(keys.home_file(), {"api_key": KEY, "keys": {LOCAL: KEY}}, 0o644)
    keys.store(Secret(KEY_2), OPENAI)
    assert stat.S_IMODE(keys.home_file().stat().st_mode) == 0o600
    assert (revealed(OPENAI), revealed(LOCAL)) == (KEY_2, KEY)


@posix
def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    target = put(tmp_path / "target.json", {"api_key": KEY})
    keys.home_file().parent.mkdir()
    keys.home_file().symlink_to(target)
    with pytest.raises(KeyFileError, match="link"):
        keys.store(Secret(KEY_2), OPENAI)
    assert json.loads(target.read_text("utf-8")) == {"api_key": KEY}


@posix
def test_a_named_pipe_in_place_of_the_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(beside(tmp_path), 0o600)
    with pytest.raises(KeyFileError, match="no ordinary file"):
        keys.find(OPENAI)


BROKEN = {
    "empty": b"",
    "half": b'{"api_key": "' + KEY[:20].encode(),
    "binary": b"\x00\xff\xfe\x80" * 9,
    "UTF-16": '{"api_key": "x"}'.encode("utf-16"),
    "huge": b" " * (key_file.MOST_BYTES + 1),
    "deep": b"[" * 60_000,
    "a list": [KEY],
    "a text": KEY,
    "another field": {"apikey": KEY},
    "key null": {"api_key": None},
    "key a number": {"api_key": 12345678},
    "key a list": {"api_key": [KEY]},
    "key empty": {"api_key": ""},
    "key with a space": {"api_key": KEY + " " + KEY_2},
    "address a number": {"api_key": KEY, "base_url": 3},
    "address null": {"api_key": KEY, "base_url": None},
    "address refused": {"api_key": KEY, "base_url": "http://x.example/v1"},
    "keys a list": {"api_key": KEY, "keys": [KEY_2]},
    "keys with a bad address": {"keys": {"x": KEY}},
    "keys with a bad key": {"keys": {LOCAL: {"key": KEY}}},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_broken_file_is_a_clear_error_without_the_key_and_stays_as_it_is(
    content: object, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", language)
    path = put(keys.home_file(), content)
    before = path.read_bytes()
    for call in (keys.find, keys.forget):
        with pytest.raises(KeyFileError) as caught:
            call(OPENAI)
        error = caught.value
        assert str(path) in str(error)
        assert error.detail
        # Below this test's own frame, which holds the content.
        below = error.__traceback__ and error.__traceback__.tb_next
        shown = traceback.TracebackException(KeyFileError, error, below, capture_locals=True)
        text = "".join(shown.format())
        assert "aZ3kQ9xT" not in text
        assert "Qw7eRt5y" not in text
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [key_file.FILE_NAME]


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_key_takes_the_place_of_a_broken_file_which_stays_beside(content: object) -> None:
    path = put(keys.home_file(), content)
    before = path.read_bytes()
    with pytest.warns(keys.KeyFileWarning, match=r"stays beside the new one as .*\.bad\.") as caught:
        keys.store(Secret(KEY_2), OPENAI)
    told = str(caught[0].message)
    assert "aZ3kQ9xT" not in told
    assert revealed() == KEY_2
    kept = path.with_name(path.name + ".bad")
    assert kept.read_bytes() == before
    assert os.name != "posix" or kept.stat().st_mode & 0o077 == 0
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, kept.name}


def test_no_file_that_was_set_aside_is_ever_overwritten() -> None:
    for content in (b"first", b"second", b"third"):
        put(keys.home_file(), content)
        with pytest.warns(keys.KeyFileWarning, match="beside"):
            keys.store(Secret(KEY), OPENAI)
    kept = sorted(keys.home_file().parent.glob("*.bad*"))
    assert [file.read_bytes() for file in kept] == [b"first", b"second", b"third"]


def test_a_broken_file_that_cannot_be_kept_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(keys.home_file(), b"{")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(KeyFileError, match="No space left"):
        keys.store(Secret(KEY), OPENAI)
    assert path.read_bytes() == b"{"


def test_a_home_folder_in_a_git_tree_is_told_to_move_out_of_it() -> None:
    keys.home_file().parent.mkdir(parents=True)
    (keys.home_file().parent / ".git").mkdir()
    with pytest.warns(keys.KeyFileWarning, match="LIVETECHNO_HOME") as caught:
        keys.store(Secret(KEY), OPENAI)
    with pytest.warns(keys.KeyFileWarning, match="LIVETECHNO_HOME"):
        keys.find(OPENAI)
    assert "key set" not in str(caught[0].message)


def test_an_empty_object_is_named_when_read_and_filled_when_stored_to() -> None:
    put(keys.home_file(), {})
    with pytest.raises(KeyFileError, match='no field "api_key"'):
        keys.find(OPENAI)
    keys.store(Secret(KEY), OPENAI)
    assert revealed() == KEY


def test_a_failed_write_leaves_the_old_key_and_shows_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(keys.home_file(), {"api_key": KEY})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left") as caught:
        keys.store(Secret(KEY_2), OPENAI)
    assert json.loads(path.read_text("utf-8")) == {"api_key": KEY}
    assert [entry.name for entry in path.parent.iterdir()] == [key_file.FILE_NAME]
    below = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    shown = traceback.TracebackException(KeyFileError, caught.value, below, capture_locals=True)
    assert "aZ3kQ9xT" not in "".join(shown.format())
    assert "Qw7eRt5y" not in "".join(shown.format())


def test_a_file_in_a_git_tree_works_and_warns(tmp_path: Path) -> None:
    """F4: warn when inside a git tree."""
    put(beside(tmp_path), {"api_key": KEY})
    (tmp_path / ".git").mkdir()
    with pytest.warns(keys.KeyFileWarning, match="git tree"):
        assert revealed() == KEY
    beside(tmp_path).unlink()
    with pytest.warns(keys.KeyFileWarning, match="git tree"):
        keys.store(Secret(KEY), OPENAI)


def test_a_file_in_icloud_works_and_warns(tmp_path: Path) -> None:
    """F4: warn when inside an iCloud folder."""
    folder = tmp_path / "Library" / "Mobile Documents" / "app"
    put(folder / key_file.FILE_NAME, {"api_key": KEY})
    with pytest.warns(keys.KeyFileWarning, match="iCloud"):
        assert keys.find(OPENAI, beside=folder)


def test_a_file_for_another_address_does_not_warn(tmp_path: Path) -> None:
    put(beside(tmp_path), {"api_key": KEY})
    (tmp_path / ".git").mkdir()
    assert revealed(LOCAL) is None


# The keyring


def test_a_key_goes_to_the_keyring_where_one_works(keyring: Keyring) -> None:
    put(keys.home_file(), {"api_key": KEY_2})
    found = keys.store(Secret(KEY), OPENAI)
    assert (found.source, found.where) == ("keyring", "the system's keyring (entry livetechno)")
    assert keyring.entries == {("livetechno", OPENAI): KEY}
    assert not keys.home_file().exists(), "no older key is left in the clear"
    assert keys.forget(OPENAI) == [found.where]
    assert keyring.entries == {}


def test_a_key_goes_to_the_file_when_asked_and_is_then_the_one_in_use(keyring: Keyring) -> None:
    keys.store(Secret(KEY), OPENAI)
    assert keys.store(Secret(KEY_2), OPENAI, where="home").source == "home"
    assert revealed() == KEY_2


def test_forgetting_takes_it_from_both_places(keyring: Keyring) -> None:
    keyring.set_password("livetechno", OPENAI, KEY)
    put(keys.home_file(), {"api_key": KEY})
    assert len(keys.forget(OPENAI)) == 2
    assert keys.forget(OPENAI) == []


def test_what_is_not_ours_to_forget_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    put(beside(tmp_path), {"api_key": KEY_2})
    assert keys.forget(OPENAI) == []
    assert (found := keys.find(OPENAI))
    assert found.where == "OPENAI_API_KEY"


@pytest.mark.parametrize("priority", [0, -1, 0.5])
def test_a_backend_that_is_none_or_plain_text_is_not_used(
    monkeypatch: pytest.MonkeyPatch, priority: float
) -> None:
    backend = Keyring()
    backend.priority = priority
    plug_in(monkeypatch, backend)
    assert keys.store(Secret(KEY), OPENAI).source == "home"
    with pytest.raises(KeyProblem, match="no keyring here"):
        keys.store(Secret(KEY), OPENAI, where="keyring")


def test_without_the_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert keys.KeyringStore.usable() is None
    assert keys.find(OPENAI) is None


class BrokenKeyring(Keyring):
    def get_password(self, *_: str) -> str | None:
        raise RuntimeError("org.freedesktop.secrets is not there")

    def set_password(self, *given: str) -> None:
        raise RuntimeError(f"cannot keep {given[-1]}")


def test_a_broken_keyring_is_passed_over_with_a_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plug_in(monkeypatch, BrokenKeyring())
    put(beside(tmp_path), {"api_key": KEY})
    with pytest.warns(keys.KeyringWarning, match="freedesktop"):
        assert revealed() == KEY
    with pytest.warns(keys.KeyringWarning, match="cannot keep sk-test-…"):
        assert keys.store(Secret(KEY), OPENAI).source == "home"
    with pytest.raises(KeyProblem, match="does not work") as caught:
        keys.store(Secret(KEY), OPENAI, where="keyring")
    assert "aZ3kQ9xT" not in str(caught.value)


def test_a_keyring_that_hangs_is_left_after_a_while_and_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    asked: list[str] = []

    class Hanging(Keyring):
        def get_password(self, *given: str) -> str | None:
            asked.append(given[-1])
            release.wait(10)
            return None

    plug_in(monkeypatch, Hanging())
    monkeypatch.setattr(keys, "KEYRING_SECONDS", 0.02)
    put(keys.home_file(), {"api_key": KEY})
    try:
        with pytest.warns(keys.KeyringWarning, match=r"no answer within 0\.02 s"):
            assert revealed() == KEY
        assert revealed() == KEY
        assert asked == [OPENAI]
    finally:
        release.set()


def test_a_malformed_entry_of_the_keyring_is_named_and_not_quoted(keyring: Keyring) -> None:
    keyring.set_password("livetechno", OPENAI, KEY + " " + KEY_2)
    with pytest.raises(KeyProblem, match=r"keyring \(entry livetechno\): a key has no space") as caught:
        keys.find(OPENAI)
    below = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    shown = traceback.TracebackException(KeyProblem, caught.value, below, capture_locals=True)
    assert "aZ3kQ9xT" not in "".join(shown.format())


def test_the_real_package_is_driven_as_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    package = pytest.importorskip("keyring")
    backend_module = pytest.importorskip("keyring.backend")

    class InMemory(Keyring, backend_module.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 5

        def __init__(self) -> None:
            backend_module.KeyringBackend.__init__(self)
            Keyring.__init__(self)

    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    former = package.get_keyring()
    package.set_keyring(InMemory())
    try:
        assert keys.store(Secret(KEY), OPENAI).source == "keyring"
        assert revealed() == KEY
        assert len(keys.forget(OPENAI)) == 1
    finally:
        package.set_keyring(former)


class OfAHost(keys.KeyringStore):
    """A host's own place for keys."""

    @property
    def where(self) -> str:
        return "the host's vault"


def test_a_hosts_place_for_keys_stands_where_the_keyring_does(keyring: Keyring) -> None:
    vault = Keyring()
    keys.use(OfAHost(vault))
    assert keys.store(Secret(KEY), LOCAL) == keys.FoundKey(Secret(KEY), "keyring", "the host's vault")
    assert (revealed(LOCAL), revealed()) == (KEY, None)
    assert list(vault.entries) == [(keys.SERVICE, LOCAL)]
    assert not keyring.entries
    assert not keys.home_file().exists()
    assert keys.forget(LOCAL) == ["the host's vault"]
    keys.use(None)
    assert keys.store(Secret(KEY), LOCAL).where != "the host's vault"
    assert keyring.entries


def test_a_hosts_place_that_fails_is_passed_over_with_a_notice() -> None:
    keys.use(OfAHost(BrokenKeyring()))
    with pytest.warns(keys.KeyringWarning, match="does not work"):
        assert keys.store(Secret(KEY), OPENAI).source == "home"
    with pytest.warns(keys.KeyringWarning, match="does not work"):
        assert revealed() == KEY
    with pytest.raises(KeyProblem, match="does not work"):
        keys.store(Secret(KEY), OPENAI, where="keyring")


@pytest.mark.parametrize("store", [keys.HomeFileStore, lambda: keys.KeyringStore(Keyring())])
def test_every_store_keeps_the_same_promises(store: type[keys.HomeFileStore]) -> None:
    kept: keys.KeyStore = store()
    assert kept.where
    assert kept.get(OPENAI) is None
    assert not kept.delete(OPENAI)
    kept.set(OPENAI, Secret(KEY))
    kept.set(LOCAL, Secret(KEY_2))
    kept.set(OPENAI, Secret(KEY_2))
    assert (kept.get(OPENAI), kept.get(LOCAL), kept.get(OTHER)) == (Secret(KEY_2), Secret(KEY_2), None)
    assert kept.delete(OPENAI)
    assert (kept.get(OPENAI), kept.get(LOCAL)) == (None, Secret(KEY_2))

"""livetechno.py on a phone: it installs, updates, starts, goes back, removes; and it is the package.

Small packages stand for livetechno here: what is tested is the way that they come and go.
"""

from __future__ import annotations

import ast
import io
import json
import locale
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonista import livetechno as starter

from tests.hosts.pythonista.phone import Phone
from tools.pythonista import ROOT, carried, pack, with_manifest

SCRIPT = ROOT / "pythonista" / "livetechno.py"
KILLING = Path(__file__).with_name("killing.py")
MAIN = """
import sys
from livetechno import __version__
def main(arguments):
    sys.modules.setdefault("_running", []).append(__version__)
    print("started", __version__, *arguments)
"""
RUNNING = """
import sys
def stop_all():
    running = sys.modules.get("_running", [])
    print(*("stopped " + version + chr(10) for version in running), sep="", end="")
    running.clear()
"""


def packed(version: str, **more: bytes) -> bytes:
    """The zip of a small livetechno."""
    init = f'"""A small one."""\n__version__ = "{version}"\nask = "answered by {version}".format\n'
    files = {
        "livetechno.py": SCRIPT.read_bytes(),
        "livetechno/__init__.py": init.encode(),
        "livetechno/tool.py": b"import livetechno\nversion = livetechno.__version__\n",
        "livetechno/hosts/__init__.py": b"",
        "livetechno/hosts/pythonista/__init__.py": MAIN.encode(),
        "livetechno/hosts/pythonista/running.py": RUNNING.encode(),
        **more,
    }
    return pack(with_manifest(files))


def id_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        identity: str = json.loads(archive.read("manifest.json"))["id"]
    return identity


class Home:
    """A phone's home folder with the starter in Documents, and what is done there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = folder / "Documents"
        self.files = self.documents / "livetechno-files"
        self.copy = self.documents / "site-packages" / "livetechno.py"
        self.data = folder / "Library" / "Application Support" / "livetechno"
        self.documents.mkdir(parents=True)
        (self.documents / "livetechno.py").write_bytes(SCRIPT.read_bytes())

    def put(self, content: bytes) -> None:
        (self.documents / "livetechno.zip").write_bytes(content)

    def python(self, *command: str, said: str = "", language: str = "en") -> str:
        """What Python prints when it runs this, started as one starts in the app: nothing is installed."""
        environment = {**os.environ, "HOME": str(self.folder), "LIVETECHNO_LANG": language}
        answer = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", *command],
            env=environment,
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""
        return answer.stdout

    def run(self, *arguments: str, said: str = "", language: str = "en") -> str:
        """Tap Run on livetechno.py."""
        return self.python(str(self.documents / "livetechno.py"), *arguments, said=said, language=language)

    def script(self, code: str, *folders: Path) -> str:
        """Run a script that finds modules in these folders; in site-packages without any."""
        paths = [str(folder) for folder in folders or [self.copy.parent]]
        return self.python("-c", f"import sys; sys.path[:0] = {paths!r}\n{code}")

    def versions(self) -> set[str]:
        return {path.name for path in self.files.iterdir()} - {"current"}

    def tree(self) -> dict[str, bytes]:
        files = (path for path in self.documents.rglob("*") if path.is_file())
        return {path.relative_to(self.documents).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "phone")


ONE, TWO, THREE = packed("1.0"), packed("2.0"), packed("3.0")


def test_the_first_run_installs_and_starts_and_the_next_just_starts(home: Home) -> None:
    home.put(ONE)
    first = home.run("--ask", "Why?")
    assert first.startswith(f"livetechno {id_of(ONE)} is installed.")
    assert first.endswith("started 1.0 --ask Why?\n")
    before = home.tree()
    assert home.run() == "started 1.0\n"
    assert home.tree() == before
    (home.documents / "livetechno.zip").unlink()
    assert home.run() == "started 1.0\n"


def test_every_script_imports_it_from_beside_the_starter_and_from_site_packages(home: Home) -> None:
    home.put(ONE)
    home.run()
    code = (
        "from livetechno import ask\nimport livetechno.tool, livetechno, importlib.resources\n"
        "print(ask(), livetechno.tool.version, livetechno.__doc__)\n"
        "print(importlib.resources.files('livetechno').joinpath('tool.py').is_file())\n"
        "print(sorted(name for name in vars(livetechno) if name[0] != '_'))\n"
    )
    wanted = "answered by 1.0 1.0 A small one.\nTrue\n['ask', 'hosts', 'tool']\n".replace("'hosts', ", "")
    assert home.script(code) == wanted
    assert home.script(code, home.documents) == wanted
    again = "import livetechno.tool, importlib; importlib.reload(livetechno); print(livetechno.tool.version)"
    assert home.script(again) == "1.0\n"


def test_an_import_before_the_first_run_says_what_to_do(home: Home) -> None:
    code = "try:\n    import livetechno\nexcept ImportError as error:\n    print(error)"
    assert home.script(code, home.documents) == "livetechno is not installed: run livetechno.py once.\n"


def test_an_update_keeps_the_version_before_and_no_older_one(home: Home) -> None:
    for content in (ONE, TWO, THREE):
        home.put(content)
        home.run()
    assert home.versions() == {id_of(TWO), id_of(THREE)}
    assert home.script("import livetechno; print(livetechno.__version__)") == "3.0\n"


def test_one_may_go_back_and_stays_there_until_another_zip_comes(home: Home) -> None:
    assert "no previous version" in home.run("previous")
    home.put(ONE)
    home.run()
    assert home.run("previous") == "There is no previous version to go back to.\nstarted 1.0\n"
    home.put(TWO)
    home.run()
    assert home.run("previous").endswith("started 1.0\n")
    assert home.run() == "started 1.0\n"
    assert home.run("previous").endswith("started 2.0\n")
    home.run("previous")
    home.put(THREE)
    assert home.run().endswith("started 3.0\n")
    assert home.versions() == {id_of(ONE), id_of(THREE)}


def test_a_version_that_was_lost_comes_again_from_the_zip_or_is_the_one_before(home: Home) -> None:
    for content in (ONE, TWO):
        home.put(content)
        home.run()
    shutil.rmtree(home.files / id_of(TWO))
    assert home.script("import livetechno; print(livetechno.__version__)") == "1.0\n"
    (home.documents / "livetechno.zip").unlink()
    assert home.run() == "started 1.0\n"
    home.put(THREE)
    assert home.run().endswith("started 3.0\n")


def test_one_file_alone_does_the_same(home: Home) -> None:
    (home.documents / "livetechno.py").unlink()
    home.put(ONE)  # an older zip that lies about
    whole = SCRIPT.read_bytes() + carried(TWO)
    (home.documents / "livetechno_one.py").write_bytes(whole)
    assert home.python(str(home.documents / "livetechno_one.py")).endswith("started 2.0\n")
    assert home.python(str(home.documents / "livetechno_one.py")) == "started 2.0\n"
    assert home.copy.read_bytes() == SCRIPT.read_bytes()
    assert home.script("import livetechno; print(livetechno.__version__)") == "2.0\n"
    (home.documents / "livetechno_one.py").write_bytes(whole[:-1000])
    assert "damaged" in home.python(str(home.documents / "livetechno_one.py"))


# --- what goes wrong

OTHERS = {
    "another zip": pack({"holiday.jpg": b"\xff\xd8"}),
    "another manifest": pack({"manifest.json": b'{"name": "other", "id": "1.0-00000000", "files": {}}'}),
    "a manifest of nothing": pack({"manifest.json": b"{}"}),
    "a manifest that is a list": pack({"manifest.json": b"[1]"}),
    "a manifest without files": pack(
        {"manifest.json": b'{"name": "livetechno", "id": "1-00000000", "files": 1}'}
    ),
    "no zip": b"<html>Not found</html>",
    "nothing": b"",
    "cut": packed("9.0")[:-200],
    "cut in the middle": packed("9.0")[:2000],
}
OUTSIDE = pack(with_manifest({"livetechno/__init__.py": b'__version__ = "9.0"\n', "../outside.py": b"x"}))


def spoilt() -> bytes:
    """A zip in which one file is another than the manifest says."""
    good = with_manifest({"livetechno/__init__.py": b'__version__ = "9.0"\n'})
    return pack({**good, "livetechno/__init__.py": b'__version__ = "6.6"\n'})


@pytest.mark.parametrize("content", [*OTHERS.values(), OUTSIDE, spoilt()], ids=[*OTHERS, "outside", "spoilt"])
def test_a_zip_that_is_not_ours_or_not_whole_is_told_and_changes_nothing(home: Home, content: bytes) -> None:
    home.put(ONE)
    home.run()
    home.put(content)
    before = home.tree()
    told = home.run(language="fr")
    assert told.endswith("Rien n’a changé.\nstarted 1.0\n"), told
    assert home.tree() == before
    assert [path.name for path in home.folder.rglob("outside.py")] == []


@given(st.integers(0, len(TWO) - 1), st.integers(0, 255), st.booleans())
def test_a_byte_that_is_lost_or_changed_is_noticed_or_is_none_of_a_file(
    at: int, byte: int, cut: bool
) -> None:
    content = TWO[:at] if cut else TWO[:at] + bytes([byte]) + TWO[at + 1 :]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as world:
        documents = Path(folder)
        (documents / "livetechno.zip").write_bytes(content)
        (documents / "livetechno.py").write_bytes(SCRIPT.read_bytes())
        world.setattr(starter, "__file__", str(documents / "livetechno.py"))
        world.setattr(starter, "FILES", documents / "files")
        try:
            starter.update()
        except starter.InstallError:
            assert list(documents.glob("files/*")) == []
        else:
            installed = documents / "files" / id_of(TWO)
            assert {path.name for path in documents.glob("files/*")} == {installed.name, "current"}
            assert (installed / "livetechno" / "tool.py").read_bytes().startswith(b"import livetechno")
            assert 'version__ = "2.0"' in (installed / "livetechno" / "__init__.py").read_text("utf-8")


def test_without_anything_to_install_it_says_where_the_zip_belongs(home: Home) -> None:
    assert (
        home.run()
        == "livetechno.zip is not here. Put it beside this script, in Documents, and run me again.\n"
    )
    assert home.run(language="fr").startswith("livetechno.zip n’est pas là.")


@pytest.mark.parametrize(("languages", "language"), [(["fr-CH", "en"], "fr"), (["de-DE"], "en"), ([], "en")])
def test_on_a_phone_it_speaks_the_devices_language_in_a_dialog(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, languages: list[str], language: str
) -> None:
    monkeypatch.delenv("LIVETECHNO_LANG")
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    phone.app.languages = languages
    phone.answers(1)
    phone.run(lambda: starter.tell(starter.say("foreign"))).wait()
    assert [one.details["message"] for one in phone.asked] == [starter.SENTENCES[language]["foreign"]]


def test_another_livetechno_in_site_packages_stays(home: Home) -> None:
    home.put(ONE)
    home.copy.parent.mkdir()
    home.copy.write_text("# mine", "utf-8")
    assert "Only scripts beside livetechno.py" in home.run()
    home.run("uninstall")
    assert home.copy.read_text("utf-8") == "# mine"


def test_nothing_of_others_in_its_folder_is_removed(home: Home) -> None:
    home.put(ONE)
    home.run()
    (home.files / "my-notes").mkdir()
    (home.files / "notes.txt").write_text("mine", "utf-8")
    home.put(TWO)
    home.run()
    assert home.versions() == {id_of(ONE), id_of(TWO), "my-notes", "notes.txt"}


# --- one interpreter for all runs


def test_an_update_stops_what_runs_and_forgets_its_modules_and_no_other(home: Home, tmp_path: Path) -> None:
    home.put(ONE)
    (tmp_path / "two.zip").write_bytes(TWO)
    zip_file, script = str(home.documents / "livetechno.zip"), str(home.documents / "livetechno.py")
    code = (
        "import runpy, shutil, types\n"
        "other = sys.modules['livetechno_other'] = types.ModuleType('livetechno_other')\n"
        f"run = lambda: runpy.run_path({script!r}, run_name='__main__')\n"
        "run()\n"
        "import livetechno.hosts.pythonista.running, livetechno.tool\n"
        "first = livetechno\n"
        "run()\n"
        "assert sys.modules['livetechno'] is first\n"
        f"shutil.copy({str(tmp_path / 'two.zip')!r}, {zip_file!r})\n"
        "run()\n"
        "for name in [name for name in sys.modules if name.startswith('livetechno')]:\n"
        "    if name != 'livetechno_other': del sys.modules[name]  # as the app does with changed modules\n"
        "run()\n"
        "import livetechno.tool\n"
        "print(livetechno.tool.version, sys.modules['livetechno_other'] is other)\n"
        f"print([path for path in sys.path if {str(home.files)!r} in path])\n"
    )
    told = [line for line in home.script(code).splitlines() if "installed" not in line]
    assert told == [
        *("started 1.0", "started 1.0", "stopped 1.0", "stopped 1.0", "started 2.0"),
        *("stopped 2.0", "started 2.0", "2.0 True", "[]"),
    ]


def test_a_version_that_fails_to_start_can_be_left(home: Home) -> None:
    home.put(ONE)
    home.run()
    home.put(packed("2.0", **{"livetechno/hosts/pythonista/__init__.py": b"raise OSError('broken')"}))
    with pytest.raises(AssertionError, match="broken"):
        home.run()
    assert home.run("previous").endswith("started 1.0\n")


# --- whatever ends it, and whenever


def killed_at_each_step(home: Home, *arguments: str) -> list[list[str]]:
    """What can be imported after each end, and after the run that follows."""
    before = home.folder.with_name("before")
    shutil.copytree(home.folder, before)
    told = home.python(str(KILLING), str(home.folder), str(before), *arguments)
    return [json.loads(line) for line in told.splitlines()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, as killing.py is one process for all steps")
def test_an_update_that_is_killed_anywhere_leaves_the_old_version_or_the_new_one(home: Home) -> None:
    for content in (ONE, TWO):
        home.put(content)
        home.run()
    home.put(THREE)
    seen = killed_at_each_step(home)
    assert len(seen) > 20
    assert [after for _, after in seen] == ["3.0"] * len(seen)
    found = [version for version, _ in seen]
    assert found == sorted(found)
    assert set(found) == {"2.0", "3.0"}
    assert home.versions() == {id_of(TWO), id_of(THREE)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_first_run_that_is_killed_anywhere_is_made_good_by_the_next(home: Home) -> None:
    home.put(ONE)
    seen = killed_at_each_step(home)
    assert len(seen) > 10
    assert seen == sorted(seen, key=lambda pair: pair[0] != "none")
    assert {tuple(pair) for pair in seen} == {("none", "1.0"), ("1.0", "1.0")}
    assert home.versions() == {id_of(ONE)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("arguments", "after"), [(["uninstall"], {"none"}), (["previous"], {"1.0", "2.0"})])
def test_what_else_it_does_may_be_killed_anywhere_too(
    home: Home, arguments: list[str], after: set[str]
) -> None:
    for content in (ONE, TWO):
        home.put(content)
        home.run()
    (home.documents / "livetechno.zip").unlink()
    seen = killed_at_each_step(home, *arguments)
    assert {found for found, _ in seen} == after | {"2.0"}
    assert {later for _, later in seen} == after


# --- removing


def with_data(home: Home) -> None:
    home.data.mkdir(parents=True)
    (home.data / "livetechno.db").write_bytes(b"conversations")
    (home.documents / "mine.py").write_text("print()", "utf-8")


def test_uninstalling_leaves_the_data_unless_it_is_told_otherwise(home: Home) -> None:
    with_data(home)
    for said in ("", "\n", "n\n", "no\n"):
        home.put(ONE)
        home.run()
        told = home.run("uninstall", said=said)
        assert "livetechno is removed." in told
        assert "Your conversations and settings stay" in told
        assert set(home.tree()) == {"livetechno.py", "livetechno.zip", "mine.py"}
    assert (home.data / "livetechno.db").exists()
    home.run("uninstall", said="o\n", language="fr")
    assert not home.data.exists()
    assert set(home.tree()) == {"livetechno.py", "livetechno.zip", "mine.py"}


def test_uninstalling_removes_livetechnos_keys_and_no_other(home: Home) -> None:
    home.put(ONE)
    home.run()
    (home.copy.parent / "keychain.py").write_text(
        "kept = [('openai', 'api_key'), ('openai', 'https://a.example/v1')]\n"
        "kept += [('openai', 'mine'), ('other', 'api_key')]\n"
        "def get_services(): return list(kept)\n"
        "def delete_password(*entry): kept.remove(entry)\n",
        "utf-8",
    )
    script = str(home.documents / "livetechno.py")
    code = (
        f"import runpy, keychain\nuninstall = runpy.run_path({script!r}, run_name='other')['uninstall']\n"
        "uninstall(data=False)\nprint(len(keychain.kept))\nuninstall(data=True)\nprint(keychain.kept)"
    )
    told = home.script(code).splitlines()
    assert told[2] == "4" or told[1] == "4"
    assert told[-1] == "[('openai', 'mine'), ('other', 'api_key')]"


# --- the file itself


def test_both_languages_say_the_same_things() -> None:
    english, french = starter.SENTENCES["en"], starter.SENTENCES["fr"]
    assert set(english) == set(french)
    source = SCRIPT.read_text("utf-8")
    assert [key for key in english if f'say("{key}"' not in source] == []
    for key, sentence in english.items():
        assert {part for part in ("{version}", "{folder}", "{reason}") if part in sentence} == {
            part for part in ("{version}", "{folder}", "{reason}") if part in french[key]
        }


def test_it_is_small_and_needs_the_standard_library_and_the_app_only() -> None:
    source = SCRIPT.read_text("utf-8")
    assert len(source.encode()) <= 20_000
    tree = ast.parse(source, feature_version=(3, 6))  # so that an older app can say that it is too old
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"console", "keychain", "objc_util"}

"""Packages put under another: imports rewritten, strings by the table, files as they were released."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.vendoring import VendoringError, distribution, locked, replace_once, rewrite, top_level

NAMES = {"yarl", "attr"}
UNDER = "own._vendor"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import yarl", "from own._vendor import yarl"),
        ("import yarl as y", "from own._vendor import yarl as y"),
        ("import yarl._url as u", "import own._vendor.yarl._url as u"),
        ("import yarl._url", "import own._vendor.yarl._url; from own._vendor import yarl"),
        ("import os, yarl, re as r", "import os; from own._vendor import yarl; import re as r"),
        ("from yarl import URL", "from own._vendor.yarl import URL"),
        (
            "from yarl._url import (\n    URL,  # and why\n)\n",
            "from own._vendor.yarl._url import (\n    URL,  # and why\n)\n",
        ),
        ("from \\\n  yarl import URL", "from \\\n  own._vendor.yarl import URL"),
        ("if x: import yarl; y = 1", "if x: from own._vendor import yarl; y = 1"),
        ("é = 'é'; import yarl; é = yarl", "é = 'é'; from own._vendor import yarl; é = yarl"),
        (
            "def f():\n\tfrom attr import s\r\n\treturn s",
            "def f():\n\tfrom own._vendor.attr import s\r\n\treturn s",
        ),
        ("a = '\x0c\u2028'\nimport attr", "a = '\x0c\u2028'\nfrom own._vendor import attr"),
    ],
)
def test_an_import_is_rewritten_where_it_stands(source: str, wanted: str) -> None:
    assert rewrite(source, NAMES, UNDER) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "from . import yarl",
        "from .yarl import URL",
        "from yarl2 import URL",
        "import own.yarl",
        "text = '''\nimport yarl\n'''",
        "# import yarl",
        "yarl = attr.yarl",
    ],
)
def test_what_imports_none_of_them_stays(source: str) -> None:
    assert rewrite(source, NAMES, UNDER) == source


MODULES = ["aa", "aa.x", "aa.x.y", "bb", "bb.x", "cc", "cc.x"]
"""Packages that the tests below make; `cc` is not moved."""
aliases = st.tuples(st.sampled_from(MODULES), st.sampled_from(["", " as p", " as q", " as aa"]))
statements = st.one_of(
    st.lists(aliases, min_size=1, max_size=3).map(lambda of: "import " + ", ".join(map("".join, of))),
    aliases.map(lambda of: f"from {of[0]} import name{of[1]}"),
    st.sampled_from(["from aa import x", "from aa.x import (\n  y as p,\n name)", "pass", "é = 'é'"]),
)
separators = st.sampled_from(["\n", "; ", "\r\n", "\n\n# aa\n"])


@given(st.lists(st.tuples(statements, separators), max_size=6))
def test_what_a_program_binds_is_the_same_from_another_place(parts: list[tuple[str, str]]) -> None:
    source = "".join(statement + separator for statement, separator in parts).rstrip("; ")
    assert bound(rewrite(source, {"aa", "bb"}, "own.vendor")) == bound(source)


def bound(source: str) -> dict[str, str]:
    """What running this binds, by the names that the packages of MODULES say they have."""
    with pytest.MonkeyPatch.context() as world:
        for prefix in ("", "own.vendor."):
            for name in MODULES:
                make(world, prefix + name, says=name)
        names: dict[str, object] = {}
        exec(compile(source, "<program>", "exec"), names)
    return {
        name: vars(value).get("name", "") if isinstance(value, ModuleType) else str(value)
        for name, value in names.items()
        if name not in ("__builtins__", "own")
    }


def make(world: pytest.MonkeyPatch, name: str, says: str) -> None:
    above, _, last = name.rpartition(".")
    if above and above not in sys.modules:
        make(world, above, says="")
    module = ModuleType(name)
    vars(module).update(__path__=[], name=says)
    world.setitem(sys.modules, name, module)
    if above:
        setattr(sys.modules[above], last, module)


def test_a_string_is_changed_where_the_table_says_so() -> None:
    files = {"a.py": b'files("certifi")', "b.py": b'files("certifi")'}
    replace_once(files, {"a.py": [('files("certifi")', 'files("own.certifi")')]})
    assert files == {"a.py": b'files("own.certifi")', "b.py": b'files("certifi")'}


@pytest.mark.parametrize("text", [b"", b'files("certifi") files("certifi")'])
def test_a_string_that_is_not_there_once_is_told(text: bytes) -> None:
    with pytest.raises(VendoringError, match="not once"):
        replace_once({"a.py": text}, {"a.py": [('files("certifi")', "")]})


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder in which the package `one` is installed."""
    install(tmp_path, {"one/__init__.py": b"x = 1\n", "one/data/a.pem": b"certificates"})
    return tmp_path


def install(folder: Path, files: dict[str, bytes]) -> None:
    lines = ["one-1.0.dist-info/RECORD,,", "../../bin/one,sha256=x,3", "one/__pycache__/__init__.pyc,,"]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    (folder / "one-1.0.dist-info").mkdir()
    (folder / "one-1.0.dist-info" / "RECORD").write_text("\n".join(lines), encoding="utf-8")


def test_a_distribution_is_what_its_record_names(packages: Path) -> None:
    assert set(distribution(packages, "one", "1.0")) == {"one/__init__.py", "one/data/a.pem"}
    assert top_level(distribution(packages, "one", "1.0")) == {"one"}


def test_what_a_machine_has_added_to_a_file_does_not_go_along(packages: Path) -> None:
    (packages / "one" / "data" / "a.pem").write_bytes(b"certificates, and its own")
    assert distribution(packages, "one", "1.0")["one/data/a.pem"] == b"certificates"


@pytest.mark.parametrize("content", [b"x = 2\n", b""])
def test_a_changed_file_is_refused(packages: Path, content: bytes) -> None:
    (packages / "one" / "__init__.py").write_bytes(content)
    with pytest.raises(VendoringError, match=r"__init__\.py is not the one of one"):
        distribution(packages, "one", "1.0")


def test_another_version_than_the_locks_is_refused(packages: Path) -> None:
    with pytest.raises(VendoringError, match="make setup"):
        distribution(packages, "one", "1.1")


def test_a_lock_is_read(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "# a == b\nasync-timeout==5.0.1 \\\n    --hash=sha256:00\ncertifi==2026.1.post1 \\\n", "utf-8"
    )
    assert locked(lock) == {"async-timeout": "5.0.1", "certifi": "2026.1.post1"}

"""What the sources may import, where, and how long they may be.

That imports go one way is for import-linter to say: `make lint`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import livetechno

PACKAGE = Path(livetechno.__file__).parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}
MOST_LINES = 500

RUN_TIME = {
    "aiohttp",
    "certifi",
    "click",
    "fastjsonschema",
    "mido",
    "platformdirs",
    "plotext",
    "prompt_toolkit",
    "rich",
}
BENEATH = {"async_timeout", "multidict", "pygments"}
"""What aiohttp and rich stand on themselves; `async_timeout` only before Python 3.11."""
EXTRAS = {"keyring", "uvloop", "webview"}
"""May be missing, so only inside a function."""
PHONE = "hosts/pythonista/"
APP = {"appex", "clipboard", "console", "dialogs", "keychain", "objc_util", "shortcuts", "sound", "ui"}
"""The modules of Pythonista itself, which exist nowhere else."""


def imports(nodes: list[ast.stmt], *, into_functions: bool) -> Iterator[str]:
    """Top-level packages imported when the module is loaded, or by any line of it."""
    for name in modules(nodes, into_functions=into_functions):
        yield name.split(".")[0]


def modules(nodes: list[ast.stmt], *, into_functions: bool) -> Iterator[str]:
    """The same by their whole names, with what is imported from each."""
    for node in nodes:
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from modules(node.orelse, into_functions=into_functions)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not into_functions:
                continue
            case _:
                inner = [
                    child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node
                ]
                direct = inner if into_functions else _loaded_with(node)
                yield from modules(direct, into_functions=into_functions)


def _loaded_with(node: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside a class, `if`, `try` or `with`, which run when the module is loaded."""
    children = list(ast.iter_child_nodes(node))
    for child in list(children):
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            children += ast.iter_child_nodes(child)
    return [child for child in children if isinstance(child, ast.stmt)]


def test_the_sources_import_the_standard_library_and_the_run_time_packages_only() -> None:
    allowed = {"livetechno", *sys.stdlib_module_names, *RUN_TIME, *BENEATH, *EXTRAS}
    found = {
        name: set(imports(tree.body, into_functions=True))
        - allowed
        - (APP if name.startswith(PHONE) else set())
        for name, tree in TREES.items()
    }
    assert {name: others for name, others in found.items() if others} == {}


def test_an_extra_is_imported_only_where_it_is_used() -> None:
    assert [
        name for name, tree in TREES.items() if EXTRAS & set(imports(tree.body, into_functions=False))
    ] == []


def test_what_a_room_needs_of_the_app_is_there_when_it_is_loaded() -> None:
    found = {
        name: APP
        & set(imports(tree.body, into_functions=True)) - set(imports(tree.body, into_functions=False))
        for name, tree in TREES.items()
        if name.startswith(PHONE)
    }
    assert {name: later for name, later in found.items() if later} == {}


def test_nothing_loads_what_only_a_phone_has() -> None:
    """`livetechno` itself does, where it finds itself on one."""
    phone = "livetechno.hosts.pythonista"
    assert [name for name, source in SOURCES.items() if phone in source and not name.startswith(PHONE)] == []
    others = {name: tree for name, tree in TREES.items() if not name.startswith(PHONE)}
    named = {name for name, tree in others.items() if phone in set(modules(tree.body, into_functions=True))}
    assert named == {"__init__.py"}


def test_a_module_fits_on_a_few_screens() -> None:
    lines = {name: len(source.splitlines()) for name, source in SOURCES.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_every_module_starts_by_saying_what_it_is() -> None:
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_the_reader_of_imports_tells_loading_from_running() -> None:
    source = """
from typing import TYPE_CHECKING
import os
if TYPE_CHECKING:
    import only_for_types
try:
    import tried
except ImportError:
    import instead
class Room:
    import in_a_class
    def method(self):
        import in_a_method
async def later():
    with open("x"):
        import deep
"""
    nodes = ast.parse(source).body
    loaded = {"typing", "os", "tried", "instead", "in_a_class"}
    assert set(imports(nodes, into_functions=False)) == loaded
    assert set(imports(nodes, into_functions=True)) == loaded | {"in_a_method", "deep"}

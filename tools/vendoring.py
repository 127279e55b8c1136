"""Put packages under another: their files, checked, with every import rewritten, as pip does with its own.

A vendored package is never found by its own name, so whatever `aiohttp` a program has loaded stays its own.
Imports are found by `ast` and changed where they stand; lines keep their numbers. Names in strings are
changed by a table, each of whose entries must be found exactly once: a new release that moved it is noticed.
"""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath


class VendoringError(Exception):
    """A package is not what the lock or the table says; the text says which."""


def locked(lock: Path) -> dict[str, str]:
    """The packages of a lock without markers, with their versions."""
    return dict(re.findall(r"^([a-z0-9-]+)==([\w.]+) \\$", lock.read_text(encoding="utf-8"), re.MULTILINE))


def distribution(packages: Path, name: str, version: str) -> dict[str, bytes]:
    """The files of an installed distribution, by path, as they were released.

    What has been added to the end of a file since does not go along: some machines add their own authority
    to certifi's. Raises VendoringError for a file that is otherwise not the released one.
    """
    about = packages / f"{name.replace('-', '_')}-{version}.dist-info"
    if not about.is_dir():
        raise VendoringError(f"{name} {version} is not in {packages.name}: run `make setup`")
    files = {}
    with (about / "RECORD").open(encoding="utf-8", newline="") as record:
        for path, digest, size in csv.reader(record):
            if not digest or path.startswith(".."):  # compiled on this machine; programs
                continue
            content = (packages / path).read_bytes()[: int(size)]
            if _recorded(content) != digest:
                raise VendoringError(f"{path} is not the one of {name} {version}")
            files[path] = content
    return files


def _recorded(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return "sha256=" + digest.rstrip(b"=").decode()


def top_level(files: Iterable[str]) -> set[str]:
    """The names under which the Python among these files is imported."""
    return {PurePosixPath(path).parts[0].removesuffix(".py") for path in files if path.endswith(".py")}


def rewrite(source: str, names: Iterable[str], under: str) -> str:
    """`source`, importing the packages `names` from the package `under`.

    What an import binds stays the same: `import yarl.x` still binds `yarl` (and the first name of `under`).
    """
    moved = set(names)
    if not any(name in source for name in moved):
        return source
    lines = source.encode().splitlines(keepends=True)  # ast counts lines and bytes in this way
    statements = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    for node in sorted(statements, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        statement = b"".join(lines[first : last + 1])[node.col_offset : -len(after) or None].decode()
        changed = _moved(node, statement, moved, under)
        if changed != statement:
            lines[first : last + 1] = (before + changed.encode() + after).splitlines(keepends=True)
    return b"".join(lines).decode()


def _moved(node: ast.Import | ast.ImportFrom, statement: str, names: set[str], under: str) -> str:
    match node:
        case ast.ImportFrom(level=0, module=str(module)) if module.split(".")[0] in names:
            return re.sub(r"^from(\W+)", rf"from\g<1>{under}.", statement)
        case ast.Import() if any(alias.name.split(".")[0] in names for alias in node.names):
            return "; ".join(_import(alias, names, under) for alias in node.names)
    return statement


def _import(alias: ast.alias, names: set[str], under: str) -> str:
    top, _, inside = alias.name.partition(".")
    bound = f" as {alias.asname}" if alias.asname else ""
    if top not in names:
        return f"import {alias.name}{bound}"
    if not inside:
        return f"from {under} import {top}{bound}"
    if bound:
        return f"import {under}.{alias.name}{bound}"
    return f"import {under}.{alias.name}; from {under} import {top}"


def replace_once(files: dict[str, bytes], table: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Change strings in files, by path. Raises VendoringError for one that is not there exactly once."""
    for path, changes in table.items():
        text = files[path].decode()
        for old, new in changes:
            if text.count(old) != 1:
                raise VendoringError(f"{path} has {old!r} {text.count(old)} times, not once")
            text = text.replace(old, new)
        files[path] = text.encode()

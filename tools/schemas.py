"""What follows from the JSON Schemas of `livetechno.music`, written anew: their pages, and the page's types.

    python -m tools.schemas          docs/schemas.md and web/src/music/documents.ts

A test holds both to the schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from livetechno.music import schema

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "schemas.md"
TYPES = ROOT / "web" / "src" / "music" / "documents.ts"
INTRODUCTION = (
    "Written by `python -m tools.schemas` from `src/livetechno/music/schemas`, their only definition. "
    "What they are for is told in [protocol.md](protocol.md)."
)
Node = dict[str, Any]
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def main() -> None:
    """Write both files."""
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT).as_posix())


def written() -> dict[Path, str]:
    """What each file is to hold."""
    return {PAGE: page(), TYPES: types()}


def page() -> str:
    """Every document with its fields and examples, in Markdown."""
    parts = [
        "# The documents of the composer",
        INTRODUCTION,
        " · ".join(f"[{name}](#{_anchor(name)})" for name in schema.names()),
        *(_section(name) for name in schema.names()),
    ]
    return "\n\n".join(parts) + "\n"


def types() -> str:
    """Every document as a TypeScript interface."""
    parts = [
        "// Written by `python -m tools.schemas` from src/livetechno/music/schemas.",
        *(_interface(name) for name in schema.names()),
    ]
    return "\n\n".join(parts) + "\n"


def _own(name: str) -> Node:
    """The schema as it is written, with what it refers to only named."""
    file = resources.files(schema.__package__).joinpath("schemas").joinpath(f"{name}.json")
    found: Node = json.loads(file.read_text(encoding="utf-8"))
    return found


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _section(name: str) -> str:
    own = _own(name)
    lines = [f"## {name}", "", own["description"], "", "| field | what | |", "|---|---|---|"]
    for field, part in own["properties"].items():
        must = "" if field in own.get("required", ()) else "may be left out"
        lines.append(f"| `{field}` | {_told(part)} | {must} |")
    for example in own.get("examples", ()):
        lines += ["", "```json", json.dumps(example, ensure_ascii=False, indent=2), "```"]
    return "\n".join(lines)


def _told(part: Node) -> str:
    """A field's kind and bounds, and what it is."""
    kind = _kind(part)
    what = (
        part.get("description") or schema.load(kind).get("description", "") if kind in schema.names() else ""
    )
    words = part.get("description", what)
    link = f"[{kind}](#{_anchor(kind)})" if kind in schema.names() else kind
    return f"{link}. {words}".replace("|", "\\|").strip()


def _kind(part: Node) -> str:
    if "$ref" in part:
        return str(part["$ref"]).removesuffix(".json")
    if "const" in part:
        return f'`"{part["const"]}"`'
    if "anyOf" in part:
        return " or ".join(_kind(one) for one in part["anyOf"])
    if "enum" in part:
        return ", ".join("null" if one is None else f"`{one}`" for one in part["enum"])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    told = " or ".join(kinds)
    if "array" in kinds:
        inner = _kind(part["items"])
        link = f"[{inner}](#{_anchor(inner)})" if inner in schema.names() else inner
        told = f"list of {link}"
    return told + _bounds(part)


def _bounds(part: Node) -> str:
    ends = [part.get(name) for name in ("minimum", "maximum")]
    if ends != [None, None]:
        return f" {'' if ends[0] is None else ends[0]} to {'…' if ends[1] is None else ends[1]}"
    most = part.get("maxLength") or part.get("maxItems")
    return f", at most {most}" if most else ""


def _interface(name: str) -> str:
    own = _own(name)
    lines = [f"/** {own['description']} */", f"export interface {_type_name(name)} {{"]
    for field, part in own["properties"].items():
        mark = "" if field in own.get("required", ()) else "?"
        if part.get("description"):
            lines.append(f"  /** {part['description']} */")
        lines.append(f"  {field}{mark}: {_type(part)};")
    return "\n".join([*lines, "}"])


def _type_name(name: str) -> str:
    return name.removesuffix(".v1")


def _type(part: Node) -> str:
    if "$ref" in part:
        return _type_name(str(part["$ref"]).removesuffix(".json"))
    if "const" in part:
        return json.dumps(part["const"])
    if "enum" in part:
        return " | ".join(json.dumps(one) for one in part["enum"])
    if "anyOf" in part:
        return " | ".join(_type(one) for one in part["anyOf"])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return " | ".join(_of_kind(kind, part) for kind in kinds)


def _of_kind(kind: str, part: Node) -> str:
    if kind == "array":
        inner = _type(part["items"])
        return f"readonly ({inner})[]" if "|" in inner else f"readonly {inner}[]"
    if kind == "object":
        return f"Readonly<Record<string, {_type(part['additionalProperties'])}>>"
    return _PLAIN[kind]


def drifted() -> Iterator[Path]:
    """The files that are not as the schemas have them."""
    for path, text in written().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path


if __name__ == "__main__":
    main()

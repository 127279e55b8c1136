"""F3: how the page shows what a model says, and the table of docs/security.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = re.findall(
    r"^\| (.+) \| `([^`]+)::([^`]+)` \|$", (ROOT / "docs/security.md").read_text("utf-8"), re.MULTILINE
)
TO_MARKUP = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|unsafeHTML|unsafeSVG|unsafeStatic|srcdoc|createContextualFragment"
    r"|setHTMLUnsafe|parseFromString|importScripts)\b|\bdocument\.write|\beval\(|\bnew Function\b"
    r"|\b(?:setTimeout|setInterval)\(\s*[\"'`]"
)
ROWS = (
    *(
        "CVE-2024-6587",
        "CVE-2026-42208",
        "CVE-2026-35030",
        "LiteLLM 1.82.7",
        "CVE-2024-9606",
        "CVE-2026-45349",
    ),
    *("CVE-2026-45339", "CVE-2026-45395", "CVE-2025-64496", "CVE-2026-31943", "CVE-2026-31949"),
    *("CVE-2025-49596", "Chainlit 2.10.1", *(f"F2.{number}" for number in range(1, 9)), "F3"),
)


def test_the_page_has_no_way_from_text_to_markup_or_script() -> None:
    sources = [file for kind in ("*.ts", "*.html") for file in (ROOT / "web/src").rglob(kind)]
    assert len(sources) > 20
    found = {
        file.name: TO_MARKUP.findall(file.read_text("utf-8")) for file in (*sources, ROOT / "web/index.html")
    }
    assert {name: uses for name, uses in found.items() if uses} == {}


@pytest.mark.parametrize("row", ROWS)
def test_each_line_that_concerns_an_owner_and_a_page_is_in_the_table(row: str) -> None:
    assert [what for what, _, _ in TABLE if re.match(rf"{re.escape(row)}\b", what)]


@pytest.mark.parametrize(("file", "name"), sorted({(file, name) for _, file, name in TABLE}))
def test_each_test_of_the_table_exists(file: str, name: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    if file.endswith(".ts"):
        assert f'test("{name}"' in source
        return
    functions = [
        one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert name in {function.name for function in functions}

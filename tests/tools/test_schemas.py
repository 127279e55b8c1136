"""What follows from the schemas is as they have it."""

from __future__ import annotations

from livetechno.music import schema
from tools import schemas


def test_pages_and_types_are_as_the_schemas_have_them() -> None:
    assert [*schemas.drifted()] == [], "run `python -m tools.schemas`"


def test_every_document_has_its_page_and_its_type() -> None:
    page, types = schemas.page(), schemas.types()
    for name in schema.names():
        assert f"\n## {name}\n" in page
        assert f"export interface {name.removesuffix('.v1')} {{" in types


def test_a_field_says_its_kind_and_bounds() -> None:
    assert "| `bpm` | number 20 to 300. Beats per minute; two decimals. | may be left out |" in schemas.page()
    assert '  step_size?: "1/8" | "1/8T" | "1/16" | "1/16T" | "1/32";' in schemas.types()
    assert "  steps?: readonly Step[];" in schemas.types()

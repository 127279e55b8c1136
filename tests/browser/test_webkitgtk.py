"""The page in WebKitGTK, the nearest to an iPhone's Safari; all its journeys are in `make browsers`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.engines.journeys import first_visit, walk
from tests.browser.engines.webkitgtk import WEBKITGTK

MISSING = WEBKITGTK.missing()


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_newcomer_has_an_answer_and_finds_it_again(tmp_path: Path) -> None:
    walk(WEBKITGTK, first_visit, tmp_path)

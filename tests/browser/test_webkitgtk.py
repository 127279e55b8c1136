"""The page in WebKitGTK, the nearest to an iPhone's Safari; all its journeys are in `make browsers`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.engines import phone
from tests.browser.engines.journeys import first_visit, walk
from tests.browser.engines.webkitgtk import PHONE, WEBKITGTK

MISSING = WEBKITGTK.missing()
MISSING_ON_PHONE = PHONE.missing()


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_newcomer_has_an_answer_and_finds_it_again(tmp_path: Path) -> None:
    walk(WEBKITGTK, first_visit, tmp_path)


@pytest.mark.skipif(MISSING_ON_PHONE is not None, reason=str(MISSING_ON_PHONE))
def test_on_a_phone_an_answer_outlives_the_servers_sleep(tmp_path: Path) -> None:
    phone.walk(tmp_path)

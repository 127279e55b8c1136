"""The page in a phone's WebView: WebKit at a phone's size; a server of pure packages, which falls asleep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.engines.driver import ended
from tests.browser.engines.page import ANSWERS, GROWING, QUESTIONS, TROUBLE, Page
from tests.browser.engines.serving import KEY
from tests.browser.engines.webkitgtk import PHONE
from tools import pure_profile

CONTINUE = "Continue"
PARTIAL = ".partial"
SCRIPT = Path(__file__).with_name("phone_server.py")


class Sleeper:
    """A phone's server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.entrance = self._told("READY")

    def sleeps(self, kills: str) -> None:
        """A night in the background, in which the sockets of `page` or `all` die; then it listens again."""
        assert self._process.stdin is not None
        print(kills, file=self._process.stdin, flush=True)
        self._told("AWAKE")

    def _told(self, word: str) -> str:
        assert self._process.stdout is not None
        said, _, more = self._process.stdout.readline().strip().partition(" ")
        assert said == word
        return more


@contextmanager
def sleeper() -> Iterator[Sleeper]:
    """A server on Python 3.10 with pure packages (else on the Python at hand), whose model takes its time."""
    pure = pure_profile.environment()
    paths = os.pathsep.join((pure["PYTHONPATH"], str(pure_profile.ROOT)))
    process = subprocess.Popen(
        [pure_profile.find_python("3.10") or sys.executable, str(SCRIPT)],
        env={**pure, "OPENAI_API_KEY": KEY, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process, ended(process):
        yield Sleeper(process)


def walk(folder: Path) -> None:
    """An answer goes on through the death of the page's sockets; one that was cut goes on with one tap."""
    with sleeper() as phone, PHONE.window(folder) as driver:
        page = Page(driver, "")
        driver.open(phone.entrance)
        assert driver.run("() => [innerWidth, innerHeight]") == [430, 932]
        page.ask("Count to 30")
        shown = page.growing()
        phone.sleeps("page")
        more = page.growing(than=shown)
        page.until("the whole answer", lambda: not page.texts(GROWING))
        (whole,) = page.answers()
        assert more.startswith(shown)
        assert whole.startswith(more)
        assert "30" in whole

        page.ask("Count to 2000")
        page.until("the second answer", lambda: len(page.texts(ANSWERS)) == 2)
        page.growing(than="1, 2")
        phone.sleeps("all")
        page.see("This answer was not finished; what came is kept.", PARTIAL)
        (_, kept) = page.answers()
        page.press(CONTINUE)
        page.until("the rest", lambda: len(page.texts(ANSWERS)) == 3)
        assert page.answers()[:2] == [whole, kept]
        assert [*page.texts(QUESTIONS)][:2] == ["Count to 30", "Count to 2000"]
        assert page.texts(TROUBLE) == []

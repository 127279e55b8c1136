"""The browser that these tests drive. Without it every module of this folder is skipped, for one reason."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no window at all, and takes less than half the time of the others."""
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
ABSENT = "there is no Chromium with Playwright here: `make browsers` says how to get them"

pytest.importorskip("playwright.async_api", reason=ABSENT)
if CHROMIUM is None:
    pytest.skip(ABSENT, allow_module_level=True)

from playwright.async_api import (  # noqa: E402
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Route,
    async_playwright,
    expect,
)

__all__ = [
    "Browser",
    "BrowserContext",
    "ConsoleMessage",
    "Error",
    "Locator",
    "Page",
    "Request",
    "Route",
    "async_playwright",
    "expect",
]

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
PATIENCE = 15_000
"""Milliseconds that a page may take for anything, on a machine that is busy."""
FLAGS = [
    "--no-sandbox",
    # what is not on this machine has no address
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
VIEWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 430, "height": 932},
        "screen": {"width": 430, "height": 932},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}
"""A desk, and an iPhone 14 Pro Max that shows the page on its whole screen."""

expect.set_options(timeout=PATIENCE)

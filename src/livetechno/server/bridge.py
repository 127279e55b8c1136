"""`callGPT` for a maker's page: one script, put before the page's own into the HTML that we serve.

The script (bridge.js) defines `window.livetechno.callGPT` and `window.pywebview.api.callGPT`, and tells that
they are there by the event `pywebviewready`, whichever host shows the page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from livetechno import words

PATH = "/_livetechno/bridge.js"
_SOURCE = Path(__file__).parent / "bridge.js"
_TAG = f'<script src="{PATH}"></script>'.encode()
_ATTRIBUTES = rb"""(?:\s(?:[^>"']|"[^"]*"|'[^']*')*)?"""
_BEFORE_ANY_SCRIPT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<!doctype\b[^>]*>|<html%b>|<head%b>)*" % (_ATTRIBUTES, _ATTRIBUTES),
    re.DOTALL | re.IGNORECASE,
)


def script() -> str:
    """The script, with what it may have to say in the language of who asks."""
    say = {"cut": words.say("errors.stream_cut.what"), "unreachable": words.say("page.error.unreachable")}
    return f"{_SOURCE.read_text(encoding='utf-8').rstrip()}({json.dumps(say)});\n"


def added_to(html: bytes) -> bytes:
    """The page with the script before any of its own, unless it loads it by itself."""
    if PATH.encode() in html:
        return html
    start = _BEFORE_ANY_SCRIPT.match(html)
    assert start is not None  # it may be empty
    return html[: start.end()] + _TAG + html[start.end() :]

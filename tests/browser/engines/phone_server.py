"""A phone's server for the page in a WebView, in a process of its own: `pure_profile` says with which Python.

It tells READY and what the WebView opens. A line that comes in is a night in the background: `page` kills the
sockets of the page, `all` those to the model too. AWAKE is told when the server listens again. The model is
in this process only so that the test starts sooner: its own ends of connections stay.
"""

from __future__ import annotations

import os
import secrets
import sys
from urllib.parse import urlsplit

from livetechno import app
from livetechno.gpt import background
from livetechno.hosts import serving
from livetechno.mock import MockServer
from livetechno.server import entrance
from tests.hosts.pythonista import sockets

PACE = 0.015
"""Seconds between two pieces of the model."""


def main() -> None:
    """Serve until no more is said."""
    model = MockServer(pace=PACE)
    os.environ["OPENAI_BASE_URL"] = address = background.run(model.start())
    background.at_stop(model.stop)
    secret = secrets.token_urlsafe(32)
    served = serving.start(0, secret=secret)
    port = urlsplit(served.address).port
    print("READY", entrance.address(served.address, secret, "chat"), flush=True)
    outside = urlsplit(address).port
    ours = {"page": lambda at: at == port, "all": lambda at: at != outside}
    for line in sys.stdin:
        sockets.kill(ours[line.strip()])
        if not served.answers():
            served.reopen()
        print("AWAKE", flush=True)
    served.stop()
    app.close_store()


if __name__ == "__main__":
    main()

"""A phone's server for the page in a WebView, in a process of its own: `pure_profile` says with which Python.

It tells READY and what the WebView opens. A line that comes in is a night in the background: `page` kills the
sockets of the page, `all` those of the model too. AWAKE is told when the server listens again.
"""

from __future__ import annotations

import secrets
import sys
from urllib.parse import urlsplit

from livetechno import app
from livetechno.hosts import serving
from livetechno.server import entrance
from tests.hosts.pythonista import sockets


def main() -> None:
    """Serve until no more is said."""
    secret = secrets.token_urlsafe(32)
    served = serving.start(0, secret=secret)
    port = urlsplit(served.address).port
    print("READY", entrance.address(served.address, secret, "chat"), flush=True)
    ours = {"page": lambda at: at == port, "all": lambda _: True}
    for line in sys.stdin:
        sockets.kill(ours[line.strip()])
        if not served.answers():
            served.reopen()
        print("AWAKE", flush=True)
    served.stop()
    app.close_store()


if __name__ == "__main__":
    main()

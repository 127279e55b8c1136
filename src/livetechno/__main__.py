"""`python -m livetechno` is the command `livetechno`."""

from __future__ import annotations

import sys

from livetechno.cli import main

if __name__ == "__main__":
    sys.exit(main())

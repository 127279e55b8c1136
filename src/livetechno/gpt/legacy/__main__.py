"""Run an older script as it is: `python -m livetechno.gpt.legacy SCRIPT [ARGUMENTS]`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from livetechno import words
from livetechno.gpt import legacy


def main() -> None:
    """Run the script that the first argument names, with the rest as its own arguments."""
    if len(sys.argv) < 2:
        raise SystemExit(words.say("legacy.usage"))
    del sys.argv[0]
    script = Path(sys.argv[0])
    if not script.is_file():
        raise SystemExit(words.say("legacy.no_script", script=script))
    # a script finds its neighbours in its own folder
    sys.path.insert(0, str(script.absolute().parent))
    legacy.install()
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main()

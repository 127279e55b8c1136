#!/bin/sh
# Print a Python of 3.10 or newer that really runs (a shim of pyenv may exist and not run).
# PYTHON=... is taken as said; otherwise one that can make virtual environments comes first.
set -u

new_enough='import sys; sys.exit(sys.version_info < (3, 10))'
can_make_venv='import ensurepip, venv'
runs() { "$1" -I -c "$2" >/dev/null 2>&1 </dev/null; }

if [ -n "${PYTHON:-}" ]; then
    runs "$PYTHON" "$new_enough" && { printf '%s\n' "$PYTHON"; exit 0; }
    echo "PYTHON=$PYTHON does not run, or is older than Python 3.10." >&2
    exit 2
fi

set -- python3 python3.13 python3.12 python3.11 python3.10 python /usr/bin/python3 \
    "$HOME"/.pyenv/versions/3.1[0-9]*/bin/python
for wish in "$new_enough; $can_make_venv" "$new_enough"; do
    for python in "$@"; do
        runs "$python" "$wish" && { printf '%s\n' "$python"; exit 0; }
    done
done
echo "livetechno needs Python 3.10 or newer, and found none that runs." >&2
echo "Install one (on Debian or Ubuntu: apt install python3 python3-venv), or say where it is: make PYTHON=/path/to/python3" >&2
exit 2

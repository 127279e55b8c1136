"""A wish becomes music: GPT (with no key, Mock AI) proposes, you see what it would do, MIDI is written."""

import sys
import tempfile
from pathlib import Path

from livetechno import studio
from livetechno.composer import telling
from livetechno.owned import read

wish = " ".join(sys.argv[1:]) or "acid at 132 bpm, dark, four on the floor, seed 3"
proposal = studio.propose(wish)
print(proposal.explain)
for line in telling.proposal_lines(proposal, read().catalogue):
    print(f"{line.number:2} {line.text}" if line.number else line.text)

used = proposal.used
print(f"{len(proposal.after.patterns)} patterns, {used.output_tokens} tokens out, {used.repairs} repairs")
file = Path(tempfile.mkdtemp()) / "loop.mid"
file.write_bytes(studio.midi(proposal.after))
print(f"Wrote {file}")

"""Files that leave the app: by the system's own sheet, where the person chooses who gets them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import console

from livetechno import app
from livetechno.gpt.prices import format_usd
from livetechno.gpt.redaction import redact
from livetechno.hosts.pythonista import device
from livetechno.server.filenames import name_of
from livetechno.store import export, transcripts

FOLDER = "livetechno-shared"
"""In the folder for temporary files: what was handed over stays until the next: it may be read late."""


def share(name: str, data: bytes) -> None:
    """Hand a file of this name to the person; does not wait for them."""
    device.off_main(lambda: hand_over(name, data))


def share_conversation(id_: str) -> None:
    """Hand a stored conversation to the person, as Markdown. Not on the main thread. Raises StoreError."""
    transcript = transcripts.read(app.store(), id_).with_texts(redact)
    name = name_of(transcript.conversation.title, "conversation")
    hand_over(f"{name}.md", export.markdown(transcript, format_usd).encode())


def hand_over(name: str, data: bytes) -> None:
    """Hand a file to the person, and wait until they have chosen. Not on the main thread."""
    folder = Path(tempfile.gettempdir()) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    (folder / name).write_bytes(data)
    console.open_in(str(folder / name))

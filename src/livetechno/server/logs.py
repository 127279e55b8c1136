"""The server's log in a file: a JSON object on each line, without any key."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

LOGGER = "livetechno.server"


class JsonLines(logging.Formatter):
    """A record as one line of JSON. A message that is a JSON object itself gives its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. The record's texts are redacted already (`gpt.redaction.install`)."""
        at = dt.datetime.fromtimestamp(record.created, dt.timezone.utc)
        head = {"at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "level": record.levelname.lower()}
        line = head | _fields(record.getMessage())
        traceback = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        if traceback:
            line["traceback"] = traceback
        return json.dumps(line)


def _fields(message: str) -> dict[str, object]:
    try:
        fields = json.loads(message)
    except ValueError:
        fields = None
    return fields if isinstance(fields, dict) else {"message": message}


@contextlib.contextmanager
def kept_in(file: Path | None) -> Iterator[None]:
    """Append what the server logs to this file, which only its owner can read. Raises OSError."""
    if file is None:
        yield
        return
    os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()

"""Documents of older versions, brought up to date before they are read.

A document that changes in a way that old ones do not follow gets a new name: `Step.v1` becomes `Step.v2`. Its
line here takes a document of the old name and gives the same of the next one; lines follow each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
STEPS: dict[str, Callable[[Document], Document]] = {}
"""What makes the next version of a document that has this `type`. There is one version of each as yet."""


def newest(document: Document) -> Document:
    """The document in the newest version of its kind; the same where it is that."""
    while isinstance(name := document.get("type"), str) and name in STEPS:
        document = STEPS[name](document)
    return document

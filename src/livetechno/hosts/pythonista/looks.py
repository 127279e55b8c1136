"""The colours of the native views, light and dark: those of the page (web/src/app/theme.css)."""

from __future__ import annotations

from dataclasses import dataclass

from livetechno.hosts.pythonista import device


@dataclass(frozen=True, slots=True)
class Look:
    """Colours by what they are for."""

    paper: str
    surface: str
    sunken: str
    line: str
    ink: str
    soft: str
    """Ink of what is less important."""
    accent: str
    on_accent: str
    mine: str
    """Behind what the person says."""
    warning: str
    on_warning: str


LIGHT = Look(
    paper="#f6f6f3",
    surface="#ffffff",
    sunken="#eeeeea",
    line="#dfdfd9",
    ink="#1b1c1e",
    soft="#5a5b5f",
    accent="#0b6e63",
    on_accent="#ffffff",
    mine="#e1f0ed",
    warning="#fdf1dc",
    on_warning="#855300",
)
DARK = Look(
    paper="#131416",
    surface="#1c1d20",
    sunken="#0e0f10",
    line="#2f3135",
    ink="#ececea",
    soft="#a5a7ac",
    accent="#5fd0bf",
    on_accent="#06231f",
    mine="#16322e",
    warning="#33260f",
    on_warning="#f2b866",
)


def now() -> Look:
    """The colours for the device as it is. On the main thread."""
    return DARK if device.dark() else LIGHT

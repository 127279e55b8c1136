"""Names of files that a page saves: after their title, and such that every system takes them."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 60
"""Characters of a name before its ending: as UTF-8 below the 255 bytes that file systems take."""
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
_REFUSED = re.compile(rf'[\\/:*?"<>|{_UNSEEN}]+')
"""What Windows refuses in a name, what cannot be seen, and what turns the direction of a text."""
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
"""Names that mean devices on Windows, whatever their ending."""


def name_of(title: str, otherwise: str) -> str:
    """A file's name after a title, without an ending; `otherwise` where nothing of the title can be used."""
    name = _REFUSED.sub(" ", title)[:LONGEST].strip(" .…-")
    return f"{name}_" if _DEVICES.match(name) else name or otherwise


def disposition(title: str, ending: str, otherwise: str) -> str:
    """The header `Content-Disposition` of a file after that title (RFC 6266).

    Readers that know no `filename*` get what is ASCII of the name.
    """
    name = name_of(title, otherwise)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = name_of(plain.replace("%", " "), otherwise)
    encoded = quote(f"{name}.{ending}", safe="")
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{encoded}"

"""How large a picture is, in pixels, read from the first bytes of its file."""

from __future__ import annotations

import binascii
import re
import struct

HEAD = 1 << 16
"""How many characters of a `data:` address are read: more than lies before the size, thumbnails apart."""

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG file that tell its size (ITU T.81, table B.1)."""


def image_size(url: str) -> tuple[int, int] | None:
    """Width and height of the picture in a `data:` address; None for any other or an unreadable one."""
    address, _, packed = url.partition(",")
    if not re.fullmatch(r"data:image/[\w.+-]+;base64", address):
        return None
    try:
        head = binascii.a2b_base64(packed[:HEAD])
    except binascii.Error:
        return None
    try:
        size = _read(head)
    except (struct.error, IndexError):
        return None
    return size if size is not None and min(size) > 0 else None


def _read(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack_from(">II", head, 16)
        return width, height
    if head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<HH", head, 6)
        return width, height
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    place = 2
    while head[place] == 0xFF:
        marker, length = struct.unpack_from(">BH", head, place + 1)
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        place += 2 + length
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    """The three kinds of RFC 9649: lossy, lossless, extended."""
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return _three(head, 24) + 1, _three(head, 27) + 1
    return None


def _three(head: bytes, place: int) -> int:
    low, high = struct.unpack_from("<HB", head, place)
    return int(low | high << 16)

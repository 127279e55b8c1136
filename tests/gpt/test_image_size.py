from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt.image_size import image_size

W, H = 1234, 567


def url(head: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(head + bytes(40)).decode()}"


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", W, H)
GIF = b"GIF89a" + struct.pack("<HH", W, H)
JPEG = (
    b"\xff\xd8"
    + (b"\xff\xe0" + struct.pack(">H", 16) + bytes(14))
    + (b"\xff\xc4" + struct.pack(">H", 4) + bytes(2))
    + (b"\xff\xc2" + struct.pack(">HBHH", 17, 8, H, W))
)
LOSSY = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", W, H)
LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", (W - 1) | (H - 1) << 14)
EXTENDED = (
    b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + (W - 1).to_bytes(3, "little") + (H - 1).to_bytes(3, "little")
)


@pytest.mark.parametrize("head", [PNG, GIF, JPEG, LOSSY, LOSSLESS, EXTENDED])
def test_the_size_stands_in_the_head_of_each_kind_of_picture(head: bytes) -> None:
    assert image_size(url(head)) == (W, H)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.test/a.png",
        "data:image/png,plain",
        "data:image/png;base64,",
        "data:image/png;base64,A",
        url(b"no picture"),
        url(b"\x89PNG\r\n\x1a\n"),
        url(b"\xff\xd8\xff\xc0"),
        url(b"RIFF\0\0\0\0WEBPVP9 "),
    ],
)
def test_what_tells_no_size_has_none(address: str) -> None:
    assert image_size(address) is None


@given(st.binary(max_size=200), st.sampled_from([PNG, GIF, JPEG, LOSSY, LOSSLESS, EXTENDED, b""]))
def test_broken_pictures_have_no_size_or_a_positive_one(more: bytes, head: bytes) -> None:
    for broken in (head[: len(more)] + more, more):
        size = image_size(f"data:image/png;base64,{base64.b64encode(broken).decode()}")
        assert size is None or min(size) > 0

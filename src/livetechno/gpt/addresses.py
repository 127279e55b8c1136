"""Which base URLs may be used: https anywhere, http only to this machine.

Only one spelling of an address passes: what a browser, a proxy or another library might read as a
different host (numbers in octal, user names, backslashes, letters of other alphabets) is refused.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from livetechno.gpt.errors import AddressRefusedError

OPENAI = "https://api.openai.com/v1"

_PORTS = {"https": 443, "http": 80}
_MOST_CHARACTERS = 2048
_SHOWN_CHARACTERS = 200
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~!$&'()*+,;=:@%-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"


def check(url: str) -> str:
    """The base URL in its one normal form: lower-case host, no default port, no slash at the end.

    Raises AddressRefusedError for anything but https, or http to `localhost`, 127.0.0.0/8 or `::1`,
    and for user names, queries, fragments and dot segments.
    """
    address = _parse(url)
    if address is None or (address.scheme == "http" and not _on_this_machine(address.host)):
        raise AddressRefusedError(url=_printable(url), code="address_refused")
    return str(address)


def is_openai(url: str) -> bool:
    """Whether this is OpenAI itself, one of its regional hosts included."""
    address = _parse(url)
    if address is None or (address.scheme, address.port) != ("https", 443):
        return False
    return address.host == "api.openai.com" or address.host.endswith(".api.openai.com")


@lru_cache(maxsize=64)
def is_regional(url: str) -> bool:
    """Whether this is a host of OpenAI's that processes in a chosen region, which costs more."""
    address = _parse(url)
    return address is not None and is_openai(url) and address.host != "api.openai.com"


@lru_cache(maxsize=64)
def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    address = _parse(url)
    return address is not None and _on_this_machine(address.host)


def _parse(url: object) -> _Address | None:
    if not isinstance(url, str) or len(url) > _MOST_CHARACTERS:
        return None
    found = _URL.fullmatch(url)
    if found is None:
        return None
    scheme, path = found["scheme"].lower(), found["path"].rstrip("/")
    host = _host(found["host"].lower())
    port = int(found["port"] or _PORTS[scheme])
    # yarl and servers resolve dot segments and double slashes each in their own way.
    if any(unquote(segment) in ("", ".", "..") for segment in path.split("/")[1:]):
        return None
    if host is None or not 0 < port < 65536:
        return None
    return _Address(scheme, host, port, path)


def _host(host: str) -> str | None:
    """The host in normal form: a name, an IPv4 address in four plain numbers, or a bracketed IPv6 one."""
    try:
        if host.startswith("["):
            address = ipaddress.IPv6Address(host[1:-1])
            return None if address.ipv4_mapped else f"[{address}]"
        labels = host.split(".")
        # As browsers do: when the last part is a number the host is an IPv4 address, or refused.
        if _NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return host


def _on_this_machine(host: str) -> bool:
    if host in ("localhost", "[::1]"):
        return True
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def _printable(url: object) -> str:
    """The refused address as it may be shown: its escape codes must not drive a terminal."""
    shown = url if isinstance(url, str) else type(url).__name__
    return "".join(c if c.isprintable() else "?" for c in shown[:_SHOWN_CHARACTERS])

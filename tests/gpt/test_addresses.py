"""Which base URLs may be used."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from livetechno.gpt import addresses
from livetechno.gpt.errors import AddressRefusedError

ACCEPTED = {
    "https://api.openai.com/v1": addresses.OPENAI,
    "HTTPS://API.OpenAI.com:443/v1/": addresses.OPENAI,
    "https://api.openai.com/v1//": addresses.OPENAI,
    "https://x.example": "https://x.example",
    "https://x.example/": "https://x.example",
    "https://x.example:8443/a/B_c/v1": "https://x.example:8443/a/B_c/v1",
    "https://x.example:0443/v1": "https://x.example/v1",
    "https://xn--caf-dma.example/v1": "https://xn--caf-dma.example/v1",
    "https://192.0.2.7/v1": "https://192.0.2.7/v1",
    "https://[2001:DB8:0:0::1]:8443/v1": "https://[2001:db8::1]:8443/v1",
    "http://localhost:11434/v1": "http://localhost:11434/v1",
    "http://LOCALHOST:80/v1": "http://localhost/v1",
    "http://127.0.0.1:8788/v1": "http://127.0.0.1:8788/v1",
    "http://127.255.1.2/v1": "http://127.255.1.2/v1",
    "http://[::1]:8788/v1": "http://[::1]:8788/v1",
    "http://[0:0:0:0:0:0:0:1]/v1": "http://[::1]/v1",
}

REFUSED = [
    "",
    " ",
    "api.openai.com/v1",
    "//api.openai.com/v1",
    "ftp://api.openai.com/v1",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https:/api.openai.com",
    "https://",
    "https:///v1",
    "https://:443/v1",
    # http to anywhere but here, and what only looks like here
    "http://api.openai.com/v1",
    "http://192.168.1.5:8080/v1",
    "http://0.0.0.0/v1",
    "http://[::]/v1",
    "http://127.0.0.1.evil.com/v1",
    "http://localhost.evil.com/v1",
    "http://evil.localhost/v1",
    "http://localhost./v1",
    "http://127.0.0.1./v1",
    "http://localhost@evil.com/v1",
    "http://localhost:80@evil.com/v1",
    "http://evil.com#@localhost/",
    "http://evil.com?@localhost/",
    "http://[::ffff:127.0.0.1]/v1",
    "http://[::ffff:8.8.8.8]/v1",
    "http://[::1%25eth0]/v1",
    "http://[::1/v1",
    # other spellings of 127.0.0.1, and of anything
    "http://2130706433/v1",
    "http://0x7f000001/v1",
    "http://0177.0.0.1/v1",
    "http://127.1/v1",
    "http://127.0.0.0x1/v1",
    "https://3232235777/v1",
    "https://010.0.0.1/v1",
    "https://1.2.3.4.5/v1",
    # other alphabets that fold into ASCII
    "http://ⓛocalhost/v1",
    "http://１２７.0.0.1/v1",
    "http://127。0。0。1/v1",
    "https://api.openaı.com/v1",
    "https://аpi.openai.com/v1",
    # parts that have no place in a base URL
    "https://user@x.example/v1",
    "https://user:password@x.example/v1",
    "https://x.example/v1?api-version=1",
    "https://x.example/v1#top",
    "https://x.example/../v1",
    "https://x.example/%2e%2E/v1",
    "https://x.example/a//v1",
    "https://x.example:0/v1",
    "https://x.example:65536/v1",
    "https://x.example:80:80/v1",
    "https://x.example:+443/v1",
    "https://x..example/v1",
    "https://-x.example/v1",
    "https://x_y.example/v1",
    # white space, control characters, backslashes
    " https://x.example/v1",
    "https://x.example/v1\n",
    "https://x.exa\tmple/v1",
    "https://x.example\x00/v1",
    "https://x.example/\r\nX-Evil: 1",
    "https://x.example\\@evil.com/v1",
    "http:\\\\localhost\\v1",
    "https://x.example/v 1",
    "https://" + "a" * 64 + ".example/v1",
    "https://x.example/" + "a" * 3000,
]

PIECES = (
    *(
        "http",
        "https",
        "://",
        ":",
        "/",
        "//",
        "@",
        "?",
        "#",
        "\\",
        ".",
        "..",
        "[",
        "]",
        "%",
        "%2e",
        "\t",
        "é",
    ),
    *("localhost", "127.0.0.1", "::1", "evil.com", "0x7f", "1", "0", "80", "443", "v1", "-"),
)
URLS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
LIKELY = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "Https"]),
    st.one_of(
        st.sampled_from(
            ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "127.0.0.1.evil.com", "a.b", "127.1"]
        ),
        st.ip_addresses(v=4).map(str),
        st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
        st.text(alphabet="ab.-1x[]", min_size=1, max_size=8),
    ),
    st.sampled_from(["", ":80", ":443", ":8080", ":0", ":99999", "@x.y"]),
    st.text(alphabet="/.av1%2e~\\", max_size=8),
)


@pytest.mark.parametrize(("url", "normal"), ACCEPTED.items())
def test_a_good_address_has_one_normal_form(url: str, normal: str) -> None:
    assert addresses.check(url) == normal


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefusedError) as caught:
        addresses.check(url)
    assert caught.value.exit_code == 2
    assert str(caught.value).isprintable(), "an address cannot drive the terminal"
    assert len(str(caught.value)) < 400
    assert not addresses.is_openai(url)
    assert not addresses.is_loopback(url) or url.startswith("https")


@pytest.mark.parametrize("url", [None, 3, b"https://x.example", ["https://x.example"]])
def test_an_address_is_a_text(url: object) -> None:
    with pytest.raises(AddressRefusedError):
        addresses.check(url)  # type: ignore[arg-type]


def test_the_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(AddressRefusedError) as caught:
        addresses.check("https://me:hunter2@x.example/v1")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(caught.value.values)


def read_alike(url: str) -> None:
    """Every reader must see the host that we saw."""
    try:
        normal = addresses.check(url)
    except AddressRefusedError:
        return
    assert addresses.check(normal) == normal
    ours = urlsplit(normal)
    for read in (urlsplit(url), URL(url), URL(normal)):
        host = read.hostname if not isinstance(read, URL) else read.host
        if ":" in (host or ""):
            assert ipaddress.IPv6Address(host or "") == ipaddress.IPv6Address(ours.hostname or "")
        else:
            assert host == ours.hostname
        assert (read.port or 443 if read.scheme == "https" else read.port or 80) == (
            ours.port or (443 if ours.scheme == "https" else 80)
        )
    if ours.scheme == "http":
        assert ours.hostname == "localhost" or ipaddress.ip_address(ours.hostname or "").is_loopback
        assert addresses.is_loopback(url)


@given(URLS)
def test_what_passes_is_read_alike_by_others_and_http_stays_on_this_machine(url: str) -> None:
    read_alike(url)


@given(LIKELY)
def test_what_looks_like_an_address_is_read_alike_by_others_too(url: str) -> None:
    read_alike(url)


@pytest.mark.parametrize("url", [addresses.OPENAI, "https://API.openai.com", "https://eu.api.openai.com/v1"])
def test_openai_is_known_by_its_host(url: str) -> None:
    assert addresses.is_openai(url)
    assert addresses.is_regional(url) == ("eu." in url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com.evil.com/v1",
        "https://evilapi.openai.com/v1",
        "https://x.example/api.openai.com",
        "https://api.openai.com:8443/v1",
        "http://api.openai.com/v1",
        "http://127.0.0.1:8788/v1",
    ],
)
def test_nothing_else_is_openai(url: str) -> None:
    assert not addresses.is_openai(url)

"""A key that never prints."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from livetechno.gpt import redaction
from livetechno.gpt.errors import AuthenticationError, GPTError, KeyProblem
from livetechno.gpt.keys import FoundKey
from livetechno.gpt.secret import Secret

PREFIXES = ("", "sk-", "sk-proj-", "sk-svcacct-", "sk-admin-")
PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
# Every second sign is one that no text of ours or of Python's has there: "livetech" is found anywhere.
BODIES = st.text(alphabet=PRINTABLE, min_size=4, max_size=60).map(
    lambda text: "".join(sign + "~^"[i % 2] for i, sign in enumerate(text))
)
KEY = "sk-test-" + "aZ3kQ9xT7mW2pL5vR8nB"


@pytest.fixture(autouse=True)
def _fresh_redactor() -> Iterator[None]:
    redaction.uninstall()
    yield
    redaction.uninstall()


def attempt(call: Callable[[], object]) -> str:
    """What the call returns or how it fails, as text, with every local of every frame."""
    try:
        return repr(call())
    except Exception as error:  # noqa: BLE001 - whichever way it fails
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(shown.format()) + repr(error) + str(error)


def everything_shown(secret: Secret) -> Iterator[str]:
    """What each way of looking at a value says about this one."""
    yield f"{secret} {secret!r} {secret!s:>40} {secret:^9}"
    yield "%s %r" % (secret, secret)  # noqa: UP031 - this way too
    yield attempt(lambda: vars(secret))
    for name in dir(secret):
        yield f"{getattr(secret, name)!r} {getattr(secret, name)!s}"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield attempt(partial(pickle.dumps, secret, protocol))
        yield attempt(partial(pickle.dumps, {"deep": [secret.bearer()]}, protocol))
    yield attempt(lambda: json.dumps({"key": secret}))
    yield json.dumps({"key": secret}, default=repr)
    found = FoundKey(secret, "explicit", "here")
    yield repr(found) + repr(dataclasses.asdict(found)) + repr(copy.deepcopy([found]))
    yield repr(CIMultiDict({"Authorization": secret.bearer()})) + repr([secret.bearer()])


def shown_by_errors_and_logs(secret: Secret) -> Iterator[str]:
    error = AuthenticationError(f"Incorrect API key provided: {secret.reveal()}.", request_id="req_1")
    yield f"{error} {error!r} {error.__dict__} {error.todo('fr')}"
    yield pickle.dumps(error).decode("latin-1")

    def fails() -> None:
        bearer, headers = secret.bearer(), {"Authorization": secret.bearer()}
        raise error.__class__(f"{bearer} {headers}")

    yield attempt(fails)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(f"about {secret}", stacklevel=1)
    yield repr(caught[0])
    written = StringIO()
    handler = logging.StreamHandler(written)
    logger = logging.getLogger("test.secret")
    logger.addHandler(handler)
    logger.propagate = False
    logger.warning("with %s and %s", secret, secret.reveal())
    logger.warning(secret.bearer())
    try:
        raise ValueError(secret.reveal())
    except ValueError:
        logger.exception(secret.reveal(), stack_info=True)
    logger.removeHandler(handler)
    yield written.getvalue()


@given(st.sampled_from(PREFIXES), BODIES)
def test_no_eight_characters_of_a_key_reach_any_output(prefix: str, body: str) -> None:
    """F4, and CVE-2024-9606: keys poorly masked in logs."""
    assume(redaction.secret_part(prefix + body) == body)
    redaction.uninstall()
    secret = Secret(prefix + body)
    pieces = {body[i : i + 8] for i in range(len(body) - 7)}
    for shown in (*everything_shown(secret), *shown_by_errors_and_logs(secret)):
        assert not [piece for piece in pieces if piece in shown], shown
    assert secret.reveal() == prefix + body
    assert str.__str__(secret.bearer()) == f"Bearer {prefix}{body}"


REFUSED = {
    "empty": "",
    "only white space": " \t\n",
    "a space inside": "sk-aZ3kQ9xT 7mW2pL5vR8nB",
    "a line break inside": "sk-aZ3kQ9xT\n7mW2pL5vR8nB",
    "a header injection": "sk-aZ3kQ9xT\r\nX-Evil: 7mW2pL5vR8nB",
    "a control character": "sk-aZ3kQ9xT\x007mW2pL5vR8nB",
    "an escape code": "sk-aZ3kQ9xT\x1b[0m7mW2pL5vR8nB",
    "a letter beyond ASCII": "sk-aZ3kQ9xTé7mW2pL5vR8nB",
    "a masked key from a web page": "sk-aZ3kQ9xT…7mW2pL5vR8nB",
    "far too long": "aZ3kQ9xT" * 100,
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_key_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(KeyProblem) as caught:
        Secret(value, where="config")
    assert caught.value.exit_code == 3
    assert "config: " in str(caught.value)
    # The test's own frame holds the value; every frame below it is ours.
    ours = caught.value.__traceback__
    assert ours is not None
    shown = traceback.TracebackException(KeyProblem, caught.value, ours.tb_next, capture_locals=True)
    text = "".join(shown.format()) + pickle.dumps(caught.value).decode("latin-1")
    assert "__init__" in text
    assert "aZ3kQ9xT" not in text
    assert "7mW2pL5v" not in text


@pytest.mark.parametrize("value", [None, 3, b"sk-abc", ["sk-abc"]])
def test_a_key_is_a_text(value: object) -> None:
    with pytest.raises(KeyProblem, match="a key is a text"):
        Secret(value)  # type: ignore[arg-type]


def test_every_refusal_has_a_french_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    with pytest.raises(GPTError, match="une clé ne contient ni espace"):
        Secret("sk-a b")


def test_the_line_break_that_a_file_or_a_pipe_adds_is_dropped() -> None:
    assert Secret(f"  {KEY}\r\n").reveal() == KEY


def test_a_long_key_shows_its_last_four_and_a_short_one_nothing() -> None:
    assert str(Secret(KEY)) == "…R8nB"
    assert Secret(KEY).last4 == "R8nB"
    assert str(Secret("ollama")) == "…"
    assert str(Secret("sk-proj-" + "a1b2c3d4e5f6g7h")) == "…", "15 secret characters"


def test_equal_keys_are_equal_and_nothing_else_is() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY)}) == 1


def test_a_copy_is_the_same_secret() -> None:
    secret = Secret(KEY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": [secret]})["a"][0] is secret


def test_pickling_says_what_to_do_instead() -> None:
    with pytest.raises(TypeError, match="written out in the clear"):
        pickle.dumps(Secret(KEY))


def test_the_first_secret_puts_the_redactor_on_every_log() -> None:
    before = logging.getLogRecordFactory()
    Secret(KEY)
    assert logging.getLogRecordFactory() is not before

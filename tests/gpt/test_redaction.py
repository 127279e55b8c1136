"""No key in any text."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import redaction

SECRET_PART = "aZ3kQ9xT" + "7mW2pL5vR8nB1cY4"
KEY = "sk-proj-" + SECRET_PART
WORDS = st.text(alphabet="abc sk-…*.=:/@'\"\n", max_size=60)
BODIES = st.text(alphabet="abcXYZ0189_-", min_size=8, max_size=40)


@pytest.fixture(autouse=True)
def _fresh_redactor() -> Iterator[None]:
    redaction.uninstall()
    yield
    redaction.uninstall()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a plain handler writes of the logger `test`, with the redactor on."""
    redaction.register(KEY)
    redaction.install()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logger = logging.getLogger("test.redaction")
    logger.addHandler(handler)
    logger.propagate = False
    yield written
    logger.removeHandler(handler)
    logger.propagate = True


def leaks(text: str, secret: str = SECRET_PART) -> bool:
    return any(secret[i : i + 8] in text for i in range(len(secret) - 7))


def test_a_known_key_and_every_eight_of_its_characters_go() -> None:
    redaction.register(KEY)
    assert redaction.redact(f"<{KEY}>") == "<sk-proj-…>"
    assert redaction.redact(f"<{SECRET_PART[5:13]}>") == "<…>"
    assert redaction.redact(f"<{SECRET_PART[5:12]}>") == f"<{SECRET_PART[5:12]}>"


def test_two_keys_side_by_side_both_go() -> None:
    redaction.register(KEY)
    assert redaction.redact(SECRET_PART + SECRET_PART) == "……"


def test_the_prefix_that_all_keys_share_is_no_secret() -> None:
    redaction.register(KEY)
    assert redaction.redact("keys begin with sk-proj- here") == "keys begin with sk-proj- here"


def test_a_short_password_of_a_local_server_does_not_blank_ordinary_words() -> None:
    redaction.register("ollama")
    assert redaction.redact("ollama is running") == "ollama is running"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("provided: sk-abc12***************wxyz. You can", "provided: sk-…. You can"),
        ("Authorization: Bearer abcdefgh12345678ijkl", "Authorization: Bearer …"),
        ("https://x.example/v1?api_key=abcdefgh12345678&n=1", "https://x.example/v1?api_key=…&n=1"),
        ('{"api_key": "abcdefgh12345678"}', '{"api_key": "…"}'),
        ("proxy http://me:pw1@proxy.example:80/", "proxy http://me:…@proxy.example:80/"),
        ("Proxy-Authorization: Basic bWU6cGFzc3dvcmQxMjM0", "Proxy-Authorization: Basic …"),
    ],
)
def test_what_looks_like_a_key_goes_though_nobody_told_us(text: str, clean: str) -> None:
    assert redaction.redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "a task-management-system and a disk-controller-card",
        "Bearer authentication is required",
        "the api_key field is missing",
        "http://127.0.0.1:8788/v1 at 12:30 by me@x.example",
        "",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    redaction.register(KEY)
    assert redaction.redact(text) == text


def test_the_shortest_text_with_a_password_is_looked_at() -> None:
    assert redaction.redact("://:x@") == "://:…@"
    assert len("://:x@") == redaction.SHORTEST


@given(BODIES, WORDS, WORDS, st.data())
def test_no_eight_characters_of_a_known_key_survive_any_context(
    body: str, before: str, after: str, data: st.DataObject
) -> None:
    redaction.uninstall()
    redaction.register("sk-" + body)
    start = data.draw(st.integers(0, len(body) - 8))
    end = data.draw(st.integers(start + 8, len(body)))
    clean = redaction.redact(before + body[start:end] + after)
    assert not leaks(clean, body)
    assert redaction.redact(clean) == clean


@given(st.text())
def test_a_text_without_a_key_is_left_alone(text: str) -> None:
    redaction.uninstall()
    redaction.register("sk-" + "Zq9" * 8)
    if not any(sign in text for sign in ("sk-", ":", "=", "earer", "asic")):
        assert redaction.redact(text) == text


@pytest.mark.parametrize("unit", ["sk-", "a", "://a:", "bearer ", "api_key=", "sk-.", KEY[:12]])
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    redaction.register(KEY)

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.process_time()
        redaction.redact(text)
        return time.process_time() - started

    small = min(seconds(20_000) for _ in range(3))
    assert min(seconds(160_000) for _ in range(2)) < 30 * small + 0.02, "8 times the text"


def test_the_registry_holds_no_text() -> None:
    redaction.register(KEY)
    assert not leaks(repr(vars(redaction)))


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"key {KEY}", ()),
        ("key %s", (KEY,)),
        ("key %r of %d", (KEY, 3)),
        ("key %(key)s", ({"key": KEY},)),
        ("cut to %.5s", (KEY,)),
        ("list %s", ([KEY],)),
        ("wrong %d", (KEY,)),
        ("too few %s %s", (KEY,)),
    ],
)
def test_a_log_line_has_no_key_in_message_or_arguments(
    logged: io.StringIO, capsys: pytest.CaptureFixture[str], message: str, arguments: tuple[object, ...]
) -> None:
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    keeping = Keeping()
    logger = logging.getLogger("test.redaction")
    logger.addHandler(keeping)
    logger.warning(message, *arguments)
    logger.removeHandler(keeping)
    text = logged.getvalue() + repr(records[0].__dict__) + capsys.readouterr().err
    assert "Logging error" not in text
    assert not leaks(text)


def test_a_logged_traceback_has_no_key(logged: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"bad key {KEY}")
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logging.getLogger("test.redaction").exception("failed", stack_info=True)
    assert "RuntimeError: outer" in logged.getvalue()
    assert "ValueError: bad key sk-proj-…" in logged.getvalue()
    assert not leaks(logged.getvalue())


def test_a_handler_with_a_way_of_its_own_finds_no_key_in_the_exception_or_the_stack(
    logged: io.StringIO,
) -> None:
    error = ValueError(KEY)
    record = logging.getLogRecordFactory()(
        "n", logging.INFO, "f.py", 1, "plain", (), (ValueError, error, None), "f", f"Stack: {KEY}"
    )
    assert (record.exc_info, record.exc_text) == (None, "ValueError: sk-proj-…")
    assert record.stack_info == "Stack: sk-proj-…"


def test_a_clean_record_keeps_its_arguments_and_its_exception(logged: io.StringIO) -> None:
    error = ValueError("plain")
    record = logging.getLogRecordFactory()(
        "n", logging.INFO, "f.py", 1, "%s and %d", ("text", 2), (ValueError, error, None)
    )
    assert (record.msg, record.args) == ("%s and %d", ("text", 2))
    assert record.exc_info == (ValueError, error, None)


def test_a_faulty_repr_in_an_argument_neither_crashes_nor_leaks(logged: io.StringIO) -> None:
    class Faulty:
        def __repr__(self) -> str:
            raise RuntimeError(KEY)

    logging.getLogger("test.redaction").warning("%s", Faulty())
    assert not leaks(logged.getvalue())
    assert "%s <tuple>" in logged.getvalue()


def test_installing_twice_is_installing_once() -> None:
    before = logging.getLogRecordFactory()
    redaction.install()
    redaction.install()
    redaction.uninstall()
    assert logging.getLogRecordFactory() is before


def test_a_factory_that_came_after_ours_is_left_in_place() -> None:
    before = logging.getLogRecordFactory()
    redaction.install()
    ours = logging.getLogRecordFactory()

    def theirs(*args: object, **kwargs: object) -> logging.LogRecord:
        return ours(*args, **kwargs)

    logging.setLogRecordFactory(theirs)
    try:
        redaction.uninstall()
        assert logging.getLogRecordFactory() is theirs
        assert theirs("n", logging.INFO, "f.py", 1, "plain", (), None).getMessage() == "plain"
    finally:
        logging.setLogRecordFactory(before)

"""The two files of sentences, and the code that says them."""

from __future__ import annotations

import ast
import inspect
import json
import re
import string
from pathlib import Path

import pytest

import livetechno
from livetechno import environment, words
from livetechno.gpt import errors

PACKAGE = Path(livetechno.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
ENGLISH, FRENCH = words.catalogue("en"), words.catalogue("fr")
KEY_START = re.compile(r"[a-z_]+\.([a-z_]+\.)*")
WEB = Path(__file__).resolve().parents[2] / "web" / "src"
PAGE = "\n".join(source.read_text(encoding="utf-8") for source in sorted(WEB.rglob("*.ts")))
"""What the page is written in: TypeScript, which says `page.*` out of the same two files."""
PAGE_KEY = re.compile(r"""(["'`])(page\.(?:\w|\.|\$\{[^}`]+\})+)\1""")


PHONE = ".phone"
"""The end of what `say` takes on a phone in place of the key before it."""


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def texts_in_the_code() -> set[str]:
    """Every text constant of the package, keys among them."""
    return {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def keys_put_together() -> re.Pattern[str]:
    """What the f-strings of the package can make, where they begin like a key: `room.more.{name}`."""
    patterns = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_] as parts) if KEY_START.match(
                    start
                ):
                    patterns.add("".join(_pattern(part) for part in parts))
    return re.compile("|".join(sorted(patterns)) or "(?!)")


def _pattern(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"


def keys_said() -> set[str]:
    """Every key that is written out in a call of `say`."""
    said = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="say") | ast.Attribute(attr="say"),
                    args=[ast.Constant(value=str(key)), *_],
                ):
                    said.add(key)
    return said


def keys_in_the_page() -> set[str]:
    """Every `page.*` that the page writes out, also the two forms that `sayCount` may choose."""
    counted = re.findall(r"""sayCount\(\s*["'](page\.[\w.]+)["']""", PAGE)
    written = {key for _, key in PAGE_KEY.findall(PAGE) if "${" not in key} - set(counted)
    return written | {f"{key}.{form}" for key in counted for form in ("one", "other")}


def keys_put_together_in_the_page() -> re.Pattern[str]:
    """What its template literals can make: `page.tab.${name}`."""
    templates = {key for _, key in PAGE_KEY.findall(PAGE) if "${" in key}
    patterns = [re.sub(r"\\\$\\\{.+?\\\}", r"\\w+", re.escape(template)) for template in sorted(templates)]
    return re.compile("|".join(patterns) or "(?!)")


def keys_of_errors() -> set[str]:
    kinds = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.GPTError)
    ]
    return {f"{kind.key}.{half}" for kind in kinds for half in ("what", "todo")}


def test_both_languages_have_the_same_keys() -> None:
    assert ENGLISH.keys() == FRENCH.keys()


def test_every_sentence_says_something() -> None:
    for sentences in (ENGLISH, FRENCH):
        assert [key for key, sentence in sentences.items() if not sentence.strip()] == []


def test_a_sentence_names_the_same_values_in_both_languages() -> None:
    english = {key: placeholders(sentence) for key, sentence in ENGLISH.items()}
    assert english == {key: placeholders(sentence) for key, sentence in FRENCH.items()}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_key_is_written_once_and_the_file_is_in_order(language: str) -> None:
    text = (PACKAGE / "words" / f"{language}.json").read_text(encoding="utf-8")
    keys = [key for key, _ in json.loads(text, object_pairs_hook=list)]
    assert keys == sorted(set(keys))


def test_every_key_that_the_code_says_exists() -> None:
    assert keys_said() <= ENGLISH.keys()


def test_every_key_that_the_page_says_exists() -> None:
    assert keys_in_the_page() <= ENGLISH.keys()
    for _, template in PAGE_KEY.findall(PAGE):
        start = template.partition("${")[0]
        assert any(key.startswith(start) for key in ENGLISH), template


def test_every_error_says_what_happened_and_what_to_do() -> None:
    assert keys_of_errors() <= ENGLISH.keys()


def test_no_sentence_is_left_that_nobody_says() -> None:
    put_together = keys_put_together(), keys_put_together_in_the_page()
    unused = ENGLISH.keys() - texts_in_the_code() - keys_of_errors() - keys_in_the_page()
    unused -= {key for key in unused if key.endswith(PHONE) and key.removesuffix(PHONE) in ENGLISH}
    assert sorted(key for key in unused if not any(made.fullmatch(key) for made in put_together)) == []


def test_a_sentence_is_said_in_the_language_asked_for_or_in_the_persons_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = words.say("errors.connect_timeout.what", "fr", seconds=3)
    assert said == FRENCH["errors.connect_timeout.what"].format(seconds=3)
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    assert words.say("errors.cancelled.what") == FRENCH["errors.cancelled.what"]
    monkeypatch.setenv("LIVETECHNO_LANG", "en")
    assert words.say("errors.cancelled.what") == ENGLISH["errors.cancelled.what"]


def test_a_phone_is_told_of_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [key for key in ENGLISH if key.endswith(PHONE)]
    assert told
    for sentences in (ENGLISH, FRENCH):
        assert [key for key in told if "`livetechno " in sentences[key]] == []
        assert [key for key in told if placeholders(sentences[key]) - _given(key, sentences)] == []
    monkeypatch.setattr(environment, "is_phone", lambda: True)
    assert words.say("mock.warning", "fr") == FRENCH["mock.warning.phone"]
    assert words.say("errors.cancelled.what", "fr") == FRENCH["errors.cancelled.what"]


def _given(key: str, sentences: dict[str, str]) -> set[str]:
    return placeholders(sentences[key.removesuffix(PHONE)])


def test_an_unknown_key_language_or_a_missing_value_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        words.say("no.such.key")
    with pytest.raises(KeyError):
        words.say("errors.cancelled.what", "tlh")
    with pytest.raises(KeyError, match="seconds"):
        words.say("errors.connect_timeout.what")


def test_a_float_has_the_decimal_sign_of_its_language() -> None:
    assert words.say("cli.kilobytes", "en", count=1.25) == "1.2 kB"
    assert words.say("cli.kilobytes", "fr", count=1.25) == "1,2 ko"
    assert words.say("cli.chat.again", "fr", what="Non.", seconds=0.2) == "Non. Nouvel essai dans 0,2 s."

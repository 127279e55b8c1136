"""`import openai` of 0.27 is ours: what it takes, what it gives, how it fails, and what it never shows."""

from __future__ import annotations

import asyncio
import copy
import importlib
import importlib.util
import json
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import traceback
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livetechno import app
from livetechno.gpt import background, catalogue, errors, wiring
from livetechno.gpt.catalogue import ModelNotice
from livetechno.gpt.client import Client
from livetechno.gpt.errors import GPTError, UsageError
from livetechno.gpt.legacy import (
    LegacyWarning,
    error,
    install,
    uninstall,
)
from livetechno.gpt.legacy.objects import OpenAIObject
from livetechno.gpt.retry import Retry
from livetechno.mock import MockServer
from livetechno.mock.faults import parse_fault

KEY = "sk-test-" + "a1b2" * 6
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def mock() -> Iterator[MockServer]:
    server = MockServer(seed=3)
    server.base_url = background.run(server.start())  # type: ignore[attr-defined]
    yield server
    background.run(server.stop())


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Ours, in a process where nobody has imported another."""
    for name in [name for name in sys.modules if name.split(".")[0] == "openai"]:
        monkeypatch.delitem(sys.modules, name)
    yield install()
    uninstall()


@pytest.fixture
def here(openai: Any, mock: MockServer) -> Any:
    """Ours, with the key and the address that a script sets."""
    openai.api_key, openai.api_base = KEY, mock.base_url  # type: ignore[attr-defined]
    return openai


@pytest.fixture
def of_process(mock: MockServer, monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """The server that the client of this process talks to."""
    client = Client(base_url=mock.base_url, retry=Retry(attempts=3))  # type: ignore[attr-defined]
    monkeypatch.setattr(wiring, "default_client", lambda: client)
    return mock


def faults(server: MockServer, *script: str | None) -> None:
    """From now on the server plays these."""
    server._faults._script.extend(parse_fault(name) if name else None for name in script)


# its place among the modules


def test_after_installing_import_openai_finds_ours_and_uninstalling_takes_it_away(openai: Any) -> None:
    assert importlib.import_module("openai") is openai
    assert importlib.import_module("openai.error") is openai.error
    assert importlib.util.find_spec("openai") is not None
    assert install() is openai
    uninstall()
    assert "openai" not in sys.modules
    assert "openai.error" not in sys.modules


def test_another_openai_that_is_loaded_is_left_alone(openai: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    uninstall()
    another = types.ModuleType("openai")
    another.__file__ = "/somewhere/openai/__init__.py"
    monkeypatch.setitem(sys.modules, "openai", another)
    with pytest.raises(UsageError, match="already, from /somewhere/openai") as caught:
        install()
    assert caught.value.code == "openai_loaded"
    uninstall()
    assert sys.modules["openai"] is another


def test_what_ours_does_not_have_is_said(openai: Any) -> None:
    assert not hasattr(openai, "Embedding")
    with pytest.raises(AttributeError, match="has no Image: it offers ChatCompletion"):
        _ = openai.Image
    with pytest.raises(ImportError):
        importlib.import_module("openai.embeddings_utils")


def test_its_settings_start_as_in_0_27(openai: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert openai.api_key is None
    assert openai.api_base == "https://api.openai.com/v1"
    assert openai.api_type == "open_ai"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert openai.api_base == "http://127.0.0.1:9/v1"


def test_the_environments_key_is_told_to_a_script_that_looks_and_to_no_one_else(
    openai: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert openai.api_key == KEY
    assert type(openai.api_key) is str
    listed = {name: getattr(openai, name) for name in dir(openai)}
    assert KEY not in repr(openai) + repr(vars(openai)) + repr(listed)
    openai.api_key = None
    assert openai.api_key is None, "what a script sets holds, as in 0.27"


def test_a_script_that_looks_for_a_key_goes_on_with_the_environments_one(
    mock: MockServer, tmp_path: Path
) -> None:
    script = tmp_path / "bot.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        import openai

        if not openai.api_key:
            sys.exit("Set OPENAI_API_KEY first.")
        hello = [{"role": "user", "content": "Count to 3."}]
        print(openai.ChatCompletion.create(model="gpt-4.1", messages=hello).choices[0].message.content)
        """)
    )
    done = subprocess.run(
        [sys.executable, "-m", "livetechno.gpt.legacy", str(script)],
        env={**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": mock.base_url},  # type: ignore[attr-defined]
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1, 2, 3.")
    assert KEY not in done.stdout + done.stderr


def test_the_environments_key_is_no_key_of_the_scripts(
    openai: Any, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert openai.api_key
    openai.api_base = mock.base_url  # type: ignore[attr-defined]
    openai.ChatCompletion.create(model="gpt-4.1", messages=HELLO)
    assert "Authorization" not in mock.requests[-1].headers


def test_the_errors_are_the_tree_of_0_27(openai: Any) -> None:
    names = {
        name
        for name, kind in vars(error).items()
        if isinstance(kind, type) and kind.__module__ == error.__name__
    }
    assert names >= {"RateLimitError", "Timeout", "TryAgain", "ServiceUnavailableError", "PermissionError"}
    names.remove("OpenAIError")
    assert all(getattr(openai.error, name).__bases__ == (openai.error.OpenAIError,) for name in names)
    assert openai.error.OpenAIError.__bases__ == (Exception,)
    assert openai.InvalidRequestError is openai.error.InvalidRequestError


# an answer


def test_an_answer_is_a_dict_and_has_attributes(here: Any) -> None:
    answer = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO)
    text = answer["choices"][0]["message"]["content"]
    assert text == answer.choices[0].message.content
    assert "Mock AI" in text
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert json.loads(json.dumps(answer)) == json.loads(str(answer)) == answer.to_dict_recursive()
    assert type(answer.to_dict()) is dict
    assert copy.deepcopy(answer) == pickle.loads(pickle.dumps(answer)) == answer
    assert isinstance(copy.deepcopy(answer).choices[0], OpenAIObject)
    answer.note = "mine"
    assert answer["note"] == "mine"
    del answer.note
    assert not hasattr(answer, "note")


def test_a_stream_gives_the_role_the_pieces_and_a_finish(here: Any) -> None:
    chunks = list(here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, stream=True))
    whole = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.get("content", "") for chunk in chunks) == (
        whole.choices[0].message.content
    )
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert "content" not in chunks[-1]["choices"][0]["delta"]
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_every_answer_of_several_arrives_in_a_stream(here: Any) -> None:
    texts: dict[int, str] = {}
    finished = []
    for chunk in here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, n=3, stream=True):
        choice = chunk["choices"][0]
        texts[choice["index"]] = texts.get(choice["index"], "") + choice["delta"].get("content", "")
        finished += [choice["index"]] if choice["finish_reason"] else []
    whole = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, n=3)
    assert texts == {choice.index: choice.message.content for choice in whole.choices}
    assert finished == [0, 1, 2]


def test_a_stream_that_is_left_closes_the_connection(here: Any, mock: MockServer) -> None:
    faults(mock, "stall;after=3")
    stream = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, stream=True)
    assert [next(stream) for _ in range(3)]
    assert mock.open_streams == 1
    stream.close()
    background.run(_until(lambda: mock.open_streams == 0))


async def _until(true: Any) -> None:
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


def test_a_streams_first_failure_is_raised_by_create_itself(here: Any, mock: MockServer) -> None:
    faults(mock, "429_rate")
    with pytest.raises(here.error.RateLimitError):
        here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, stream=True)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cut;after=3", error.APIConnectionError),
        ("error_after_200;after=3", error.APIError),
        ("limit_after_200;after=3", error.APIError),
        ("no_finish;after=3", error.APIConnectionError),
    ],
)
def test_a_stream_that_breaks_raises_an_error_of_0_27_after_its_text(
    here: Any, mock: MockServer, fault: str, kind: type[Exception]
) -> None:
    faults(mock, fault)
    pieces: list[str] = []
    stream = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, stream=True)
    with pytest.raises(kind) as caught:
        pieces.extend(chunk.choices[0].delta.get("content", "") for chunk in stream)
    assert "".join(pieces)
    assert type(caught.value) is kind
    cause = caught.value.cause  # type: ignore[attr-defined]
    assert cause.text == "".join(pieces)


async def test_the_async_twins_work_on_any_loop_and_beside_the_blocking_ones(here: Any) -> None:
    answer = await here.ChatCompletion.acreate(model="gpt-4.1-mini", messages=HELLO)
    stream = await here.ChatCompletion.acreate(model="gpt-4.1-mini", messages=HELLO, stream=True)
    text = "".join([chunk.choices[0].delta.get("content", "") async for chunk in stream])
    blocking = here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO)
    assert answer.choices[0].message.content == text == blocking.choices[0].message.content
    listed = await here.Model.alist()
    assert "gpt-4.1-mini" in [model["id"] for model in listed["data"]]
    with pytest.raises(here.error.InvalidRequestError):
        await here.ChatCompletion.acreate(model="no-such-model", messages=HELLO)


def test_many_threads_may_ask_at_once(here: Any) -> None:
    app.store().budgets.clear()  # else those who ask last are granted shorter answers
    answers: list[str] = []

    def ask() -> None:
        answers.append(here.ChatCompletion.create(model="gpt-4o", messages=HELLO).choices[0].message.content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1


# what is sent


def test_the_parameters_of_0_27_are_sent(here: Any, mock: MockServer) -> None:
    here.ChatCompletion.create(
        engine="gpt-4.1-mini",
        messages=HELLO,
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        n=2,
        stop="\n",
        seed=5,
        organization="org-1",
        headers={"X-Mine": "yes"},
        api_version="2020-11-07",
        request_id="mine",
    )
    received = mock.requests[-1]
    sent = {name: value for name, value in received.body.items() if name != "messages"}
    assert sent == {
        "model": "gpt-4.1-mini",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "n": 2,
        "stop": ["\n"],
        "seed": 5,
    }
    assert received.headers["OpenAI-Organization"] == "org-1"
    assert received.headers["X-Mine"] == "yes"


def test_user_and_logit_bias_are_left_out_with_one_warning_each(here: Any, mock: MockServer) -> None:
    asked = {"model": "gpt-4o", "messages": HELLO, "user": "someone", "logit_bias": {"50256": -100}}
    with pytest.warns(LegacyWarning) as told:
        here.ChatCompletion.create(**asked)
    here.ChatCompletion.create(**asked)
    assert [str(one.message).split()[0] for one in told] == ["logit_bias", "user"]
    assert {Path(one.filename).name for one in told} == {"test_legacy.py"}
    assert "user" not in mock.requests[-1].body


def test_functions_of_0_27_are_called_and_their_results_taken(here: Any, mock: MockServer) -> None:
    question = {"role": "user", "content": 'What is the weather in "Lyon"?'}
    answer = here.ChatCompletion.create(
        model="gpt-4.1-mini", messages=[question], functions=[WEATHER], function_call="auto"
    )
    message = answer["choices"][0]["message"]
    assert answer.choices[0].finish_reason == "function_call"
    assert message["content"] is None
    assert message["function_call"]["name"] == "get_weather"
    assert json.loads(message.function_call.arguments) == {"city": "Lyon"}

    result = {"role": "function", "name": "get_weather", "content": '{"celsius": 21}'}
    final = here.ChatCompletion.create(
        model="gpt-4.1-mini", messages=[question, message, result], functions=[WEATHER]
    )
    assert "21" in final.choices[0].message.content
    sent = mock.requests[-1].body["messages"]
    assert sent[2]["tool_call_id"] == sent[1]["tool_calls"][0]["id"]

    here.ChatCompletion.create(
        model="gpt-4.1-mini", messages=[question], functions=[WEATHER], function_call="none"
    )
    assert "tools" not in mock.requests[-1].body
    chunks = list(
        here.ChatCompletion.create(
            model="gpt-4.1-mini", messages=[question], functions=[WEATHER], stream=True
        )
    )
    assert [one for one in chunks if "function_call" in one["choices"][0]["delta"]]
    assert chunks[-1].choices[0].finish_reason == "function_call"


def test_tools_in_the_newer_form_are_taken_too(here: Any) -> None:
    answer = here.ChatCompletion.create(
        model="gpt-4.1-mini",
        messages=[{"role": "user", "content": 'What is the weather in "Lyon"?'}],
        tools=[{"type": "function", "function": WEATHER}],
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": HELLO}, "model"),
        ({"model": "gpt-4o"}, "messages"),
        ({"model": "gpt-4o", "messages": []}, "messages"),
        ({"model": "gpt-4o", "messages": "Hello"}, "messages"),
        ({"model": "gpt-4o", "messages": HELLO, "temperature": "hot"}, "temperature"),
        ({"model": "gpt-4o", "messages": HELLO, "temprature": 1}, "temprature"),
        ({"model": "gpt-4o", "messages": HELLO, "request_timeout": -1}, "request_timeout"),
        ({"model": "gpt-4o", "messages": HELLO, "timeout": "soon"}, "timeout"),
        ({"model": "gpt-4o", "messages": HELLO, "functions": 3}, "functions"),
        ({"model": "gpt-4o", "messages": HELLO, "functions": [{}]}, "functions"),
        ({"model": "gpt-4o", "messages": [{"role": "nobody"}]}, None),
        ({"model": "gpt-4o", "messages": [3]}, None),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_sent(
    here: Any, mock: MockServer, wrong: dict[str, Any], param: str | None
) -> None:
    with pytest.raises(here.error.InvalidRequestError) as caught:
        here.ChatCompletion.create(**wrong)
    assert caught.value.param == param
    assert not mock.requests


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"model": "gpt-4o", "messages": []}, "une liste de dicts, non vide"),
        ({"model": "gpt-4o", "messages": [3]}, "un message est un dict, pas int"),
        ({"model": "gpt-4o", "messages": HELLO, "functions": 3}, "functions : une liste de {name"),
    ],
)
def test_the_reason_is_told_in_french_to_who_speaks_it(
    here: Any, wrong: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    with pytest.raises(here.error.InvalidRequestError, match=reason):
        here.ChatCompletion.create(**wrong)


def test_a_variable_that_cannot_be_read_is_named_with_what_it_may_hold(
    here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "perhaps")
    monkeypatch.setattr(wiring, "default_client", lambda: pytest.fail("not asked"))
    with pytest.raises(here.error.InvalidRequestError, match=r"LIVETECHNO_MOCK=perhaps.*auto"):
        here.ChatCompletion.create(model="gpt-4o", messages=HELLO)


# keys and addresses


def test_a_key_and_an_address_may_come_with_the_call(openai: Any, mock: MockServer) -> None:
    base = mock.base_url  # type: ignore[attr-defined]
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO, api_key=KEY, api_base=base)
    assert mock.requests[-1].headers["Authorization"].endswith(KEY[-4:])


def test_a_key_may_come_from_a_file_of_its_own(openai: Any, mock: MockServer, tmp_path: Path) -> None:
    openai.api_base = mock.base_url  # type: ignore[attr-defined]
    openai.api_key_path = tmp_path / "key.txt"
    with pytest.warns(LegacyWarning, match="api_key_path"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    openai.api_key_path.write_text(KEY + "\n")
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert mock.requests[-1].headers["Authorization"].endswith(KEY[-4:])


def test_the_environments_key_stays_at_its_own_address(
    openai: Any, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    openai.api_base = mock.base_url  # type: ignore[attr-defined]
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert "Authorization" not in mock.requests[-1].headers


def test_the_old_name_of_the_address_in_the_environment_is_read(
    openai: Any, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_BASE", mock.base_url)  # type: ignore[attr-defined]
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert mock.requests[-1].headers["Authorization"].endswith(KEY[-4:])


def test_without_a_key_the_client_of_the_process_is_used(openai: Any, of_process: MockServer) -> None:
    openai.organization = "org-2"
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert of_process.requests[-1].headers["OpenAI-Organization"] == "org-2"
    client = wiring.default_client() if wiring.default_client else None
    assert client is not None
    assert client.retry.attempts == 3, "the process's own client is not changed"


def test_a_model_past_its_end_is_answered_by_its_successor_with_one_warning(
    openai: Any, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(base_url=mock.base_url, openai=True)  # type: ignore[attr-defined]
    monkeypatch.setattr(wiring, "default_client", lambda: client)
    monkeypatch.setattr(catalogue, "_told", set())
    with pytest.warns(ModelNotice, match=r"gpt-5-codex ended on 2026-07-23; gpt-5\.4 answers"):
        first = openai.ChatCompletion.create(model="gpt-5-codex", messages=HELLO)
    second = openai.ChatCompletion.create(model="gpt-5-codex", messages=HELLO)
    assert [first.model, second.model] == ["gpt-5.4", "gpt-5.4"]


def test_a_placeholder_in_place_of_a_key_counts_as_none_with_a_warning(
    openai: Any, of_process: MockServer
) -> None:
    openai.api_key = "VOTRE_CLÉ"
    with pytest.warns(LegacyWarning, match="cannot be one"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert "Authorization" not in of_process.requests[-1].headers


def test_mock_ai_that_is_always_wanted_answers_whatever_the_script_sets(
    openai: Any, of_process: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "always")
    openai.api_key, openai.api_base = KEY, "https://example.com/v1"
    openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    assert "Authorization" not in of_process.requests[-1].headers
    monkeypatch.setenv("LIVETECHNO_MOCK", "sometimes")
    with pytest.raises(openai.error.InvalidRequestError, match="LIVETECHNO_MOCK"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)


def test_without_any_key_where_one_is_needed_it_is_an_authentication_error(
    openai: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    with pytest.raises(openai.error.AuthenticationError, match="livetechno key set"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    monkeypatch.setattr(wiring, "default_client", None)
    with pytest.raises(openai.error.AuthenticationError):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)


def test_an_address_that_may_not_be_used_is_refused(openai: Any) -> None:
    openai.api_key, openai.api_base = KEY, "http://example.com/v1"
    with pytest.raises(openai.error.InvalidRequestError, match="may not be used"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)


def test_azures_own_addresses_and_a_proxy_setting_are_said_not_to_work(here: Any) -> None:
    here.api_type = "azure"
    with pytest.raises(here.error.InvalidAPIType, match="azure"):
        here.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    here.api_type, here.proxy = "open_ai", "http://127.0.0.1:9"
    with pytest.warns(LegacyWarning, match="HTTPS_PROXY"):
        here.ChatCompletion.create(model="gpt-4o", messages=HELLO)


def test_no_key_shows_in_an_error_its_traceback_its_locals_or_its_pickle(here: Any, mock: MockServer) -> None:
    for faulty in ("401", "500", "cut", None):
        faults(mock, faulty)
        with pytest.raises(here.error.OpenAIError) as caught:
            here.ChatCompletion.create(
                model="gpt-4.1-mini" if faulty else "no-such-model", messages=HELLO, api_key=KEY
            )
        failure = caught.value
        shown = traceback.TracebackException.from_exception(failure, capture_locals=True)
        frames = [frame for frame in shown.stack if "livetechno" in frame.filename]
        assert frames
        texts = [
            str(failure),
            repr(failure),
            repr(failure.__dict__),
            *(str(frame.locals) for frame in frames),
        ]
        texts.append(pickle.dumps(failure).decode("latin-1"))
        secret = KEY.removeprefix("sk-test-")
        assert not [text for text in texts if secret[:8] in text]
        again = pickle.loads(pickle.dumps(failure))
        assert (type(again), str(again), again.http_status) == (
            type(failure),
            str(failure),
            failure.http_status,
        )


# errors


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (errors.RateLimitError("slow", status=429, code="rate_limit_exceeded"), error.RateLimitError),
        (errors.SpendingLimitError("spent", status=429), error.RateLimitError),
        (errors.AuthenticationError("no", status=401), error.AuthenticationError),
        (errors.MissingKeyError(url="https://x.test"), error.AuthenticationError),
        (errors.KeyFileError("open to all", path="key"), error.AuthenticationError),
        (errors.PermissionDeniedError("no", status=403), error.PermissionError),
        (errors.BadRequestError("no", status=400, parameter="stop"), error.InvalidRequestError),
        (errors.ServerRefusedError("no", status=404), error.InvalidRequestError),
        (errors.ServerRefusedError("no", status=405), error.APIError),
        (errors.ConflictError("busy", status=409), error.TryAgain),
        (errors.ServerFailedError("oh", status=500), error.APIError),
        (errors.ServerFailedError("oh", status=503), error.ServiceUnavailableError),
        (errors.ServerFailedError("oh"), error.APIError),
        (errors.ReplyInvalidError("no JSON"), error.APIError),
        (errors.ConnectTimeoutError(seconds=1.0), error.Timeout),
        (errors.FirstByteTimeoutError(seconds=1.0), error.Timeout),
        (errors.IdleTimeoutError(seconds=1.0), error.Timeout),
        (errors.TotalTimeoutError(seconds=1.0), error.Timeout),
        (errors.ConnectionFailedError(host="x.test"), error.APIConnectionError),
        (errors.CertificateError(host="x.test"), error.APIConnectionError),
        (errors.StreamCutError(), error.APIConnectionError),
        (errors.ParameterError(parameter="n"), error.InvalidRequestError),
        (errors.RetiredModelError(model="a", ended="b", successor="c"), error.InvalidRequestError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, GPTError) else value.__name__,
)
def test_each_error_of_ours_has_its_own_in_0_27(ours: GPTError, theirs: type[error.OpenAIError]) -> None:
    built = error.from_ours(ours)
    assert type(built) is theirs
    assert built.user_message == str(built)
    assert str(built)
    assert built.param == ours.parameter
    assert built.cause is ours
    if ours.status is not None:
        assert built.http_status == ours.status
        assert str(built) == ours.detail
        assert built.error["message"] == ours.detail


def test_what_a_server_told_is_on_the_error(here: Any, mock: MockServer) -> None:
    faults(mock, "429_rate")
    with pytest.raises(here.error.RateLimitError) as caught:
        here.ChatCompletion.create(model="gpt-4o", messages=HELLO)
    failure = caught.value
    assert failure.http_status == 429
    assert failure.code == failure.json_body["error"]["code"] == "rate_limit_exceeded"
    assert failure.request_id == failure.headers["x-request-id"]
    assert failure.request_id.startswith("req_")
    assert float(failure.headers["retry-after"]) == 0.02
    assert failure.user_message.startswith("Rate limit reached")
    assert isinstance(failure.cause, errors.RateLimitError)


@pytest.mark.parametrize("limit", [0.1, (5, 0.1), [None, 0.1]])
@pytest.mark.parametrize("name", ["timeout", "request_timeout"])
def test_a_timeout_ends_the_call(here: Any, mock: MockServer, name: str, limit: Any) -> None:
    faults(mock, "no_answer")
    with pytest.raises(here.error.Timeout):
        here.ChatCompletion.create(model="gpt-4o", messages=HELLO, **{name: limit})


def test_errors_speak_the_persons_language(openai: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVETECHNO_LANG", "fr")
    monkeypatch.setenv("LIVETECHNO_MOCK", "never")
    with pytest.raises(openai.error.AuthenticationError, match="LIVETECHNO_MOCK=auto"):
        openai.ChatCompletion.create(model="gpt-4o", messages=HELLO)


# a script as it is


def test_a_script_runs_from_its_file_with_its_arguments_and_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("QUESTION = 'Bonjour'\n")
    script = tmp_path / "old.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            import openai
            from openai.error import OpenAIError
            from neighbour import QUESTION

            if __name__ == "__main__":
                reply = openai.ChatCompletion.create(
                    model="gpt-3.5-turbo", messages=[{"role": "user", "content": QUESTION}]
                )
                print(sys.argv[1:], reply["choices"][0]["message"]["content"])
            """
        )
    )
    done = run("-m", "livetechno.gpt.legacy", str(script), "--loud", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['--loud', '2'] ")
    assert "Mock AI" in done.stdout
    assert done.stderr.count("MockAIWarning") == 1
    assert done.stderr.count("ModelNotice") == 1


def test_the_runner_says_how_it_is_used_and_what_is_missing(tmp_path: Path) -> None:
    usage = run("-m", "livetechno.gpt.legacy")
    assert usage.returncode != 0
    assert "SCRIPT" in usage.stderr
    missing = run("-m", "livetechno.gpt.legacy", str(tmp_path / "none.py"))
    assert missing.returncode != 0
    assert "none.py" in missing.stderr


def test_importing_livetechno_or_its_wiring_loads_no_client() -> None:
    code = "import sys, livetechno; from livetechno.gpt import wiring; print('aiohttp' in sys.modules)"
    done = run("-c", code)
    assert done.stdout == "False\n"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=60
    )


def test_nothing_warns_when_a_living_model_answers_at_the_scripts_own_address(here: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        here.ChatCompletion.create(model="gpt-4.1-mini", messages=HELLO, temperature=0.2)

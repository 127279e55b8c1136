from __future__ import annotations

from typing import Any

import pytest

from livetechno.gpt.catalogue import load_catalogue

TOOL = {"name": "f", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("model", "given", "param", "code"),
    [
        ("gpt-5", {"max_tokens": 10}, "max_tokens", "unsupported_parameter"),
        ("gpt-5", {"temperature": 0.2}, "temperature", "unsupported_value"),
        ("gpt-5", {"top_p": 0.5}, "top_p", "unsupported_parameter"),
        ("gpt-5", {"presence_penalty": 1}, "presence_penalty", "unsupported_parameter"),
        ("gpt-5", {"frequency_penalty": 1}, "frequency_penalty", "unsupported_parameter"),
        ("gpt-5", {"stop": "x"}, "stop", "unsupported_parameter"),
        ("gpt-5", {"logprobs": True}, "logprobs", "unsupported_parameter"),
        ("gpt-5", {"reasoning_effort": "none"}, "reasoning_effort", "unsupported_value"),
        ("gpt-4.1", {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ("gpt-4.1", {"verbosity": "low"}, "verbosity", "unsupported_value"),
        ("gpt-5.1", {"reasoning_effort": "low", "temperature": 0.2}, "temperature", "unsupported_value"),
        ("gpt-5.5", {"temperature": 0.2}, "temperature", "unsupported_value"),
        ("gpt-6.2-sol", {"reasoning_effort": "none"}, "reasoning_effort", "unsupported_value"),
        ("gpt-6.2-sol", {"temperature": 0.2}, "temperature", "unsupported_value"),
        (
            "gpt-6.1-sol",
            {"tools": [{"type": "function", "function": TOOL}]},
            "tools",
            "unsupported_parameter",
        ),
        ("gpt-6-luna", {"tools": [{"type": "function", "function": TOOL}]}, "tools", "unsupported_parameter"),
    ],
)
async def test_a_model_refuses_what_it_does_not_take(
    mock: Any, model: str, given: dict[str, Any], param: str, code: str
) -> None:
    told = await mock.chat("Hello", model=model, **given)
    assert told.status == 400
    assert (told.error["param"], told.error["code"]) == (param, code)
    assert told.error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (
            "gpt-5",
            {"max_completion_tokens": 50, "temperature": 1, "top_p": 1, "presence_penalty": 0, "stop": []},
        ),
        ("gpt-5", {"verbosity": "low", "reasoning_effort": "minimal"}),
        (
            "gpt-4.1",
            {"max_tokens": 10, "temperature": 0.2, "top_p": 0.1, "stop": "x", "seed": 3, "logprobs": True},
        ),
        ("gpt-5.1", {"temperature": 0.2}),
        ("gpt-5.5", {"temperature": 0.2, "reasoning_effort": "none"}),
        ("gpt-6-luna", {"reasoning_effort": "none", "tools": [{"type": "function", "function": TOOL}]}),
        ("gpt-4.1-2025-04-14", {}),
    ],
)
async def test_a_model_takes_what_it_knows(mock: Any, model: str, given: dict[str, Any]) -> None:
    told = await mock.chat("Hello", model=model, **given)
    assert told.status == 200, told.body


async def test_gpt_5_says_which_limit_to_use(mock: Any) -> None:
    assert (await mock.chat("Hello", model="gpt-5", max_tokens=10)).error == {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        "type": "invalid_request_error",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }


async def test_a_model_of_the_other_endpoint_is_refused(mock: Any) -> None:
    told = await mock.chat("Hello", model="gpt-5-pro")
    assert told.status == 404
    assert told.error["param"] == "model"
    assert "only supported in v1/responses" in told.error["message"]
    assert (await mock.respond("Hello", model="gpt-5-pro")).status == 200


async def test_responses_has_the_same_rules_in_its_own_spelling(mock: Any) -> None:
    told = await mock.respond("Hello", model="gpt-5", reasoning={"effort": "xhigh"})
    assert (told.error["param"], told.error["code"]) == ("reasoning.effort", "unsupported_value")
    told = await mock.respond("Hello", model="gpt-5", temperature=0.3)
    assert (told.error["param"], told.error["code"]) == ("temperature", "unsupported_parameter")
    told = await mock.respond("Hello", model="gpt-6.1-sol", tools=[{"type": "function", **TOOL}])
    assert told.status == 200


async def test_no_reasoning_model_takes_max_tokens(mock: Any) -> None:
    for name, model in load_catalogue().models.items():
        if "chat" not in model.endpoints:
            continue
        told = await mock.chat("Hello", model=name, max_tokens=5)
        assert told.status == (400 if model.reasoning else 200), name

from __future__ import annotations

import json
from typing import Any

WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
        },
        "required": ["city", "days"],
    },
}
TEMPO = {
    "name": "setTempo",
    "description": "Change how fast it goes.",
    "parameters": {"type": "object", "properties": {"bpm": {"type": "number"}}, "required": ["bpm"]},
}


def chat_tools(*tools: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "function", "function": tool} for tool in tools]


def called(told: Any) -> list[tuple[str, dict[str, Any]]]:
    [choice] = told.body["choices"]
    calls = choice["message"].get("tool_calls") or []
    assert choice["finish_reason"] == ("tool_calls" if calls else "stop")
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]


async def test_a_function_that_fits_is_called_with_what_was_said(mock: Any) -> None:
    said = "What will the weather be in Paris for 3 days, in celsius?"
    told = await mock.chat(said, tools=chat_tools(TEMPO, WEATHER))
    assert called(told) == [("get_weather", {"city": "Paris", "unit": "celsius", "days": 3})]


async def test_a_french_question_finds_its_function(mock: Any) -> None:
    told = await mock.chat("Mets le tempo à 132,5 s'il te plaît", tools=chat_tools(WEATHER, TEMPO))
    assert called(told) == [("setTempo", {"bpm": 132.5})]


async def test_no_function_is_called_when_none_fits_or_none_may_be(mock: Any) -> None:
    assert called(await mock.chat("Hello!", tools=chat_tools(WEATHER, TEMPO))) == []
    assert called(await mock.chat("weather?", tools=chat_tools(WEATHER), tool_choice="none")) == []


async def test_a_choice_of_tool_is_obeyed(mock: Any) -> None:
    tools = chat_tools(WEATHER, TEMPO)
    assert len(called(await mock.chat("Hello!", tools=tools, tool_choice="required"))) == 1
    named = {"type": "function", "function": {"name": "setTempo"}}
    [(name, _)] = called(await mock.chat("the weather in Rome", tools=tools, tool_choice=named))
    assert name == "setTempo"


async def test_two_functions_are_called_together_unless_forbidden(mock: Any) -> None:
    said = "Set tempo to 128 and get weather in Lyon"
    tools = chat_tools(WEATHER, TEMPO)
    assert {name for name, _ in called(await mock.chat(said, tools=tools))} == {"get_weather", "setTempo"}
    assert len(called(await mock.chat(said, tools=tools, parallel_tool_calls=False))) == 1


async def test_a_result_is_answered_in_words(mock: Any) -> None:
    ask = {"role": "user", "content": "The weather in Paris for 2 days?"}
    tools = chat_tools(WEATHER)
    first = await mock.post("/chat/completions", {"model": "gpt-4.1", "messages": [ask], "tools": tools})
    message = first.body["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "Rain, 12 degrees"}
    body = {"model": "gpt-4.1", "messages": [ask, message, result], "tools": tools}
    answered = await mock.post("/chat/completions", body)
    assert "`get_weather`: Rain, 12 degrees" in answered.body["choices"][0]["message"]["content"]
    again = await mock.post("/chat/completions", {**body, "tool_choice": "required"})
    assert again.body["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_streamed_call_is_the_whole_one_in_pieces(mock: Any) -> None:
    said, tools = "The weather in Paris for 2 days?", chat_tools(WEATHER)
    [(name, arguments)] = called(await mock.chat(said, tools=tools))
    deltas = [
        call["function"]
        for event in (await mock.chat(said, tools=tools, stream=True)).events
        for choice in event["choices"]
        for call in choice["delta"].get("tool_calls") or []
    ]
    assert deltas[0] == {"name": name, "arguments": ""}
    assert json.loads("".join(delta["arguments"] for delta in deltas)) == arguments


async def test_responses_calls_with_items_and_takes_their_results(mock: Any) -> None:
    tools = [{"type": "function", **WEATHER}]
    said = "The weather in Paris for 2 days?"
    first = (await mock.respond(said, tools=tools)).body
    [item] = first["output"]
    assert item["type"] == "function_call"
    assert json.loads(item["arguments"])["city"] == "Paris"
    events = (await mock.respond(said, tools=tools, stream=True)).events
    pieces = [event["delta"] for event in events if event["type"] == "response.function_call_arguments.delta"]
    assert "".join(pieces) == item["arguments"]
    output = {"type": "function_call_output", "call_id": item["call_id"], "output": "Rain"}
    ask = {"role": "user", "content": said}
    by_items = await mock.post(
        "/responses", {"model": "gpt-4.1", "input": [ask, item, output], "tools": tools}
    )
    by_id = await mock.post(
        "/responses",
        {"model": "gpt-4.1", "input": [output], "previous_response_id": first["id"], "tools": tools},
    )
    for told in (by_items, by_id):
        assert "`get_weather`: Rain" in told.body["output"][0]["content"][0]["text"]


async def test_a_strict_function_needs_a_strict_schema(mock: Any) -> None:
    told = await mock.chat("weather", tools=chat_tools({**WEATHER, "strict": True}))
    assert told.error["code"] == "invalid_json_schema"
    assert told.error["param"] == "tools[0].function.parameters"

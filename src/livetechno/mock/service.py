"""What is answered on which path: a request's method, path and body in, a reply out. Nothing is sent here."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import Any

from livetechno.gpt.catalogue import Model, load_catalogue
from livetechno.gpt.messages import Message
from livetechno.mock import answer as answers
from livetechno.mock import chat, responses, rules, usage, wire
from livetechno.mock.answer import Answer
from livetechno.mock.asked import COUNT_FIELDS, Asked, read_chat, read_responses
from livetechno.mock.checks import Fields
from livetechno.mock.faults import FAULTS, Strike
from livetechno.mock.reply import Reply
from livetechno.mock.wire import WireError

REMEMBERED = 1000
"""How many stored responses `previous_response_id` may name."""


class Service:
    """Answers requests. Holds the seed, and the conversations of stored responses."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._stored: OrderedDict[str, tuple[Message, ...]] = OrderedDict()

    def handle(self, method: str, path: str, raw: bytes, strike: Strike | None) -> Reply:
        """The reply to a request. Raises WireError for one that OpenAI would refuse."""
        match method, path.removeprefix("/v1").split("/", 2)[1:] if path.startswith("/v1/") else []:
            case "POST", ["chat", "completions"]:
                return self._chat(wire.load(raw), strike)
            case "POST", ["responses"]:
                return self._responses(wire.load(raw), strike)
            case "POST", ["responses", "input_tokens"]:
                return self._input_tokens(wire.load(raw))
            case "GET", ["models"]:
                models = [_model_row(model) for model in load_catalogue().models.values()]
                return _whole({"object": "list", "data": models})
            case "GET", ["models", name]:
                return _whole(_model_row(find_model(name), name))
        raise WireError(f"Invalid URL ({method} {path:.200})", status=404)

    def _chat(self, body: Mapping[str, Any], strike: Strike | None) -> Reply:
        return self._reply(read_chat(body), strike)

    def _responses(self, body: Mapping[str, Any], strike: Strike | None) -> Reply:
        return self._reply(read_responses(body, self._earlier(body)), strike)

    def _reply(self, asked: Asked, strike: Strike | None) -> Reply:
        model = find_model(asked.model)
        rules.check(asked, model)
        given = _altered(answers.answer(asked, model, self.seed), strike)
        if asked.endpoint == "responses" and asked.body.get("store") is not False:
            self._store(given)
        tokens = given.usage.input + given.usage.output
        wire_format = chat if asked.endpoint == "chat" else responses
        if asked.stream:
            frames = wire_format.stream(given)
            return Reply(frames=frames, error_frame=partial(_error_frame, given), tokens=tokens)
        return _whole(wire_format.whole(given), tokens)

    def _input_tokens(self, body: Mapping[str, Any]) -> Reply:
        # Counting asks for no answer, so what only shapes one need not fit the model.
        asked = read_responses(body, self._earlier(body), COUNT_FIELDS)
        find_model(asked.model)
        count = usage.input_tokens(asked.messages, asked.model, asked.tools, asked.schema)
        return _whole({"object": "response.input_tokens", "input_tokens": count})

    def _earlier(self, body: Mapping[str, Any]) -> tuple[Message, ...]:
        name = Fields(body).text("previous_response_id")
        if name is None:
            return ()
        if name not in self._stored:
            raise WireError(
                f"Previous response with id '{name:.80}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return self._stored[name]

    def _store(self, given: Answer) -> None:
        choice = given.choices[0]
        # Instructions hold for one response; the next one brings its own.
        begin = 1 if given.asked.body.get("instructions") else 0
        said = Message("assistant", choice.text, tool_calls=choice.calls)
        self._stored[responses.response_id(given)] = (*given.asked.messages[begin:], said)
        while len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)


def find_model(name: str) -> Model:
    """The catalogue's row, whatever its end date. Raises WireError 404 for an unknown name."""
    model = load_catalogue().find(name)
    if model is None:
        raise WireError(
            f"The model `{name:.100}` does not exist or you do not have access to it.",
            code="model_not_found",
            status=404,
        )
    return model


def _model_row(model: Model, name: str | None = None) -> dict[str, Any]:
    released = model.released or datetime.date(2025, 1, 1)
    return {
        "id": name or model.name,
        "object": "model",
        "created": _seconds(released),
        "owned_by": "mock",
        "shutdown_date": model.ends.isoformat() if model.ends else None,
    }


def _whole(body: Mapping[str, Any], tokens: int = 0) -> Reply:
    return Reply(wire.dump(body), tokens=tokens)


def _error_frame(given: Answer, name: str, number: int) -> bytes:
    error = FAULTS[name].error()
    if given.asked.endpoint == "chat":
        return chat.error_frame(error)
    if name == "response_failed":
        return responses.failed_frame(responses.begun(given), error, number)
    return responses.error_frame(error, number)


def _altered(given: Answer, strike: Strike | None) -> Answer:
    """The answer under a fault of what it says."""
    match strike.fault.name if strike else "":
        case "content_filter":
            return answers.cut_short(given, "content_filter")
        case "length":
            return answers.cut_short(given, "length")
        case "refusal":
            return answers.with_text(given, "I'm sorry, but I can't help with that.", refusal=True)
        case "wrong_document":
            closed = (given.asked.schema or {}).get("type") == "object"
            return answers.with_text(
                given, '["not", "what", "was", "asked"]' if closed else '{"wrong": null}'
            )
        case "no_json_document":
            return answers.with_text(given, 'Sure! Here is your JSON: {"title": "unfinished')
    return given


def _seconds(day: datetime.date) -> int:
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp())

"""From a request to a call that is ready to send: which model, which endpoint, which parameters."""

from __future__ import annotations

import datetime
import json
import uuid
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Literal

from livetechno import environment, words
from livetechno.gpt import addresses, catalogue, chat_completions, errors, parameters, responses, structured
from livetechno.gpt.completions import Request
from livetechno.gpt.errors import GPTError

_WIRE_FORMATS: dict[catalogue.Endpoint, ModuleType] = {"chat": chat_completions, "responses": responses}
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
"""The three spellings of the most tokens that a reply may have."""
_NO_SUCH_PLACE = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to send. `ends` is the loop's time at which its total timeout passes.

    Raises UsageError for a body that JSON cannot say.
    """

    url: str
    endpoint: catalogue.Endpoint
    model: str
    body: dict[str, Any]
    request: Request
    ends: float
    key: str = ""
    """The same for every try, so that a server can tell a retry from a second wish."""
    changes: int = 0
    """How often it was sent anew in another form, which is no try of what failed."""
    data: bytes = field(init=False, repr=False)
    """The body as it is sent; empty for a call that has none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", encode(self.body) if self.body else b"")

    @property
    def wire_format(self) -> Any:
        """The module that writes the body and reads the answer."""
        return _WIRE_FORMATS[self.endpoint]

    @property
    def limit(self) -> int | None:
        """The most tokens of each answer, as the body says it."""
        return next((self.body[name] for name in _LIMITS if name in self.body), None)

    def limited(self, tokens: int) -> Call:
        """The same call, with a limit in the spelling that all known models take."""
        name = "max_output_tokens" if self.endpoint == "responses" else "max_completion_tokens"
        return replace(self, body={**self.body, name: tokens})


@dataclass(slots=True)
class Caller:
    """What is the same for all calls of one client, and what its server has refused so far."""

    base_url: str
    openai: bool
    strict: bool
    retired: Literal["replace", "fail"]
    bounded: bool = False
    """Whether a limit of tokens must hold: then a server that refuses it gets no call without one."""
    _refused: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _chat_only: bool = False

    def prepare(self, request: Request, *, stream: bool, ends: float) -> Call:
        """The call for this request. Raises UsageError kinds for what makes no sense."""
        parameters.check(request.parameters)
        if not request.messages:
            raise errors.UsageError(words.say("reasons.no_messages"), code="no_messages")
        if request.schema is not None:
            structured.check(request.schema)
        resolved = catalogue.load_catalogue().resolve(
            request.model, today(), openai=self.openai, retired="fail" if self.strict else self.retired
        )
        if resolved.notice is not None:
            catalogue.warn_once(resolved.notice)
        endpoint = catalogue.endpoint_for(
            resolved.model, tools=bool(request.tools), effort=request.parameters.effort
        )
        if self._chat_only:
            endpoint = "chat"
        fitted = parameters.fit(
            request.parameters, resolved.model, endpoint=endpoint, openai=self.openai, strict=self.strict
        )
        parameters.warn_dropped(fitted.dropped, resolved.name)
        wire_format = _WIRE_FORMATS[endpoint]
        body = wire_format.body(request, resolved.name, fitted.body, stream=stream)
        if stream and addresses.is_openai(self.base_url):
            # padding against traffic analysis: useless on a trusted link, and it doubles the bytes
            body["stream_options"] = {**body.get("stream_options", {}), "include_obfuscation": False}
        for name in self._refused.get((endpoint, resolved.name), ()):
            parameters.leave_out(body, name)
        url = self.base_url + wire_format.PATH
        return Call(url, endpoint, resolved.name, body, request, ends, f"livetechno-{uuid.uuid4()}")

    def changed(self, failure: GPTError, call: Call) -> Call | None:
        """The call in another form that the server may take, after it refused this one; None to give up."""
        if self.strict:
            return None
        if failure.code in ("unsupported_parameter", "unsupported_value") and failure.parameter:
            return self._without(failure.parameter, call)
        nowhere = failure.status in _NO_SUCH_PLACE and not isinstance(failure, errors.ModelNotFoundError)
        if nowhere and call.endpoint == "responses" and not self.openai:
            self._chat_only = True
            again = self.prepare(call.request, stream=bool(call.body.get("stream")), ends=call.ends)
            return replace(again, key=call.key, changes=call.changes + 1)
        return None

    def _without(self, name: str, call: Call) -> Call | None:
        refused = self._refused.setdefault((call.endpoint, call.model), [])
        if name in refused:
            return None
        body = json.loads(json.dumps(call.body))
        done = parameters.leave_out(body, name)
        if done is None or (done == "gone" and self.bounded and name in _LIMITS):
            return None
        refused.append(name)
        if done == "gone":
            parameters.warn_dropped((parameters.Dropped(name, "refused_by_server"),), call.model)
        return replace(call, body=body, changes=call.changes + 1)


def today() -> datetime.date:
    """The day for models and prices. Raises ConfigurationError for a broken `LIVETECHNO_DATE`."""
    return now().date()


def now() -> datetime.datetime:
    """The moment for the books (UTC). Raises ConfigurationError for a broken `LIVETECHNO_DATE`."""
    try:
        return environment.now()
    except environment.EnvironmentValueError as error:
        problem = errors.ConfigurationError.of_variable(error)
    raise problem


def encode(body: dict[str, Any]) -> bytes:
    """The body as JSON in UTF-8. Raises UsageError for what JSON cannot say."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        detail = words.say("reasons.surrogate")
    except RecursionError:
        detail = words.say("reasons.schema.deep")
    except (TypeError, ValueError) as error:
        detail = str(error)
    raise errors.UsageError(detail, code="not_encodable")

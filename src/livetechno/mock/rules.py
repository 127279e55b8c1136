"""Which model takes which parameter, refused as OpenAI refuses it (reference/openai.md D2)."""

from __future__ import annotations

from livetechno.gpt.catalogue import Model
from livetechno.mock.asked import Asked
from livetechno.mock.checks import shorten
from livetechno.mock.usage import input_tokens
from livetechno.mock.wire import WireError


def check(asked: Asked, model: Model) -> None:
    """Raises WireError for the first thing that `model` does not take."""
    _endpoint(asked, model)
    _effort(asked, model)
    _limit(asked, model)
    _sampling(asked, model)
    _rest(asked, model)
    _tools(asked, model)
    _context(asked, model)


def effort_of(asked: Asked, model: Model) -> str | None:
    """The effort that the model will make: the one asked for, else its own; None when it does not reason."""
    if not model.reasoning:
        return None
    return asked.effort or model.default_effort or "medium"


def unsupported_parameter(name: str, instead: str = "") -> WireError:
    """The refusal of a parameter that the model does not know."""
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    if instead:
        message += f" Use '{instead}' instead."
    return WireError(message, param=name, code="unsupported_parameter")


def unsupported_value(name: str, value: object, advice: str) -> WireError:
    """The refusal of a value that the model does not take."""
    shown = f"'{value}'" if isinstance(value, str) else shorten(value)
    message = f"Unsupported value: '{name}' does not support {shown} with this model. {advice}"
    return WireError(message, param=name, code="unsupported_value")


def _endpoint(asked: Asked, model: Model) -> None:
    if asked.endpoint in model.endpoints:
        return
    here, there = "v1/chat/completions", "v1/responses"
    if asked.endpoint == "responses":
        here, there = there, here
    message = f"This model is only supported in {there} and not in {here}."
    raise WireError(message, param="model", status=404)


def _effort(asked: Asked, model: Model) -> None:
    name = "reasoning_effort" if asked.endpoint == "chat" else "reasoning.effort"
    if asked.effort is None:
        return
    if not model.reasoning:
        raise unsupported_parameter(name)
    if asked.effort not in model.efforts:
        listed = ", ".join(f"'{effort}'" for effort in model.efforts)
        raise unsupported_value(name, asked.effort, f"Supported values are: {listed}.")


def _limit(asked: Asked, model: Model) -> None:
    if asked.max_tokens is None:
        return
    name = asked.max_tokens_field
    if name == "max_tokens" and model.reasoning:
        raise unsupported_parameter(name, "max_completion_tokens")
    if model.max_output and asked.max_tokens > model.max_output:
        raise WireError(
            f"{name} is too large: {asked.max_tokens}. This model supports at most {model.max_output} "
            f"completion tokens, whereas you provided {asked.max_tokens}.",
            param=name,
            code="invalid_value",
        )


def _sampling(asked: Asked, model: Model) -> None:
    if model.sampling == "always":
        return
    if model.sampling == "effort_none" and effort_of(asked, model) == "none":
        return
    given = asked.sampling
    if given.temperature not in (None, 1):
        if asked.endpoint == "responses":
            raise unsupported_parameter("temperature")
        only = "Only the default (1) value is supported."
        raise unsupported_value("temperature", given.temperature, only)
    if given.top_p not in (None, 1):
        raise unsupported_parameter("top_p")
    if given.logprobs:
        raise unsupported_parameter("logprobs")
    if given.top_logprobs:
        raise unsupported_parameter("top_logprobs")


def _rest(asked: Asked, model: Model) -> None:
    given = asked.sampling
    if not model.penalties:
        for name in ("presence_penalty", "frequency_penalty", "logit_bias"):
            if getattr(given, name):
                raise unsupported_parameter(name)
    if asked.stop and not model.stop:
        raise unsupported_parameter("stop")
    if asked.verbosity not in (None, "medium") and not model.verbosity:
        name = "verbosity" if asked.endpoint == "chat" else "text.verbosity"
        raise unsupported_value(name, asked.verbosity, "Supported values are: 'medium'.")


def _tools(asked: Asked, model: Model) -> None:
    if not asked.tools or asked.endpoint == "responses" or model.tools_endpoint == "chat":
        return
    # What sends tools to Responses is the reasoning; without any, Chat Completions takes them too.
    if effort_of(asked, model) == "none":
        return
    raise WireError(
        f"Function tools with reasoning_effort are not supported for {model.name} in /v1/chat/completions. "
        "Please use /v1/responses instead.",
        param="tools",
        code="unsupported_parameter",
    )


def _context(asked: Asked, model: Model) -> None:
    most = model.max_input or model.context
    tokens = input_tokens(asked.messages, asked.model, asked.tools, asked.schema)
    if most and tokens > most:
        place = "messages" if asked.endpoint == "chat" else "input"
        raise WireError(
            f"This model's maximum context length is {most} tokens. However, your messages resulted in "
            f"{tokens} tokens. Please reduce the length of the messages.",
            param=place,
            code="context_length_exceeded",
        )

"""Answers that must follow a JSON Schema: the schema is checked before, the document after."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from livetechno import words
from livetechno.gpt.completions import Completion, Schema
from livetechno.gpt.errors import ReplyInvalidError, UsageError


def check(schema: Schema) -> None:
    """Raises UsageError when the schema itself is broken, or points outside itself."""
    _validator(_canonical(schema.schema))


def checked(completion: Completion, schema: Schema | None) -> Completion:
    """The answer with its document `parsed`, when one was asked for and the answer is finished.

    Raises ReplyInvalidError, with the answer's text, when the text is no such document.
    """
    if schema is None or completion.finish == "tool_calls":
        return completion
    if completion.finish != "stop":
        raise _invalid(completion, words.say("reasons.document.early", finish=completion.finish))
    try:
        document = json.loads(completion.text)
    except (ValueError, RecursionError):
        raise _invalid(completion, words.say("reasons.document.json")) from None
    reason = misfit(document, schema.schema)
    if reason:
        raise _invalid(completion, reason)
    return replace(completion, parsed=document)


def misfit(document: Any, schema: dict[str, Any]) -> str:
    """Why the document does not follow the JSON Schema; "" when it does. Raises UsageError as `check`."""
    from fastjsonschema import JsonSchemaException

    try:
        _validator(_canonical(schema))(document)
    except JsonSchemaException as error:
        return str(error)
    return ""


def _invalid(completion: Completion, reason: str) -> ReplyInvalidError:
    return ReplyInvalidError(
        reason,
        code="schema",
        text=completion.text,
        request_id=completion.request_id,
        completion=completion,
    )


def _canonical(schema: object) -> str:
    if not isinstance(schema, dict):
        raise UsageError(words.say("reasons.schema.object"), code="schema")
    try:
        return json.dumps(schema, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error)
    raise UsageError(words.say("reasons.schema.json", reason=reason), code="schema")


@lru_cache(maxsize=64)
def _validator(canonical: str) -> Callable[[Any], Any]:
    import fastjsonschema

    schema = json.loads(canonical)
    for reference in _references(schema):
        # a reference elsewhere would be fetched, from an address that we did not choose
        if not reference.startswith("#"):
            raise UsageError(words.say("reasons.schema.outside", reference=reference), code="schema")
    try:
        compiled: Callable[[Any], Any] = fastjsonschema.compile(schema)
    except (
        fastjsonschema.JsonSchemaException,
        AttributeError,
        TypeError,
        ValueError,
        KeyError,
        re.error,
    ) as error:
        reason = str(error)
    except RecursionError:
        reason = words.say("reasons.schema.deep")
    else:
        return compiled
    raise UsageError(words.say("reasons.schema.broken", reason=reason), code="schema")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)

"""How many tokens a prompt has at most: told from its bytes, or closer by counting.

No token is shorter than one byte (byte pair encoding joins bytes, and drops none), so text has at most as
many tokens as UTF-8 has bytes of it. What frames it is given room to spare, and an image counts as the
dearest that its model's rule allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from livetechno.gpt import tokens
from livetechno.gpt.completions import Request
from livetechno.gpt.messages import Message, to_plain
from livetechno.gpt.tokens import most_image_tokens

PROMPT_TOKENS = 128
"""Room for what a server puts around every prompt; measured prompts of open models have up to about 70."""
MESSAGE_TOKENS = 16
"""Room for what frames a message, its role included: at least twice what OpenAI's cookbook tells."""
TOOL_TOKENS = 64
"""Room for what frames a function or a schema, beside its description."""
SUPPOSED = 4
"""One token more for so many, where a model's encoding is not known for sure."""


def most_input_tokens(request: Request, model: str) -> int:
    """No fewer than any server can count for the prompt of this request. Takes no time."""
    return PROMPT_TOKENS + most_message_tokens(request.messages, model) + _specs(request)


def counted_input_tokens(request: Request, model: str) -> int:
    """The same, closer: text is counted, which takes time; a quarter more where its encoding is supposed.

    What is no plain text stays as it is for `most_input_tokens`, and the room to spare as well.
    """
    counted = sum(_counted(message, model) for message in request.messages)
    return min(PROMPT_TOKENS + counted + _specs(request), most_input_tokens(request, model))


def _counted(message: Message, model: str) -> int:
    count = tokens.count(message.text, tokens.encoding_for(model))
    spare = 0 if tokens.knows(model) else -(-count // SUPPOSED)
    return most_message_tokens([message], model) - _bytes(message.text) + count + spare


def _specs(request: Request) -> int:
    specs = [[tool.name, tool.description, tool.parameters] for tool in request.tools]
    if request.schema is not None:
        specs.append([request.schema.name, "", request.schema.schema])
    return sum(TOOL_TOKENS + _size(one) for one in specs)


def most_message_tokens(messages: Iterable[Message], model: str) -> int:
    """The part of it that messages take."""
    return sum(
        MESSAGE_TOKENS
        + _bytes(message.text)
        + len(message.images) * most_image_tokens(model)
        + _calls(message)
        for message in messages
    )


def _calls(message: Message) -> int:
    plain = to_plain(message) if message.tool_calls or message.tool_call_id else {}
    return sum(_size(plain[field]) for field in ("tool_calls", "tool_call_id") if field in plain)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _size(document: object) -> int:
    """Characters as JSON in ASCII, which has no fewer than UTF-8 has bytes."""
    return len(json.dumps(document))

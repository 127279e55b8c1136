"""The server's own count of a prompt: exact for images, functions and schemas too, and free of charge.

`POST /responses/input_tokens` (reference/openai.md D4). For plain text `tokens.count` is as exact,
and needs no server.
"""

from __future__ import annotations

from livetechno.gpt import responses, wire
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Request
from livetechno.gpt.errors import ReplyInvalidError

PATH = "/responses/input_tokens"


async def input_tokens(client: Client, request: Request) -> int:
    """How many tokens the request is as a prompt, with all that frames it.

    `request.model` is a name, no alias; its parameters play no part. Raises GPTError kinds.
    """
    body = responses.body(request, request.model, {}, stream=False)
    del body["store"]  # nothing is answered here that could be stored, so the endpoint does not know it
    told = await client.fetch(PATH, body)
    count = wire.number(told.get("input_tokens"))
    if count is None:
        raise ReplyInvalidError("no input_tokens", code="no_count")
    return count

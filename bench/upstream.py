"""A server that gives one prepared answer in OpenAI's chat format: the same for everyone measured.

    python bench/upstream.py        prints the address it listens on, then serves until it is ended

The request's `max_completion_tokens` or `max_tokens` is the number of words of the answer, which come as
chunks where a `stream` is asked for. `seed` is the pause between two of these in microseconds (0: each
by itself, as fast as they can be sent).
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

WORD_TEXT = " acid"
COMMON: dict[str, object] = {"id": "chatcmpl-bench", "created": 1790000000, "model": "gpt-6-luna"}
ALIKE = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nx-request-id: req_bench\r\n"
HEAD = ALIKE + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(data: str) -> bytes:
    """One server-sent event as one chunk of HTTP."""
    payload = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(payload), payload)


def chunk(choices: list[dict[str, object]], usage: dict[str, int] | None = None) -> bytes:
    return event(
        json.dumps({**COMMON, "object": "chat.completion.chunk", "choices": choices, "usage": usage})
    )


FIRST = chunk([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
WORD = chunk([{"index": 0, "delta": {"content": WORD_TEXT}, "finish_reason": None}])
LAST = chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])


def whole(words: int, usage: dict[str, int]) -> bytes:
    """The answer to who asks for no stream."""
    message = {"role": "assistant", "content": WORD_TEXT * words}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = json.dumps(COMMON | {"object": "chat.completion", "choices": choices, "usage": usage}).encode()
    return ALIKE + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Answers(asyncio.Protocol):
    """The answers on one connection, one after the other."""

    def __init__(self) -> None:
        self._asked = bytearray()
        self._left = 0
        self._next: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        if self._next is not None:
            self._next.cancel()

    def data_received(self, data: bytes) -> None:
        self._asked += data
        head, found, body = self._asked.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(body) >= length:
            self._asked = body[length:]
            self._answer(json.loads(body[:length] or b'{"max_tokens": 1}'))

    def _answer(self, asked: dict[str, int]) -> None:
        words = asked.get("max_completion_tokens") or asked["max_tokens"]
        usage = {"prompt_tokens": 1, "completion_tokens": words, "total_tokens": words + 1}
        if not asked.get("stream"):
            self._transport.write(whole(words, usage))
            return
        self._left, self._pause = words, asked.get("seed", 0) / 1e6
        self._end = LAST + chunk([], usage) + event("[DONE]") + b"0\r\n\r\n"
        self._transport.write(HEAD + FIRST)
        self._go_on()

    def _go_on(self) -> None:
        if not self._left:
            self._transport.write(self._end)
            return
        self._left -= 1
        self._transport.write(WORD)
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(self._pause, self._go_on) if self._pause else loop.call_soon(self._go_on)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.platform != "win32":
        import uvloop

        uvloop.install()
    asyncio.run(main())

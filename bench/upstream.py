"""A server that streams one prepared answer in OpenAI's chat format: the same for everyone measured.

    python bench/upstream.py        prints the address it listens on, then serves until it is ended

The request's `max_completion_tokens` or `max_tokens` is the number of chunks, `seed` the pause
between two of them in microseconds (0: as fast as they can be sent).
"""

from __future__ import annotations

import asyncio
import json

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"x-request-id: req_bench\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def event(data: str) -> bytes:
    """One server-sent event as one chunk of HTTP."""
    payload = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(payload), payload)


def chunk(choices: list[dict[str, object]], usage: dict[str, int] | None = None) -> bytes:
    common = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "bench",
    }
    return event(json.dumps({**common, "choices": choices, "usage": usage}))


FIRST = chunk([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
WORD = chunk([{"index": 0, "delta": {"content": " acid"}, "finish_reason": None}])
LAST = chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
            body = json.loads(await reader.readexactly(length))
            count = body.get("max_completion_tokens") or body["max_tokens"]
            pause = body.get("seed", 0) / 1e6
            usage = {"prompt_tokens": 1, "completion_tokens": count, "total_tokens": count + 1}
            writer.write(HEAD + FIRST)
            for _ in range(count):
                writer.write(WORD)
                await (asyncio.sleep(pause) if pause else writer.drain())
            writer.write(LAST + chunk([], usage) + event("[DONE]") + b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

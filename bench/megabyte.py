"""A server that streams answers of 1 MB, in OpenAI's chat format, of the kind that the question names.

    python bench/megabyte.py        prints the address it listens on, then serves until it is ended

Each answer takes ten seconds or more: a piece of 100 characters every millisecond.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable

from upstream import HEAD, chunk, event

SIZE = 1_000_000
"""Characters."""
PIECE = 100
PAUSE = 0.001
"""Seconds."""
_WORDS = "kick snare hat acid swing delay *loud* **dry** `step` the a of on and under over".split(" ")  # noqa: SIM905
_HEAD = "| step | sound | level |\n|---|---|--:|\n"


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(_WORDS, k=count))


def _code(dice: random.Random, lines: int) -> str:
    def line(number: int) -> str:
        indent = " " * 4 * dice.randrange(3)
        return f'{indent}step_{dice.randrange(99)} = play("{dice.choice(_WORDS)}", {number})  # on\n'

    return "".join(map(line, range(lines)))


def _rows(dice: random.Random, count: int) -> str:
    return "".join(f"| {number} | {_words(dice, 3)} | {dice.randrange(127)} |\n" for number in range(count))


def _mixed(dice: random.Random) -> str:
    parts = (
        f"## {_words(dice, 4)}\n",
        *(f"{_words(dice, 60)}.\n" for _ in range(3)),
        "".join(f"{number}. {_words(dice, 12)}\n" for number in range(1, 7)),
        f"```python\n{_code(dice, 25)}```\n",
        f"{_words(dice, 20)}, see [the manual](https://example.org/{dice.randrange(999)}).\n",
        _HEAD + _rows(dice, 6),
        f"> {_words(dice, 30)}\n",
    )
    return "\n".join(parts) + "\n"


KINDS: dict[str, Callable[[random.Random], str]] = {
    "mixed": _mixed,
    "short paragraphs": lambda dice: f"{_words(dice, 4)}\n\n",
    "one paragraph": lambda dice: f"{_words(dice, 12)}\n",
    "one line": lambda dice: f"{_words(dice, 12)} ",
    "one word": lambda dice: f"{dice.randrange(10**9):x}",
    "code": lambda dice: _code(dice, 10),
    "code, one line": lambda dice: f'play("{dice.choice(_WORDS)}", {dice.randrange(99)}); ',
    "many code blocks": lambda dice: f"```python\n{_code(dice, 400)}```\n\n",
    "table": lambda dice: _rows(dice, 10),
    "list": lambda dice: f"- {_words(dice, 8)}\n",
    "nested list": lambda dice: f"{'  ' * dice.randrange(10)}- {_words(dice, 5)}\n",
    "quote": lambda dice: f"> {_words(dice, 8)}\n",
    "links": lambda dice: f"[{_words(dice, 2)}](https://example.org/{dice.randrange(10**6)}) ",
    "marks": lambda dice: dice.choice(("*", "**", "_", "a", "~~", "`", "[", "](", " ")),
}
"""A part of an answer of each kind; the answer is as many of them as fill it."""
BEGINS = {"code": "```python\n", "code, one line": "```js\n", "table": _HEAD}


def answer(kind: str) -> str:
    """The same megabyte whenever it is asked for."""
    dice = random.Random(kind)
    parts, size = [BEGINS.get(kind, "")], 0
    while size < SIZE:
        parts.append(KINDS[kind](dice))
        size += len(parts[-1])
    return "".join(parts)[:SIZE]


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
            messages = json.loads(await reader.readexactly(length))["messages"]
            writer.write(HEAD)
            text = answer(said(messages[-1]["content"]))
            began = asyncio.get_running_loop().time()
            for number, at in enumerate(range(0, len(text), PIECE)):
                delta = {"content": text[at : at + PIECE]}
                writer.write(chunk([{"index": 0, "delta": delta, "finish_reason": None}]))
                await writer.drain()
                wait = began + number * PAUSE - asyncio.get_running_loop().time()
                await asyncio.sleep(max(wait, 0))
            writer.write(chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}]))
            writer.write(event("[DONE]") + b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def said(content: str | list[dict[str, str]]) -> str:
    """The words of a message."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


async def main() -> None:
    """Listen on any free port."""
    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

"""Mock AI: a server in OpenAI's wire format that needs no key.

    from livetechno.mock import MockServer

    server = MockServer(seed=7)
    base_url = await server.start()    # http://127.0.0.1:PORT/v1
    ...
    await server.stop()

It listens on this machine only, answers every catalogued model, applies each model's parameter
rules, and fails on demand (`livetechno.mock.faults.FAULTS`).

It also records another server, and replays it without any network:

    MockServer(record="answers", upstream="https://api.openai.com/v1")
    MockServer(replay="answers")

Each exchange is a file in the folder, without any key (`recordings` says its form). A replay gives
the same request (method, path, body but for who asks) the same bytes; several recordings of one
request come in order, then the last again. Another request is a 404 `not_recorded`.

    server.py     the server: start, stop, routes, what it received
    checks.py     one field of a request's body at a time, refused as OpenAI refuses it
    conversation.py  the messages of a body
    asked.py      a body of either endpoint becomes one `Asked`
    rules.py      which model takes which parameter
    brain.py      what to answer;  topics.py: what it knows;  calling.py: which function to call
    schemas.py    a document that follows a JSON Schema;  patterns.py: a text that matches a pattern
    bounded.py    a number within bounds;  strict.py: whether OpenAI would take a schema
    usage.py      tokens, estimated
    answer.py     what was decided, cut to the limits asked for
    chat.py       an answer in the form of /chat/completions
    responses.py  an answer in the form of /responses
    service.py    which of them a request gets;  reply.py: what goes out
    recorder.py   requests passed on, and their answers kept;  cleaning.py: without keys
    recordings.py the files;  replay.py: answers from them
    faults.py     the faults by name;  spoil.py: what each does to the bytes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livetechno.mock.server import MockServer, ReceivedRequest

__all__ = ["MockServer", "ReceivedRequest"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from livetechno.mock import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""<gpt-chat> with a backend of your own in Flask (`pip install flask livetechno`):

    flask --app examples/backends/flask_app run

The key stays here, and the budgets hold (`livetechno budget show`). The widget wants `{"message": "..."}`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Flask, request, send_file

from livetechno import Chat
from livetechno.gpt.errors import GPTError, UsageError
from livetechno.gpt.history import split
from livetechno.gpt.messages import from_plain

SYSTEM = "You work in a shop for synthesisers. You answer its visitors in at most three sentences."
PAGE = Path(__file__).with_name("page.html")
WIDGET = Path(str(files("livetechno.server") / "page" / "gpt-chat.js"))

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 100_000  # bytes of a conversation: who pays says how long it may be


@app.get("/")
def page() -> Any:
    return send_file(PAGE)


@app.get("/gpt-chat.js")
def widget() -> Any:
    return send_file(WIDGET)


@app.post("/chat")
def chat() -> Any:
    try:
        return {"message": answer(request.get_json()["messages"])}
    except (UsageError, KeyError, TypeError, IndexError):
        return {"error": {"code": "bad_request", "message": "That is no conversation."}}, 400
    except GPTError as error:
        app.logger.warning("no answer: %s", error)
        return {"error": {"code": "no_answer", "message": "There is no answer now. Try again later."}}, 503


def answer(messages: list[dict[str, Any]]) -> str:
    """What the model says to a conversation of a visitor's; what a system message says is ours alone."""
    _, turns = split([one for one in messages if one["role"] in ("user", "assistant")])
    conversation = Chat(SYSTEM, max_tokens=500)
    for turn in turns[:-1]:
        conversation.turns.add(map(from_plain, turn))
    return conversation.ask(from_plain(turns[-1][0]).text)

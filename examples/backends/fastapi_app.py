"""<gpt-chat> with a backend of your own in FastAPI (`pip install fastapi uvicorn livetechno`):

    uvicorn --app-dir examples/backends fastapi_app:app

The key stays here, and the budgets hold (`livetechno budget show`). The widget wants `{"message": "..."}`.
"""

from __future__ import annotations

import logging
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field

from livetechno import Chat
from livetechno.gpt.errors import GPTError
from livetechno.gpt.history import split
from livetechno.gpt.messages import from_plain

SYSTEM = "You work in a shop for synthesisers. You answer its visitors in at most three sentences."
PAGE = Path(__file__).with_name("page.html")
WIDGET = Path(str(files("livetechno.server") / "page" / "gpt-chat.js"))

app = FastAPI()


class Said(BaseModel):
    role: Literal["user", "assistant"]  # what a system message says is ours alone
    content: Annotated[str, Field(min_length=1, max_length=4000)]


class Conversation(BaseModel):
    messages: Annotated[list[Said], Field(min_length=1, max_length=50)]


@app.get("/")
def page() -> FileResponse:
    return FileResponse(PAGE)


@app.get("/gpt-chat.js")
def widget() -> FileResponse:
    return FileResponse(WIDGET)


@app.post("/chat")
async def chat(said: Conversation) -> JSONResponse:
    _, turns = split([one.model_dump() for one in said.messages])
    conversation = Chat(SYSTEM, max_tokens=500)
    for turn in turns[:-1]:
        conversation.turns.add(map(from_plain, turn))
    try:
        return JSONResponse({"message": await conversation.aask(turns[-1][0]["content"])})
    except GPTError as error:
        logging.getLogger(__name__).warning("no answer: %s", error)
        told = {"code": "no_answer", "message": "There is no answer now. Try again later."}
        return JSONResponse({"error": told}, 503)

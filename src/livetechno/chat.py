"""A conversation in two lines.

    from livetechno import Chat, ask

    print(ask("Name three drum machines"))

    chat = Chat("You answer in one sentence.", temperature=0.4)
    for piece in chat.stream("What is a ratchet?"):
        print(piece, end="", flush=True)

With no key, Mock AI answers, and says so once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livetechno import app, words
from livetechno.gpt import background, parameters, structured
from livetechno.gpt.background import Handle
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Done, Request, Schema, TextDelta
from livetechno.gpt.errors import GPTError, UsageError
from livetechno.gpt.messages import Image, Message, assistant, user
from livetechno.gpt.messages import system as system_message
from livetechno.gpt.tools import ROUNDS, Rounds, Tool, tool


def ask(text: str, *, model: str = "chat", system: str | None = None, **parameters: Any) -> str:
    """GPT's answer to one question. `parameters` as for `Chat`. Raises GPTError kinds."""
    return Chat(system, model, **parameters).ask(text)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One question on its way: what is sent, and to whom."""

    client: Client
    request: Request
    question: Message


class Chat:
    """A conversation: each question is sent with what was said before.

    `system` says how to behave; `model` is a name or a use (`chat`, `patterns`, `reasoning`,
    `code`). `parameters`: temperature, top_p, max_tokens, presence_penalty, frequency_penalty,
    stop, seed, n, effort, verbosity. `tools` are Python functions that the model may call;
    `schema` is a JSON Schema that every answer must follow (`last.parsed` is the document).

    What was shown is kept: a stream that is closed, stopped by Ctrl-C or fails after text had come
    leaves that text as a `partial` answer, and `retry()` asks again. Any other failure changes
    nothing. Async functions among the tools run on livetechno's own event loop.
    Raises ParameterError and UsageError for what makes no sense.
    """

    def __init__(
        self,
        system: str | None = None,
        model: str = "chat",
        *,
        client: Client | None = None,
        tools: Iterable[Callable[..., Any] | Tool] = (),
        tool_rounds: int = ROUNDS,
        schema: dict[str, Any] | Schema | None = None,
        **parameters_: Any,
    ) -> None:
        self.model = model
        self.parameters = parameters.from_keywords(parameters_)
        self.last: Completion | None = None
        """The last answer with its usage, model and request id."""
        self._client = client
        self._tools = tuple(tool(one) for one in _several(tools))
        self._tool_rounds = tool_rounds
        self._schema = schema if isinstance(schema, Schema | None) else Schema("answer", schema)
        if self._schema is not None:
            structured.check(self._schema)
        self._system: Message | None = None
        self._turns: tuple[tuple[Message, ...], ...] = ()
        self.system = system

    @property
    def system(self) -> str | None:
        """How the model should behave; may be changed at any time."""
        return self._system.text if self._system else None

    @system.setter
    def system(self, text: str | None) -> None:
        self._system = system_message(text) if text else None

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is sent with the next question: the system message, then every exchange."""
        head = (self._system,) if self._system else ()
        return head + tuple(message for turn in self._turns for message in turn)

    def ask(self, text: str, images: Iterable[Image | str | Path] = ()) -> str:
        """The answer, whole. `images` are files, https addresses or Images. Raises GPTError kinds."""
        return background.run(self._answer(self._turn(text, images)))

    async def aask(self, text: str, images: Iterable[Image | str | Path] = ()) -> str:
        """`ask` for async code, on any event loop."""
        return await background.forward(self._answer(self._turn(text, images)))

    def ask_in_background(
        self,
        text: str,
        on_reply: Callable[[str], object],
        on_error: Callable[[GPTError], object] | None = None,
    ) -> Handle:
        """Ask without waiting: `on_reply(answer)` or `on_error(error)` is called from another thread.

        `handle.cancel()` stops it. What makes no sense is raised here and now.
        """
        return background.call_back(self._answer(self._turn(text, ())), on_reply, on_error)

    def stream(self, text: str, images: Iterable[Image | str | Path] = ()) -> Iterator[str]:
        """The answer in pieces as it comes. Raises GPTError kinds, the first ones at once."""
        return self._follow(self._turn(text, images))

    def astream(self, text: str, images: Iterable[Image | str | Path] = ()) -> AsyncIterator[str]:
        """`stream` for async code, on any event loop."""
        return self._afollow(self._turn(text, images))

    def retry(self) -> Iterator[str]:
        """Ask the last question again, streamed; the old answer stays if that fails.

        Raises UsageError when nothing has been asked.
        """
        if not self._turns:
            raise UsageError(words.say("reasons.nothing_to_retry"), code="nothing_to_retry")
        return self._follow(self._turn_for(self._turns[-1][0], self._turns[:-1]), again=True)

    def undo(self) -> tuple[Message, ...]:
        """Take back the last exchange and return it; () when there is none."""
        if not self._turns:
            return ()
        *rest, last = self._turns
        self._turns = tuple(rest)
        return last

    def _turn(self, text: str, images: Iterable[Image | str | Path]) -> _Turn:
        if not isinstance(text, str):
            raise UsageError(
                words.say("reasons.question_type", kind=type(text).__name__), code="question_type"
            )
        pictures = tuple(_picture(one) for one in _several(images))
        if not text.strip() and not pictures:
            raise UsageError(words.say("reasons.no_question"), code="no_question")
        return self._turn_for(user(text, pictures), self._turns)

    def _turn_for(self, question: Message, before: tuple[tuple[Message, ...], ...]) -> _Turn:
        client = self._client
        if client is None:
            client = app.client()
            app.warn_of_mock()
        head = (self._system,) if self._system else ()
        said = tuple(message for turn in before for message in turn)
        request = Request(
            (*head, *said, question), app.model(self.model), self.parameters, schema=self._schema
        )
        return _Turn(client, request, question)

    async def _answer(self, turn: _Turn) -> str:
        rounds = Rounds(turn.request, self._tools, self._tool_rounds)
        while await rounds.go_on(completion := await turn.client.complete(rounds.request)):
            pass
        self._keep(turn, rounds.between, completion)
        return completion.text

    def _follow(self, turn: _Turn, *, again: bool = False) -> Iterator[str]:
        heard = _Heard()
        try:
            for piece in background.iterate(lambda: self._pieces(turn, heard)):
                heard.text += piece
                yield piece
        except (GeneratorExit, KeyboardInterrupt):
            self._keep_partial(turn, heard, again=again)
            raise
        except GPTError:
            if not again:
                self._keep_partial(turn, heard, again=False)
            raise
        if heard.completion is not None:
            self._keep(turn, heard.between, heard.completion, again=again)

    async def _afollow(self, turn: _Turn) -> AsyncIterator[str]:
        import asyncio

        heard = _Heard()
        try:
            async with aclosing(background.aiterate(lambda: self._pieces(turn, heard))) as pieces:
                async for piece in pieces:
                    heard.text += piece
                    yield piece
        except (GeneratorExit, asyncio.CancelledError, GPTError):
            self._keep_partial(turn, heard, again=False)
            raise
        if heard.completion is not None:
            self._keep(turn, heard.between, heard.completion)

    @asynccontextmanager
    async def _pieces(self, turn: _Turn, heard: _Heard) -> AsyncIterator[AsyncIterator[str]]:
        async with aclosing(self._rounds(turn, heard)) as pieces:
            yield pieces

    async def _rounds(self, turn: _Turn, heard: _Heard) -> Any:
        rounds = Rounds(turn.request, self._tools, self._tool_rounds)
        completion: Completion | None = None
        while completion is None or await rounds.go_on(completion):
            heard.between = rounds.between
            async with turn.client.stream(rounds.request) as events:
                async for event in events:
                    if type(event) is TextDelta:
                        yield event.text
                    elif type(event) is Done:
                        completion = event.completion
        heard.between = rounds.between
        heard.completion = completion

    def _keep(
        self, turn: _Turn, between: tuple[Message, ...], completion: Completion, *, again: bool = False
    ) -> None:
        self.last = completion
        self._append((turn.question, *between, assistant(completion.text)), again=again)

    def _keep_partial(self, turn: _Turn, heard: _Heard, *, again: bool) -> None:
        if heard.text:
            self._append((turn.question, *heard.between, assistant(heard.text, partial=True)), again=again)

    def _append(self, exchange: tuple[Message, ...], *, again: bool) -> None:
        self._turns = (*(self._turns[:-1] if again else self._turns), exchange)


def _several(given: Any) -> tuple[Any, ...]:
    """What was given, one or several, as a tuple."""
    if isinstance(given, str | Path | Image | Tool) or not isinstance(given, Iterable):
        return (given,)
    return tuple(given)


def _picture(given: Image | str | Path) -> Image:
    if isinstance(given, Image):
        return given
    if isinstance(given, str) and given.startswith(("https://", "data:image/")):
        return Image(given)
    return Image.from_file(given)


class _Heard:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.text = ""
        self.between: tuple[Message, ...] = ()
        self.completion: Completion | None = None

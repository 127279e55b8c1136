"""A conversation in two lines.

    from livetechno import Chat, ask

    print(ask("Name three drum machines"))

    chat = Chat("You answer in one sentence.", temperature=0.4)
    for piece in chat.stream("What is a ratchet?"):
        print(piece, end="", flush=True)

With no key, Mock AI answers, and says so once.
"""

from __future__ import annotations

import atexit
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from livetechno import app, kept, words
from livetechno.gpt import background, parameters, structured
from livetechno.gpt.background import Handle
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Begun, Completion, Done, Request, Schema, TextDelta
from livetechno.gpt.errors import GPTError, UsageError
from livetechno.gpt.fitting import Everything, History, Window
from livetechno.gpt.messages import Image, Message, assistant, user
from livetechno.gpt.messages import system as system_message
from livetechno.gpt.summaries import Summary
from livetechno.gpt.threads import in_thread
from livetechno.gpt.tools import ROUNDS, Rounds, Tool, tool
from livetechno.gpt.turns import BeforeLast, MemoryTurns, Past, Turns

HISTORIES: dict[str, Callable[[], History]] = {"window": Window, "summary": Summary, "all": Everything}
"""What of the conversation goes along with a question, by name."""


def ask(text: str, *, model: str = "chat", system: str | None = None, **parameters: Any) -> str:
    """GPT's answer to one question. `parameters` as for `Chat`. Raises GPTError kinds."""
    return Chat(system, model, **parameters).ask(text)


@dataclass(frozen=True, slots=True)
class _Question:
    """A question on its way: what is sent beside what was said before, and to whom."""

    client: Client
    request: Request
    past: Past
    again: bool = False
    """Whether its answer takes the place of the last one."""

    @property
    def message(self) -> Message:
        """What the person asks."""
        return self.request.messages[-1]


class Chat:
    """A conversation: each question is sent with what was said before, as far as it fits.

    `system` says how to behave; `model` is a name or a use (`chat`, `patterns`, `reasoning`,
    `code`). `parameters`: temperature, top_p, max_tokens, presence_penalty, frequency_penalty,
    stop, seed, n, effort, verbosity. `tools` are Python functions that the model may call;
    `schema` is a JSON Schema that every answer must follow (`last.parsed` is the document).

    `history` says what of the conversation goes along: the newest exchanges that fit ("window"), with a
    summary of the older ones that the model writes ("summary"), everything ("all"), or a policy with
    limits of its own (`gpt.fitting`). Nothing leaves the conversation itself. It is kept in memory; with
    `save` on disk, where `Chat.resume` and `livetechno chat --continue` find it; or in another place of
    your own (`turns`).

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
        history: Literal["window", "summary", "all"] | History = "window",
        save: bool = False,
        turns: Turns | None = None,
        **parameters_: Any,
    ) -> None:
        self.model = model
        self.parameters = parameters.from_keywords(parameters_)
        self.history = _policy(history)
        """The policy that says what goes along with a question; may be changed at any time."""
        self.turns: Turns = turns or (_stored(system, model) if save else MemoryTurns())
        """What keeps the conversation."""
        self.last: Completion | None = None
        """The last answer with its usage, model and request id."""
        self.left_out = 0
        """How many messages of the conversation did not go along with the last question."""
        self.summed_up = False
        """Whether a summary went in their place."""
        self._client = client
        self._tools = tuple(tool(one) for one in _several(tools))
        self._tool_rounds = tool_rounds
        self._schema = schema if isinstance(schema, Schema | None) else Schema("answer", schema)
        if self._schema is not None:
            structured.check(self._schema)
        self._system: Message | None = None
        self.system = system

    @classmethod
    def resume(cls, conversation: str | None = None, **options: Any) -> Chat:
        """Go on with a stored conversation: the newest, or the one whose id begins so.

        System message, model and parameters are its own unless `options`, those of `Chat`, say otherwise.
        Raises NotKeptError when there is none.
        """
        with kept.as_ours():
            store = app.store()
            found = kept.find(store, conversation)
        own = {**found.parameters, "system": found.system or None, "model": found.model}
        return cls(turns=kept.StoredTurns(store, found.id), **(own | options))

    @property
    def system(self) -> str | None:
        """How the model should behave; may be changed at any time."""
        return self._system.text if self._system else None

    @system.setter
    def system(self, text: str | None) -> None:
        self._system = system_message(text) if text else None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole conversation, read from where it is kept: the system message, then every exchange."""
        exchanges = reversed([turn.messages for turn in self.turns.newest()])
        return self._head + tuple(message for exchange in exchanges for message in exchange)

    @property
    def memory(self) -> int:
        """Bytes of the conversation that are held in memory."""
        return self.turns.held

    @property
    def _head(self) -> tuple[Message, ...]:
        return (self._system,) if self._system else ()

    def ask(self, text: str, images: Iterable[Image | str | Path] = ()) -> str:
        """The answer, whole. `images` are files, https addresses or Images. Raises GPTError kinds."""
        return background.run(self._answer(self._question(text, images)))

    async def aask(self, text: str, images: Iterable[Image | str | Path] = ()) -> str:
        """`ask` for async code, on any event loop."""
        return await background.forward(self._answer(self._question(text, images)))

    def ask_in_background(
        self,
        text: str,
        on_reply: Callable[[str], object],
        on_error: Callable[[GPTError], object] | None = None,
    ) -> Handle:
        """Ask without waiting: `on_reply(answer)` or `on_error(error)` is called from another thread.

        `handle.cancel()` stops it. What makes no sense is raised here and now.
        """
        return background.call_back(self._answer(self._question(text, ())), on_reply, on_error)

    def stream(self, text: str, images: Iterable[Image | str | Path] = ()) -> Iterator[str]:
        """The answer in pieces as it comes. Raises GPTError kinds, the first ones at once."""
        return _closed_at_exit(self._follow(self._question(text, images)))

    def astream(self, text: str, images: Iterable[Image | str | Path] = ()) -> AsyncIterator[str]:
        """`stream` for async code, on any event loop."""
        return self._afollow(self._question(text, images))

    def retry(self) -> Iterator[str]:
        """Ask the last question again, streamed; the old answer stays if that fails.

        Raises UsageError when nothing has been asked.
        """
        last = next(self.turns.newest(), None)
        if last is None:
            raise UsageError(words.say("reasons.nothing_to_retry"), code="nothing_to_retry")
        return _closed_at_exit(self._follow(self._put(last.messages[0], BeforeLast(self.turns), again=True)))

    def undo(self) -> tuple[Message, ...]:
        """Take back the last exchange and return it; () when there is none."""
        return self.turns.undo()

    def _question(self, text: str, images: Iterable[Image | str | Path]) -> _Question:
        if not isinstance(text, str):
            raise UsageError(
                words.say("reasons.question_type", kind=type(text).__name__), code="question_type"
            )
        pictures = tuple(_picture(one) for one in _several(images))
        if not text.strip() and not pictures:
            raise UsageError(words.say("reasons.no_question"), code="no_question")
        return self._put(user(text, pictures), self.turns)

    def _put(self, message: Message, past: Past, *, again: bool = False) -> _Question:
        client = self._client
        if client is None:
            client = app.client()
            app.announce()
        request = Request(
            (*self._head, message),
            app.model(self.model),
            self.parameters,
            tuple(one.spec for one in self._tools),
            self._schema,
            conversation=self.turns.identity,
        )
        return _Question(client, request, past, again)

    def _rounds(self, question: _Question) -> Rounds:
        return Rounds(question.request, self._tools, self._tool_rounds)

    async def _fitted(self, question: _Question, request: Request) -> Request:
        """The request with what was said before, as far as it fits. May ask the model for a summary."""
        fitted = await self.history.fit(request, question.past, question.client)
        self.left_out, self.summed_up = fitted.left_out, fitted.summed_up
        return replace(request, messages=fitted.messages)

    async def _answer(self, question: _Question) -> str:
        rounds = self._rounds(question)
        completions: list[Completion] = []
        while not completions or await rounds.go_on(completions[-1]):
            request = await self._fitted(question, rounds.request)
            completions.append(await question.client.complete(request))
        await _to_the_end(self._keep, question, rounds.between, completions)
        return completions[-1].text

    def _follow(self, question: _Question) -> Generator[str, None, None]:
        heard = _Heard()
        try:
            for piece in background.iterate(lambda: self._pieces(question, heard)):
                heard.pieces.append(piece)
                yield piece
        except (GeneratorExit, KeyboardInterrupt):
            self._keep_partial(question, heard)
            raise
        except GPTError:
            if not question.again:
                self._keep_partial(question, heard)
            raise
        if heard.whole:
            self._keep(question, heard.between, heard.completions)

    async def _afollow(self, question: _Question) -> AsyncIterator[str]:
        import asyncio

        heard = _Heard()
        try:
            async with aclosing(background.aiterate(lambda: self._pieces(question, heard))) as pieces:
                async for piece in pieces:
                    heard.pieces.append(piece)
                    yield piece
        except (GeneratorExit, asyncio.CancelledError, GPTError):
            await _to_the_end(self._keep_partial, question, heard)
            raise
        if heard.whole:
            await _to_the_end(self._keep, question, heard.between, heard.completions)

    @asynccontextmanager
    async def _pieces(self, question: _Question, heard: _Heard) -> AsyncIterator[AsyncIterator[str]]:
        async with aclosing(self._stream(question, heard)) as pieces:
            yield pieces

    async def _stream(self, question: _Question, heard: _Heard) -> Any:
        rounds = self._rounds(question)
        while not heard.completions or await rounds.go_on(heard.completions[-1]):
            heard.between = rounds.between
            async with question.client.stream(await self._fitted(question, rounds.request)) as events:
                async for event in events:
                    if type(event) is TextDelta:
                        yield event.text
                    elif type(event) is Begun:
                        heard.request_id = event.request_id
                    elif type(event) is Done:
                        heard.completions.append(event.completion)
        heard.between = rounds.between
        heard.whole = True

    def _keep(
        self, question: _Question, between: tuple[Message, ...], completions: Sequence[Completion]
    ) -> None:
        self.last = completions[-1]
        self._append(question, between, assistant(self.last.text), self._about(completions))

    def _keep_partial(self, question: _Question, heard: _Heard) -> None:
        text = "".join(heard.pieces)
        if text:
            self._append(question, heard.between, assistant(text, partial=True), self._about_partial(heard))

    def _append(
        self,
        question: _Question,
        between: tuple[Message, ...],
        answer: Message,
        about: dict[str, Any] | None,
    ) -> None:
        keep = self.turns.again if question.again else self.turns.add
        keep((question.message, *between, answer), about)

    def _about(self, completions: Sequence[Completion]) -> dict[str, Any]:
        """What is known of an answer, with the tokens and the dollars of all the calls that it took."""
        last = completions[-1]
        about = {"model": last.model, "finish": last.finish, "request_id": last.request_id}
        return about | _sums(self._spent(completions))

    def _about_partial(self, heard: _Heard) -> dict[str, Any] | None:
        """The same of one that was stopped or cut, as far as our books know its call."""
        if heard.request_id is None or self._client is not None or self.turns.identity is None:
            return None
        call = app.booked(heard.request_id, self.turns.identity)
        if call is None:
            return None
        about = {"model": call.model, "finish": call.finish, "request_id": call.request_id}
        spent = [*self._spent(heard.completions), (call.usage, call.usd)]
        return about | {"estimated": call.estimated} | _sums(spent)

    def _spent(self, completions: Sequence[Completion]) -> list[_Spent]:
        usages = [None if one.usage is None else asdict(one.usage) for one in completions]
        costs = [app.cost(one) if self._client is None else None for one in completions]
        return list(zip(usages, costs, strict=True))


_Spent = tuple[dict[str, int] | None, Decimal | None]
"""Tokens and dollars of a call; None where they are not known."""


def _sums(spent: Sequence[_Spent]) -> dict[str, Any]:
    """`usage` and `cost` of several calls; what is not known of one of them is left out."""
    usages = [usage for usage, _ in spent if usage is not None]
    costs = [cost for _, cost in spent if cost is not None]
    sums: dict[str, Any] = {}
    if len(usages) == len(spent):
        sums["usage"] = {name: sum(usage[name] for usage in usages) for name in usages[0]}
    if len(costs) == len(spent):
        sums["cost"] = f"{sum(costs, Decimal(0)):f}"
    return sums


_unfinished: weakref.WeakSet[Generator[str, None, None]] = weakref.WeakSet()
"""The streams that somebody holds."""


def _closed_at_exit(pieces: Generator[str, None, None]) -> Iterator[str]:
    _unfinished.add(pieces)
    return pieces


@atexit.register
def _close_unfinished() -> None:
    """Close the streams that were not read to their end while what was shown can still be kept."""
    for pieces in tuple(_unfinished):
        with suppress(ValueError):  # a thread is reading it
            pieces.close()


def _stored(system: str | None, model: str) -> Turns:
    with kept.as_ours():
        return kept.begin(app.store(), system=system or "", model=model)


async def _to_the_end(write: Callable[..., object], *arguments: Any) -> None:
    """Run what writes in a thread; when cancelled meanwhile, wait for it all the same."""
    import asyncio

    writing = asyncio.ensure_future(in_thread(write, *arguments))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


def _policy(history: object) -> History:
    if isinstance(history, str) and history in HISTORIES:
        return HISTORIES[history]()
    if not callable(getattr(history, "fit", None)):
        raise UsageError(words.say("reasons.history", allowed=", ".join(HISTORIES)), code="history")
    return cast("History", history)


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
        self.pieces: list[str] = []
        self.request_id: str | None = None
        """The id of the call that is under way, or was the last."""
        self.between: tuple[Message, ...] = ()
        self.completions: list[Completion] = []
        self.whole = False
        """Whether it came to its end."""

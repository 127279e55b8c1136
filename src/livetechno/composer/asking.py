"""Asking a model: one call, and at most two more to mend what is wrong with its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from livetechno.composer.errors import NotComposedError
from livetechno.composer.offers import allowed, offered
from livetechno.composer.proposals import Progress, Proposal, Used
from livetechno.gpt import tokens
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Completion, Done, Parameters, Request, Schema, TextDelta
from livetechno.gpt.errors import BadRequestError, RefusedByModelError, ReplyInvalidError
from livetechno.gpt.messages import Message, assistant, system, user
from livetechno.gpt.threads import in_thread
from livetechno.music import documents, reading, wish
from livetechno.music.checks import Machines, Owned
from livetechno.music.diff import diff
from livetechno.music.problems import Problem, Refused
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from livetechno.music.wire import answers, context, schema
from livetechno.music.wire.palette import Palette, palette
from livetechno.music.wish import Intent

MOST_TOKENS = 12_000
"""Of one answer, thoughts included: eight times what a groove of five machines takes."""
REPAIRS = 2
"""Calls that may mend an answer."""
SCHEMA_MARK = "The answer follows this JSON Schema:\n"
"""Before the schema, where a server takes none beside the prompt."""
MOST_OF_AN_ANSWER = 20_000
"""Characters of an answer that goes back to be mended."""
_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n\s*```\s*", re.DOTALL)
_FORMATS = ("response_format", "json_schema", "text.format", "schema")
"""How a refusal names structured output."""

Price = Callable[[Completion], Decimal | None]


async def compose(
    client: Client,
    intent: Intent,
    project: Project,
    machines: Machines,
    *,
    inventory: Owned = None,
    model: str = "patterns",
    budget: int = context.BUDGET,
    most_tokens: int = MOST_TOKENS,
    structured: bool = True,
    price: Price = lambda _: None,
    progress: Callable[[Progress], object] = lambda _: None,
) -> Proposal:
    """What a model proposes for a wish.

    `machines` is the catalogue, `inventory` what the musician owns (None: whatever there is), `budget` the
    tokens of what is told of the project, `most_tokens` those of one answer. With `structured` False, or
    where the server refuses it, the schema is in the prompt. `price` says what a completion cost; `progress`
    is called as the answer comes. Cancelling the task ends the call. Raises NotComposedError when no answer
    could be used, and GPTError kinds.
    """
    seats = palette(project, machines, offered(intent, project, machines, inventory), intent.words)
    fewer, built = schema.fitted(seats)
    told = await in_thread(  # which may have to load a vocabulary
        context.write,
        project,
        fewer,
        wish.document(intent),
        tokens=tokens.count,
        budget=budget,
        inventory=inventory,
    )
    asking = _Asking(client, model, built, most_tokens, structured, price, progress)
    asking.messages = [user(documents.encode(told))]
    problems: tuple[Problem, ...] = ()
    text = ""
    for _ in range(1 + REPAIRS):
        text = await asking.answer()
        try:
            return _proposal(text, intent, project, machines, fewer, allowed(intent, inventory), asking)
        except Refused as error:
            problems = error.problems
        asking.mend(text, problems)
    raise NotComposedError(problems, text, asking.used)


def _proposal(
    text: str,
    intent: Intent,
    project: Project,
    machines: Machines,
    seats: Palette,
    owned: Owned,
    asking: _Asking,
) -> Proposal:
    """The proposal that an answer is. Raises Refused, with paths in the answer."""
    document = reading.parse(asking.bare(text))
    answer = answers.read(document, project, seats)
    try:
        after, _ = reduce(project, answer.batch, machines, owned)
    except Refused as error:
        raise Refused(tuple(answer.told(problem) for problem in error.problems)) from None
    return Proposal(intent, project, after, answer.batch, diff(project, after, machines), asking.used)


@dataclass(slots=True)
class _Asking:
    """The calls for one wish, and what they have taken."""

    client: Client
    model: str
    schema: Mapping[str, Any]
    most_tokens: int
    structured: bool
    price: Price
    progress: Callable[[Progress], object]
    messages: list[Message] = field(default_factory=list)
    used: Used = field(default_factory=Used)

    async def answer(self) -> str:
        """The text of the next answer. Raises GPTError kinds."""
        self.progress(Progress("mending" if self.used.calls else "asking"))
        try:
            return await self._ask()
        except BadRequestError as error:
            if not self.structured or not _is_about_the_format(error):
                raise
        self.structured = False
        return await self._ask()

    def mend(self, text: str, problems: tuple[Problem, ...]) -> None:
        """Tell what was wrong with an answer, to be asked again."""
        told = {"problems": [problem.document() for problem in problems], "todo": _MEND}
        self.messages = [
            self.messages[0],
            assistant(text[:MOST_OF_AN_ANSWER] or "{}"),
            user(json.dumps(told, ensure_ascii=False)),
        ]

    def bare(self, text: str) -> str:
        """The answer without the fence that models put around JSON where no schema holds them."""
        fenced = None if self.structured else _FENCED.fullmatch(text)
        return fenced[1] if fenced else text

    async def _ask(self) -> str:
        try:
            completion = await self._completion()
        except RefusedByModelError:
            raise
        except ReplyInvalidError as error:
            found = error.values.get("completion")
            if not isinstance(found, Completion):
                raise
            completion = found
        self._book(completion)
        return completion.text

    async def _completion(self) -> Completion:
        instructions = context.INSTRUCTIONS
        if not self.structured:
            instructions += f"\n\n{SCHEMA_MARK}{json.dumps(self.schema, separators=(',', ':'))}"
        request = Request(
            (system(instructions), *self.messages),
            self.model,
            Parameters(max_tokens=self.most_tokens),
            schema=Schema(schema.NAME, dict(self.schema)) if self.structured else None,
            purpose="compose",
        )
        characters, actions, tail = 0, 0, ""
        async with self.client.stream(request) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    characters += len(event.text)
                    actions += (tail + event.text).count(_BEGUN)
                    tail = (tail + event.text)[1 - len(_BEGUN) :]
                    self.progress(Progress("answering", characters, actions))
                elif isinstance(event, Done):
                    return event.completion
        raise ReplyInvalidError(code="no_answer")

    def _book(self, completion: Completion) -> None:
        """Count a call that has been answered."""
        usage, cost, before = completion.usage, self.price(completion), self.used
        self.used = Used(
            before.calls + 1,
            before.input_tokens + (usage.input_tokens if usage else 0),
            before.output_tokens + (usage.output_tokens if usage else 0),
            None if before.cost is None or cost is None else before.cost + cost,
            completion.model,
        )


_BEGUN = '"do"'
"""What shows, while an answer comes, that another action has begun."""
_MEND = "Answer again with the whole JSON document, with these problems mended and nothing else changed."


def _is_about_the_format(error: BadRequestError) -> bool:
    said = f"{error.parameter or ''} {error.code or ''} {error.detail}".lower()
    return any(name in said for name in _FORMATS)

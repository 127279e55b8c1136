"""From a wish to a proposal over the wire: both endpoints, with and without a schema, mended or refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from livetechno.composer import NotComposedError, Progress, Proposal, compose
from livetechno.gpt import transport
from livetechno.gpt.client import Client
from livetechno.mock import MockServer
from livetechno.music import wish
from livetechno.music.actions import AddMachine, CreatePattern
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.problems import Refused
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from tests.gpt.raw_server import Exchange, Server

MACHINES = Catalogue()
NAMES = MACHINES.solid_names()
Ask = Callable[..., Awaitable[Proposal]]


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    server = MockServer()
    yield server
    await transport.close_pool()
    await server.stop()


@pytest.fixture
async def address(mock: MockServer) -> str:
    return await mock.start()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    await served.start()
    yield served
    await transport.close_pool()
    await served.stop()


@pytest.fixture
def ask(address: str) -> Ask:
    async def ask(
        words: str, project: Project | None = None, *, openai: bool = True, **options: Any
    ) -> Proposal:
        client = Client(base_url=address, openai=openai)
        return await compose(client, wish.read(words, NAMES), project or Project(), MACHINES, **options)

    return ask


async def test_a_wish_becomes_a_proposal_that_may_be_done(ask: Ask) -> None:
    before = Project()
    words = "acid à 132 bpm, sombre, kick sur tous les temps, graine 3"
    proposal = await ask(words, price=lambda _: Decimal("0.01"))
    assert proposal.after.bpm == 132
    assert proposal.after == reduce(before, proposal.batch, MACHINES)[0]
    assert [one.id for one in proposal.diff.added] == [one.id for one in proposal.after.machines]
    assert (proposal.used.calls, proposal.used.repairs, proposal.used.cost) == (1, 0, Decimal("0.01"))
    assert proposal.used.input_tokens > 100
    assert 0 < proposal.used.output_tokens <= 1500
    assert "Mock AI" in proposal.explain
    assert before == Project()


async def test_both_endpoints_give_the_same_music(ask: Ask, mock: MockServer) -> None:
    one = await ask("berlin, seed 7", openai=False)
    other = await ask("berlin, seed 7", model="gpt-5.5-pro")
    assert {request.path for request in mock.requests} == {"/v1/chat/completions", "/v1/responses"}
    assert one.after == other.after


async def test_a_server_without_structured_output_gets_the_schema_in_the_prompt(
    ask: Ask, mock: MockServer
) -> None:
    with_schema = await ask("house, seed 5")
    without = await ask("house, seed 5", structured=False)
    assert without.after == with_schema.after
    assert "JSON Schema" in json.dumps(mock.requests[-1].body)


async def test_a_change_knows_what_is_there(ask: Ask) -> None:
    first = await ask("house with clap, seed 2")
    changed = await ask("sans clap", first.after)
    assert {one.kind for one in changed.diff.patterns} == {"changed"}
    assert all(one.appear == 0 for one in changed.diff.patterns)


async def test_a_wish_for_what_nobody_plays_changes_nothing(ask: Ask) -> None:
    first = await ask("acid on a td-3")
    proposal = await ask("less cowbell", first.after)
    assert proposal.diff.empty


async def test_only_machines_that_are_owned_or_named_are_added(ask: Ask) -> None:
    owned = frozenset({"roland.tb03", "generic.drums"})
    own = await ask("berlin", inventory=owned)
    assert {one.machine for one in own.diff.added} <= owned
    named = await ask("berlin on a td-3", inventory=owned)
    assert "behringer.td3" in {one.machine for one in named.diff.added}


async def test_some_actions_can_be_accepted_and_what_they_need_is_told(ask: Ask) -> None:
    proposal = await ask("acid on rd9 and td3, seed 1")
    kinds = [type(action) for action in proposal.batch.actions]
    adds = [place for place, kind in enumerate(kinds) if kind is AddMachine]
    creates = [place for place, kind in enumerate(kinds) if kind is CreatePattern]
    assert proposal.accepted(None, MACHINES) is proposal.batch
    some = proposal.accepted({*adds, creates[0]}, MACHINES)
    assert len(some.actions) == len(adds) + 1
    with pytest.raises(Refused, match=r"/actions/0/instance"):
        proposal.accepted({creates[0]}, MACHINES)


async def test_how_far_it_is_is_told(ask: Ask) -> None:
    told: list[Progress] = []
    await ask("acid", progress=told.append)
    assert told[0].stage == "asking"
    assert told[-1].characters > told[1].characters > 0
    assert told[-1].actions > 2


@pytest.mark.parametrize("fault", ["no_json_document", "wrong_document", "length"])
async def test_an_answer_that_is_wrong_is_mended(fault: str) -> None:
    mock = MockServer(script=[fault])
    client = Client(base_url=await mock.start(), openai=True)
    try:
        intent = wish.read("acid, seed 3", NAMES)
        proposal = await compose(client, intent, Project(), MACHINES, price=lambda _: Decimal("0.01"))
    finally:
        await transport.close_pool()
        await mock.stop()
    assert proposal.after.patterns
    assert (proposal.used.repairs, proposal.used.cost) == (1, Decimal("0.02"))
    assert proposal.used.output_tokens > 500


def answering(*texts: str) -> list[Callable[[Exchange], Any]]:
    """A server that streams these texts, one for each call."""

    def answer(text: str) -> Callable[[Exchange], Any]:
        async def send(exchange: Exchange) -> None:
            await exchange.begin_stream()
            await exchange.text(text[:20])
            await exchange.text(text[20:])
            await exchange.finish()

        return send

    return [answer(text) for text in texts]


GOOD = json.dumps(
    {
        "explain": "Slower.",
        "actions": [{"do": "tempo", "bpm": 99, "swing": None}],
    }
)
UNKNOWN = json.dumps({"explain": "", "actions": [{"do": "delete", "pattern": "ghost"}]})
SHAPELESS = json.dumps({"explain": "", "actions": [{"do": "tempo", "bpm": "slow"}]})


async def composed(server: Server, *texts: str, **options: Any) -> Proposal:
    server.exchanges.clear()
    server.answers = answering(*texts)
    client = server.client()
    return await compose(client, wish.read("slower"), Project(), MACHINES, model="own", **options)


@pytest.mark.parametrize("wrong", [UNKNOWN, SHAPELESS, "Sure! Here it is: {}", GOOD[:-3]])
async def test_what_is_wrong_goes_back_with_place_reason_and_remedy(server: Server, wrong: str) -> None:
    proposal = await composed(server, wrong, GOOD)
    assert (proposal.after.bpm, proposal.used.calls, proposal.used.repairs) == (99, 2, 1)
    assert server.exchanges[0].body["max_tokens"] == 12_000
    assert (proposal.used.input_tokens, proposal.used.output_tokens, proposal.used.cost) == (10, 4, None)
    *_, answer, told = server.exchanges[1].body["messages"]
    assert (answer["role"], told["role"]) == ("assistant", "user")
    problems = json.loads(told["content"])["problems"]
    assert problems
    assert {*problems[0]} == {"path", "code", "reason", "remedy", "allowed"}


async def test_after_two_repairs_it_says_so_and_changes_nothing(server: Server) -> None:
    with pytest.raises(NotComposedError) as caught:
        await composed(server, UNKNOWN, SHAPELESS, UNKNOWN)
    assert len(server.exchanges) == 3
    assert [one.code for one in caught.value.problems] == ["no_pattern"]
    assert (caught.value.text, caught.value.used.calls) == (UNKNOWN, 3)
    assert caught.value.what("fr")
    assert "3" in str(caught.value)


async def test_a_fence_is_taken_off_where_no_schema_holds_the_model(server: Server) -> None:
    fenced = f"```json\n{GOOD}\n```"
    assert (await composed(server, fenced, structured=False)).used.calls == 1
    assert (await composed(server, fenced, GOOD)).used.calls == 2


async def test_a_server_that_refuses_structured_output_is_asked_without(server: Server) -> None:
    async def refuse(exchange: Exchange) -> None:
        message = "response_format json_schema is not supported"
        await exchange.json({"error": {"message": message, "type": "invalid_request_error"}}, 400)

    server.answers = [refuse, *answering(GOOD)]
    client = server.client()
    proposal = await compose(client, wish.read("slower"), Project(), MACHINES, model="own")
    assert proposal.after.bpm == 99
    assert "response_format" not in server.exchanges[1].body


async def test_what_is_hostile_in_an_answer_is_only_text(server: Server) -> None:
    action = {"do": "key", "key": "C", "scale": None}
    told = {"explain": "\x1b[2J<script>alert(1)</script>", "actions": [action]}
    proposal = await composed(server, json.dumps(told))
    assert proposal.explain == "\x1b[2J<script>alert(1)</script>"


async def test_who_cancels_ends_the_call(server: Server) -> None:
    begun = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await exchange.begin_stream()
        begun.set()
        await asyncio.sleep(60)

    server.answers = [wait]
    client = server.client()
    task = asyncio.ensure_future(compose(client, wish.read("x"), Project(), MACHINES, model="own"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

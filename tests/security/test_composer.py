"""What a model says about music is text: never obeyed, and nothing is done that was not shown and taken."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import mido
import pytest

from livetechno.cli import grids, terminal
from livetechno.composer import NotComposedError, Proposal, compose, telling
from livetechno.gpt import transport
from livetechno.music import midi_file, wish
from livetechno.music.expansion import expand
from livetechno.music.machines.catalogue import Catalogue
from livetechno.music.values import Project
from tests.gpt.raw_server import KEY, Exchange, Server

MACHINES = Catalogue()
HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202ename<script>alert(1)</script>"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    await served.start()
    yield served
    await transport.close_pool()
    await served.stop()


async def proposed(server: Server, *actions: dict[str, Any], explain: str = "") -> Proposal:
    text = json.dumps({"explain": explain, "actions": [*actions]})

    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text(text)
        await exchange.finish()

    server.answers = [answer]
    return await compose(server.client(), wish.read("house on a td-3"), Project(), MACHINES, model="own")


def arranged(name: str) -> dict[str, Any]:
    return {"do": "arrange", "sections": [{"name": name, "bars": 4, "patterns": []}]}


async def test_a_models_names_and_words_cannot_command_the_terminal(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = await proposed(server, arranged(HOSTILE), explain=HOSTILE)
    terminal.sentence(proposal.explain)
    grids.show_lines(telling.proposal_lines(proposal, MACHINES))
    grids.show_project(proposal.after, MACHINES)
    shown = capsys.readouterr().out
    assert "name" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


async def test_a_models_names_cannot_command_who_reads_the_file(server: Server) -> None:
    proposal = await proposed(server, arranged(HOSTILE))
    data = midi_file.write(expand(proposal.after), MACHINES)
    texts = [
        message.text for message in mido.MidiFile(file=io.BytesIO(data)).tracks[0] if message.type == "marker"
    ]
    assert texts
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize(
    "action",
    [
        {"do": "add", "machine": "roland.tr8s"},
        {"do": "set", "machine": "td3", "values": [{"control": "resonance", "value": 1}]},
        {"do": "remove", "machine": "../../etc"},
        {"do": "run", "command": "rm -rf ~"},
        {"do": "tempo", "bpm": 1e308, "swing": None},
        {"do": "tempo", "bpm": 120, "swing": None, "__class__": "os.system"},
    ],
    ids=lambda action: f"{action['do']}",
)
async def test_nothing_but_what_was_offered_can_be_asked_for(server: Server, action: dict[str, Any]) -> None:
    with pytest.raises(NotComposedError):
        await proposed(server, action)
    assert len(server.exchanges) == 3


async def test_the_key_goes_to_its_own_server_and_into_no_prompt(server: Server) -> None:
    await proposed(server, arranged("intro"))
    (exchange,) = server.exchanges
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in exchange.raw.decode()

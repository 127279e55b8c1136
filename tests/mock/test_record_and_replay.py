"""Mock AI records another server, and answers from the recordings as that server did."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livetechno.gpt import errors, transport
from livetechno.gpt.client import Client
from livetechno.gpt.completions import Done, Request
from livetechno.gpt.messages import user
from livetechno.gpt.retry import Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.transport import Timeouts
from livetechno.mock import MockServer, recorder
from livetechno.mock.recordings import Wish
from livetechno.mock.replay import differences
from tests.gpt.raw_server import Exchange, Server
from tests.mock.conftest import Wire

OWNERS_KEY = "canary-" + "0wn3rK3yA1b2C3d4E5f6"
CLIENTS_KEY = "canary-" + "cL13ntK3yZ9y8X7w6V5u"
HELLO = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(autouse=True)
async def _pool() -> AsyncIterator[None]:
    yield
    await transport.close_pool()


@pytest.fixture
async def raw() -> AsyncIterator[Server]:
    """An upstream whose every byte the test decides."""
    served = Server()
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape"


def files(tape: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text("utf-8")) for file in sorted(tape.iterdir())]


def names(tape: Path) -> list[str]:
    return sorted(file.name for file in tape.iterdir())


def written(tape: Path) -> str:
    """All that is in the files and in their names."""
    return "".join([*names(tape), *(file.read_text("utf-8") for file in tape.iterdir())])


def pieces_of(key: str, text: str) -> list[str]:
    return [key[at : at + 8] for at in range(len(key) - 7) if key[at : at + 8] in text]


async def until(met: Any, seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.005)):
        if met():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came")


async def test_what_was_recorded_is_replayed_byte_for_byte(start: Any, tape: Path) -> None:
    upstream = await start(seed=5)
    recording = await start(record=tape, upstream=upstream.base_url)

    async def ask(wire: Any) -> list[Any]:
        return [
            await wire.chat("Hello"),
            await wire.chat("Hello", stream=True),
            await wire.chat("Hello", stream=True, stream_options={"include_usage": True}),
            await wire.respond("What is a 303? ♪"),
            await wire.respond("What is a 303? ♪", stream=True),
            await wire.chat("Hello", model="gpt-99"),
            await wire.post("/chat/completions", data=b"{broken"),
            await wire.post("/responses/input_tokens", {"model": "gpt-4.1", "input": "Hello"}),
            await wire.get("/models"),
            await wire.get("/models/gpt-4.1?a=1&b=%C3%A9"),
        ]

    direct, recorded = await ask(upstream), await ask(recording)
    await upstream.server.stop()
    assert [one.raw for one in recorded] == [one.raw for one in direct]
    assert recording.server.recorder.recorded == len(recorded) == len(files(tape))

    replayed = await ask(await start(replay=tape))
    for then, now in zip(recorded, replayed, strict=True):
        assert (now.status, now.raw) == (then.status, then.raw)
        kept = ("content-type", "x-request-id", "x-ratelimit-remaining-tokens", "openai-processing-ms")
        assert [now.headers.get(name) for name in kept] == [then.headers.get(name) for name in kept]
    assert {one.headers["content-type"].partition(";")[0] for one in replayed} == {
        "application/json",
        "text/event-stream",
    }


async def test_our_client_hears_the_same_words_twice(start: Any, tape: Path) -> None:
    upstream = await start(seed=2)

    async def ask(base_url: str) -> list[Any]:
        client = Client(base_url=base_url, retry=Retry(attempts=1))
        heard: list[Any] = []
        for model in ("gpt-4.1", "gpt-6.2-sol"):
            request = Request((user("What is Mock AI?"),), model=model)
            heard.append(await client.complete(request))
            async with client.stream(request) as events:
                heard += [event async for event in events]
        assert any(isinstance(event, Done) for event in heard)
        return heard

    recorded = await ask((await start(record=tape, upstream=upstream.base_url)).base_url)
    await upstream.server.stop()
    assert await ask((await start(replay=tape)).base_url) == recorded


async def test_a_fresh_process_replays(start: Any, tape: Path) -> None:
    upstream = await start()
    recording = await start(record=tape, upstream=upstream.base_url)
    told = await recording.chat("Hello")
    code = (
        "import asyncio, sys, urllib.request\n"
        "from livetechno.mock import MockServer\n"
        "async def main():\n"
        "    server = MockServer(replay=sys.argv[1])\n"
        "    url = await server.start() + '/chat/completions'\n"
        "    head = {'Content-Type': 'application/json'}\n"
        "    request = urllib.request.Request(url, sys.argv[2].encode(), head)\n"
        "    def ask():\n"
        "        with urllib.request.urlopen(request) as answer:\n"
        "            return answer.read()\n"
        "    sys.stdout.buffer.write(await asyncio.to_thread(ask))\n"
        "    await server.stop()\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tape), json.dumps(HELLO), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said == told.raw


async def test_the_same_request_is_played_in_order_then_the_last_again(start: Any, tape: Path) -> None:
    upstream = await start(script=["429_rate", None, "500"])
    recording = await start(record=tape, upstream=upstream.base_url)
    recorded = [await recording.chat("Hello") for _ in range(3)]
    assert [one.status for one in recorded] == [429, 200, 500]
    replay = await start(replay=tape)
    replayed = [await replay.chat("Hello", user=f"somebody {n}") for n in range(5)]
    assert [one.status for one in replayed] == [429, 200, 500, 500, 500]
    assert replayed[0].headers["retry-after-ms"] == recorded[0].headers["retry-after-ms"] == "20"
    assert (await (await start(replay=tape)).chat("Hello")).status == 429


async def test_a_cut_is_replayed_as_a_cut(start: Any, tape: Path) -> None:
    faulty = await start(script=["cut;after=2", "cut_mid_character;after=2", "cut", "connection_closed"])
    recording = await start(record=tape, upstream=faulty.base_url)

    async def heard(wire: Any, *, stream: bool) -> bytes:
        body = {**HELLO, "stream": stream}
        data = b""
        async with wire.session.post(f"{wire.base_url}/chat/completions", json=body) as response:
            while True:
                try:
                    data += await response.content.readany()
                except aiohttp.ClientPayloadError:
                    return data

    recorded = [await heard(recording, stream=stream) for stream in (True, True, False)]
    assert all(recorded)
    assert [one["response"]["ended"] for one in files(tape)] == ["cut"] * 3
    told = await recording.chat("Hello")
    assert (told.status, told.error["code"]) == (502, "no_answer_upstream")
    assert len(files(tape)) == 3
    replay = await start(replay=tape)
    assert [await heard(replay, stream=stream) for stream in (True, True, False)] == recorded


async def test_what_was_not_recorded_is_told_with_the_nearest_and_the_field(start: Any, tape: Path) -> None:
    upstream = await start()
    recording = await start(record=tape, upstream=upstream.base_url)
    await recording.chat("Hello there", temperature=0.5)
    await recording.chat("Something else", model="gpt-4o", stream=True)
    replay = await start(replay=tape)

    told = await replay.chat("Hello here", temperature=0.5)
    assert told.status == 404
    assert told.error["code"] == "not_recorded"
    assert told.error["type"] == "invalid_request_error"
    assert told.error["param"] == "messages[0].content"
    assert f"The nearest is {names(tape)[0]}" in told.error["message"]
    assert 'messages[0].content (asked: "Hello here", recorded: "Hello there")' in told.error["message"]

    told = await replay.chat("Something else", model="gpt-4o")
    assert "stream (asked: nothing, recorded: true)" in told.error["message"]
    many = {"temperature": 0.5, "n": 2, "seed": 1, "stop": ["a"], "top_p": 1, "store": True, "user": "me"}
    told = await replay.chat("x" * 5000 + "end", **many)
    assert len(told.error["message"]) < 800
    assert "and 1 more" in told.error["message"]
    told = await replay.post("/embeddings", {"model": "m", "input": "x"})
    assert told.error["message"] == (
        "No recording answers POST /v1/embeddings. There are recordings of: POST /v1/chat/completions (2)."
    )
    assert told.error["code"] == "not_recorded"
    assert (await replay.post("/chat/completions", data=b"\xff")).error["code"] == "not_recorded"
    with pytest.raises(errors.ServerRefusedError, match="No recording"):
        await Client(base_url=replay.base_url).complete(Request((user("Unheard of"),)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(0, 1) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(VALUES, VALUES)
def test_requests_that_are_not_the_same_differ_in_a_field(one: object, other: object) -> None:
    asked, recorded = (Wish("POST", "/v1/x", {"model": value}) for value in (one, other))
    found = list(differences(asked.wanted(), recorded.wanted()))
    assert bool(found) == (asked.key() != recorded.key())
    assert all(field.startswith("model") for field, _, _ in found)


async def test_faults_are_played_in_a_replay_and_take_no_turn(start: Any, tape: Path) -> None:
    upstream = await start(seed=3)
    recording = await start(record=tape, upstream=upstream.base_url)
    whole = {
        (path, stream): await ask("Tell me what you can do", stream=stream)
        for path in ("chat", "respond")
        for stream in (False, True)
        for ask in [getattr(recording, path)]
    }
    replay = await start(replay=tape)
    for (path, stream), told in whole.items():
        ask = getattr(replay, path)
        same = {"said": "Tell me what you can do", "stream": stream}
        assert (await ask(**same, fault="429_rate")).status == 429
        assert (await ask(**same, fault="slow_first_byte;seconds=0.01")).raw == told.raw
        # the same bytes as Mock AI's own answer under that fault, with the recorded words in it
        for fault in ("malformed_json", "invalid_utf8", "error_after_200;after=4", "unknown_events",
                      "odd_framing", "no_finish", "response_failed;after=2", "wrong_schema"):  # fmt: skip
            direct = await getattr(upstream, path)(**same, fault=fault)
            assert (await ask(**same, fault=fault)).raw == direct.raw, (fault, path, stream)
        for fault in ("cut;after=3", "cut_mid_character", "connection_closed"):
            with pytest.raises(aiohttp.ClientError):
                await ask(**same, fault=fault)
        # what changes the words is played by Mock AI itself
        assert b"can't help" in (await ask(**same, fault="refusal")).raw.replace(b'"}', b"") or stream
        assert (await ask(**same)).raw == told.raw
    rated = await start(replay=tape, faults={"500": 1.0})
    assert (await rated.chat("Tell me what you can do")).status == 500


async def test_the_pace_is_that_of_the_replay(start: Any, tape: Path) -> None:
    upstream = await start()
    await (await start(record=tape, upstream=upstream.base_url)).chat("Hello", stream=True)
    replay = await start(replay=tape, pace=0.01)
    count = len(files(tape)[0]["response"]["events"])
    began = asyncio.get_running_loop().time()
    await replay.chat("Hello", stream=True)
    assert asyncio.get_running_loop().time() - began >= count * 0.01


async def test_pieces_are_passed_on_while_they_come(start: Any, tape: Path, raw: Server) -> None:
    go_on = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("first")
        await go_on.wait()
        await exchange.finish()

    raw.answers = [answer]
    wire = await start(record=tape, upstream=raw.base_url)
    async with wire.session.post(f"{wire.base_url}/chat/completions", json=HELLO) as response:
        assert b"first" in await response.content.readany()
        assert names(tape) == []
        go_on.set()
        rest = await response.read()
    assert b"[DONE]" in rest
    assert len(files(tape)) == 1


async def test_concurrent_requests_do_not_mix(start: Any, tape: Path, soak: Any) -> None:
    upstream = await start(pace=0.0005)
    recording = await start(record=tape, upstream=upstream.base_url)
    said = [f"repeat after me: {n} times {n}" for n in range(soak(500))]
    said += [f"count to {n}" for n in range(2, 12)]
    told = await asyncio.gather(*(recording.chat(text, stream=True) for text in said))
    assert len(files(tape)) == len(said)
    replay = await start(replay=tape)
    for text, then in zip(said, told, strict=True):
        assert (await replay.chat(text, stream=True)).raw == then.raw


async def test_no_key_is_in_any_file_and_the_server_gets_the_owners_alone(
    start: Any, tape: Path, raw: Server
) -> None:
    async def echo(exchange: Exchange) -> None:
        seen = json.dumps({"headers": exchange.headers, "line": exchange.line})
        echoed = exchange.headers.get("authorization", "") + " " + OWNERS_KEY + " " + CLIENTS_KEY
        await exchange.json(
            {"error": {"message": f"Incorrect API key provided: {echoed}", "code": OWNERS_KEY, "seen": seen}},
            401,
            **{
                "x-request-id": f"req_{OWNERS_KEY}",
                "set-cookie": f"session={OWNERS_KEY}",
                "openai-organization": "org-" + "a1B2c3D4e5F6g7H8i9J0",
                "x-ratelimit-limit-tokens": "5",
            },
        )

    async def echo_in_a_stream(exchange: Exchange) -> None:
        await exchange.begin_stream()
        for at in range(0, len(OWNERS_KEY), 10):
            await exchange.text(f"it is {OWNERS_KEY[at : at + 10]}")
        # one event in two pieces, the key across them
        event = b"data: " + json.dumps({"error": {"message": OWNERS_KEY + CLIENTS_KEY}}).encode() + b"\n\n"
        await exchange.chunk(event[:40])
        await exchange.chunk(event[40:])
        await exchange.send(b"0\r\n\r\n")

    raw.answers = [echo, echo_in_a_stream]
    wire = await start(record=tape, upstream=raw.base_url, key=Secret(OWNERS_KEY))
    head = {
        "Authorization": f"Bearer {CLIENTS_KEY}",
        "Cookie": f"c={CLIENTS_KEY}",
        "OpenAI-Organization": "org-" + "z1Y2x3W4v5U6t7S8r9Q0",
        "api-key": CLIENTS_KEY,
        "OpenAI-Beta": "assistants=v2",
    }
    body = {**HELLO, "metadata": {"note": f"{OWNERS_KEY}, {CLIENTS_KEY}"}}
    for _ in raw.answers:
        path = f"/chat/completions?api_key={CLIENTS_KEY}"
        async with wire.session.post(wire.base_url + path, json=body, headers=head) as response:
            said = await response.read()
            assert not [name for name in response.headers if name.lower().startswith(("set-c", "openai-o"))]
    assert OWNERS_KEY[20:].encode() in said  # the client has what the server said
    for exchange in raw.exchanges:
        assert exchange.headers["authorization"] == f"Bearer {OWNERS_KEY}"
        assert exchange.headers["openai-beta"] == "assistants=v2"
        assert not exchange.headers.keys() & {"cookie", "api-key", "openai-organization"}
    assert len(files(tape)) == 2
    assert not pieces_of(OWNERS_KEY, written(tape))
    assert not pieces_of(CLIENTS_KEY, written(tape))
    assert "a1B2c3D4e5F6g7H8i9J0" not in written(tape)
    assert '"x-ratelimit-limit-tokens": "5"' in written(tape)


async def test_a_clients_key_is_never_passed_on(start: Any, tape: Path, raw: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"ok": True})

    raw.answers = [answer]
    wire = await start(record=tape, upstream=raw.base_url)
    await wire.post("/chat/completions", HELLO, Authorization=f"Bearer {CLIENTS_KEY}")
    assert "authorization" not in raw.exchanges[0].headers
    assert not pieces_of(CLIENTS_KEY, str(raw.exchanges[0].headers))


async def test_the_owners_key_is_the_one_of_that_address(
    start: Any, tape: Path, raw: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"ok": True})

    raw.answers = [answer]
    monkeypatch.setenv("OPENAI_API_KEY", OWNERS_KEY)
    await (await start(record=tape, upstream=raw.base_url)).get("/models")
    monkeypatch.setenv("OPENAI_BASE_URL", raw.base_url)
    await (await start(record=tape, upstream=raw.base_url)).get("/models")
    assert [one.headers.get("authorization") for one in raw.exchanges] == [None, f"Bearer {OWNERS_KEY}"]


async def test_openai_is_not_recorded_without_a_key(tape: Path) -> None:
    with pytest.raises(errors.MissingKeyError, match="livetechno key set"):
        await MockServer(record=tape, upstream="https://api.openai.com/v1").start()


async def test_a_redirect_leads_nowhere(start: Any, tape: Path, raw: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head(307, location=f"{raw.base_url}/elsewhere", content_length="0")

    raw.answers = [answer]
    wire = await start(record=tape, upstream=raw.base_url)
    told = await wire.get("/models")
    assert (told.status, told.headers.get("location")) == (307, None)
    replayed = await (await start(replay=tape)).get("/models")
    assert (replayed.status, replayed.headers.get("location")) == (307, None)
    assert len(raw.exchanges) == 1


async def test_nothing_outside_the_address_is_reached(start: Any, tape: Path, raw: Server) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"ok": True})

    raw.answers = [answer]
    wire = await start(record=tape, upstream=raw.base_url)
    port = int(wire.base_url.split(":")[2].split("/")[0])

    async def status(method: str, target: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return int(line.split()[1])

    for target in (
        *("/", "/v1", "/v2/models", "//evil.example/v1/models", "/v1//models", "/v1/./models", "/v1/a\\b"),
        *("/v1/../admin", "/v1/%2e%2e/admin", "/v1/@evil.example/%2F..", "/v1/" + "x" * 3000),
    ):
        assert await status("GET", target) in (400, 404), target
    for method in ("PUT", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        assert await status(method, "/v1/models") == 404
    assert raw.exchanges == []
    assert names(tape) == []
    assert await status("GET", "/v1/models/maker%2Fmodel?a=%2F..&b=//x") == 200
    assert raw.exchanges[0].line == "GET /v1/models/maker%2Fmodel?a=/..&b=//x HTTP/1.1"


async def test_a_page_in_a_browser_cannot_spend_the_owners_money(start: Any, tape: Path, raw: Server) -> None:
    wire = await start(record=tape, upstream=raw.base_url, key=Secret(OWNERS_KEY))
    for head in (
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
    ):
        told = await wire.post("/chat/completions", data=json.dumps(HELLO).encode(), **head)
        assert told.status in (400, 403), head
    assert raw.exchanges == []


async def test_an_answer_without_measure_is_passed_on_and_not_kept(
    start: Any, tape: Path, raw: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder, "LARGEST_ANSWER", 1_000_000)

    async def huge(exchange: Exchange) -> None:
        await exchange.head(200, content_type="application/json", content_length="1200000")
        await exchange.send(b"x" * 1_200_000)

    raw.answers = [huge]
    wire = await start(record=tape, upstream=raw.base_url)
    assert (await wire.get("/models")).raw == b"x" * 1_200_000
    assert names(tape) == []
    assert "not recorded" in caplog.text


async def test_a_stream_that_never_ends_ends_with_its_client_or_its_time(
    start: Any, tape: Path, raw: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.begin_stream()
        while True:
            await exchange.text("and ")
            await asyncio.sleep(0.001)

    async def silent(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("and ")
        await exchange.until_left()

    raw.answers = [endless, silent, endless]
    monkeypatch.setattr(recorder, "PARTING", 0.01)
    wire = await start(record=tape, upstream=raw.base_url)
    async with wire.session.post(f"{wire.base_url}/chat/completions", json=HELLO) as response:
        await response.content.readany()
        response.close()
    await asyncio.wait_for(raw.left.wait(), 5)
    assert names(tape) == []
    for limits in (Timeouts(idle=0.05), Timeouts(total=0.05)):
        monkeypatch.setattr(recorder, "TIMEOUTS", limits)
        with pytest.raises(aiohttp.ClientPayloadError):
            await wire.chat("Hello")
    assert [one["response"]["ended"] for one in files(tape)] == ["cut", "cut"]


async def test_a_client_that_leaves_at_the_last_event_leaves_a_whole_recording(
    start: Any, tape: Path, raw: Server
) -> None:
    seen = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.begin_stream()
        await exchange.text("all")
        await exchange.event("[DONE]")
        await seen.wait()
        await exchange.send(b"0\r\n\r\n")

    raw.answers = [answer]
    wire = await start(record=tape, upstream=raw.base_url)
    async with wire.session.post(f"{wire.base_url}/chat/completions", json=HELLO) as response:
        while b"[DONE]" not in await response.content.readany():
            pass
        response.close()
    seen.set()
    await until(lambda: names(tape) and names(tape)[0].endswith(".json"))
    assert files(tape)[0]["response"]["ended"] == "whole"


async def test_an_upstream_that_is_not_there_is_told_and_not_recorded(start: Any, tape: Path) -> None:
    gone = await start()
    wire = await start(record=tape, upstream=gone.base_url)
    await gone.server.stop()
    told = await wire.chat("Hello")
    assert (told.status, told.error["code"]) == (502, "no_answer_upstream")
    assert names(tape) == []


async def test_recording_goes_on_after_the_last_number(start: Any, tape: Path) -> None:
    upstream = await start()
    for said in ("one", "two"):
        recording = await start(record=tape, upstream=upstream.base_url)
        await recording.chat(said)
        await recording.server.stop()
    assert [name[:5] for name in names(tape)] == ["0001-", "0002-"]


async def test_an_answer_that_cannot_be_kept_still_reaches_its_client(
    start: Any, tape: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    upstream = await start()
    recording = await start(record=tape, upstream=upstream.base_url)
    monkeypatch.setattr("livetechno.mock.recordings.write_private", full)
    assert (await recording.chat("Hello")).status == 200
    assert "No space left on device" in caplog.text
    assert recording.server.recorder.recorded == 0


async def test_what_does_not_go_together_is_refused(start: Any, tape: Path) -> None:
    url = "http://127.0.0.1:1/v1"
    options: list[dict[str, Any]] = [
        {"record": tape, "upstream": url, "replay": tape},
        {"record": tape},
        {"upstream": url},
        {"upstream": url, "replay": tape},
        {"record": tape, "upstream": url, "faults": {"500": 0.5}},
        {"record": tape, "upstream": url, "script": ["500"]},
        {"record": tape, "upstream": url, "pace": 0.1},
        {"record": tape, "upstream": "http://example.com/v1"},
    ]
    for each in options:
        with pytest.raises(errors.UsageError):
            MockServer(**each)
    recording = await start(record=str(tape), upstream=(await start()).base_url)
    assert (await recording.chat("Hello", fault="500")).status == 400
    assert names(tape) == []


async def test_a_server_does_not_record_itself(tape: Path) -> None:
    server = MockServer()
    port = int((await server.start()).split(":")[2].split("/")[0])
    await server.stop()
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(errors.UsageError, match="itself"):
            await MockServer(port=port, record=tape, upstream=f"http://{host}:{port}/v1").start()


async def test_a_folder_that_cannot_be_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(errors.UsageError, match="file"):
        await MockServer(record=tmp_path / "file", upstream="http://127.0.0.1:1/v1").start()
    with pytest.raises(errors.UsageError, match="no recordings"):
        await MockServer(replay=tmp_path / "none").start()


RECORDER = """
import asyncio, sys
from livetechno.mock import MockServer

async def main():
    print(await MockServer(record=sys.argv[1], upstream=sys.argv[2]).start(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def answered_before_a_kill(tape: Path, upstream: Wire, run: int) -> list[str]:
    """What a recorder was asked and had answered to the end when it was killed, in the middle of more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECORDER, str(tape), upstream.base_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    base_url = (await process.stdout.readline()).decode().strip()
    recording = Wire(upstream.server, base_url, upstream.session)
    answered: list[str] = []

    async def ask(said: str) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            await recording.chat(said, stream=True)
            answered.append(said)

    asked = asyncio.gather(*(ask(f"repeat after me: {run} and {n}") for n in range(20)))
    await until(lambda: len(answered) > run % 7)
    process.kill()
    await asyncio.gather(asked, process.wait())
    return answered


async def test_a_kill_leaves_whole_recordings_of_all_that_was_answered(
    start: Any, tape: Path, soak: Any
) -> None:
    upstream = await start()
    answered: list[str] = []
    for run in range(soak(50)):
        answered += await answered_before_a_kill(tape, upstream, run)
    replay = await start(replay=tape)
    for said in answered:
        assert (await replay.chat(said, stream=True)).status == 200
    assert all(name.startswith(".") for name in names(tape) if not name.endswith(".json"))

"""A warning points at the line of the script that it is about, and never at one of ours."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livetechno.gpt import background, notices

HERE = __file__


class Notice(UserWarning):
    pass


OURS: dict[str, Any] = {"__name__": "livetechno.gpt.example", "notices": notices, "Notice": Notice}
exec(  # the frames of a call are those of our own modules
    textwrap.dedent("""
    import asyncio
    from contextlib import asynccontextmanager

    async def told():
        notices.warn("said", Notice)

    async def told_later():
        await asyncio.sleep(0.05)
        await told()

    steps = []

    async def told_together(count):
        for all_are_here in (count, 2 * count):
            steps.append(all_are_here)
            while len(steps) < all_are_here:
                await asyncio.sleep(0)
            if all_are_here == count:
                await told()

    @asynccontextmanager
    async def stream():
        async def pieces():
            await told()
            yield 1

        yield pieces()
    """),
    OURS,
)


def line() -> int:
    """The line that calls."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


@pytest.fixture
def told() -> Iterator[list[tuple[str, int]]]:
    """File and line of each warning, without the folder."""
    places: list[tuple[str, int]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda _message, _kind, file, number, *_: places.append((file, number))
        yield places


def test_a_warning_in_the_callers_thread_points_at_the_callers_line(told: list[tuple[str, int]]) -> None:
    notices.warn("said", Notice)
    assert told == [(HERE, line() - 1)]


def test_a_warning_on_our_own_loop_points_at_the_line_that_waits(told: list[tuple[str, int]]) -> None:
    background.run(OURS["told"]())
    assert told == [(HERE, line() - 1)]


def test_a_warning_of_a_stream_points_at_the_line_that_reads_it(told: list[tuple[str, int]]) -> None:
    for _ in background.iterate(OURS["stream"]):
        pass
    assert told == [(HERE, line() - 2)]


def test_a_warning_inside_a_loop_of_the_scripts_points_at_its_own_await(told: list[tuple[str, int]]) -> None:
    async def main() -> int:
        notices.warn("said", Notice)
        return line() - 1

    expected = asyncio.run(main())
    assert told == [(HERE, expected)]


def test_where_no_line_waits_or_several_do_it_points_at_the_script_alone(told: list[tuple[str, int]]) -> None:
    main = vars(sys.modules["__main__"])
    script = main.get("__file__") or sys.argv[0]

    async def awaits() -> None:
        # later, so that the script's loop is idle by then, and no line of it is at work
        await background.forward(OURS["told_later"]())

    asyncio.run(awaits())
    assert told == [(script, 0)]

    threads = [threading.Thread(target=lambda: background.run(OURS["told_together"](2))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    assert set(told) == {(script, 0)}


def test_the_same_at_the_same_line_is_said_once_unless_asked_otherwise() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            notices.warn("said", Notice)
        notices.warn("said", Notice)
    assert len(caught) == 2


def test_a_warning_that_is_an_error_is_raised_to_the_caller() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Notice)
        with pytest.raises(Notice):
            background.run(OURS["told"]())


SCRIPT = """
    from livetechno import Chat, ask

    ask("Hello", model="gpt-5-codex")
    ask("Hello", model="gpt-5-mini", temperature=0.2)
    for piece in Chat(model="gpt-5-mini", top_p=0.5).stream("Hello"):
        pass
    """
OLDER = """
    import openai

    hello = [{"role": "user", "content": "Hello"}]
    openai.ChatCompletion.create(model="gpt-5-codex", messages=hello)
    openai.ChatCompletion.create(model="gpt-5-mini", messages=hello, temperature=0.2)
    """


@pytest.mark.parametrize(
    ("text", "program", "places"),
    [
        (
            SCRIPT,
            (),
            [
                (4, "MockAIWarning"),
                (4, "ModelNotice"),
                (5, "ModelNotice"),
                (5, "ParameterDroppedWarning"),
                (6, "ParameterDroppedWarning"),
            ],
        ),
        (
            OLDER,
            ("-m", "livetechno.gpt.legacy"),
            [(5, "MockAIWarning"), (5, "ModelNotice"), (6, "ModelNotice"), (6, "ParameterDroppedWarning")],
        ),
    ],
    ids=["ours", "legacy"],
)
def test_a_script_is_told_of_its_own_lines(
    text: str,
    program: tuple[str, ...],
    places: list[tuple[int, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVETECHNO_DATE", "2026-11-23")
    script = tmp_path / "bot.py"
    script.write_text(textwrap.dedent(text))
    done = subprocess.run(
        [sys.executable, *program, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    shown = re.findall(r"^(.+):(\d+): (\w+):", done.stderr, re.MULTILINE)
    assert [(int(number), kind) for _, number, kind in shown] == places
    assert {file for file, _, _ in shown} == {str(script)}

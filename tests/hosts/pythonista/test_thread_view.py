"""The list of messages: whatever happens, what is seen is there, in its place, and little else exists."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

import ui
from hypothesis import given
from hypothesis import strategies as st

from livetechno.hosts.pythonista.bubbles import PAD
from livetechno.hosts.pythonista.chat_shown import Said, Shown
from livetechno.hosts.pythonista.thread_view import NEAR, Asks, Thread
from tests.hosts.pythonista.phone import Phone

HEIGHT = 600.0


class Listed:
    """A list that is shown alone, and the texts in it."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.shown = Shown()
        self.away = False
        self.asked_older = 0
        self._keys = count(1)
        self.thread = Thread(
            Asks(lambda said: self.texts[said.key], lambda _: None, self._older, self._is_away)
        )
        self.view = self.thread.view
        self.thread.place((0, 0, 390, HEIGHT))

    def _older(self) -> None:
        self.asked_older += 1

    def _is_away(self, away: bool) -> None:
        self.away = away

    def said(self, text: str, *, mine: bool = False, growing: bool = False) -> Said:
        key = next(self._keys)
        self.texts[key] = text
        return Said(key, mine, id=key, length=len(text), growing=growing)

    def show(self, *said: Said, older: bool = False) -> None:
        growing = bool(said) and said[-1].growing
        self.shown = replace(self.shown, said=said, busy=growing, older=older)
        self.thread.show(self.shown)

    def grow(self, text: str) -> None:
        last = self.shown.said[-1]
        self.texts[last.key] += text
        self.show(*self.shown.said[:-1], replace(last, growing=True))

    @property
    def rows(self) -> list[ui.View]:
        """The views of messages, from above; the card is narrower."""
        found = (one for one in self.view.subviews if one.width == self.view.width)
        return sorted(found, key=lambda one: one.y)

    def check(self) -> None:
        offset, heights = self.view.content_offset.y, [row.height for row in self.thread._rows]
        below = self.thread._below.height
        assert self.view.content_size == (self.view.width, sum(heights) + below + PAD)
        assert 0 <= offset <= max(0.0, self.view.content_size.height - self.view.height) + 0.5
        if not self.away:
            assert offset >= self.view.content_size.height - self.view.height - 40.5
        rows = self.rows
        for row, next_ in pairwise(rows):
            assert abs(row.y + row.height - next_.y) < 0.01
        if heights:
            seen = min(offset + self.view.height, sum(heights))
            if offset < seen:
                assert rows[0].y <= offset
                assert rows[-1].y + rows[-1].height >= seen - 0.01
            assert rows[-1].y < offset + self.view.height + NEAR + 0.01
            assert rows[0].y + rows[0].height > offset - NEAR - 0.01
            assert len(rows) == sum(row.bubble is not None for row in self.thread._rows)


_OPS = st.lists(
    st.one_of(
        st.tuples(st.just("scroll"), st.integers(0, 5000)),
        st.tuples(st.just("add"), st.integers(0, 1500)),
        st.tuples(st.just("grow"), st.integers(1, 800)),
        st.tuples(st.just("older"), st.integers(1, 8)),
        st.tuples(st.just("turn"), st.sampled_from([320, 390, 756, 900])),
        st.tuples(st.just("high"), st.sampled_from([150, 300, 600])),
        st.tuples(st.just("end"), st.just(0)),
    ),
    max_size=25,
)


@given(_OPS)
def test_whatever_happens_what_is_seen_is_there(phone: Phone, ops: list[tuple[str, int]]) -> None:
    def work() -> None:
        one = Listed()
        for op, number in ops:
            if op == "scroll":
                end = max(0.0, one.view.content_size.height - one.view.height)
                one.view.content_offset = (0, min(float(number), end))
            elif op == "add":
                text = "word " * (number // 5)
                one.show(*one.shown.said, one.said(text, mine=bool(number % 2)), older=True)
            elif op == "grow" and one.shown.said:
                one.grow("more\n\n" * (number // 20))
            elif op == "older":
                one.show(*(one.said(f"Older {n} " * 30) for n in range(number)), *one.shown.said)
            elif op == "turn":
                one.thread.place((0, 0, number, one.view.height))
            elif op == "high":
                one.thread.place((0, 0, one.view.width, number))
            elif op == "end":
                one.thread.to_end()
            one.check()

    phone.on_main(work)


@given(st.integers(5, 40), st.integers(0, 3000), st.integers(1, 500))
def test_what_is_read_does_not_move_when_others_come(
    phone: Phone, messages: int, offset: int, length: int
) -> None:
    def work() -> None:
        one = Listed()
        said = [one.said(f"Message {n}. " * (1 + 7 * n % 50)) for n in range(messages)]
        one.show(*said, one.said("It begins", growing=True))
        one.view.content_offset = (0, min(float(offset), one.view.content_size.height - HEIGHT))
        if not one.away:
            return
        top = next(row for row in one.rows if row.y + row.height > one.view.content_offset.y)
        place = top.y - one.view.content_offset.y
        one.show(*(one.said("older " * length) for _ in range(3)), *one.shown.said)
        one.grow("and more " * length)
        one.show(*one.shown.said, one.said("new"))
        assert abs(top.y - one.view.content_offset.y - place) < 1

    phone.on_main(work)


def test_who_comes_to_the_beginning_asks_for_what_was_before_once(phone: Phone) -> None:
    def work() -> int:
        one = Listed()
        one.show(*(one.said("text " * 100) for _ in range(30)), older=True)
        one.view.content_offset = (0, 200)
        one.view.content_offset = (0, 100)
        return one.asked_older

    assert phone.on_main(work) == 1


def test_what_is_far_keeps_nothing_but_its_height(phone: Phone) -> None:
    def work() -> None:
        one = Listed()
        one.show(*(one.said("text " * 400) for _ in range(100)))
        far = [row for row in one.thread._rows if row.view is None]
        assert len(far) > 90
        assert all(row.bubble is None and row.blocks == () for row in far)

    phone.on_main(work)

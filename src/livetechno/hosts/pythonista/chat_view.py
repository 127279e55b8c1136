"""The native chat: the talk in bubbles, what is written below it, and the conversations that are kept.

Views are touched on the main thread only. The talk (`chat_talk`) works in threads of its own and tells that
it has changed; the view looks at it, at most some fifteen times a second.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import ui

from livetechno import app, words
from livetechno.gpt.prices import format_usd
from livetechno.hosts import conversing
from livetechno.hosts.pythonista import bubbles, device, forms, looks, running, talks, waking
from livetechno.hosts.pythonista.bubbles import MARGIN, PAD
from livetechno.hosts.pythonista.chat_answer import not_after_sleep
from livetechno.hosts.pythonista.chat_card import Step
from livetechno.hosts.pythonista.chat_shown import Said, Shown
from livetechno.hosts.pythonista.chat_talk import Talk
from livetechno.hosts.pythonista.history_view import History
from livetechno.hosts.pythonista.input_bar import InputBar
from livetechno.hosts.pythonista.pulse import Pulse
from livetechno.hosts.pythonista.thread_view import Asks, Thread

if TYPE_CHECKING:
    from livetechno.hosts.pythonista.proposal_view import ProposalView

HEAD = 28.0
"""Height of the line with model and cost."""
HOME = 20.0
"""Kept free at the bottom, where an iPhone without a button has its bar."""
NOTCH = 44.0
"""Kept free at both sides of a phone that lies on its side, where its camera is."""
PHONE = 500.0
"""A screen less high than that is a phone's, on its side."""
WIDEST = 900.0
"""Of an iPad, no more is used: a person's words would be far from the answers."""
END = 44.0
SMALL = ("<system>", 13)
SECONDS = 0.25
"""For which the keyboard moves."""
COMPOSE = "/compose"
"""Begins a wish for music, which is no question."""


def show() -> None:
    """Show the chat until it is closed, with the conversation in which something was said last.

    Not on the main thread.
    """
    warnings.simplefilter("ignore", app.MockAIWarning)  # the badge says it
    app.on_attempt = not_after_sleep
    running.stop("chat_view")  # one follows the talk at a time
    talk = talks.latest()
    view = device.on_main(lambda: ChatView(talk))
    running.replace("chat_view", lambda: device.on_main(view.close))
    device.on_main(lambda: view.present("fullscreen"))
    view.wait_modal()


class ChatView(ui.View):
    """The screen of a talk. Made and changed on the main thread."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._keyboard: bubbles.Frame = (0, 0, 0, 0)
        self._look = looks.now()
        self._history: History | None = None
        self._proposal: ProposalView | None = None
        self._changed = Pulse(self._refresh)
        self._facts, self._badge = ui.Label(), ui.Label()
        self._thread = Thread(Asks(self._text, self._step, self._older, self._is_away))
        self._input = InputBar(self._send, self._stop, self._place)
        self._end = ui.Button(title="↓")
        self._end.action = lambda _: self._thread.to_end()
        self._badge.text = words.say("page.chat.mock")
        self._badge.font = self._facts.font = SMALL
        self._badge.alignment = ui.ALIGN_CENTER
        self._badge.corner_radius = 8
        self._end.corner_radius = END / 2
        for view in (self._thread.view, self._facts, self._badge, self._input.view, self._end):
            self.add_subview(view)
        self.right_button_items = [
            ui.ButtonItem(title="+", action=lambda _: self._open(None)),
            ui.ButtonItem(title="☰", action=lambda _: self._show_history()),
        ]
        # nobody tells of dark mode
        self._endings = (waking.on_return(self._has_returned), waking.now_and_then(self._changed))
        self._recolour()
        self._begin(talk)

    def layout(self) -> None:
        """Fit the size of the moment, and its colours: iOS calls this whenever the device has turned."""
        self._place()

    def keyboard_frame_will_change(self, frame: bubbles.Frame) -> None:
        """The keyboard comes, goes, or becomes another one; its frame is that on the screen."""
        self._keyboard = frame
        ui.animate(self._place, SECONDS)

    def will_close(self) -> None:
        """What is written stays with the talk; an answer under way goes on."""
        self._leave()
        self._close_proposal()
        for end in self._endings:
            end()

    def _leave(self) -> None:
        self._talk.draft = self._input.text.text
        self._talk.watch(None)

    def _has_returned(self) -> None:
        """The app was away: the colours may be others, and somebody may have gone on with the talk."""
        self._talk.look()
        self._changed()

    def _begin(self, talk: Talk) -> None:
        """Show a talk."""
        self._talk = talk
        talk.watch(self._changed)
        self._input.put(talk.draft)
        self._thread.to_end()
        talk.open()
        self._changed()

    def _refresh(self) -> None:
        """Show the talk as it stands."""
        if looks.now() is not self._look:
            self._recolour()
        shown = self._talk.shown
        self.name = shown.title or words.say("page.chat.new")
        self._facts.text = _facts(shown)
        self._badge.hidden = not shown.mock
        self._input.show(busy=shown.busy)
        self._thread.show(shown)

    def _place(self) -> None:
        """Put everything where it belongs, above the keyboard."""
        if looks.now() is not self._look:
            self._recolour()
        width, height = self.width, self.height
        keyboard = ui.convert_rect(self._keyboard, None, self)
        covered = bubbles.covered((keyboard[0], keyboard[1], keyboard[2], keyboard[3]), (0, 0, width, height))
        bottom = height - (covered or HOME)
        notch = NOTCH if width > height and height < PHONE else 0.0
        inner = min(width - 2 * notch, WIDEST)
        side = (width - inner) / 2
        high = self._input.height(inner)
        badge = ui.measure_string(self._badge.text, 0, SMALL)[0] + 2 * PAD
        self._facts.frame = (side + MARGIN, 0, inner - badge - 3 * MARGIN, HEAD)
        self._badge.frame = (side + inner - badge - MARGIN, 4, badge, HEAD - 8)
        self._thread.place((side, HEAD, inner, max(0.0, bottom - high - HEAD)))
        self._input.place((side, bottom - high, inner, high))
        self._end.frame = (side + inner - END - MARGIN, bottom - high - END - MARGIN, END, END)
        for above in (self._history, self._proposal):
            if above is not None:
                above.place((side, 0, inner, bottom))

    def _recolour(self) -> None:
        self._look = look = looks.now()
        self.background_color = look.paper
        self._facts.text_color = look.soft
        self._badge.background_color, self._badge.text_color = look.warning, look.on_warning
        self._end.background_color, self._end.tint_color = look.surface, look.accent
        self._input.recolour(look)
        self._thread.recolour(look)
        if self._history is not None:
            self._close_history()
            self._show_history()

    def _send(self, text: str) -> None:
        typed = conversing.read(text)
        if typed.command == COMPOSE and typed.argument:
            self._input.put("")
            self._compose(typed.argument)
        elif self._talk.ask(text):
            self._input.put("")
            self._thread.to_end()

    def _stop(self) -> None:
        self._talk.stop()

    def _step(self, step: Step) -> None:
        """What the person does about how the talk stands."""
        if step == "go_on":
            self._talk.go_on()
            self._thread.to_end()
        elif step == "again":
            self._talk.again()
            self._thread.to_end()
        else:
            talk, mend = self._talk, forms.ask_key if step == "key" else forms.change_settings

            def mended() -> None:
                if mend():
                    talk.forget_trouble()
                    talk.tell_standing()

            device.off_main(mended)

    def _text(self, said: Said) -> str:
        return self._talk.text(said)

    def _older(self) -> None:
        self._talk.read_older()

    def _is_away(self, away: bool) -> None:
        self._end.hidden = not away

    def _open(self, id_: str | None) -> None:
        self._close_history()
        if id_ is None or id_ != self._talk.id:
            self._leave()
            self._begin(talks.of(id_))

    def _compose(self, wish: str) -> None:
        """Show what a wish for music comes to."""
        from livetechno.hosts.pythonista.proposal_view import ProposalView

        ui.end_editing()
        self._close_history()
        self._close_proposal()
        self._proposal = ProposalView(self._look, wish, self._close_proposal)
        self.add_subview(self._proposal.view)
        self._place()

    def _close_proposal(self) -> None:
        if self._proposal is not None:
            self._proposal.left()
            self.remove_subview(self._proposal.view)
            self._proposal = None

    def _show_history(self) -> None:
        if self._history is not None:
            self._close_history()
            return
        ui.end_editing()
        self._history = History(self._look, self._open, self._close_history, self._was_removed)
        self.add_subview(self._history.view)
        self._place()
        self._history.read()

    def _close_history(self) -> None:
        if self._history is not None:
            self.remove_subview(self._history.view)
            self._history = None

    def _was_removed(self, id_: str) -> None:
        """The one that is shown was deleted: it ends, and a new one begins."""
        if id_ == self._talk.id:
            self._leave()
            self._talk.stop()
            self._begin(talks.of(None))


def _facts(shown: Shown) -> str:
    """The model, and what the conversation has cost."""
    cost = format_usd(shown.cost)
    if shown.unsure:
        key = "page.chat.cost_at_least" if shown.cost else "page.chat.cost_unknown"
        cost = words.say(key, usd=cost)
    return " · ".join(one for one in (shown.model, cost) if one)

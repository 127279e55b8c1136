"""`/compose` in the native chat: a proposal over the talk, its actions to tick, its grids, its sound."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ui

from livetechno import failures, owned, words
from livetechno.composer import Progress, Proposal, telling
from livetechno.gpt.prices import format_usd
from livetechno.hosts.pythonista import bubbles, composing, device
from livetechno.hosts.pythonista.bubbles import PAD
from livetechno.hosts.pythonista.looks import Look
from livetechno.words.cleaning import clean

BAR = 44.0
ROW = 38.0
MOST_ROWS = 0.4
"""Share of the height that the actions take at most."""
SMALL = ("<system>", 13)
BOLD = ("<system-bold>", 16)
GRID = ("Menlo", 12)
BUTTONS = ("accept", "play", "share", "refuse")


class ProposalView:
    """What a wish came to. On the main thread only; what waits for a model or the disk does so in threads."""

    def __init__(self, look: Look, wish: str, closes: Callable[[], object]) -> None:
        """`closes` takes it off the screen."""
        self.proposal: Proposal | None = None
        self.chosen: set[int] = set()
        """Places of the actions that are ticked."""
        self.view = ui.View(background_color=look.paper)
        self._look, self._closes = look, closes
        self._told, self._grid, self.table = ui.Label(), ui.TextView(), ui.TableView()
        self._titles: tuple[str, ...] = ()
        self._kept = self._gone = self._accepting = False
        self._told.font, self._told.number_of_lines = SMALL, 0
        self._grid.font, self._grid.editable = GRID, False
        self.table.row_height = ROW
        self.table.data_source = self.table.delegate = self
        self._buttons = {
            "accept": self._button("phone.compose.accept", self._accept),
            "play": self._button("phone.compose.play", self._play),
            "share": self._button("phone.compose.share", lambda: device.off_main(composing.share)),
            "refuse": self._button("phone.compose.refuse", self._leave),
        }
        for view in (self._told, self.table, self._grid, *self._buttons.values()):
            self.view.add_subview(view)
        self._recolour()
        self._say(words.say("phone.compose.asking", wish=wish))
        self._ask(wish)

    def place(self, frame: bubbles.Frame) -> None:
        """Put it there."""
        self.view.frame = frame
        _, _, width, height = frame
        told = ui.measure_string(self._told.text, width - 2 * PAD, SMALL)[1] + PAD
        rows = min(len(self._titles) * ROW, height * MOST_ROWS)
        self._told.frame = (PAD, 0, width - 2 * PAD, told)
        self.table.frame = (0, told, width, rows)
        self._grid.frame = (0, told + rows, width, max(0.0, height - told - rows - BAR))
        shown = [self._buttons[name] for name in BUTTONS if not self._buttons[name].hidden]
        for place, button in enumerate(shown):
            button.frame = (place * width / len(shown), height - BAR, width / len(shown), BAR)

    def tableview_number_of_rows(self, _table: ui.TableView, _section: int) -> int:
        """One for each action."""
        return len(self._titles)

    def tableview_cell_for_row(self, _table: ui.TableView, _section: int, row: int) -> ui.TableViewCell:
        """What it would do, ticked where it is to be done."""
        cell = ui.TableViewCell()
        cell.background_color = self._look.paper
        cell.text_label.text, cell.text_label.font = self._titles[row], SMALL
        cell.text_label.text_color = self._look.ink if row in self.chosen else self._look.soft
        cell.accessory_type = "checkmark" if row in self.chosen else "none"
        return cell

    def tableview_did_select(self, _table: ui.TableView, _section: int, row: int) -> None:
        """Tick it, or take the tick away."""
        if not self._kept:
            self.chosen ^= {row}
            self.table.reload()

    def left(self) -> None:
        """It is off the screen: what is playing ends, and an answer that comes is not shown."""
        self._gone = True
        composing.stop()

    def _ask(self, wish: str) -> None:
        def asked() -> None:
            try:
                proposal = composing.propose(wish, self._tell)
                titles, grid = _titles(proposal), _grid_text(proposal)
            except Exception as error:  # noqa: BLE001 - whatever it is, the person is told of it here
                sentence = failures.sentence(error)
                device.later(lambda: self._say(sentence))
                return
            device.later(lambda: self._show(proposal, titles, grid))

        device.off_main(asked)

    def _tell(self, progress: Progress) -> None:
        key = "compose.mending" if progress.stage == "mending" else "compose.coming"
        sentence = words.say(key, count=progress.actions)
        device.later(lambda: self._say(sentence))

    def _show(self, proposal: Proposal, titles: tuple[str, ...], grid: str) -> None:
        self.proposal, self.chosen = proposal, set(range(len(titles)))
        self._titles, self._grid.text = titles, grid
        self.table.reload()
        self._say(clean(proposal.explain) if titles else words.say("compose.nothing"))

    def _accept(self) -> None:
        proposal, chosen = self.proposal, set(self.chosen)
        if proposal is None or self._kept or self._accepting:
            return
        self._accepting = True

        def done() -> None:
            try:
                moved = composing.accept(proposal, None if len(chosen) == len(self._titles) else chosen)
                if moved is None:
                    device.later(self._has_kept)
                else:
                    device.later(partial(self._show_anew, moved, _titles(moved), _grid_text(moved)))
            except BaseException:
                self._accepting = False
                raise

        device.off_main(done)

    def _show_anew(self, proposal: Proposal, titles: tuple[str, ...], grid: str) -> None:
        self._accepting = False
        self._show(proposal, titles, grid)
        self._say(words.say("compose.moved"))

    def _has_kept(self) -> None:
        self._kept = True
        self._say(words.say("phone.compose.kept"))

    def _play(self) -> None:
        of = None if self._kept else self.proposal
        if not composing.stop():
            device.off_main(lambda: composing.play(of))

    def _leave(self) -> None:
        self._closes()

    def _say(self, sentence: str) -> None:
        """Tell how it stands, with the buttons that make sense now."""
        if self._gone:
            return
        self._told.text = sentence
        something = self.proposal is not None and bool(self._titles)
        self._buttons["accept"].hidden = not something or self._kept
        self._buttons["play"].hidden = not something
        self._buttons["share"].hidden = not self._kept
        self._buttons["refuse"].title = words.say(
            "phone.chat.close" if self._kept else "phone.compose.refuse"
        )
        self.place(self.view.frame)

    def _recolour(self) -> None:
        look = self._look
        self._told.text_color = look.soft
        self._grid.background_color, self._grid.text_color = look.sunken, look.ink
        self.table.background_color = look.paper

    def _button(self, key: str, action: Callable[[], object]) -> ui.Button:
        button = ui.Button(title=words.say(key))
        button.font, button.tint_color = BOLD, self._look.accent
        button.action = lambda _: action()
        return button


def _titles(proposal: Proposal) -> tuple[str, ...]:
    """What each action would do. Not on the main thread."""
    machines = owned.read().catalogue
    return tuple(clean(telling.action_line(one, machines)) for one in proposal.batch.actions)


def _grid_text(proposal: Proposal) -> str:
    """The grids, before and after, and what it took. Not on the main thread."""
    shown: list[str] = []
    heading = ""
    for line in telling.proposal_lines(proposal, owned.read().catalogue):
        if line.number is not None:  # what has no grid is in the list above
            heading = f"{line.number} {line.text}"
            continue
        shown += [heading, line.text] if heading else [line.text]
        heading = ""
    used = proposal.used
    told = {"input": used.input_tokens, "output": used.output_tokens, "cost": format_usd(used.cost)}
    shown += ["", words.say("compose.used", model=used.model, repairs=used.repairs, **told)]
    return clean("\n".join(shown))

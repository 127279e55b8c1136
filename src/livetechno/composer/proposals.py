"""What came of a wish, for the musician to accept or refuse."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from livetechno.music.actions import ActionBatch
from livetechno.music.checks import Machines, Owned
from livetechno.music.diff import Diff, diff
from livetechno.music.reduce import reduce
from livetechno.music.values import Project
from livetechno.music.wish import Intent

Stage = Literal["asking", "answering", "mending"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    stage: Stage
    characters: int = 0
    """Of the answer, so far."""
    actions: int = 0
    """That have begun, so far."""


@dataclass(frozen=True, slots=True)
class Used:
    """What the calls took."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = Decimal(0)
    """Dollars; None where one of the calls has no known price."""
    model: str = ""

    @property
    def repairs(self) -> int:
        """Calls that were to mend an answer."""
        return max(0, self.calls - 1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model proposes for a project. It may be done: it was, on a copy."""

    intent: Intent
    before: Project
    after: Project
    batch: ActionBatch
    diff: Diff
    used: Used
    id: str = field(default_factory=lambda: secrets.token_hex(6))

    @property
    def explain(self) -> str:
        """What the model says of it, for the musician."""
        return self.batch.explain

    def accepted(
        self, places: Collection[int] | None, machines: Machines, inventory: Owned = None
    ) -> ActionBatch:
        """The batch of the actions at these places; None is all.

        Raises Refused where what is left needs what is not accepted, as a pattern its machine.
        """
        if places is None:
            return self.batch
        some = tuple(action for place, action in enumerate(self.batch.actions) if place in places)
        batch = ActionBatch(some, self.batch.explain)
        reduce(self.before, batch, machines, inventory)
        return batch

    def on(self, project: Project, machines: Machines, inventory: Owned = None) -> Proposal:
        """The same actions for a project that has changed meanwhile. Raises Refused where they do not fit."""
        after, _ = reduce(project, self.batch, machines, inventory)
        return replace(self, before=project, after=after, diff=diff(project, after, machines))

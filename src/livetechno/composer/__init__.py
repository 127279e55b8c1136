"""A wish becomes a proposal: a model is asked, its answer checked and mended, and nothing done before a yes.

    proposal = await composer.compose(client, wish.read("more hats"), project, machines)
    proposal.diff, proposal.explain, proposal.cost
    batch = proposal.accepted()          all of it; accepted({0, 2}): some

    asking.py     the calls: one, and at most two to mend the answer
    proposals.py  what came of it, for the musician to accept or refuse
    offers.py     which machines an answer may put on the desk
    errors.py     why nothing came of it

Nothing here knows where the project is kept, or how a proposal is shown.
"""

from __future__ import annotations

from livetechno.composer.asking import compose
from livetechno.composer.errors import NotComposedError
from livetechno.composer.proposals import Progress, Proposal, Used

__all__ = ["NotComposedError", "Progress", "Proposal", "Used", "compose"]

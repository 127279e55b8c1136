"""Composing by rules: a wish and a seed give a batch of actions, always the same.

    batch = compose(intent, project, machines, seed=7)

Of several candidates the one that its style's judge likes best is kept. A wish that only says what to change
(more hats, less bass, another tempo) changes just that; any other is composed anew, for the machines that the
wish names, that stand on the desk, or that suit the style. It understands styles, not feelings.

    styles.py    twelve styles as data          beats.py     drums
    lines.py     basses, acid, leads, chords    sections.py  arrangements
    edits.py     more, less or none of a part   dice.py      chance with a seed
"""

from __future__ import annotations

from livetechno.music.generator.composing import compose

__all__ = ["compose"]

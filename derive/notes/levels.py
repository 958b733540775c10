"""How much of a derivation a page shows: the tree of its lines, folded to the level asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.notes.document import Line
from derive.words import Sentence


def folded(lines: Sequence[Line], level: str, because: Sentence) -> tuple[Line, ...]:
    """The lines of a derivation at a level: the result for the reason ``because``, one line a rule, or the finer lines as well.

    What is not shown stays with the line that it leads to, for pages that can be unfolded.
    """
    if level == "brief" and lines:
        return (replace(lines[-1], left=lines[0].left, reason=because, finer=tuple(lines[:-1])),)
    return flattened(lines) if level == "every-step" else tuple(lines)


def flattened(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Every line, finer ones before the line that they lead to; what is on the left stays on the left of the first."""
    found: list[Line] = []
    for line in lines:
        finer = flattened(line.finer)
        own = replace(line, finer=(), reason=line.finest if finer else line.reason)
        if finer and line.left is not None:
            found += [replace(finer[0], left=line.left), *finer[1:], replace(own, left=None)]
        else:
            found += [*finer, own]
    return tuple(found)

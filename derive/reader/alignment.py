"""Which row of a file stands for which row of the notes: unchanged rows first, then edited ones in their places, then moved ones."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from derive.reader.document import PROSE, Row

_MOST = 40
"""Longer runs of edited rows are paired one by one, in order."""

_UNLIKE = 0.3
"""Rows that share less than this are no versions of one another."""


def aligned(written: Sequence[Row], reference: Sequence[Row]) -> tuple[list[Row | None], list[Row]]:
    """For each written row the one of the notes that it stands for, if any; and the rows of the notes that are missing."""
    pairs: list[int | None] = [None] * len(written)
    matcher = SequenceMatcher(None, [row.key for row in reference], [row.key for row in written], autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            pairs[start:end] = range(first, last)
        elif kind == "replace":
            for place, other in _matched(written[start:end], reference[first:last]):
                pairs[start + place] = first + other
    _match_moved(written, reference, pairs)
    taken = {pair for pair in pairs if pair is not None}
    missing = [row for place, row in enumerate(reference) if place not in taken and row.kind != PROSE]
    return [None if pair is None else reference[pair] for pair in pairs], missing


def _matched(written: Sequence[Row], reference: Sequence[Row]) -> list[tuple[int, int]]:
    """Pairs of rows in order that are most alike."""
    if len(written) > _MOST or len(reference) > _MOST:
        return [(n, n) for n in range(min(len(written), len(reference))) if written[n].kind == reference[n].kind]
    gain = [[_likeness(own, other) for other in reference] for own in written]
    best = [[0.0] * (len(reference) + 1) for _ in range(len(written) + 1)]
    for i in reversed(range(len(written))):
        for j in reversed(range(len(reference))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + gain[i][j])
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(written) and j < len(reference):
        if gain[i][j] and best[i][j] == best[i + 1][j + 1] + gain[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(one: Row, two: Row) -> float:
    """How much of two rows is the same; 0 for rows of different kinds and for rows that have little in common."""
    if one.kind != two.kind:
        return 0.0
    ratio = SequenceMatcher(None, one.key, two.key, autojunk=False).ratio()
    return ratio if ratio > _UNLIKE else 0.0


def _match_moved(written: Sequence[Row], reference: Sequence[Row], pairs: list[int | None]) -> None:
    """Rows that stand elsewhere unchanged."""
    taken = {pair for pair in pairs if pair is not None}
    left: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(reference):
        if place not in taken:
            left.setdefault((row.key, row.left), []).append(place)
    for place, row in enumerate(written):
        if pairs[place] is None and left.get((row.key, row.left)):
            pairs[place] = left[row.key, row.left].pop(0)

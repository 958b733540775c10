"""A text's printed numbers beside the exact ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.expressions import Entry
from derive.indices import Affine
from derive.worked.digits import WRONG, judged, wrong_digit
from derive.worked.example import Example, hasty
from derive.worked.ledger import Ledger


@dataclass(frozen=True)
class Comparison:
    """One printed number: ``verdict`` is ``rounded``, ``truncated`` or ``wrong``, then in its ``digit``-th digit first.

    ``hasty`` says that a wrong number comes out where weights change before the layers below have read them.
    """

    entry: Entry
    after: bool
    text: str
    exact: Fraction
    verdict: str
    digit: int | None
    hasty: bool = False


def compared(example: Example) -> tuple[Comparison, ...]:
    """Every printed number of the file, values before the step first."""
    tensors = {tensor.name: tensor for tensor in example.passes.tensors}
    found: list[Comparison] = []
    too_early: Ledger | None = None
    for after, table in ((False, example.numbers.published), (True, example.numbers.published_after)):
        ledger = example.later if after else example.before
        for (name, position), text in table.items():
            exact = ledger.at(tensors[name], position)
            entry = Entry(tensors[name], *(Affine(place) for place in position))
            verdict, digit = judged(text, exact), wrong_digit(text, exact)
            if after and verdict == WRONG and example.numbers.carry == "exact":
                too_early = too_early or hasty(example)
            early = too_early is not None and verdict == WRONG and judged(text, too_early.at(tensors[name], position)) != WRONG
            found.append(Comparison(entry, after, text, exact, verdict, digit, after and early))
    return tuple(found)

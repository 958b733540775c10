"""What a derivation may do in more than one way: authors of textbooks differ, the results do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.expressions import Tensor
from derive.rules import RULES
from derive.rules.surroundings import Rule


def _none(tensor: Tensor) -> bool:
    return False


@dataclass(frozen=True)
class Manner:
    """How derivations proceed.

    ``rules`` lead from the derivative that has been carried out to the last line. ``keeps`` names values that have an adjoint of their own
    where they would be inlined otherwise. ``single_path`` says that a sum over paths of which only one is there is reduced to it before
    definitions are inserted: ``sum_p dJ/dz_p dz_p/dw_jk = dJ/dz_j dz_j/dw_jk``.
    """

    rules: tuple[Rule, ...] = RULES
    keeps: Callable[[Tensor], bool] = _none
    single_path: bool = False


TEXTBOOK = Manner()
"""The manner of results, code and certificates: through cached outputs, without adjoints that nothing needs."""

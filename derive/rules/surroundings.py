"""What a rule is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from derive.equations import Equation
from derive.expressions import Expression, Tensor
from derive.steps import Step


@dataclass(frozen=True)
class Surroundings:
    """Where a line stands.

    ``subject`` is the adjoint that is being derived, ``definitions`` are those of the values met in the line, ``explicit`` the formulas of
    adjoints that may be written out, ``summaries`` those of adjoints with fewer axes than the subject, ``assumptions`` declared facts.
    """

    subject: Tensor
    definitions: tuple[Equation, ...]
    explicit: dict[Tensor, Equation] = field(default_factory=dict)
    summaries: dict[Tensor, Equation] = field(default_factory=dict)
    assumptions: tuple[Equation, ...] = ()


Rule = Callable[[Expression, Surroundings], Step | None]
"""A rule takes a line and its surroundings to the step to the next line, or to None where it has nothing to say."""

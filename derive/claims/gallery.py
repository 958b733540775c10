"""The gallery of mistakes: every classic slip of every formula of a network, and which checks catch it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from derive.claims.formula import check_formula
from derive.claims.networks import Grounds
from derive.claims.verdict import RIGHT, Verdict
from derive.conventions.results import in_convention
from derive.errors import InputError
from derive.expressions import Relation
from derive.network import Network
from derive.notation import View, latex_equation
from derive.notation.profile import Notation
from derive.reader.ground import on_kink_everywhere
from derive.results import Result, results_of
from derive.slips.refute import Ground, fits
from derive.slips.slip import Slip
from derive.slips.spoil import slips_of
from derive.traversal import walk
from derive.verification.lines import evaluate_equation
from derive.verification.points import Point, draw, kinks_in
from derive.verification.primitives import EvaluationError

SHAPES, EVALUATION, CLAIM = "shapes", "evaluation", "claim"
SAME = "same value"
_SEEDS = 3


@dataclass(frozen=True)
class Mutant:
    """One wrong formula: ``caught`` names the checks that notice; ``verdict`` and ``found`` are what is said about it as a claim.

    ``wrong`` says whether it is wrong at all: a mistake that changes no value, or nothing that is printed, counts for nothing.
    """

    number: int
    kind: str
    family: str
    latex: str
    caught: tuple[str, ...]
    verdict: str
    found: str | None
    wrong: bool

    @property
    def slips_through(self) -> bool:
        """Whether a wrong formula is noticed by no check of values.

        A claim can be right in another reading: where letters tell no layers, the formula as printed may say something that holds.
        """
        return self.wrong and EVALUATION not in self.caught


@dataclass(frozen=True)
class Gallery:
    """Every mutant of a network."""

    mutants: tuple[Mutant, ...]

    @property
    def ok(self) -> bool:
        """Whether none slips through."""
        return bool(self.mutants) and not any(own.slips_through for own in self.mutants)

    def as_json(self) -> str:
        content = {"ok": self.ok, "mutants": [asdict(own) for own in self.mutants]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def _repr_mimebundle_(self, **ignored: Any) -> dict[str, str]:
        return {"text/plain": str(self)}

    def __str__(self) -> str:
        lines: list[str] = []
        for own in self.mutants:
            caught = ", ".join(own.caught) or (SAME if not own.wrong else "NOTHING")
            lines.append(f"({own.number}) {own.kind.replace('_', ' '):30} {caught:28} {own.latex}")
        wrong = [own for own in self.mutants if own.wrong]
        by = ", ".join(f"{sum(check in own.caught for own in wrong)} by {check}" for check in (SHAPES, EVALUATION, CLAIM))
        judged = [own for own in wrong if own.verdict]
        right = sum(own.found == own.family for own in judged)
        through = sum(own.slips_through for own in wrong)
        lines.append(
            f"{len(wrong)} mistakes: caught {by}; family named right for {right} of {len(judged)}; {through or 'none'} slips through"
        )
        return "\n".join(lines) + "\n"


def gallery_of(network: Network, notation: Notation) -> Gallery:
    """Every slip of every formula of one pattern."""
    plain = results_of(network)
    results, own = in_convention(plain, notation)
    grounds = Grounds(network, notation)
    found: list[Mutant] = []
    ground = Ground(results.pattern_sweep)
    points = tuple(draw(results.pattern_sweep.system, seed) for seed in range(_SEEDS))
    for result in results.of_pattern:
        for slip in _first_of_kinds(slips_of(result.equation, results.pattern_sweep)):
            found.append(_mutant(result, slip, ground, points, grounds, own))
    return Gallery(tuple(found))


def _first_of_kinds(slips: Iterator[Slip]) -> Iterator[Slip]:
    """Of each kind the first that can be made in a formula."""
    seen: set[str] = set()
    for slip in slips:
        if slip.kind not in seen:
            seen.add(slip.kind)
            yield slip


def _mutant(result: Result, slip: Slip, ground: Ground, points: Sequence[Point], grounds: Grounds, notation: Notation) -> Mutant:
    latex = latex_equation(slip.mistaken, notation, View(general=result.layer))
    caught = [] if fits(slip.mistaken) else [SHAPES]
    evaluated = _differs(slip, points)
    if evaluated:
        caught.append(EVALUATION)
    verdict = _verdict(latex, grounds)
    if verdict is not None and verdict.verdict != RIGHT:
        caught.append(CLAIM)
    as_printed = latex_equation(result.equation, notation, View(general=result.layer))
    wrong = latex != as_printed and (evaluated or ground.refuted(slip) is not None)
    return Mutant(
        result.number,
        slip.kind,
        slip.family,
        latex,
        tuple(caught) if wrong else (),
        verdict.verdict if verdict is not None else "",
        verdict.family if verdict is not None else None,
        wrong,
    )


def _verdict(latex: str, grounds: Grounds) -> Verdict | None:
    try:
        return check_formula(latex, grounds)
    except InputError:
        return None


def _differs(slip: Slip, points: Sequence[Point]) -> bool:
    """Whether the wrong formula has another value than the left side, evaluated from the forward equations alone."""
    compares = any(isinstance(node, Relation) for node in walk(slip.wrong))
    more = [on_kink_everywhere(points[0], kink) for kink in kinks_in(points[0].system)] if compares else []
    for point in (*points, *more):
        try:
            if evaluate_equation(slip.equation, slip.wrong, point).fault:
                return True
        except EvaluationError:
            return True
    return False

"""Verification of everything that is displayed about a network: each line is evaluated, each matrix form expanded.

Every statement says how certain it is: ``proved`` is a symbolic identity with symbolic sizes, ``checked`` an evaluation of
both sides with 40 digits at random small sizes and points. Nothing here can be proved by the rules that derived it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TypeVar

from derive.calculus.pattern import pattern_of
from derive.chain import origin
from derive.chain_rule import Sweep
from derive.conventions import in_convention
from derive.equations import Equation, System
from derive.expressions import Expression
from derive.induction import inductions
from derive.matrices.index_form import entry_of
from derive.matrices.matrix import ShapeError
from derive.matrices.recognise import MatrixForm, agrees
from derive.notation import Notation, View, latex_chain, load
from derive.results import Result, Results
from derive.steps import Derivation
from derive.verification.checks import verify_dot_product, verify_kinks
from derive.verification.lines import Line, Outcome, chooses, described, evaluate_equation, evaluate_lines, lines_of, together
from derive.verification.points import Point, draw, kinks_in
from derive.verification.statements import CHECKED, PROVED, Report, Statement

EVERY = 60
"""At so many positions both cases of an induction are looked at."""

Member = TypeVar("Member")

FEW = 24
"""Up to this many derivations or parameters a system is looked at in more than one point and position."""

SAMPLE = 6
"""Of a family of layers so many are evaluated; the derivations of the others must be those up to names."""


def verify(results: Results, notation: Notation | None = None) -> Report:
    """Every formula of a network as the notes show it: forward equations, each line of each chain, matrix forms, kinks, dot products.

    The results that code is made of are the same in any notation; where notes write one in another way, both are evaluated, at the same
    points.
    """
    told, shown = in_convention(results, notation or load("nielsen"))
    systems = [
        (results.pattern_sweep, results.of_pattern, told.pattern_sweep, told.of_pattern),
        (results.batch_sweep, results.of_batch, told.batch_sweep, told.of_batch),
    ]
    statements: list[Statement] = []
    for sweep, numbered, told_sweep, told_numbered in systems[:1] if results.batch_sweep is results.pattern_sweep else systems:
        told_points = points_of(told_sweep)
        points = told_points if _have_one_layout(sweep.system, told_sweep.system) else points_of(sweep)
        for result, own in zip(numbered, told_numbered, strict=True):
            statements.extend(timed(partial(verify_result, own, told_sweep, told_points, shown)))
            if not _say_the_same(result, own):
                statements.append(verify_equations(result, points, shown))
        statements.extend(timed(partial(verify_kinks, sweep, numbered, points[0], shown)))
        statements.extend(timed(partial(_dot_product, sweep, points[0])))
    return Report(tuple(statements))


def _have_one_layout(one: System, two: System) -> bool:
    """Whether a point of one system is a point of the other: every tensor has the same axes in both."""
    first, second = ({t.name: t.axes for t in (*own.inputs, *own.parameters, *own.definitions)} for own in (one, two))
    return first == second


def _say_the_same(one: Result, two: Result) -> bool:
    """Whether two results state the same formula, up to the names of bound indices, in every layer that is looked at."""
    first, second = (sample([(member.left, member.right) for member in own.members]) for own in (one, two))
    return all(pattern_of(a) == pattern_of(b) for a, b in zip(first, second, strict=True))


def _dot_product(sweep: Sweep, point: Point) -> list[Statement]:
    return [verify_dot_product(sweep, point)]


def timed(judge: Callable[[], list[Statement]]) -> list[Statement]:
    """Statements with the time that each took, those of one formula sharing it."""
    start = perf_counter()
    found = judge()
    seconds = (perf_counter() - start) / max(len(found), 1)
    return [replace(own, seconds=seconds) for own in found]


def points_of(sweep: Sweep) -> tuple[Point, ...]:
    """One point, where a wrong line shows unless by a coincidence of 40 digits; four for a small system with kinks, where it may not."""
    count = 4 if kinks_in(sweep.system) and len(sweep.derivations) <= FEW else 1
    return tuple(draw(sweep.system, seed) for seed in range(count))


def positions_at(point: Point) -> int:
    """At how many positions of a tensor its lines are evaluated: three in a small system, one in a deep one."""
    return 3 if len(point.system.parameters) <= FEW else 1


def verify_result(result: Result, sweep: Sweep, points: Sequence[Point], notation: Notation) -> list[Statement]:
    """The statements of one numbered result: the lines of its derivation, its formula, and its matrix form."""
    number, view = str(result.number), View(general=result.layer, batch=result.system.loss.role == "total_loss")
    statements: list[Statement] = []
    if result.derivation is not None:
        own = {derivation.left.tensor.name: derivation for derivation in sweep.derivations}
        family = [own[member.tensor.name] for member in result.members]
        for inserted in result.before:
            statements.extend(verify_derivation(inserted, points, number, notation, view))
        statements.extend(verify_derivation(result.derivation, points, number, notation, view, family))
    statements.append(verify_equations(result, points, notation))
    statements.extend(verify_induction(result, sweep, points, notation))
    if result.matrix is not None:
        statements.append(verify_matrix_form(result.equation, result.matrix, points, number, notation, view))
    if result.whole is not None:
        statements.append(verify_matrix_form(*result.whole, points, number, notation, view))
    return statements


def verify_equations(result: Result, points: Sequence[Point], notation: Notation) -> Statement:
    """The statement of a result's formula in the layers that it speaks of."""
    most = positions_at(points[0])
    outcome = together(evaluate_equation(member, member.right, points[0], most) for member in sample(result.members))
    view = View(general=result.layer, batch=result.system.loss.role == "total_loss")
    text = " = ".join(latex_chain((result.equation.left, result.equation.right), notation, view))
    detail = described(outcome, points[:1], len(result.members), len(sample(result.members)))
    return Statement(str(result.number), text, CHECKED, outcome.ok, detail)


def verify_induction(result: Result, sweep: Sweep, points: Sequence[Point], notation: Notation) -> Iterator[Statement]:
    """The statement of the base case and the induction step, at every step of a small point."""
    if result.derivation is None:
        return
    found = inductions([*(d.equation for d in sweep.derivations if d.left.tensor != result.equation.tensor), result.equation])
    induction = found.get(result.equation.tensor)
    if induction is not None:
        outcome = evaluate_equation(result.equation, induction.cases, points[0], EVERY)
        text = " = ".join(latex_chain((result.equation.left, induction.cases), notation, View()))
        yield Statement(str(result.number), text, CHECKED, outcome.ok, described(outcome, points[:1]))


def verify_derivation(
    derivation: Derivation,
    points: Sequence[Point],
    number: str,
    notation: Notation,
    view: View,
    family: Sequence[Derivation] = (),
) -> list[Statement]:
    """One statement for each displayed line of a chain, and of the chains of the same pattern in other layers.

    A line is right if it has the value of the inert derivative that the chain begins with, found from the forward
    equations alone.
    """
    lines = lines_of(derivation)
    members = family or (derivation,)
    evaluated = _evaluated(members)
    outcomes = [Outcome()] * len(lines)
    for member, first_of_kind in evaluated:
        own = lines_of(member)
        seen = looks(own, member, points if first_of_kind else points[:1])
        found = [together(outcomes_of_line) for outcomes_of_line in zip(*seen, strict=True)]
        if len(found) != len(lines):
            found = [*([Outcome()] * (len(lines) - 1)), together(found)]
        outcomes = [old.and_also(new) for old, new in zip(outcomes, found, strict=True)]
    chain = (derivation.left, *(line.value for line in lines))
    left, *texts = latex_chain(chain, notation, view)
    return [
        Statement(
            f"{number}{line.label}", f"{left} = {text}", CHECKED, outcome.ok, described(outcome, points, len(members), len(evaluated))
        )
        for line, text, outcome in zip(lines, texts, outcomes, strict=True)
    ]


def looks(lines: Sequence[Line], derivation: Derivation, points: Sequence[Point]) -> Iterator[tuple[Outcome, ...]]:
    """The outcomes at each point; at points after the first only of lines that compare values."""
    yield evaluate_lines(lines, derivation, points[0], positions_at(points[0]))
    choosing = [line for line in lines if chooses(line.value)]
    if choosing:
        for point in points[1:]:
            found = iter(evaluate_lines(choosing, derivation, point, 1))
            yield tuple(next(found) if line in choosing else Outcome() for line in lines)


def sample(members: Sequence[Member]) -> tuple[Member, ...]:
    """The first, the last and some between, evenly spread."""
    if len(members) <= SAMPLE:
        return tuple(members)
    return tuple(members[place * (len(members) - 1) // (SAMPLE - 1)] for place in range(SAMPLE))


def _evaluated(family: Sequence[Derivation]) -> tuple[tuple[Derivation, bool], ...]:
    """A sample of each kind of derivation that is not another one with other names, and which is the first of its kind.

    Derivations of one origin are renamings of it; others are compared line by line.
    """
    origins: dict[int, list[Derivation]] = {}
    for member in family:
        origins.setdefault(id(origin(member)), []).append(member)
    kinds: dict[str, list[Derivation]] = {}
    for members in origins.values():
        first = members[0]
        pattern, _ = pattern_of((first.left, first.start, *(line.value for line in lines_of(first))))
        kinds.setdefault(pattern, []).extend(members)
    return tuple((member, member is kind[0]) for kind in kinds.values() for member in sample(kind))


def verify_equation_chain(equation: Equation, chain: Sequence[Expression], points: Sequence[Point]) -> tuple[Outcome, ...]:
    """The outcome of each expression of ``left = a = b = c``, where ``left`` is that of ``equation`` with its indices."""
    return tuple(together(evaluate_equation(equation, value, point) for point in points) for value in chain)


def verify_matrix_form(
    equation: Equation, form: MatrixForm, points: Sequence[Point], number: str, notation: Notation, view: View
) -> Statement:
    """Proved where the expansion into index form is the equation again up to bound names and order; evaluated as well."""
    try:
        entry = entry_of(form.right, (form.rows, form.columns))
        text = " = ".join(latex_chain((form.left, form.right), notation, view))
    except ShapeError as error:
        (text,) = latex_chain((form.left,), notation, view)
        return Statement(number, text, PROVED, False, f"shapes do not fit: {error}")
    outcome = Outcome()
    for point in points[:1]:
        outcome = outcome.and_also(evaluate_equation(equation, entry, point))
    if outcome.fault:
        return Statement(number, text, CHECKED, False, described(outcome, points[:1]))
    if agrees(equation, form):
        return Statement(number, text, PROVED, True, "expands to the index form for any sizes; " + described(outcome, points[:1]))
    return Statement(number, text, CHECKED, outcome.ok, described(outcome, points[:1]))

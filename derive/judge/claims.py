"""Whether a formula of a file is true: read, and evaluated on all its sides where it claims to hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.canonical import canonical
from derive.equations import System
from derive.evaluate import EvaluationError
from derive.expressions import Affine, Entry, Expression, Function, Index, Number, Partial, Variable, walk
from derive.judge.arrays import Array, ArrayReader
from derive.judge.latex import Name, Node, NotUnderstood, read
from derive.judge.scalars import free_letters, scalar
from derive.judge.vocabulary import Vocabulary, vocabulary
from derive.lines import Outcome, chooses, compare, relative_error, together
from derive.notation import Notation, View
from derive.points import Point, Stream, draw, kinks_of
from derive.statements import CHECKED, PROVED

POINTS, PLACES, MANY = 5, 6, 24
ARGUMENTS = ("-5/2", "-13/10", "-2/5", "3/10", "7/4", "13/2")


@dataclass(frozen=True)
class Verdict:
    """Whether a formula is right, how certain that is, and why."""

    ok: bool
    kind: str
    detail: str


@dataclass(frozen=True)
class Ground:
    """A system and the points at which formulas about it are evaluated."""

    system: System

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Points with different sizes of all axes."""
        return tuple(draw(self.system, seed) for seed in range(POINTS))

    @cached_property
    def declared(self) -> tuple[Point, ...]:
        """Points with the sizes of the specification, for formulas that count single units."""
        sizes = {axis.name: max(axis.size, 1) for axis in self.system.axes}
        return tuple(draw(self.system, seed, sizes=sizes) for seed in range(MANY))


class Context:
    """Where a formula stands: a system, and how its layers are named there."""

    def __init__(self, ground: Ground, notation: Notation, view: View) -> None:
        self.ground = ground
        self.words: Vocabulary = vocabulary(ground.system, notation, view)

    def judge(self, sides: Sequence[Node], known: Iterable[Sequence[Node]]) -> Verdict:
        """Whether all sides are equal; ``known`` are formulas of the notes of which this may be another order.

        Raises ``NotUnderstood``.
        """
        try:
            letters = free_letters(sides, self.words)
            values = [scalar(side, self.words, letters) for side in sides]
        except NotUnderstood as reason:
            return self._between_arrays(sides, reason)
        if any(isinstance(node, Variable) for value in values for node in walk(value)):
            return self._of_a_variable(values)
        return self._between_entries(values, letters, known)

    def _between_entries(self, values: Sequence[Expression], letters: dict[str, Index], known: Iterable[Sequence[Node]]) -> Verdict:
        texts = [self._canonical(value, letters) for value in values]
        for sides in known:
            try:
                own = free_letters(sides, self.words)
                if texts == [self._canonical(scalar(side, self.words, own), own) for side in sides]:
                    return Verdict(True, PROVED, "the line of the notes up to order and names of bound indices")
            except NotUnderstood:
                continue
        fixed = any(isinstance(p, Affine) and not p.terms for value in values for e in _entries(value) for p in e.positions)
        points = self.ground.declared if fixed else self.ground.points
        if fixed and not any(chooses(value) for value in values):
            points = points[:POINTS]
        outcome = Outcome()
        for point in points:
            outcome = outcome.and_also(self._compared(values, letters, point))
            if outcome.fault:
                break
        if not outcome.ok:
            return Verdict(False, CHECKED, outcome.fault)
        if any(isinstance(node, Partial) and not isinstance(node.of, Entry) for node in walk(values[-1])):
            return Verdict(False, CHECKED, "not understood: under the derivative stands another formula than in the notes")
        return Verdict(True, CHECKED, f"agrees at {outcome.places} positions, {points[0].valuation.digits} digits")

    @staticmethod
    def _canonical(value: Expression, letters: dict[str, Index]) -> str:
        return canonical(value, {index: letter for letter, index in letters.items()})

    def _compared(self, values: Sequence[Expression], letters: dict[str, Index], point: Point) -> Outcome:
        valuation, outcome = point.valuation, Outcome()
        stream = Stream(point.seed + 11)
        for _ in range(PLACES if letters else 1):
            place = {index: stream.below(valuation.size(index.axis)) for index in letters.values()}
            try:
                first = valuation.evaluate(values[0], place)
            except EvaluationError as reason:
                return Outcome(fault=f"cannot be evaluated: {reason}")
            outcome = outcome.and_also(together(compare(value, first, place, valuation) for value in values[1:]))
            if outcome.fault:
                break
        return outcome

    def _of_a_variable(self, values: Sequence[Expression]) -> Verdict:
        """Formulas of an activation, at numbers on every side of its kinks and on them."""
        valuation = self.ground.points[0].valuation
        numbers = [Number(text) for text in ARGUMENTS] + [kink for value in values for kink in kinks_of(value)]
        for number in dict.fromkeys(numbers):
            at = valuation.evaluate(number, {})
            try:
                first, *others = (valuation.scalar(Function("side", value))(at) for value in values)
            except (EvaluationError, ValueError, ZeroDivisionError) as reason:
                return Verdict(False, CHECKED, f"cannot be evaluated at {number.value}: {reason}")
            if any(relative_error(other, first, valuation) > 1e-30 for other in others):
                return Verdict(False, CHECKED, f"the sides differ at {number.value}")
        return Verdict(True, CHECKED, f"agrees at {len(numbers)} numbers, {valuation.digits} digits")

    def _between_arrays(self, sides: Sequence[Node], reason: NotUnderstood) -> Verdict:
        points = self.ground.declared if any(_counts_units(side) for side in sides) else self.ground.points
        for point in points:
            reader = ArrayReader(self.words, point.valuation)
            try:
                first, *others = (reader.array(side) for side in sides)
                fault = next((f for other in others if (f := _difference(first, other, point))), "")
            except NotUnderstood as second:
                raise NotUnderstood(str(reason if "no symbol" in str(reason) and "no symbol" not in str(second) else second)) from None
            except (EvaluationError, ZeroDivisionError, ValueError) as wrong:
                return Verdict(False, CHECKED, f"shapes: {wrong}")
            if fault:
                return Verdict(False, CHECKED, fault)
        return Verdict(True, CHECKED, f"all entries agree at {len(points)} points, {points[0].valuation.digits} digits")


def _entries(value: Expression) -> list[Entry]:
    return [node for node in walk(value) if isinstance(node, Entry)]


def _counts_units(node: Node) -> bool:
    """Whether single units are counted anywhere, as in ``w_{12}``."""
    if isinstance(node, Name) and any(below.isdigit() for below in node.below):
        return True
    found: list[Node] = []
    _collect(node, found)
    return any(_counts_units(part) for part in found)


def _collect(value: object, found: list[Node]) -> None:
    parts = vars(value).values() if isinstance(value, Node) else value if isinstance(value, tuple) else ()
    for part in parts:
        if isinstance(part, Node):
            found.append(part)
        else:
            _collect(part, found)


def _difference(first: Array, other: Array, point: Point) -> str:
    rows, columns = {first.rows, other.rows} - {None}, {first.columns, other.columns} - {None}
    if len(rows) != 1 or len(columns) != 1:
        return f"shapes: {first.rows} by {first.columns} is not {other.rows} by {other.columns}"
    for i in range(max(n for n in rows if n is not None)):
        for j in range(max(n for n in columns if n is not None)):
            left, right = first.at(i, j), other.at(i, j)
            if relative_error(right, left, point.valuation) > 1e-30:
                shown = [point.valuation.context.nstr(number, 12) for number in (right, left)]
                return f"{shown[0]} instead of {shown[1]} in row {i + 1}, column {j + 1}"
    return ""


def sides_of(text: str) -> tuple[Node, ...]:
    """The sides of an equation in LaTeX. Raises ``NotUnderstood``."""
    return read(text)

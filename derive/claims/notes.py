"""Judges a file of notes: every displayed row is read and evaluated, and compared with the notes of the same network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from derive.claims.formula import holding
from derive.claims.networks import Grounds
from derive.claims.source import statements
from derive.conventions import in_convention
from derive.errors import InputError
from derive.notation import Notation, load, names
from derive.notation.layout import Symbol
from derive.notes.build import document
from derive.notes.options import LEVELS, Options
from derive.notes.story import Story
from derive.notes.writers.markdown import markdown
from derive.reader.alignment import aligned
from derive.reader.apart import APART, without_examples
from derive.reader.document import PROSE, Row, rows_of, squeezed
from derive.reader.grammar import read_formula
from derive.reader.ground import Ground
from derive.reader.judging import differ, judge, judge_function, mentions, under_derivatives
from derive.reader.names import spelled
from derive.reader.reading import chain_of
from derive.reader.slots import Misfit
from derive.reader.syntax import Syntax
from derive.reader.tokens import UNEQUAL
from derive.results import Result, Results
from derive.verification.lines import Outcome
from derive.verification.statements import CHECKED, CROSS_CHECKED, Report, Statement
from derive.words import load as load_words

FUNCTIONS, UNITS = "activations", "explicit"
"""The sections whose displays carry no numbers: formulas of one variable, and of single units."""

REPLAYED = "replay-"
"""How the anchors of sections begin that replay an algorithm on single units."""

_SHOWN = 160
_UNEQUAL = re.compile(r"\\neq?(?![A-Za-z])")
_ALIKE = 0.9
DEFAULT = "nielsen"
"""The notation of a file that has nothing in common with the notes in any."""


@dataclass(frozen=True)
class Expected:
    """A row of the notes of the network, and the section that it stands in."""

    row: Row
    section: str


def verify_notes(text: str, results: Results, notation: str | Path | None = None) -> Report:
    """A statement for each displayed row of ``text``: whether it holds, and the line of the file.

    Rows of the notes that are missing are not ok, nor is what cannot be read. Numbers of examples are left
    out. Where no notation is named it is the one, of those that ship, in which the notes of the network have
    most in common with the file.
    """
    written = rows_of(without_examples(text))
    judge = RowJudge.of(results, written, names() if notation is None else (notation,))
    pairs, missing = aligned(written, judge.reference)
    statements = [statement for row, pair in zip(written, pairs, strict=True) for statement in judge.statements(row, pair)]
    return Report((*statements, *(judge.missing(row) for row in missing)))


def expected_rows(results: Results, notation: Notation, level: str = "lecture") -> list[Expected]:
    """Every row of the notes of a network."""
    whole = document(Story(results, notation, load_words(), Options(level=level)))
    found: list[Expected] = []
    for number, section in enumerate(section for section in whole.sections if section.anchor not in APART):
        rows = rows_of(markdown(replace(whole, sections=(section,))))
        found += [Expected(replace(row, display=1000 * number + row.display), section.anchor) for row in rows]
    return found


def _closest(written: Sequence[Row], results: Results, notations: Sequence[str | Path]) -> tuple[Results, Notation, list[Expected]]:
    """The results in the convention, of these, that most of the rows are written in, its notation and all rows of its notes."""
    keys = {row.key for row in written if row.kind != PROSE}
    best: tuple[Results, Notation, list[Expected]] | None = None
    most = -1
    for name in sorted(notations, key=lambda own: own != DEFAULT):
        told, notation = in_convention(results, load(name))
        expected = expected_rows(told, notation)
        common = len(keys & {own.row.key for own in expected})
        if common > most:
            best, most = (told, notation, expected), common
        if 2 * most >= len(keys):  # no other notation has more than the rest
            break
    assert best is not None
    return *best[:2], _levelled(keys, *best)


def _levelled(keys: set[str], results: Results, notation: Notation, expected: list[Expected]) -> list[Expected]:
    """The rows of the notes at the level of detail that has most in common with what is written; most often the usual one has."""
    if _likeness(keys, expected) >= _ALIKE:
        return expected
    others = (expected_rows(results, notation, level) for level in LEVELS if level != "lecture")
    return max((expected, *others), key=lambda rows: _likeness(keys, rows))


def _likeness(keys: set[str], expected: Sequence[Expected]) -> float:
    """How many of all rows both have."""
    own = {row.row.key for row in expected if row.row.kind != PROSE}
    return len(keys & own) / max(1, len(keys | own))


class RowJudge:
    """What the rows of a file say about one network."""

    def __init__(self, results: Results, notation: Notation, reference: Sequence[Row], sections: dict[int, str]) -> None:
        self.results, self.notation, self.reference, self.sections = results, notation, reference, sections
        self.pattern = Ground(results.pattern_sweep, notation)
        self.batch = Ground(results.batch_sweep, notation)
        self.by_number = {str(result.number): result for result in results.results}
        self._last: Row | None = None

    @staticmethod
    def of(results: Results, written: Sequence[Row] = (), notations: Sequence[str | Path] = (DEFAULT,)) -> RowJudge:
        """The judge for the notation, of these, in which the notes have most in common with what is written."""
        told, notation, expected = _closest(written, results, notations)
        return RowJudge(told, notation, [own.row for own in expected], {id(own.row): own.section for own in expected})

    def missing(self, row: Row) -> Statement:
        """What there is to say about a row of the notes that is not in the file."""
        return Statement(self.number(row), row.whole, CHECKED, False, "missing: the notes of this network have this formula")

    @cached_property
    def grounds(self) -> Grounds:
        """Where rows are tested that are read as claims."""
        return Grounds(self.results.network, self.notation)

    @cached_property
    def general(self) -> str:
        """The general layer, as it is written."""
        return spelled(Symbol(self.notation.general_layer))

    def number(self, row: Row) -> str:
        """The number under which a row of the notes is known, or its section."""
        return row.number or self.sections.get(id(row), "")

    def statements(self, row: Row, pair: Row | None) -> Iterator[Statement]:
        """What there is to say about one row; nothing about running text whose formulas are those of the notes."""
        if row.kind == PROSE:
            yield from self._prose(row, pair)
            return
        if pair is not None:
            self._last = pair
        context = pair or self._near(row)
        fault, outcome = self._judged(row, context, pair)
        number = (pair and self.number(pair)) or row.number or ""
        if (fault or not outcome.ok) and self._is_of_the_notes(row, pair):
            read = self._as_claim(row)
            if read is None:
                detail = f"line {row.line}: letter by letter the same as in the notes; not evaluated: {fault or _agreement(outcome)}"
                yield Statement(number, row.whole, CROSS_CHECKED, not self._beside(row, pair), detail)
                return
            fault, outcome = "", read
        fault = fault or self._beside(row, pair)
        detail = f"line {row.line}: {fault or _agreement(outcome)}"
        yield Statement(number, row.whole, CHECKED, not fault and outcome.ok, detail)

    def _near(self, row: Row) -> Row | None:
        """For a row that the notes do not have: one of the same number, else the row above it."""
        same = next((own for own in self.reference if row.number is not None and own.number == row.number), None)
        return same or self._last

    def _judged(self, row: Row, context: Row | None, pair: Row | None) -> tuple[str, Outcome]:
        """What is wrong with a row, empty if nothing is, and what its evaluation found."""
        nothing = Outcome()
        if row.fault:
            return row.fault, nothing
        if pair is not None and _changes_itself(pair.whole):
            same = squeezed(pair.whole) == squeezed(row.whole)
            return "" if same else f"the notes change it by {pair.whole[:_SHOWN]}", Outcome(0.0, 1)
        try:
            chain = read_formula(row.whole)
            if chain.signs == (UNEQUAL,):
                return self._unequal(chain.sides, context, row), Outcome(0.0, 1)
            sides = chain_of(row.whole).sides
            if len(sides) < 2:
                return "not understood: no equation", nothing
            outcome = self._evaluated(sides, context, row)
            if outcome.fault:
                return outcome.fault, nothing
            if pair is not None and squeezed(pair.formula) != squeezed(row.formula):
                return self._inside(sides, pair), outcome
        except Misfit as error:
            return f"does not fit: {error}", nothing
        except InputError as error:
            return f"not understood: {error}", nothing
        return "", outcome

    def _is_of_the_notes(self, row: Row, pair: Row | None) -> bool:
        """Whether a row is, letter by letter, that of the notes in a notation that is not always read back as it was meant.

        Letters that tell the layer can be read in several ways; such a row is read as a claim is. An edited row has to be read here.
        """
        return self.notation.name != DEFAULT and pair is not None and squeezed(pair.whole) == squeezed(row.whole)

    def _as_claim(self, row: Row) -> Outcome | None:
        """What evaluating a row finds that is read as a claim, in every way that fits; None where it cannot be read or does not hold."""
        differs = _UNEQUAL.search(row.whole)
        try:
            found = [holding(own, self.grounds) for own in statements(_UNEQUAL.sub("=", row.whole))]
        except InputError:
            return None
        if differs:
            return Outcome(0.0, 1) if all(own is None for own in found) else None
        together = Outcome()
        for own in found:
            if own is None:
                return None
            together = together.and_also(Outcome(own.error, own.places))
        return together

    def _unequal(self, sides: Sequence[Syntax], context: Row | None, row: Row) -> str:
        """What is wrong with a warning that two sides differ: empty where they do, in their values or because parts do not fit.

        They may differ at few entries, so that sides which are equal at some are compared at all of them.
        """
        try:
            if self._evaluated(sides, context, row).fault:
                return ""
            return "" if differ(sides, self.pattern, self._layers(sides, None, context)) else "both sides are equal"
        except Misfit:
            return ""

    def _evaluated(self, sides: Sequence[Syntax], context: Row | None, row: Row) -> Outcome:
        section = self.sections.get(id(context), "") if context is not None else ""
        result = self.by_number.get(context.number or "") if context is not None else None
        if result is not None:
            layers = self._layers(sides, result, context)
            return judge(sides, self._ground(result), layers)
        if section == FUNCTIONS:
            return self._function(sides)
        layers = self._layers(sides, None, context)
        try:
            return judge(sides, self.pattern, layers, units=section == UNITS or section.startswith(REPLAYED))
        except Misfit:
            raise
        except InputError:
            if self.results.network.batch is self.results.network.pattern:
                raise
            return judge(sides, self.batch, layers)  # formulas without a number may speak of a batch

    def _function(self, sides: Sequence[Syntax]) -> Outcome:
        """Functions of one name that differ in parameters are tried in turn."""
        most = max(len(own) for own in self.pattern.names.functions.values())
        outcome = judge_function(sides, self.pattern)
        for turn in range(1, most):
            if outcome.ok:
                break
            other = judge_function(sides, self.pattern, turn)
            outcome = other if other.ok else outcome
        return outcome

    def _ground(self, result: Result) -> Ground:
        return self.batch if result.system is self.results.network.batch else self.pattern

    def _layers(self, sides: Sequence[Syntax], result: Result | None, context: Row | None) -> tuple[int | None, ...]:
        """The layers that the general letter stands for: those of the result, or all where the notes do not use it there."""
        if not self.pattern.names.depth or not mentions(sides, self.general):
            return (None,)
        if result is not None and context is not None and self._speaks_generally(context):
            return tuple(member.tensor.layer for member in result.members)
        return tuple(range(1, self.pattern.names.depth + 1))

    def _speaks_generally(self, row: Row) -> bool:
        """Whether the general letter stands anywhere among the rows of that number."""
        return any(
            mentions(read_formula(other.formula.lstrip("=").strip()).sides, self.general)
            for other in self.reference
            if other.number == row.number
        )

    def _inside(self, sides: Sequence[Syntax], pair: Row) -> str:
        result = self.by_number.get(pair.number or "")
        if result is None:
            return ""
        layer = result.members[0].tensor.layer
        return under_derivatives(sides, chain_of(pair.whole).sides, self._ground(result), layer)

    def _beside(self, row: Row, pair: Row | None) -> str:
        """What is wrong with the number of a row, or with the formulas in the reason beside it."""
        if pair is None:
            return ""
        if row.number != pair.number:
            return f"the number is {row.number or 'missing'}, that of the notes {pair.number or 'none'}"
        same_formula = squeezed(pair.formula) == squeezed(row.formula)
        if same_formula and row.beside and row.beside != pair.beside:
            changed = next((own for own in row.beside if own not in pair.beside), row.beside[0])
            return f"beside it stands {changed[:_SHOWN]}, in the notes {' and '.join(pair.beside)[:_SHOWN] or 'nothing'}"
        return ""

    def _prose(self, row: Row, pair: Row | None) -> Iterator[Statement]:
        """A formula in the running text that the notes do not have there must be one that holds."""
        if pair is None or row.beside == pair.beside:
            return
        for formula in row.beside:
            if formula not in pair.beside:
                ok = self._holds(formula)
                known = ", ".join(own for own in pair.beside if own not in row.beside)
                detail = f"line {row.line}: " + ("holds" if ok else f"the notes say {known[:_SHOWN] or 'something else'}")
                yield Statement(self.number(pair), formula, CHECKED, ok, detail)

    def _holds(self, formula: str) -> bool:
        try:
            sides = chain_of(formula).sides
            return len(sides) > 1 and judge_function(sides, self.pattern).ok
        except InputError:
            return False


def _changes_itself(formula: str) -> bool:
    """Whether a formula gives a new value to what it reads: a rule, not an equation between values."""
    left, arrow, right = formula.partition(r"\leftarrow")
    return bool(arrow) and squeezed(left) in squeezed(right)


def _agreement(outcome: Outcome) -> str:
    if not outcome.places:
        return "nothing could be evaluated"
    error = "exactly" if outcome.error == 0 else f"to {outcome.error:.0e}"
    return f"agrees {error} at {outcome.places} position{'s' if outcome.places > 1 else ''}"

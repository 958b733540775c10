"""Judges a file of notes: what stands in the notes of this network is verified, whatever was edited is read and evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from re import sub

from derive.errors import InputError, quoted_path
from derive.judge.claims import Context, Ground, Verdict, sides_of
from derive.judge.latex import Node, NotUnderstood, tokens_of
from derive.judge.sheet import Row, rows_of
from derive.notation import Notation, View, load, names
from derive.notes.build import document
from derive.notes.markdown import markdown
from derive.notes.story import Story
from derive.results import Result, Results
from derive.statements import CHECKED, Report, Statement
from derive.verify import sample, verify
from derive.words import load as load_words

LARGEST = 4_000_000


def read_notes(path: Path) -> str:
    """The text of a file of notes. Raises ``InputError`` where it is missing, unreadable, too large or no text."""
    where = quoted_path(path)
    try:
        if not path.is_file():
            raise InputError(f"notes {where} are not there or are no file")
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"notes {where} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > LARGEST:
        raise InputError(f"notes {where} are too large; the limit is {LARGEST} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"notes {where} are not text in UTF-8 (byte {error.start + 1})") from None


def verify_notes(text: str, results: Results) -> Report:
    """The statements of the notes and, for each line of ``text`` that is not in them, one that says whether it is right.

    A line in another order is right; a wrong sign, index, factor, transpose is wrong; what cannot be read is not right.
    """
    written = rows_of(text)
    notation, reference = _closest(written, results)
    if not {row.key for row in written if row.formulas} & {row.key for row in reference if row.formulas}:
        missing = f"no formula of the notes of {results.network.name} stands in this file"
        return Report((Statement("", "", CHECKED, False, missing),))
    judge = Judge(results, notation, reference)
    changed = [statement for row, pair in changed_rows(written, reference) for statement in judge.statements(row, pair)]
    return Report((*verify(results, notation).statements, *changed))


def _closest(written: Sequence[Row], results: Results) -> tuple[Notation, list[Row]]:
    """The notation in which the notes of this network have most lines in common with the file."""
    own = {row.key for row in written if row.formulas}
    candidates = [(load(name), rows_of(markdown(document(results, load(name))))) for name in names()]
    return max(candidates, key=lambda candidate: len(own & {row.key for row in candidate[1]}))


def changed_rows(written: Sequence[Row], reference: Sequence[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Each line that is not in the notes, with the line of the notes in whose place it stands, if there is one."""
    matcher = SequenceMatcher(None, [row.key for row in reference], [row.key for row in written], autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind in ("replace", "insert"):
            for place, row in enumerate(written[start:end]):
                pair = reference[first + place] if first + place < last else None
                yield row, pair


class Judge:
    """What edited lines of the notes of one network say."""

    def __init__(self, results: Results, notation: Notation, reference: Sequence[Row]) -> None:
        self.results, self.notation, self.reference = results, notation, reference
        self.story = Story(results, notation, load_words())
        self.grounds = (Ground(results.network.pattern), Ground(results.network.batch))
        self.known_contexts: dict[tuple[bool, View], Context] = {}

    def context(self, batch: bool, view: View) -> Context:
        """The context of a view, made once."""
        if (batch, view) not in self.known_contexts:
            self.known_contexts[batch, view] = Context(self.grounds[batch], self.notation, view)
        return self.known_contexts[batch, view]

    def statements(self, row: Row, pair: Row | None) -> Iterator[Statement]:
        """What a changed line says."""
        number = pair.number if pair is not None and pair.number and not row.inline else row.number
        for formula in self._claims(row, pair):
            verdict = self.verdict(row, formula, number)
            yield Statement(number, _plain(formula), verdict.kind, verdict.ok, f"line {row.place}: {verdict.detail}")
        fault = self._fault(row, pair)
        if fault:
            yield Statement(number, row.key, CHECKED, False, f"line {row.place}: {fault}")

    def _claims(self, row: Row, pair: Row | None) -> Iterator[str]:
        """The formulas of a line that the notes do not have in its place and that say something."""
        before = {tuple(tokens_of(formula)) for formula in pair.formulas} if pair is not None else set()
        for formula in row.formulas:
            if tuple(tokens_of(formula)) not in before and (not row.inline or _is_equation(formula) or pair is not None):
                yield formula
        if row.reason and (pair is None or _words_out(row.reason) != _words_out(pair.reason)) and _words_out(row.reason):
            yield _words_out(row.reason)

    def _fault(self, row: Row, pair: Row | None) -> str:
        if r"\tag" in row.text and (pair is None or row.number != pair.number):
            return f"the number ({row.number}) is not that of the notes"
        return ""

    def verdict(self, row: Row, formula: str, number: str) -> Verdict:
        """Whether a formula holds in every layer that its display speaks of."""
        try:
            sides = self._sides(row, formula)
        except NotUnderstood as reason:
            return Verdict(False, CHECKED, f"not understood: {reason}")
        known = [own for own in (self._known(other) for other in self.reference if other.number == number) if own]
        fault = ""
        for contexts in self._contexts(number):
            try:
                verdicts = [context.judge(sides, known) for context in contexts]
            except NotUnderstood as reason:
                fault = str(reason)
                continue
            return next((verdict for verdict in verdicts if not verdict.ok), verdicts[0])
        return Verdict(False, CHECKED, f"not understood: {fault}")

    def _sides(self, row: Row, formula: str) -> tuple[Node, ...]:
        text = formula.replace("&", "", 1) if not row.inline and _leading(formula) else formula
        sides = sides_of(text)
        if len(sides) == 1 and row.left and not row.inline:
            sides = (*sides_of(row.left), *sides)
        if len(sides) < 2:
            raise NotUnderstood("it is no equation, and the notes have another formula here")
        return sides

    def _known(self, row: Row) -> tuple[Node, ...]:
        try:
            return self._sides(row, row.formulas[0]) if row.formulas and not row.inline else ()
        except NotUnderstood:
            return ()

    def _contexts(self, number: str) -> Iterator[list[Context]]:
        """Where a formula may hold: for its number, every layer of that result; else the network with numbered layers."""
        result = next((r for r in self.results.results if str(r.number) == number), None)
        if result is not None:
            yield [self.context(result.system is self.results.network.batch, view) for view in self._views(result)]
        yield [self.context(False, View())]
        yield [self.context(True, View(batch=True))]

    def _views(self, result: Result) -> list[View]:
        view = self.story.view(result)
        layers = [member.tensor.layer for member in sample(result.members)]
        return [view] if view.general is None else [replace(view, general=layer) for layer in layers]


def _leading(formula: str) -> bool:
    """Whether the first ``&`` of a row is the mark before its relation, not one inside an environment."""
    return "&" in formula and r"\begin" not in formula.partition("&")[0]


def _is_equation(formula: str) -> bool:
    return "=" in formula or r"\leftarrow" in formula


def _plain(formula: str) -> str:
    return formula.replace("&", "", 1).strip() if _leading(formula) else formula


def _words_out(reason: str) -> str:
    r"""The formulas of a reason: what is left of it without ``\text{...}``."""
    return sub(r"\\text\{(?:[^{}]|\\[{}])*\}", " ", reason).strip()

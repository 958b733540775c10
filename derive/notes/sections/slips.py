"""Common slips: formulas of these notes with one classic mistake, beside the right ones, with numbers that tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from derive.chain_rule import Sweep
from derive.equations import Equation
from derive.explicit import GRADIENTS
from derive.matrices.recognise import recognise
from derive.notation.layout import Layout, Sign, row
from derive.notation.typeset import layout
from derive.notation.view import View
from derive.notation.written import Written
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.story import Story
from derive.results import Result
from derive.slips.refute import Ground, Refutation
from derive.slips.slip import Slip
from derive.slips.spoil import slips_of
from derive.verification.verify import sample
from derive.words import Reference, Sentence, Strong, Text
from derive.worked.digits import written

KINDS = (
    "wrong_layer",
    "transposed_weight",
    "captured_index",
    "missing_derivative",
    "residual",
    "factor",
    "missing_path",
    "missing_mean",
    "bias_with_input",
    "kink",
)
"""The kinds that are shown; those whose shape is right stand before those that a look at the shapes finds."""

_MOST, _DIGITS = 8, 4
_DELTAS = ("delta", "negative_delta")
_FIRST_ROLES = {"wrong_layer": GRADIENTS, "transposed_weight": _DELTAS, "missing_derivative": _DELTAS, "captured_index": _DELTAS}


@dataclass(frozen=True)
class _Shown:
    """A slip of one formula of the notes, with the numbers against it."""

    result: Result
    found: Refutation
    batch: bool


@dataclass(frozen=True, eq=False)
class _Asked:
    """What slips are looked for in: a story is as good as one of the same results in another format."""

    story: Story

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Asked):
            return False
        own, two = self.story, other.story
        same = own.notation == two.notation and own.options.variant == two.options.variant
        return same and own.results is two.results

    def __hash__(self) -> int:
        return hash(id(self.story.results))


@lru_cache(maxsize=2)
def _telling(asked: _Asked) -> tuple[_Shown, ...]:
    """The slips to be shown, those whose shape is right first; none where no numbers can be computed by hand."""
    story = asked.story
    ground = Ground(story.results.pattern_sweep, story.options.variant)
    if ground.is_empty:
        return ()
    grounds = {False: ground}
    found = [item for kind in KINDS if (item := _best(story, kind, grounds)) is not None]
    return tuple(sorted(found, key=lambda item: not item.found.fits)[:_MOST])


def slips(story: Story) -> tuple[Section, ...]:
    """The slips that can be made in this network; nothing in brief notes, or where no numbers can be computed by hand."""
    if story.options.level == "brief":
        return ()
    shown = _telling(_Asked(story))
    if not shown:
        return ()
    blocks: list[Block] = [Paragraph(story.say("slip.intro"))]
    for item in shown:
        blocks += _slip(story, item)
    return (Section(story.say("section.slips"), "slips", tuple(blocks)),)


def _best(story: Story, kind: str, grounds: dict[bool, Ground]) -> _Shown | None:
    """The most telling place for a mistake: one where the shape is right if there is one."""
    best: _Shown | None = None
    for result, equation, batch in _places(story, kind):
        sweep = _sweep(story, batch)
        for slip in slips_of(equation, sweep, (kind,)):
            if _looks_right(story, slip, batch):
                continue
            if batch not in grounds:
                grounds[batch] = Ground(sweep, story.options.variant)
            found = grounds[batch].refuted(slip)
            if found is not None and found.fits and not found.small:
                return _Shown(result, found, batch)
            if found is not None and (best is None or (found.fits and not best.found.fits)):
                best = _Shown(result, found, batch)
    return best


def _looks_right(story: Story, slip: Slip, batch: bool) -> bool:
    """Whether a slip is written like the right formula, as a wrong layer is where symbols do not tell their layers."""
    view = story.plain_view(batch=batch)
    lines = [_line(story, equation, view, "=", ()) for equation in (slip.fitted, slip.equation)]
    return lines[0].right == lines[1].right


def _sweep(story: Story, batch: bool) -> Sweep:
    return story.results.batch_sweep if batch else story.results.pattern_sweep


def _places(story: Story, kind: str) -> Iterator[tuple[Result, Equation, bool]]:
    """The derived formulas in which a mistake is looked for, those where it is usual first."""
    batch = kind == "missing_mean"
    if batch and not story.has_batch:
        return
    results = [result for result in (story.results.of_batch if batch else story.results.of_pattern) if result.derivation is not None]
    first = _FIRST_ROLES.get(kind, ())
    for result in sorted(results, key=lambda result: result.equation.tensor.role not in first):
        for member in reversed(sample(result.members)):
            yield result, member, batch


def _slip(story: Story, item: _Shown) -> Sequence[Block]:
    slip = item.found.slip
    view = story.plain_view(batch=item.batch)
    about: Sentence = (Strong(story.words[f"slip.{slip.kind}"]), Text(" "), *story.say(f"slip.{slip.kind}_why"))
    number = Reference(str(item.result.number))
    wrong, right = slip.fitted, slip.equation
    lines = [
        _line(story, wrong, view, "!=", story.say("slip.wrong")),
        _line(story, right, view, "=", story.say("slip.right", number=number)),
    ]
    lines += _matrix_lines(story, wrong, right, view) if slip.kind != "captured_index" else []
    return (Paragraph(about), Chain(tuple(lines)), Paragraph(_numbers(story, item, view)))


def _line(story: Story, equation: Equation, view: View, relation: str, why: Sentence) -> Line:
    page = story.page([equation.left, equation.right], view)
    return Line(layout(equation.left, page), layout(equation.right, page), why, relation=relation)


def _matrix_lines(story: Story, wrong: Equation, right: Equation, view: View) -> list[Line]:
    """Both formulas without indices, where there are such forms and they tell the formulas apart."""
    found = [_matrix_line(story, equation, view, relation) for equation, relation in ((wrong, "!="), (right, "="))]
    lines = [line for line in found if line is not None]
    return lines if len(lines) == 2 and lines[0].right != lines[1].right else []


def _matrix_line(story: Story, equation: Equation, view: View, relation: str) -> Line | None:
    form = recognise(equation)
    if form is None:
        return None
    page = story.page([equation.left, equation.right], view)
    return Line(layout(form.left, page), layout(form.right, page), relation=relation)


def _numbers(story: Story, item: _Shown, view: View) -> Sentence:
    """What both formulas give at one entry, and with which numbers."""
    found = item.found
    page = story.page([found.entry], view)
    entry, right, wrong = layout(found.entry, page), *(_value(story, value) for value in (found.right, found.wrong))
    key = "slip.small" if found.small else "slip.same"
    if found.pinned is not None:
        place, value = found.pinned
        kink = row(layout(place, story.page([place], view)), Sign("="), _value(story, value))
        return story.say("slip.at_kink", entry=entry, right=right, wrong=wrong, kink=kink)
    told = story.say(key, entry=entry, right=right, wrong=wrong, variant=str(story.options.variant))
    return told if found.fits else (*told, Text(" "), *story.say("slip.misfit"))


def _value(story: Story, value: object) -> Layout:
    return layout(Written(written(value, _DIGITS)), story.page([], View()))

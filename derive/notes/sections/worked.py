"""Worked numbers: the same formulas with values in them, one step of gradient descent, and digits compared with a text's."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.expressions import Entry, Tensor
from derive.indices import Affine
from derive.notation.layout import Digits, Gap, Grid, Layout, Row, Sign, fenced, row
from derive.notation.symbols import array_layout
from derive.notation.typeset import layout
from derive.notation.view import View
from derive.notation.written import Written
from derive.notes.blanks import Hidden, filled
from derive.notes.document import Block, Chain, Line, Paragraph, Section, Table
from derive.notes.measure import width
from derive.notes.story import Story
from derive.words import Math, Reference, Sentence, Text
from derive.worked import example as steps
from derive.worked.digits import WRONG
from derive.worked.example import Example, Update
from derive.worked.ledger import NEGATIVE, places_of
from derive.worked.passes import passes_of
from derive.worked.published import compared
from derive.worked.read import SIMPLE, example_for

FEW_ENTRIES = 40
"""Exercises come with numbers where at most so many parameters and forward values are to be computed."""

_WIDEST, _LINES = 33.0, 12
"""A formula with its numbers and its value stands on one line up to this width, in em; a display has so many lines."""


def worked(story: Story) -> tuple[Section, ...]:
    """One step by hand; nothing where the reader asked for no numbers."""
    numbers = story.options.numbers
    if numbers is None and story.options.exercises is not None and passes_of(story.results.pattern_sweep).entries <= FEW_ENTRIES:
        numbers = SIMPLE
    if numbers is None:
        return ()
    own = example_for(story.results, numbers, story.options.variant)
    view = story.plain_view(batch=own.system is not story.network.pattern)
    blocks = (*_given(story, own, view), *_passes(story, own, view), *_step(story, own, view), *_published(story, own, view))
    return (Section(story.say("section.worked"), "worked", blocks),)


def _given(story: Story, own: Example, view: View) -> tuple[Block, ...]:
    """The numbers that everything starts from, and how digits are shown."""
    rate = row(story.notation.symbols["rate"], Sign("="), Digits(own.numbers.rate_text))
    intro = story.say("worked.simple" if story.options.numbers in (None, SIMPLE) else "worked.given", rate=rate)
    carry = story.say(f"worked.{own.numbers.carry}", digits=str(own.digits))
    arrays = [line for tensor in (*own.system.parameters, *own.system.inputs) for line in _array(story, own, tensor, view)]
    return (Paragraph((*intro, Text(" "), *carry)), Paragraph(story.say("worked.numbers")), *_displays(_side_by_side(arrays)))


def _array(story: Story, own: Example, tensor: Tensor, view: View) -> list[Line]:
    """A given array as a column or a matrix; one of more axes entry by entry."""
    page = story.page([], view)
    texts = {place: own.numbers.given[tensor.name, place] for place in places_of(tensor)}
    numbers = [layout(Written(text), page) for text in texts.values()]
    if len(tensor.axes) > 2:
        return [Line(layout(_entry(tensor, place), page), number) for place, number in zip(texts, numbers, strict=True)]
    left = array_layout(tensor, story.notation, view)
    if not tensor.axes:
        return [Line(left, numbers[0])]
    columns = tensor.axes[1].size if len(tensor.axes) == 2 else 1
    return [Line(left, Grid(tuple(tuple(numbers[n : n + columns]) for n in range(0, len(numbers), columns))))]


def _side_by_side(lines: Sequence[Line]) -> list[Line]:
    """Short equations share a line while they fit."""
    rows: list[list[Layout]] = []
    for line in lines:
        assert line.left is not None
        equation = row(line.left, Sign("="), line.right)
        if rows and width(row(*rows[-1], equation)) <= _WIDEST:
            rows[-1] += [Sign(","), Gap("quad"), equation]
        else:
            rows.append([equation])
    return [Line(first.parts[0], row(*first.parts[2:], *rest)) for first, *rest in rows if isinstance(first, Row)]


def _entry(tensor: Tensor, place: Sequence[int]) -> Entry:
    return Entry(tensor, *(Affine(position) for position in place))


def _passes(story: Story, own: Example, view: View) -> tuple[Block, ...]:
    blocks: list[Block] = []
    inserted = {tensor.name for tensor in story.results.inserted}
    for key, every in (("forward", own.forward), ("loss", own.loss), ("backward", own.backward), ("gradients", own.gradients)):
        if lines := [line for line in every if line.left.tensor.name not in inserted]:
            blocks.append(Paragraph(story.say(f"worked.{key}", numbers=_numbers(story, own, lines))))
            blocks += _displays([shown for line in lines for shown in _line(story, own, line, view)])
    return tuple(blocks)


def _line(story: Story, own: Example, line: steps.Line, view: View) -> list[Line]:
    """``left = formula = numbers = value``, on one line where it fits."""
    page = story.page([line.left, line.formula], view)
    parts: list[tuple[str, Layout]] = [("=", layout(line.formula, page))]
    if line.numbers is not None:
        parts.append(("=" if own.reads_exactly(line) else "approx", layout(line.numbers, page)))
    parts.append((_relation(own, line.value), _value(story, own, line.value)))
    return _set(layout(line.left, page), _left_open(story, parts))


def _left_open(story: Story, parts: list[tuple[str, Layout]]) -> list[tuple[str, Layout]]:
    """In an exercise the value is to be found: from the numbers, from the formula, or from neither."""
    if story.options.exercises is None:
        return parts
    kept = {"easy": parts[:-1], "medium": parts[:1]}.get(story.options.exercises, [])
    sign, value = parts[-1]
    relation = "leftarrow" if not kept and parts[0][0] == "leftarrow" else sign
    return [*kept, (relation, Hidden(value, "value"))]


def _numbers(story: Story, own: Example, lines: Sequence[steps.Line]) -> tuple[Reference, ...]:
    """The numbers of the formulas by which lines are computed."""
    results = story.results.of_pattern if own.system is story.network.pattern else story.results.of_batch
    numbers = {member.tensor.name: result.number for result in results for member in result.members}
    names = (line.left.tensor.name for line in lines)
    return tuple(dict.fromkeys(Reference(str(numbers[name])) for name in names if name in numbers))


def _set(left: Layout, parts: Sequence[tuple[str, Layout]]) -> list[Line]:
    """The parts of a chain of equalities side by side while they fit, else each on a line of its own."""
    whole = row(*(item for number, (sign, part) in enumerate(parts) for item in ((Sign(sign), part) if number else (part,))))
    if _width(whole) <= _WIDEST:
        return [Line(left, whole, relation=parts[0][0])]
    lines = [Line(None if number else left, part, relation=sign) for number, (sign, part) in enumerate(parts)]
    tail = row(parts[-2][1], Sign(parts[-1][0]), parts[-1][1])
    if len(lines) > 2 and _width(tail) <= _WIDEST:
        return [*lines[:-2], Line(None, tail, relation=parts[-2][0])]
    return lines


def _width(item: Layout) -> float:
    return width(filled(item, lambda hidden: hidden.body))


def _relation(own: Example, value: Fraction) -> str:
    return "=" if own.is_exact(value) else "approx"


def _value(story: Story, own: Example, value: Fraction) -> Layout:
    return layout(Written(own.shown(value)), story.page([], View()))


def _displays(lines: Sequence[Line]) -> list[Chain]:
    """Lines in displays of a readable length; a line without a left side stays below the one that it continues."""
    parts: list[list[Line]] = [[]]
    for line in lines:
        if len(parts[-1]) >= _LINES and line.left is not None:
            parts.append([])
        parts[-1].append(line)
    return [Chain(tuple(part)) for part in parts if part]


def _step(story: Story, own: Example, view: View) -> tuple[Block, ...]:
    """The update of every parameter that is not frozen, and the loss after it."""
    names = [tensor for tensor in own.system.parameters if tensor.name in own.numbers.frozen]
    kept = tuple(array_layout(tensor, story.notation, view) for tensor in names)
    intro = story.say("worked.update")
    if kept:
        intro = (*intro, Text(" "), *story.say("worked.frozen", kept=kept))
    loss = own.system.loss
    before, after = own.before.before_rounding(loss, ()), own.later.before_rounding(loss, ())
    page = story.page([], view)
    shown = [_equal(story, own, Entry(loss), value, page.view) for value in (before, after)]
    if story.options.exercises is not None:
        return (Paragraph(intro), *_updates(story, own, view), Paragraph(story.say("exercise.after", after=_open_loss(story, own, view))))
    key = "lower" if after < before else "higher" if after > before else "same"
    closing = Paragraph(story.say(f"worked.{key}", before=shown[0], after=shown[1]))
    return (Paragraph(intro), *_updates(story, own, view), closing)


def _updates(story: Story, own: Example, view: View) -> list[Chain]:
    return _displays([line for update in own.updates for line in _update(story, own, update, view)])


def _open_loss(story: Story, own: Example, view: View) -> Layout:
    """The loss after the step, left open."""
    loss = own.system.loss
    value = own.later.before_rounding(loss, ())
    left = layout(Entry(loss), story.page([Entry(loss)], view))
    return row(left, Sign(_relation(own, value)), Hidden(_value(story, own, value), "value"))


def _equal(story: Story, own: Example, entry: Entry, value: Fraction, view: View) -> Layout:
    return row(layout(entry, story.page([entry], view)), Sign(_relation(own, value)), _value(story, own, value))


def _update(story: Story, own: Example, update: Update, view: View) -> list[Line]:
    page = story.page([update.parameter, update.gradient], view)
    parameter, gradient = layout(update.parameter, page), layout(update.gradient, page)
    rate, dot = story.notation.symbols["rate"], Sign("cdot")
    sign = Sign("+" if update.gradient.tensor.role in NEGATIVE else "-")
    formula = row(parameter, sign, rate, *((Gap("thin"),) if isinstance(gradient, Row) else ()), gradient)
    slope = Written(own.shown(update.slope))
    times = layout(slope, page)
    if slope.is_below_zero:
        times = fenced(times)
    relation = "=" if own.numbers.carry == "rounded" or own.is_exact(update.slope) else "approx"
    numbers = row(layout(Written(update.before), page), sign, Digits(own.numbers.rate_text), dot, times)
    value = (_relation(own, update.after), _value(story, own, update.after))
    return _set(parameter, _left_open(story, [("leftarrow", formula), (relation, numbers), value]))


def _published(story: Story, own: Example, view: View) -> tuple[Block, ...]:
    """What a text prints beside the exact digits; nothing where the reader brought nothing to compare."""
    found = compared(own) if story.options.exercises is None else ()
    if not found:
        return ()
    head = tuple(story.say(f"table.{key}") for key in ("entry", "published", "computed", "verdict"))
    rows: list[tuple[Sentence, ...]] = []
    for item in found:
        entry = layout(item.entry, story.page([item.entry], view))
        name: Sentence = story.say("worked.after_step", entry=entry) if item.after else (Math(entry),)
        exact = layout(Written(own.shown(item.exact)), story.page([], view))
        key = "hasty" if item.hasty else f"{item.verdict}_digits"
        verdict = story.say(f"worked.{key}", digit=str(item.digit or ""))
        rows.append((name, (Math(Digits(item.text)),), (Math(exact),), verdict))
    wrong = sum(item.verdict == WRONG for item in found)
    intro = story.say("worked.published" if wrong else "worked.published_right", count=str(len(found)), wrong=str(wrong))
    return (Paragraph(intro), Table(head, tuple(rows)))

"""What the gradient is for: the plain update rule, and what becomes of the formulas of one pattern when all are taken together."""

from __future__ import annotations

from dataclasses import replace

from derive.calculus.substitute import inline
from derive.expressions import Entry, Expression, Size
from derive.indices import Axis
from derive.notation.layout import Big, Digits, Fraction, Gap, Layout, Scripts, Sign, Symbol, Words, row
from derive.notation.symbols import PARTIAL, loss_symbol, size_layout
from derive.notation.typeset import layout
from derive.notation.view import is_pattern_axis
from derive.notes.document import Block, Chain, Line, Paragraph
from derive.notes.story import Story
from derive.results import Result


def update_blocks(story: Story) -> tuple[Block, ...]:
    """The plain update rule for any parameter; nothing where an author leaves that to an optimiser, or speaks of no layers."""
    notation = story.notation
    if story.layers is None or notation.update == "none":
        return ()
    return (Paragraph(story.say("purpose.update")), Chain((_update(story),)))


def _update(story: Story) -> Line:
    notation = story.notation
    w = notation.symbols["parameter"]
    if notation.gradient == "step":
        change = row(Sign("+"), notation.symbols["rate"], Gap(), notation.symbols["step"], w)
        return Line(_new(story, w), row(w, change), relation="=" if notation.update == "time" else "leftarrow")
    old = Scripts(w, above=Symbol("t")) if notation.update == "time" else w
    slope = Fraction(row(PARTIAL, notation.symbols["loss"]), row(PARTIAL, old))
    right = row(old, Sign("-"), notation.symbols["rate"], Gap(), slope)
    return Line(_new(story, w), right, relation="leftarrow" if notation.update == "arrow" else "=")


def _new(story: Story, w: Layout) -> Layout:
    """The new value of a parameter."""
    if story.notation.update == "time":
        return Scripts(w, above=row(Symbol("t"), Sign("+"), Digits("1")))
    return Scripts(w, above=Words("new")) if story.notation.update == "new" else w


def update_of_unit(story: Story, result: Result) -> tuple[Block, ...]:
    """The update of one weight with its delta and its value, where an author writes it so."""
    notation = story.notation
    of = result.equation.tensor.of
    if notation.update_by != "delta" or notation.update != "new" or of is None or of.role != "weight":
        return ()
    equation, view = story.faces(result)[0]
    page = story.page([equation.left, equation.right], view)
    w = layout(Entry(of, *equation.indices), page)
    new = Scripts(w.base, w.below, Words("new")) if isinstance(w, Scripts) and w.above is None else Scripts(w, above=Words("new"))
    sign = Sign("+" if notation.gradient == "step" else "-")
    right = row(w, sign, notation.symbols["rate"], Gap(), layout(equation.right, page))
    return Paragraph(story.say("purpose.unit")), Chain((Line(new, right),))


def total_loss_blocks(story: Story) -> tuple[Block, ...]:
    """The loss of all patterns written out, where patterns wear a mark; for a mark on all values also in terms of the last activation."""
    if not story.has_batch or story.notation.pattern_mark == "none":
        return ()
    batch = story.network.batch
    view = replace(story.plain_view(batch=True, last=story.depth), loss=True)
    cost = batch.equations[-1]
    lines: list[Expression] = [cost.right]
    if story.notation.pattern_on == "values" and story.layers is not None and not story.layers.l2:
        for role in ("loss", "output"):
            known = {t: e for t, e in batch.definitions.items() if t.role == role and (role == "loss" or t.layer == story.depth)}
            lines.append(inline(lines[-1], known))
        lines = lines[1:]
    page = story.page([cost.left, *lines], view)
    shown = [layout(line, page) for line in lines]
    left = layout(cost.left, page)
    return (
        Paragraph(story.say("purpose.total")),
        Chain(tuple(Line(None if number else left, item) for number, item in enumerate(shown))),
    )


def total_gradient_blocks(story: Story, result: Result) -> tuple[Block, ...]:
    """The derivative of the whole loss by a weight: the sum of those of the patterns, where patterns wear a mark."""
    notation = story.notation
    of = result.equation.tensor.of
    if not story.has_batch or notation.pattern_mark == "none" or of is None or of.role != "weight" or story.layers is None:
        return ()
    if story.layers.l2:
        return ()
    if notation.gradient == "step":
        return _total_step(story)
    equation, view = story.faces(result)[0]
    page = story.page([equation.left, equation.right], view)
    total = notation.symbols["total_loss"]
    left = Fraction(row(PARTIAL, total), row(PARTIAL, layout(Entry(of, *equation.indices), page)))
    return (
        Paragraph(story.say("prose.total")),
        Chain((Line(left, row(*_over_patterns(story), layout(equation.right, page))),)),
    )


def _over_patterns(story: Story) -> tuple[Layout, ...]:
    """The sum over all patterns, with what stands in front of it."""
    axis = _patterns(story)
    letter = Symbol(story.notation.pattern_letters[0])
    view = story.plain_view(batch=True)
    limited = story.notation.sum_limits == "always"
    below = row(letter, Sign("="), Digits("1")) if limited else letter
    total = Big("sum", below, size_layout(axis, story.notation, view, letter) if limited else None)
    if story.layers is not None and story.layers.batch_reduction == "mean":
        return Fraction(Digits("1"), layout(Size(axis), story.page([], view))), total
    return (total,)


def _patterns(story: Story) -> Axis:
    return next(axis for axis in story.network.batch.axes if is_pattern_axis(axis))


def _total_step(story: Story) -> tuple[Block, ...]:
    """``Delta w = - dE_tot/dw = - sum_p dE_p/dw = sum_p Delta_p w``."""
    notation = story.notation
    w, mark = notation.symbols["parameter"], Symbol(notation.pattern_letters[0])
    one = loss_symbol(Entry(story.network.pattern.loss).tensor, notation, story.plain_view())
    sums = _over_patterns(story)
    own = Scripts(notation.symbols["step"], mark) if notation.pattern_mark == "subscript" else Scripts(notation.symbols["step"], above=mark)
    rights = (
        row(Sign("-"), Fraction(row(PARTIAL, notation.symbols["total_loss"]), row(PARTIAL, w))),
        row(Sign("-"), *sums, Fraction(row(PARTIAL, one), row(PARTIAL, w))),
        row(*sums, own, w),
    )
    left = row(notation.symbols["step"], w)
    lines = tuple(Line(None if number else left, right) for number, right in enumerate(rights))
    return Paragraph(story.say("purpose.total_step")), Chain(lines)

"""Training loops: descent by batches and pattern by pattern, which call the forward and the backward pass."""

from __future__ import annotations

from derive.expressions import Entry, Size, Tensor
from derive.indices import Index
from derive.network import BATCH
from derive.notation.layout import Big, Digits, Fraction, Gap, Layout, Scripts, Sign, Symbol, Words, row
from derive.notation.profile import Notation
from derive.notation.symbols import PARTIAL
from derive.notation.typeset import layout
from derive.notation.view import View
from derive.notes.document import Algorithm, AlgorithmLine
from derive.notes.story import Story
from derive.words import Math, Sentence

_TOLERANCES = ("epsilon", "tau", "kappa")


def training_algorithms(story: Story) -> tuple[Algorithm, ...]:
    """Batch and stochastic descent; one loop where equations speak of no patterns."""
    if not story.has_batch:
        return (_whole(story),)
    return (_batch(story), _stochastic(story))


def gradient_of_total(story: Story) -> Layout:
    """The derivative of the whole loss by any parameter."""
    return _derivative(story.notation.symbols["total_loss" if story.has_batch else "loss"], story.notation)


def _whole(story: Story) -> Algorithm:
    """The loop of a system of equations, whose loss is one number."""
    loss = story.notation.symbols["loss"]
    say = story.say
    lines = (
        AlgorithmLine(say("training.start")),
        AlgorithmLine(say("training.passes")),
        AlgorithmLine(say("training.while", condition=_condition(story, loss))),
        AlgorithmLine(_every_parameter(story, _derivative(loss, story.notation)), 1),
        AlgorithmLine(say("training.passes_anew"), 1),
    )
    return Algorithm(say("training.whole"), lines)


def _batch(story: Story) -> Algorithm:
    """One step for all patterns together."""
    say, total = story.say, story.notation.symbols["total_loss"]
    lines = (
        AlgorithmLine(say("training.start")),
        AlgorithmLine(say("training.total", total=total)),
        AlgorithmLine(say("training.while", condition=_condition(story, total))),
        AlgorithmLine(say("training.every_pattern", pattern=_pattern(story)), 1),
        AlgorithmLine(say("training.gradients"), 2),
        AlgorithmLine(
            say("training.sum_l2" if story.layers is not None and story.layers.l2 else "training.sum", formula=Math(_sum(story), True)), 1
        ),
        AlgorithmLine(_every_parameter(story, _step_of_total(story)), 1),
        AlgorithmLine(say("training.total_anew", total=total), 1),
    )
    return Algorithm(say("training.batch"), lines)


def _stochastic(story: Story) -> Algorithm:
    """One step for each pattern by itself."""
    say, total = story.say, story.notation.symbols["total_loss"]
    lines = (
        AlgorithmLine(say("training.start")),
        AlgorithmLine(say("training.total", total=total)),
        AlgorithmLine(say("training.while", condition=_condition(story, total))),
        AlgorithmLine(say("training.any_order", pattern=_pattern(story)), 1),
        AlgorithmLine(say("training.gradients"), 2),
        AlgorithmLine(_every_parameter(story, _step_of_pattern(story)), 2),
        AlgorithmLine(say("training.total_anew", total=total), 1),
    )
    return Algorithm(say("training.stochastic"), lines)


def _condition(story: Story, loss: Layout) -> Layout:
    """The loop runs while the loss is still larger than what is wanted."""
    taken = {symbol.name for symbol in story.notation.symbols.values() if isinstance(symbol, Symbol)}
    return row(loss, Sign(">"), Symbol(next(letter for letter in _TOLERANCES if letter not in taken)))


def _every_parameter(story: Story, slope: Layout) -> Sentence:
    return story.say("training.every_parameter", formula=Math(_update(story.notation, slope), True))


def _update(notation: Notation, slope: Layout) -> Layout:
    """The plain rule as the author writes it: with an arrow, with steps counted, or with a new value; a step comes with a plus."""
    w, rate = notation.symbols["weight"], notation.symbols["rate"]
    sign = Sign("+" if notation.gradient == "step" else "-")
    change = row(sign, rate, Gap("thin"), slope)
    if notation.update == "time":
        t = Symbol("t")
        return row(Scripts(w, above=row(t, Sign("+"), Digits("1"))), Sign("="), Scripts(w, above=t), change)
    if notation.update == "new":
        return row(Scripts(w, above=Words("new")), Sign("="), w, change)
    return row(w, Sign("leftarrow"), w, change)


def _derivative(loss: Layout, notation: Notation, time: Layout | None = None) -> Layout:
    """The derivative of a loss by a parameter, or the step against it."""
    w = notation.symbols["weight"]
    return Fraction(row(PARTIAL, loss), row(PARTIAL, Scripts(w, above=time) if time is not None else w))


def _step_of_total(story: Story) -> Layout:
    notation = story.notation
    if notation.gradient == "step":
        return row(notation.symbols["step"], notation.symbols["weight"])
    return _derivative(notation.symbols["total_loss"], notation, _time(notation))


def _step_of_pattern(story: Story) -> Layout:
    notation = story.notation
    if notation.gradient == "step":
        return row(Scripts(notation.symbols["step"], _pattern(story)), notation.symbols["weight"])
    return _derivative(_loss_of_pattern(story), notation, _time(notation))


def _time(notation: Notation) -> Layout | None:
    return Symbol("t") if notation.update == "time" else None


def _index(story: Story) -> tuple[Index, Tensor]:
    """An index of patterns, and the losses that it counts."""
    losses = next(t for t in story.network.batch.definitions if t.role == "loss")
    return Index("b", next(axis for axis in losses.axes if axis.name == BATCH)), losses


def _pattern(story: Story) -> Layout:
    """The letter of a pattern."""
    index, losses = _index(story)
    return layout(index, story.page([Entry(losses, index)], _view(story)))


def _view(story: Story) -> View:
    return story.plain_view(batch=True)


def _loss_of_pattern(story: Story) -> Layout:
    index, losses = _index(story)
    return layout(Entry(losses, index), story.page([Entry(losses, index)], _view(story)))


def _sum_key(story: Story) -> str:
    return "training.sum_l2" if story.layers is not None and story.layers.l2 else "training.sum"


def _sum(story: Story) -> Layout:
    """The gradient of the total loss from those of the patterns: their mean or sum."""
    notation, layers = story.notation, story.layers
    index, losses = _index(story)
    page = story.page([Entry(losses, index)], _view(story))
    step = notation.gradient == "step"
    left = _step_of_total(story) if step else _derivative(notation.symbols["total_loss"], notation)
    one = _step_of_pattern(story) if step else _derivative(_loss_of_pattern(story), notation)
    parts: list[Layout] = [left, Sign("leftarrow")]
    if layers is not None and layers.batch_reduction == "mean":
        parts += [Fraction(Digits("1"), layout(Size(index.axis), page)), Gap("thin")]
    parts += [Big("sum", layout(index, page)), one]
    return row(*parts)

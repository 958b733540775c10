"""The route that expands first: every derivative in full, then names for what stands in several, then one formula for all layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from derive.calculus.substitute import right_side_at
from derive.calculus.tidy import tidy
from derive.conventions.factors import factor
from derive.conventions.manner import manner_of
from derive.conventions.signs import OPPOSITE
from derive.equations import Equation
from derive.expressions import (
    MINUS_ONE,
    Apply,
    Entry,
    Expression,
    Partial,
    Tensor,
    Total,
    factors_of,
    product,
)
from derive.indices import Index
from derive.notation.layout import Branches, Layout, Sign, Words, row
from derive.notation.printing import page_for
from derive.notation.typeset import Page, layout
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.story import Story
from derive.results import Result
from derive.words import Math, Sentence


@dataclass(frozen=True)
class Weights:
    """The weights of one dense layer and what lies between them and the loss, at one place."""

    story: Story
    result: Result
    equation: Equation

    @cached_property
    def weight(self) -> Entry:
        of = self.equation.tensor.of
        assert of is not None
        return Entry(of, *self.equation.indices)

    @property
    def layer(self) -> int:
        return self.equation.tensor.layer or 0

    @cached_property
    def unit(self) -> Index:
        return self.equation.indices[0]

    def value(self, role: str, layer: int, index: Index) -> Entry:
        """A value of a unit in a layer."""
        definitions = self.story.network.pattern.definitions
        return Entry(next(t for t in definitions if t.role == role and t.layer == layer), index)

    def factor(self, of: Entry, by: Entry) -> tuple[Partial, Expression]:
        """A local derivative and its value."""
        found = factor(Partial(of, by), self.story.network.pattern.definitions, manner_of(self.story.notation).rules)
        return found.inert, found.value

    @property
    def loss(self) -> Entry:
        return Entry(self.story.network.pattern.loss)


def is_expandable(story: Story) -> bool:
    """Whether the network is a chain of dense layers with functions of one value as activations, and the loss one sum."""
    if story.layers is None or not story.layers.is_chain or not weights_of(story):
        return False
    pattern = story.network.pattern
    outputs = [equation for equation in pattern.equations if equation.tensor.role == "output"]
    last = factors_of(pattern.equations[-1].right)
    single = isinstance(last[-1], Total) and not any(isinstance(own, Total) for own in last[:-1])
    return single and all(isinstance(own.right, Apply) for own in outputs)


def weights_of(story: Story) -> tuple[Weights, ...]:
    """The weights of the output layer and of the layer before it."""
    found: list[Weights] = []
    for result in story.results.of_pattern:
        for member in result.members:
            tensor = member.tensor
            if tensor.of is not None and tensor.of.role == "weight" and tensor.layer in (story.depth, story.depth - 1):
                found.append(Weights(story, result, member))
    return tuple(sorted(found, key=lambda own: -own.layer))


def expansions(story: Story) -> tuple[Section, ...]:
    """The derivatives by the weights of the last two layers, with nothing abbreviated."""
    if not is_expandable(story):
        return ()
    sections = []
    for own in weights_of(story):
        view = story.view_of(own.layer)
        page = story.page([own.equation.left, own.equation.right, *_everything(own)], view)
        sections.append(Section(_title(own, page), f"expanded-{own.layer}", _expansion(own, page), 2))
    return tuple(sections)


def _title(own: Weights, page: Page) -> Sentence:
    return own.story.say("expanded.title", by=layout(own.weight, page))


def _everything(own: Weights) -> tuple[Expression, ...]:
    """All formulas of an expansion, so that their letters agree."""
    return (_three(own), own.weight, *(value for _, value in _local(own)))


def _between(own: Weights) -> tuple[Entry, Entry]:
    """Output and pre-activation of the unit that the weight leads to."""
    return own.value("output", own.layer, own.unit), own.value("pre_activation", own.layer, own.unit)


def _three(own: Weights) -> Expression:
    """The chain rule from the weight to the loss, by pre-activation and output of its unit."""
    output, before = _between(own)
    return _ordered(own, Partial(own.loss, output), Partial(output, before), Partial(before, own.weight))


def _ordered(own: Weights, *factors: Expression) -> Expression:
    """Factors from the loss to the weight, or the other way round where local ones come first."""
    return product(*(factors if own.story.notation.chain_order == "loss,local" else factors[::-1]))


def _local(own: Weights) -> tuple[tuple[Partial, Expression], tuple[Partial, Expression]]:
    output, before = _between(own)
    return own.factor(output, before), own.factor(before, own.weight)


def _expansion(own: Weights, page: Page) -> tuple[Block, ...]:
    story = own.story
    output, before = _between(own)
    definitions = [_defined(own, entry, page) for entry in (before, output)]
    left = _left(own)
    blocks: list[Block] = [
        Paragraph(story.say("expanded.chain", by=layout(own.weight, page), through=layout(output, page))),
        Chain((Line(layout(left, page), layout(_three(own), page), story.say("expanded.where", equations=definitions)),)),
    ]
    (slope, of_slope), (last, of_last) = _local(own)
    loss_factor = Partial(own.loss, output)
    if own.layer == story.depth:
        of_loss = _of_loss(own, own.unit)
        blocks.append(Paragraph(story.say("expanded.factors")))
        blocks += [_shown(page, inert, value) for inert, value in ((loss_factor, of_loss), (slope, of_slope), (last, of_last))]
    else:
        of_loss, further = _through_next(own, page)
        blocks.append(Paragraph(story.say("expanded.two_factors")))
        blocks.append(_shown(page, _ordered(own, slope, last), _ordered(own, of_slope, of_last)))
        blocks += further
    blocks.append(Paragraph(story.say("expanded.together")))
    blocks.append(_shown(page, left, _ordered(own, of_loss, of_slope, of_last)))
    return tuple(blocks)


def _left(own: Weights) -> Expression:
    return Partial(own.loss, own.weight)


def _defined(own: Weights, entry: Entry, page: Page) -> Layout:
    right = right_side_at(own.story.network.pattern.definitions[entry.tensor], entry.positions)
    inner = own.story.page([entry, right], page.view)
    return row(layout(entry, inner), Sign("="), layout(right, inner))


def _shown(page: Page, *values: Expression) -> Chain:
    first, *others = values
    fresh = page_like(page, values)
    return Chain(tuple(Line(None if number else layout(first, fresh), layout(value, fresh)) for number, value in enumerate(others)))


def page_like(page: Page, values: tuple[Expression, ...]) -> Page:
    """A page in the same view with letters for these formulas."""
    return page_for(values, page.notation, page.view, dict(page.letters))


def _of_loss(own: Weights, index: Index) -> Expression:
    """The derivative of the loss by an output of the network, from its numbered result."""
    tensor = own.value("output", own.story.depth, index).tensor
    for result in own.story.results.of_pattern:
        if result.equation.tensor.of == tensor:
            right = right_side_at(result.equation, (index,))
            return tidy(product(MINUS_ONE, right)) if result.equation.tensor.role in OPPOSITE.values() else right
    raise LookupError(tensor.name)


def _through_next(own: Weights, page: Page) -> tuple[Expression, list[Block]]:
    """The derivative of the loss by a hidden output: through every output of the network."""
    story = own.story
    definition = story.network.pattern.equations[-1].right
    *constants, summed = factors_of(definition)
    assert isinstance(summed, Total)
    hidden = own.value("output", own.layer, own.unit)
    k = summed.index.fresh()
    output, before = own.value("output", story.depth, k), own.value("pre_activation", story.depth, k)
    through = Partial(output, hidden)
    by_paths = Total(k, product(through, _of_loss(own, k)))
    lines = (
        product(*constants, Partial(summed, hidden)),
        product(*constants, Total(summed.index, Partial(summed.body, hidden))),
        by_paths,
    )
    slope, weight = own.factor(output, before), own.factor(before, hidden)
    free = own.equation.indices
    inner = story.page([Entry(Tensor("k", (k.axis,)), k), through, hidden, *(Entry(Tensor("i", (i.axis,)), i) for i in free)], page.view)
    blocks: list[Block] = [
        Paragraph(story.say("expanded.by_hidden", hidden=layout(hidden, page))),
        _shown(page, Partial(own.loss, hidden), *lines),
        Paragraph(story.say("expanded.through", through=layout(through, inner))),
        Chain(
            (
                Line(layout(through, inner), layout(_ordered(own, slope[0], weight[0]), inner)),
                Line(None, layout(_ordered(own, slope[1], weight[1]), inner)),
            )
        ),
    ]
    return Total(k, _ordered(own, _of_loss(own, k), slope[1], weight[1])), blocks


def merged(story: Story) -> tuple[Section, ...]:
    """One formula for delta in the output layer and in hidden layers, with letters for the layer, the one before and the one after it."""
    if not is_expandable(story) or story.depth < 2:
        return ()
    told = replace(story, notation=replace(story.notation, three_layers=False))
    deltas = [r for r in told.results.of_pattern if r.equation.tensor.role in ("delta", "negative_delta")]
    by_layer = {member.tensor.layer: member for result in deltas for member in result.members}
    weights = weights_of(story)
    if story.depth not in by_layer or story.depth - 1 not in by_layer or not weights:
        return ()
    last, hidden = by_layer[story.depth], by_layer[story.depth - 1]
    views = [replace(told.plain_view(), general=layer, generic=False) for layer in (story.depth, story.depth - 1)]
    pages = [told.page([own.left, own.right], view) for own, view in zip((last, hidden), views, strict=True)]
    unit = layout(hidden.indices[0], pages[1])
    cases = tuple(
        (layout(own.right, page), row(Words(story.words["cases.if"] + " "), unit, Words(" " + story.words[f"expanded.{kind}"])))
        for own, page, kind in zip((last, hidden), pages, ("output_unit", "hidden_unit"), strict=True)
    )
    page = told.page([weights[-1].equation.left, weights[-1].equation.right], views[1])
    gradient = Line(layout(weights[-1].equation.left, page), layout(weights[-1].equation.right, page))
    letters = [Math(layout(index, own)) for index, own in ((weights[-1].equation.indices[1], page), (hidden.indices[0], pages[1]))]
    blocks = (
        Paragraph(story.say("expanded.merged", before=letters[0], itself=letters[1])),
        Chain((Line(layout(hidden.left, pages[1]), Branches(cases)),)),
        Chain((gradient,)),
    )
    return (Section(story.say("expanded.merged_title"), "merged", blocks, 2),)

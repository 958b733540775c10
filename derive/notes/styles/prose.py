"""Running text with single formulas: the chain rule, then each of its factors, then what follows."""

from __future__ import annotations

from dataclasses import replace

from derive.conventions.factors import Factor
from derive.expressions import Entry, Expression, Partial, Total
from derive.notation.layout import Fraction, Layout, Sign, row
from derive.notation.symbols import PARTIAL, loss_symbol
from derive.notation.typeset import layout
from derive.notes.chains import numbered_forms, result_blocks
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.story import Story
from derive.notes.styles.aligned import derived, introduction, subsection
from derive.notes.styles.apart import Apart, apart
from derive.results import Result
from derive.traversal import walk

DELTAS = ("delta", "negative_delta")


def prose(story: Story) -> tuple[Section, ...]:
    """The backward pass told in sentences."""
    told = [subsection(story, result, _told(story, result)) for result in derived(story)]
    return (introduction(story, *_one_arc(story)), *told)


def _told(story: Story, result: Result) -> tuple[Block, ...]:
    own = apart(story, result)
    if own.chain is None or not own.factors or result.before:
        return result_blocks(story, result)
    if result.equation.tensor.role in DELTAS:
        return (*_recalled(own), Paragraph(story.say("prose.delta", by=own.set(_by(own)))), _named(own))
    return (
        Paragraph(story.say("prose.chain", by=own.set(_by(own)), through=tuple(own.set(f.inert.of) for f in own.factors))),
        own.display(_by_loss(own), own.chain),
        *(block for factor in own.factors for block in _local(own, factor)),
        Paragraph(story.say("prose.therefore")),
        Chain(numbered_forms(story, result)),
    )


def _by(own: Apart) -> Expression:
    """What the derivative is by."""
    return next(node.by for node in walk(own.derivation.start) if isinstance(node, Partial))


def _by_loss(own: Apart) -> Layout:
    return own.set(own.derivation.start)


def _local(own: Apart, factor: Factor) -> tuple[Block, ...]:
    """A local derivative, and the definition that it follows from."""
    left, right = own.defined(factor.inert.of)
    page = own.story.page([own.derivation.left, left, right], own.view)
    since = own.story.say("prose.since", equation=row(layout(left, page), Sign("="), layout(right, page)))
    return Paragraph(own.story.say("prose.factor")), own.display(factor.inert, (factor.value, since))


def _recalled(own: Apart) -> tuple[Block, ...]:
    """The values that a hidden delta leads through, and their deltas, before they are used."""
    assert own.chain is not None
    users = [node.of for node in walk(own.chain) if isinstance(node, Partial) and isinstance(node.of, Entry) and _is_value(node.of)]
    user = users[0]
    if user.tensor.role != "pre_activation":
        return ()
    output = next((e for e in own.result.system.equations if user.tensor in e.right.atoms(type(user.tensor))), None)
    if output is None or output.tensor.role != "output" or len(output.indices) != len(user.positions):
        return ()
    there = Entry(output.tensor, *user.positions)
    blocks: list[Block] = [Paragraph(own.story.say("prose.recalled", unit=own.set(user)))]
    for entry in (there, user):
        left, right = own.defined(entry)
        page = own.story.page([left, right], own.view)
        blocks.append(Chain((Line(layout(left, page), layout(right, page)),)))
    return (*blocks, *_delta_after(own))


def _delta_after(own: Apart) -> tuple[Block, ...]:
    """The delta of the output layer in the letters of the layer after."""
    story = own.story
    layer = own.equation.tensor.layer
    if layer is None or layer + 1 != story.depth:
        return ()
    last = next((r for r in derived(story) if r.equation.tensor.role in DELTAS and r.equation.tensor.layer == story.depth), None)
    if last is None:
        return ()
    seen = apart(story, last, view=own.view)
    return (_named(seen, plain=True),) if seen.chain is not None and not last.before else ()


def _is_value(entry: Entry) -> bool:
    return entry.tensor.role not in ("loss", "total_loss")


def _named(own: Apart, plain: bool = False) -> Chain:
    """``dR/ds = ... = delta``: the name comes last."""
    assert own.chain is not None
    rights: list[Expression | Layout] = []
    if any(isinstance(node, Total) for node in walk(own.chain)):
        rights.append(own.chain)
    else:
        rights.extend(_through_function(own))
    rights += [own.equation.right, own.equation.left]
    chain = own.display(own.derivation.start, *rights)
    if plain:
        return chain
    matrix = numbered_forms(own.story, own.result)[1:]
    return Chain((*chain.lines, *matrix)) if matrix else own.display(own.derivation.start, *rights, number=str(own.result.number))


def _through_function(own: Apart) -> list[Expression | Layout]:
    """The same line with the value written as its function: ``f'(s) dR/df(s)`` before ``f'(s) dR/dtheta``."""
    entry = next((n for n in walk(own.equation.right) if isinstance(n, Entry) and n.tensor.role == "adjoint" and n.tensor.of), None)
    if entry is None or entry.tensor.of is None:
        return []
    _, definition = own.defined(Entry(entry.tensor.of, *entry.positions))
    symbol = Fraction(row(PARTIAL, loss_symbol(entry.tensor, own.story.notation, own.view)), row(PARTIAL, own.set(definition)))
    return [_exchanged(own.set(own.equation.right), own.set(entry), symbol)]


def _exchanged(item: Layout, old: Layout, new: Layout) -> Layout:
    """A layout with one part in the place of another one."""
    if item == old:
        return new
    parts = getattr(item, "parts", None)
    return row(*(_exchanged(part, old, new) for part in parts)) if parts else item


def _one_arc(story: Story) -> tuple[Block, ...]:
    """The chain rule at one arc into the output layer, while the mark of the pattern is left out."""
    if story.notation.pattern_mark != "superscript":
        return ()
    weights = next((r for r in derived(story) if r.equation.tensor.of is not None and r.equation.tensor.of.role == "weight"), None)
    if weights is None:
        return ()
    equation = max(weights.members, key=lambda member: member.tensor.layer or 0)
    view = replace(story.plain_view(last=story.depth), pattern=False)
    own = apart(story, weights, equation, view)
    if own.chain is None or len(own.factors) != 1:
        return ()
    user = own.factors[0].inert.of
    assert isinstance(user, Entry)
    output = next((e for e in own.result.system.equations if user.tensor in e.right.atoms(type(user.tensor))), None)
    entries = [user, *([Entry(output.tensor, *user.positions)] if output is not None and output.tensor.role == "output" else [])]
    blocks: list[Block] = [Paragraph(story.say("prose.one_arc"))]
    for entry in entries:
        left, right = own.defined(entry)
        page = story.page([left, right], view)
        blocks.append(Chain((Line(layout(left, page), layout(right, page)),)))
    blocks += [own.display(own.derivation.start, own.chain), own.display(own.factors[0].inert, own.factors[0].value)]
    return tuple(blocks)

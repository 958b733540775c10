"""Factors in boxes that are followed through the derivation: any unit first, then the case of an output unit and that of a hidden unit."""

from __future__ import annotations

from dataclasses import replace

from derive.expressions import Entry, Expression, Partial, Plus, factors_of
from derive.notation.layout import Box, Layout, Sign, fenced, row
from derive.notes.chains import numbered_forms, result_blocks
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.story import Story
from derive.notes.styles.aligned import derived, introduction, subsection
from derive.notes.styles.apart import Apart, apart, inserted
from derive.notes.styles.prose import DELTAS
from derive.results import Result
from derive.traversal import walk

_DOT = Sign("cdot")


def boxed(story: Story) -> tuple[Section, ...]:
    """Weights first, then what delta is for any unit, then the two cases; whatever does not have this form is told in aligned chains."""
    results = derived(story)
    gradients = [result for result in results if result.equation.tensor.role in ("gradient", "step")]
    others = [result for result in results if result not in gradients]
    sections = [introduction(story, Paragraph(story.say("boxed.intro")))]
    sections += [subsection(story, result, _gradient(story, result)) for result in gradients]
    sections += _any_unit(story, others)
    sections += [subsection(story, result, _case(story, result)) for result in others]
    return tuple(sections)


def _gradient(story: Story, result: Result) -> tuple[Block, ...]:
    """``Delta w = [-dE/dnet] [dnet/dw] = [delta] [o]``, and since when."""
    own = apart(story, result)
    if not _is_single(own):
        return result_blocks(story, result)
    local = own.factors[0]
    first = (own.derivation.start, _product(Box(_outer(own)), Box(own.set(local.inert))), _boxed_factors(own, own.equation.right))
    forms = numbered_forms(story, result)
    shown = own.display(own.equation.left, *first)
    user = local.inert.of
    since = own.display(Box(own.set(local.inert)), local.definition, Box(own.set(local.value)))
    return (
        Paragraph(story.say("boxed.gradient", by=own.set(local.inert.by), through=own.set(user))),
        shown,
        Paragraph(story.say("boxed.since")),
        *(own.display(*own.defined(entry)) for entry in (user, *_output(own, user))),
        since,
        *_forms(own, forms),
    )


def _forms(own: Apart, forms: tuple[Line, ...]) -> tuple[Block, ...]:
    return (Paragraph(own.story.say("boxed.so")), Chain(forms))


def _any_unit(story: Story, results: list[Result]) -> list[Section]:
    """What delta is for any unit, before it matters which."""
    deltas = [result for result in results if result.equation.tensor.role in DELTAS]
    if not deltas:
        return []
    equation = deltas[-1].equation
    view = replace(story.plain_view(general=equation.tensor.layer), generic=True)
    own = apart(story, deltas[-1], equation, view)
    if not story.notation.generic_letters or not _is_single(own):
        return []
    local = own.factors[0]
    outer = Box(_outer(own))
    shown = own.display(
        Box(own.set(own.equation.left)),
        own.derivation.start,
        _product(outer, own.set(local.inert)),
        _product(outer, own.set(local.value)),
    )
    return [Section(story.say("boxed.any_unit"), "any-unit", (Paragraph(story.say("boxed.delta")), shown), 2)]


def _case(story: Story, result: Result) -> tuple[Block, ...]:
    own = apart(story, result)
    if own.chain is None:
        steps = own.derivation.steps
        if not steps:
            return result_blocks(story, result)
        shown = own.display(Box(own.set(own.derivation.start)), steps[0].after, fenced(own.set(own.equation.right)))
        return (shown, Chain(numbered_forms(story, result)))
    if not _is_single(own) or own.equation.tensor.role not in DELTAS:
        return result_blocks(story, result)
    blocks: list[Block] = []
    for before in inserted(own):
        if before.chain is None:
            return result_blocks(story, result)
        blocks.append(before.display(Box(before.set(before.derivation.start)), before.chain, before.equation.right))
        blocks.append(Paragraph(story.say("boxed.since")))
        blocks += [before.display(f.inert, f.definition, f.value) for f in before.factors]
        blocks.append(Paragraph(story.say("boxed.so")))
    right = _boxed_factors(own, own.equation.right) if not result.before else own.set(own.equation.right)
    blocks.append(own.display(Box(own.set(own.equation.left)), own.derivation.start, right))
    return (*blocks, Chain(numbered_forms(story, result)))


def _is_single(own: Apart) -> bool:
    """Whether the chain rule has one path and two factors."""
    return own.chain is not None and len(own.factors) == 1 and not isinstance(own.chain, Plus) and _loss_factor(own) is not None


def _loss_factor(own: Apart) -> Partial | None:
    assert own.chain is not None
    found = [f for f in factors_of(own.chain) if isinstance(f, Entry | Partial)]
    outer = [f for f in found if isinstance(f, Partial) and f not in [factor.inert for factor in own.factors]]
    return outer[0] if len(outer) == 1 and len(found) == 2 else None


def _outer(own: Apart) -> Layout:
    """The derivative of the loss in the chain rule, with the sign of the notation."""
    outer = _loss_factor(own)
    assert outer is not None
    shown = own.set(outer)
    return row(Sign("-"), shown) if own.story.notation.delta_sign == "negative" else shown


def _product(*factors: Layout) -> Layout:
    parts: list[Layout] = []
    for factor in factors:
        parts += [_DOT] if parts else []
        parts.append(factor)
    return row(*parts)


def _boxed_factors(own: Apart, value: Expression) -> Layout:
    """A product with a box round each factor; only the first where the others are functions."""
    factors = factors_of(value)
    shown = [fenced(own.set(f)) if isinstance(f, Plus) else own.set(f) for f in factors]
    return _product(*(Box(item) if isinstance(f, Entry | Plus) else item for f, item in zip(factors, shown, strict=True)))


def _output(own: Apart, user: Expression) -> tuple[Entry, ...]:
    """The output of the unit whose pre-activation is given."""
    if not isinstance(user, Entry) or user.tensor.role != "pre_activation":
        return ()
    readers = [e for e in own.result.system.equations if any(isinstance(n, Entry) and n.tensor == user.tensor for n in walk(e.right))]
    output = next((e for e in readers if e.tensor.role == "output" and len(e.indices) == len(user.positions)), None)
    return (Entry(output.tensor, *user.positions),) if output is not None else ()

"""What is said of a derivative that is found by induction: over the layers, or over the steps of a recurrence."""

from __future__ import annotations

from derive.expressions import Number, Size, Tensor
from derive.indices import Affine
from derive.notation.layout import Sign, row
from derive.notation.symbols import array_layout
from derive.notes.document import Paragraph
from derive.notes.story import Story
from derive.results import Result
from derive.traversal import tensors_of
from derive.words import Reference


def induction_over_layers(story: Story, result: Result) -> tuple[Paragraph, ...]:
    """The base case and the induction step, where a formula for the general layer reads its own tensor in the next one."""
    view, members = story.view(result), {member.tensor for member in result.members}
    if view.general is None or len(members) < 2:
        return ()
    read = [tensor for member in result.members for tensor in tensors_of(member.right)]
    if not any(tensor in members for tensor in read):
        return ()
    batch = result.system is story.network.batch and story.has_batch
    outside = dict.fromkeys(t for t in read if t.role == result.equation.tensor.role and t not in members)
    base = tuple(dict.fromkeys(found for tensor in outside if (found := story.reference(tensor, batch)) is not None))
    if not base:
        return ()
    own = array_layout(result.equation.tensor, story.notation, view)
    following = _next(result)
    if following is None:
        return ()
    step = Reference(str(result.number))
    shown = array_layout(following, story.notation, view)
    return (Paragraph(story.say("induction.layers", base=base, step=step, own=own, next=shown)),)


def _next(result: Result) -> Tensor | None:
    """The tensor of the neighbouring layer that a formula reads, of its own kind."""
    role = result.equation.tensor.role
    return next((tensor for tensor in tensors_of(result.equation.right) if tensor.role == role), None)


def induction_over_steps(story: Story, result: Result) -> tuple[Paragraph, ...]:
    """Where the induction begins and which way it goes, where a formula reads its own derivatives at another step."""
    found = story.inductions.get(result.equation.tensor)
    if found is None:
        return ()
    page = story.page([result.equation.left, found.cases], story.view(result))
    near = story.set(Affine(found.reach if found.backwards else -found.reach).plus(Affine.of(found.index)).simplest(), page)
    index = story.set(found.index, page)
    end = story.set(Size(found.index.axis) if found.backwards else Number(1), page)
    key = "induction.backwards" if found.backwards else "induction.forwards"
    return (Paragraph(story.say(key, index=index, next=near, base=row(index, Sign("="), end))),)

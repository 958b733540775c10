"""Chains of aligned lines, each with its reason: one subsection for each result."""

from __future__ import annotations

from derive.expressions import Apply, Entry, Tensor
from derive.notation.layout import Layout, Sign, row
from derive.notation.roles import is_fixed
from derive.notation.symbols import array_layout
from derive.notes.chains import result_blocks
from derive.notes.document import Block, Paragraph, Section
from derive.notes.induction import induction_over_layers, induction_over_steps
from derive.notes.purpose import total_gradient_blocks, update_blocks, update_of_unit
from derive.notes.story import Story
from derive.results import Result
from derive.traversal import tensors_of
from derive.words import Math, Sentence


def aligned(story: Story) -> tuple[Section, ...]:
    """One subsection for each delta and gradient."""
    sections = [introduction(story)]
    for result in derived(story):
        sections.append(subsection(story, result, result_blocks(story, result)))
    return tuple(sections)


def introduction(story: Story, *blocks: Block) -> Section:
    """The head of the backward pass."""
    return Section(story.say("section.backward"), "backward", (Paragraph(story.say("backward.intro")), *blocks, *update_blocks(story)))


def derived(story: Story) -> tuple[Result, ...]:
    """The results with a derivation, in the order of their numbers."""
    return tuple(result for result in story.results.of_pattern if result.derivation is not None)


def subsection(story: Story, result: Result, blocks: tuple[Block, ...]) -> Section:
    """What is said about one result under its title."""
    shown = story.range_of(result)
    about: tuple[Block, ...] = (Paragraph(story.say("backward.range", range=shown)),) if shown is not None else ()
    about = (*induction_over_layers(story, result), *induction_over_steps(story, result), *about)
    after = (*_meaning(story, result), *total_gradient_blocks(story, result), *update_of_unit(story, result))
    return Section(title(story, result), f"result-{result.number}", (*about, *blocks, *after), 2)


def _meaning(story: Story, result: Result) -> tuple[Block, ...]:
    """What the formula says in words; nothing in brief notes, or where what is derived has no usual role."""
    kind = _kind(story, result)
    if story.options.level == "brief" or kind is None:
        return ()
    return (Paragraph(story.say(f"meaning.{kind}")),)


def _kind(story: Story, result: Result) -> str | None:
    tensor = result.equation.tensor
    if story.layers is None or tensor.of is None:
        return None
    if tensor.of.role == "pre_activation":
        if not story.layers.is_chain or not _answers_alone(story, tensor.of):
            return None
        return "delta_last" if tensor.layer == story.depth else "delta_hidden"
    if tensor.of.role == "output":
        return "output" if tensor.of.layer == story.depth else None
    return tensor.of.role if tensor.of.role in ("weight", "bias") else None


def _answers_alone(story: Story, before: Tensor) -> bool:
    """Whether the output of each unit is a function of its own pre-activation."""
    own = next((e for e in story.network.pattern.equations if e.tensor.role == "output" and before in tensors_of(e.right)), None)
    return own is not None and isinstance(own.right, Apply | Entry)


def title(story: Story, result: Result) -> Sentence:
    """The title of a result: what is derived."""
    tensor = result.equation.tensor
    view = story.view(result)
    if tensor.role in ("delta", "negative_delta") and tensor.layer is not None:
        if tensor.layer == story.depth:
            return story.say("section.delta_last")
        if view.general is not None or is_fixed(story.notation):
            return story.say("section.delta")
        return story.say("section.delta_in", layer=story.layer_number(tensor.layer))
    key = "section.gradient" if tensor.role in ("gradient", "step") else "section.adjoint"
    return story.say(key, subject=Math(_subjects(story, result)))


def _subjects(story: Story, result: Result) -> Layout:
    """What a result is a derivative by, in each of the layers that have letters of their own."""
    found: list[Layout] = []
    for equation, view in story.faces(result):
        of = equation.tensor.of if equation.tensor.of is not None else equation.tensor
        found += [Sign(",")] if found else []
        found.append(array_layout(of, story.notation, view))
    return row(*found)

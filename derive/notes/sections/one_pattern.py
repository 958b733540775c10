"""Everything about one pattern: activations, forward pass, loss and backward pass."""

from __future__ import annotations

from derive.functions.slopes import slopes_of
from derive.notation.roles import is_fixed
from derive.notation.symbols import array_layout
from derive.notes.chains import primitive_slopes, result_chain, slope_chain
from derive.notes.document import Paragraph, Section
from derive.notes.induction import induction_over_layers, induction_over_steps
from derive.notes.story import Story
from derive.results import Result
from derive.words import Math, Sentence


def activations(story: Story) -> tuple[Section, ...]:
    """The formula of each activation and its derivative; nothing where all are linear."""
    slopes = slopes_of(story.network.pattern)
    chains = (*(slope_chain(story, slope) for slope in slopes), *primitive_slopes(story))
    if not chains:
        return ()
    return (Section(story.say("section.activations"), "activations", (Paragraph(story.say("activation.intro")), *chains)),)


def forward(story: Story) -> tuple[Section, ...]:
    """The forward equations."""
    chains = tuple(result_chain(story, r) for r in story.results.of_pattern if r.kind == "forward")
    return (Section(story.say("section.forward"), "forward", (Paragraph(story.say("forward.intro")), *chains)),)


def loss(story: Story) -> tuple[Section, ...]:
    """The loss of one pattern."""
    chains = tuple(result_chain(story, r) for r in story.results.of_pattern if r.kind == "loss")
    intro = story.say("loss.intro" if story.has_batch else "loss.equations")
    return (Section(story.say("section.loss"), "loss", (Paragraph(intro), *chains)),)


def backward(story: Story) -> tuple[Section, ...]:
    """One subsection for each delta and gradient."""
    sections = [Section(story.say("section.backward"), "backward", (Paragraph(story.say("backward.intro")),))]
    for result in story.results.of_pattern:
        if result.derivation is None:
            continue
        shown = story.range_of(result)
        about = (Paragraph(story.say("backward.range", range=shown)),) if shown is not None else ()
        about = (*induction_over_layers(story, result), *induction_over_steps(story, result), *about)
        sections.append(Section(_title(story, result), f"result-{result.number}", (*about, result_chain(story, result)), 2))
    return tuple(sections)


def _title(story: Story, result: Result) -> Sentence:
    tensor = result.equation.tensor
    view = story.view(result)
    if tensor.role in ("delta", "negative_delta") and tensor.layer is not None:
        if tensor.layer == story.depth:
            return story.say("section.delta_last")
        if view.general is not None or is_fixed(story.notation):
            return story.say("section.delta")
        return story.say("section.delta_in", layer=story.layer_number(tensor.layer))
    of = tensor.of if tensor.of is not None else tensor
    key = "section.gradient" if tensor.role in ("gradient", "step") else "section.adjoint"
    return story.say(key, subject=Math(array_layout(of, story.notation, view)))

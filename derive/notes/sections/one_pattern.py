"""Everything about one pattern: activations, forward pass, loss and backward pass."""

from __future__ import annotations

from derive.functions.slopes import slopes_of
from derive.notes.chains import primitive_slopes, result_chain, slope_chain
from derive.notes.document import Paragraph, Section
from derive.notes.purpose import total_loss_blocks
from derive.notes.story import Story
from derive.notes.styles import backward_sections


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
    return (Section(story.say("section.loss"), "loss", (Paragraph(intro), *chains, *total_loss_blocks(story))),)


def backward(story: Story) -> tuple[Section, ...]:
    """One subsection for each delta and gradient, told as the author of the notation tells it."""
    return backward_sections(story)

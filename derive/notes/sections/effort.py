"""Why backpropagation is fast: what it reads again, and how many multiplications that saves."""

from __future__ import annotations

from derive.effort import backward_effort, forward_effort, reread
from derive.explicit import parameter_count
from derive.notes.document import Block, Paragraph, Section
from derive.notes.story import Story


def effort(story: Story) -> tuple[Section, ...]:
    """A count of multiplications against those of moving every parameter by itself; nothing where that would not be more."""
    results = story.results
    forward, backward = forward_effort(results), backward_effort(results)
    count = parameter_count(results)
    naive = (count + 1) * forward
    if naive <= forward + backward:
        return ()
    found = (story.reference(tensor) for tensor in reread(results))
    numbers = tuple(dict.fromkeys(reference for reference in found if reference is not None))
    reads, counts = ("effort.reread", "effort.count") if story.layers is not None else ("effort.reread_values", "effort.count_once")
    blocks: list[Block] = [Paragraph(story.say(reads, numbers=numbers))] if numbers else []
    counted = story.say(counts, forward=_grouped(forward), backward=_grouped(backward), count=_grouped(count), naive=_grouped(naive))
    return (Section(story.say("section.effort"), "effort", (*blocks, Paragraph(counted))),)


def _grouped(number: int) -> str:
    """Digits in groups of three, with spaces at which no line ends."""
    return f"{number:,}".replace(",", "\u00a0") if number >= 10_000 else str(number)

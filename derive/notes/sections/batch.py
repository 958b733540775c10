"""The batch forms of everything."""

from __future__ import annotations

from collections.abc import Mapping

from derive.expressions import Entry, Tensor
from derive.notation.layout import Symbol
from derive.notation.view import NUMBERED
from derive.notes.chains import result_blocks, short_chain
from derive.notes.document import Block, Paragraph, Section
from derive.notes.story import Story
from derive.words import Text


def batch(story: Story) -> tuple[Section, ...]:
    """The batch forms of everything; nothing where equations speak for themselves."""
    if not story.has_batch:
        return ()
    system = story.network.batch
    index = next(index for equation in system.equations for index in equation.indices)
    page = story.page([Entry(_first(system.definitions), *story.fresh(_first(system.definitions)))], NUMBERED)
    letter = page.letters.get(index, Symbol(story.notation.pattern_letters[0]))
    intro = story.say("batch.intro", patterns=Symbol(story.notation.batch_size), index=letter)
    results = story.results.of_batch
    forward = tuple(short_chain(story, r) for r in results if r.derivation is None)
    derived = [result for result in results if result.derivation is not None]
    backward = tuple(block for result in derived for block in result_blocks(story, result))
    total = story.math(Entry(system.loss), NUMBERED)
    delta = next((r for r in derived if r.equation.tensor.role == "delta"), None)
    notes: list[Block] = [Paragraph((*intro, Text(" "), *story.say("convention.rows")))]
    if delta is not None and delta.equation.tensor.of is not None:
        pattern = Symbol("delta")
        shown = story.notation.batch["delta"]
        sentence = story.say("convention.batch_delta", batch=shown, total=total, pattern=story.notation.symbols.get("delta", pattern))
        notes.append(Paragraph(sentence))
    whole = Section(
        story.say("section.batch"),
        "batch",
        (*notes, Paragraph(story.say("batch.forward")), *forward, Paragraph(story.say("batch.backward", total=total)), *backward),
    )
    return (whole,)


def _first(definitions: Mapping[Tensor, object]) -> Tensor:
    return next(iter(definitions))

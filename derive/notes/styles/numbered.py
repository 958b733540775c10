"""Displays with what stands for what: the chain rule with its "where", each factor by itself, the result under its number."""

from __future__ import annotations

from derive.calculus.substitute import right_side_at
from derive.expressions import Entry
from derive.notation.layout import Layout, Sign, row
from derive.notation.typeset import layout
from derive.notes.chains import numbered_forms, result_blocks
from derive.notes.document import Block, Chain, Paragraph, Section
from derive.notes.story import Story
from derive.notes.styles.aligned import derived, introduction, subsection
from derive.notes.styles.apart import Apart, apart, inserted
from derive.notes.styles.expanded import is_expandable
from derive.notes.styles.prose import DELTAS
from derive.results import Result


def numbered(story: Story) -> tuple[Section, ...]:
    """Each result with its factors; where everything has been expanded before, the bare formula with its name."""
    expanded = story.notation.route == "expand-then-name" and is_expandable(story)
    tell = _name_only if expanded else _factors
    sections = [introduction(story)]
    for result in derived(story):
        sections.append(subsection(story, result, tell(story, result)))
    return tuple(sections)


def _name_only(story: Story, result: Result) -> tuple[Block, ...]:
    own = apart(story, result)
    if own.chain is None:
        return result_blocks(story, result)
    key = "numbered.named" if result.equation.tensor.role in DELTAS else "numbered.with_names"
    return (Paragraph(story.say(key)), Chain(numbered_forms(story, result)))


def _factors(story: Story, result: Result) -> tuple[Block, ...]:
    own = apart(story, result)
    if own.chain is None or not own.factors:
        return result_blocks(story, result)
    blocks: list[Block] = []
    for part in (*inserted(own), own):
        if part.chain is None:
            return result_blocks(story, result)
        where = story.say("expanded.where", equations=_definitions(part))
        blocks.append(part.display(part.derivation.start, (part.chain, where)))
        blocks += [part.display(f.inert, f.value) for f in part.factors]
        if part is not own:
            blocks.append(part.display(part.derivation.start, part.equation.right))
    return (*blocks, Paragraph(story.say("numbered.together")), Chain(numbered_forms(story, result)))


def _definitions(own: Apart) -> tuple[Layout, ...]:
    """The definitions of the values between."""
    found: list[Layout] = []
    for factor in own.factors:
        entry = factor.inert.of
        if isinstance(entry, Entry):
            right = right_side_at(own.result.system.definitions[entry.tensor], entry.positions)
            page = own.story.page([entry, right], own.view)
            found.append(row(layout(entry, page), Sign("="), layout(right, page)))
    return tuple(dict.fromkeys(found))

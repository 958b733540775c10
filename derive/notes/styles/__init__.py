"""Ways to tell a derivation, each a function from the story to the sections of its backward pass; a notation names the one of its author.

All of them show the same results under the same numbers, made from the same steps; they differ in what stands in a line, and in what order.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.notes.document import Section
from derive.notes.story import Story
from derive.notes.styles.aligned import aligned
from derive.notes.styles.boxed import boxed
from derive.notes.styles.expanded import expansions, merged
from derive.notes.styles.numbered import numbered
from derive.notes.styles.prose import prose
from derive.notes.styles.replayed import replayed

STYLES: dict[str, Callable[[Story], tuple[Section, ...]]] = {
    "aligned": aligned,
    "prose": prose,
    "numbered": numbered,
    "replayed": replayed,
    "boxed": boxed,
}


def backward_sections(story: Story) -> tuple[Section, ...]:
    """The backward pass in the style and on the route of the notation."""
    introduction, *results = STYLES[story.notation.derivation](story)
    if story.notation.route != "expand-then-name":
        return (introduction, *results)
    return (introduction, *expansions(story), *results, *merged(story))

"""What a reader may ask of notes, in one place."""

from __future__ import annotations

from dataclasses import dataclass

FORMATS = ("html", "tex", "fragment", "pdf", "md", "ipynb", "slides", "handout")
LEVELS = ("brief", "lecture", "every-step")
"""How much of the tree of steps is shown: results with their reason; one line a rule; finer lines as well."""


@dataclass(frozen=True)
class Options:
    """How notes are to be written.

    ``notation``, ``beside`` (a second notation, for notes side by side) and ``language`` name what ships or a TOML file; ``numbers`` is a
    TOML file of values or "simple", ``exercises`` how hard blanks are to fill, in one of several ``variant``s. ``title``, ``author`` and
    ``date`` stand at the head; a title is made from the network where none is given.
    """

    notation: str = "nielsen"
    beside: str | None = None
    format: str = "md"
    level: str = "lecture"
    language: str = "en"
    numbers: str | None = None
    exercises: str | None = None
    variant: int = 1
    title: str | None = None
    author: str | None = None
    date: str | None = None


DEFAULT = Options()

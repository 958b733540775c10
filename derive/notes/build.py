"""The notes of a network, in one call."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import unknown
from derive.notation.profile import Notation, load
from derive.notes.document import Document, Section
from derive.notes.html import html
from derive.notes.markdown import markdown
from derive.notes.network_figure import network_figure
from derive.notes.pdf import pdf
from derive.notes.sections import (
    activations_section,
    algorithms_section,
    backward_sections,
    batch_section,
    explicit_section,
    forward_section,
    loss_section,
    network_section,
    summary_section,
    symbols_section,
)
from derive.notes.story import Story
from derive.notes.svg import svg
from derive.notes.tex import tex
from derive.results import Results
from derive.words import Code
from derive.words import load as load_words

FORMATS: dict[str, Callable[[Document], str | bytes]] = {"html": html, "tex": tex, "md": markdown, "pdf": pdf}


def document(results: Results, notation: Notation, language: str = "en") -> Document:
    """The notes as a document, before any format."""
    story = Story(results, notation, load_words(language))
    sections: list[Section | None] = [
        network_section(story),
        symbols_section(story),
        activations_section(story),
        forward_section(story),
        loss_section(story),
        *backward_sections(story),
        explicit_section(story),
        batch_section(story),
        summary_section(story),
        algorithms_section(story),
    ]
    return _titled(story, tuple(section for section in sections if section is not None))


def _titled(story: Story, sections: tuple[Section, ...]) -> Document:
    specification = story.network.specification
    title = story.say("title.document", name=Code(story.network.name))
    subtitle = story.say("title.subtitle", architecture=Code(specification.architecture), loss=Code(specification.loss))
    return Document(title, subtitle, sections, story.words.language)


def derivation(results: Results, notation: str = "nielsen", language: str = "en") -> str:
    """The chains of all deltas and gradients of one pattern, and no more, as Markdown."""
    story = Story(results, load(notation), load_words(language))
    return markdown(_titled(story, tuple(backward_sections(story))))


def notes(results: Results, notation: str = "nielsen", format: str = "md", language: str = "en") -> str | bytes:
    """The notes of a network: text in ``html``, ``tex`` or ``md``, bytes in ``pdf``.

    Raises ``InputError``: unknown notation, format or language; pdfLaTeX missing.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    return FORMATS[format](document(results, load(notation), language))


def figure(results: Results, notation: str = "nielsen", language: str = "en") -> str:
    """The figure of the network as an SVG file."""
    return svg(network_figure(Story(results, load(notation), load_words(language))).drawing)

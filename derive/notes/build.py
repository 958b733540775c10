"""The notes of a network, in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.conventions import in_convention
from derive.errors import InputError, quoted, unknown
from derive.notation.profile import load
from derive.notes.document import Document, Section
from derive.notes.figures.network import network_figure
from derive.notes.figures.svg import svg
from derive.notes.macros import with_macros
from derive.notes.options import DEFAULT, FORMATS, LEVELS, Options
from derive.notes.sections import sections
from derive.notes.sections.one_pattern import backward
from derive.notes.story import Story
from derive.notes.worksheet import answer_key, worksheet
from derive.notes.writers.fragment import fragment
from derive.notes.writers.html import html
from derive.notes.writers.markdown import markdown
from derive.notes.writers.notebook import notebook
from derive.notes.writers.pdf import pdf
from derive.notes.writers.slides import handout, slides
from derive.notes.writers.tex import tex
from derive.results import Results
from derive.words import Code, Text
from derive.words import load as load_words
from derive.words.catalogue import languages

WRITERS: dict[str, Callable[[Document], str | bytes]] = {
    "html": html,
    "tex": tex,
    "fragment": fragment,
    "pdf": pdf,
    "md": markdown,
    "ipynb": notebook,
    "slides": slides,
    "handout": handout,
}
IN_LATEX = ("tex", "fragment", "pdf", "slides", "handout")
_LONGEST = 200


def story(results: Results, options: Options = DEFAULT, code: tuple[str, ...] = ()) -> Story:
    """The results with the notation and the words asked for, and text of programs to be shown.

    Raises ``InputError``: something that is named does not exist, or a file cannot be used.
    """
    for kind, value, known in (("format", options.format, FORMATS), ("level", options.level, LEVELS)):
        if value not in known:
            raise unknown(kind, value, known)
    for what, line in (("title", options.title), ("author", options.author), ("date", options.date)):
        _given(line, what)
    told, notation = in_convention(results, load(options.notation))
    return Story(told, notation, load_words(options.language), options, code, results.fingerprint)


def document(told: Story) -> Document:
    """The notes as a document, before any format."""
    return _titled(told, sections(told) if told.options.exercises is None else worksheet(told))


def notes(results: Results, options: Options = DEFAULT, code: tuple[str, ...] = ()) -> str | bytes:
    """The notes of a network: text, or bytes in ``pdf``; ``code`` is the emitted module and what checks it, to be shown with them.

    Raises ``InputError``: see ``story``; or what a format needs is missing.
    """
    told = story(results, options, code)
    whole = document(told)
    return WRITERS[options.format](with_macros(whole, told.notation) if options.format in IN_LATEX else whole)


def answers(results: Results, options: Options) -> str:
    """The answers to exercises as a TOML file.

    Raises ``InputError``: see ``story``; or no such level of exercises.
    """
    return answer_key(story(results, options))


def derivation(results: Results, options: Options = DEFAULT) -> str:
    """The chains of all deltas and gradients of one pattern, and no more, as Markdown."""
    told = story(results, replace(options, format="md"))
    return markdown(_titled(told, backward(told)))


def figure(results: Results, options: Options = DEFAULT) -> str:
    """The figure of the network as an SVG file."""
    return svg(network_figure(story(results, options)).drawing)


def _titled(told: Story, parts: tuple[Section, ...]) -> Document:
    specification, options = told.network.specification, told.options
    title = _given(options.title, "title") or told.say("title.document", name=Code(told.network.name))
    subtitle = told.say("title.subtitle", architecture=Code(specification.architecture), loss=Code(specification.loss))
    language = told.words.language if told.words.language in languages() else ""
    byline = tuple(piece.text for line in (_given(options.author, "author"), _given(options.date, "date")) for piece in line)
    return Document(title, subtitle, parts, language, byline, told.network.name)


def _given(text: str | None, what: str) -> tuple[Text, ...]:
    """A line of the reader's own for the head of the notes."""
    if text is None:
        return ()
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST or not line.isprintable():
        raise InputError(f"{what} must be one printable line of at most {_LONGEST} characters, got {quoted(text)}")
    return (Text(line),)

"""The same derivation in two notations side by side, and what delta is in every notation that ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.conventions import in_convention
from derive.expressions import Entry
from derive.network import Network, batched, pattern_system
from derive.notation.layout import Layout, Sign, Symbol, row
from derive.notation.profile import Notation, load, names
from derive.notation.typeset import layout
from derive.notes.breaking import broken
from derive.notes.chains import bare_lines
from derive.notes.document import Block, Line, Paragraph, Section, Table
from derive.notes.measure import width
from derive.notes.story import Story
from derive.results import Result, Results, results_of
from derive.specifications.specification import Specification
from derive.words import Math, Sentence, Text

_WIDEST = 20.0
"""A formula wider than this, in em, is broken in a column."""
_END = 2
DELTAS = ("delta", "negative_delta")


def beside(story: Story) -> tuple[Section, ...]:
    """Two notations side by side where a second one is asked for, and the table of all that ship."""
    if story.options.beside is None:
        return ()
    plain = plain_results(story)
    other = in_notation(story, plain, load(story.options.beside))
    head = (Text(story.notation.title),), (Text(other.notation.title),)
    sections = [Section(story.say("section.beside"), "beside", (Paragraph(story.say("beside.intro", **_titles(story, other))),))]
    for mine, its in zip(story.results.of_pattern, other.results.of_pattern, strict=True):
        rows = tuple((_cell(a), _cell(b)) for a, b in _paired(bare_lines(story, mine), bare_lines(other, its)))
        title = story.say("beside.result", number=str(mine.number))
        sections.append(Section(title, f"beside-{mine.number}", (Table(head, rows),), 2))
    return (*sections, _deltas(story, plain, other))


def _titles(story: Story, other: Story) -> dict[str, str]:
    return {"one": story.notation.title, "other": other.notation.title}


def plain_results(story: Story) -> Results:
    """The results of the network as no author has rewritten them."""
    specification = story.network.specification
    if not isinstance(specification, Specification):
        return story.results
    pattern = pattern_system(specification)
    batch = batched(pattern, specification.batch_reduction, specification.l2)
    return results_of(Network(story.network.name, specification, pattern, batch))


def in_notation(story: Story, plain: Results, notation: Notation) -> Story:
    """The story of the same network in another notation."""
    told, own = in_convention(plain, notation)
    return replace(story, results=told, notation=own)


def _paired(one: Sequence[Line], other: Sequence[Line]) -> list[tuple[Line | None, Line | None]]:
    """Lines in pairs: beginnings beside each other, and ends, which are the formula and its matrix form."""
    most = max(len(one), len(other))
    padded = [(*own[:-_END], *([None] * (most - len(own))), *own[-_END:]) for own in (one, other)]
    return list(zip(*padded, strict=True))


def _cell(line: Line | None) -> Sentence:
    """A line of a chain as a cell, broken where it is too wide for a column."""
    if line is None:
        return ()
    whole = row(*((line.left,) if line.left is not None else ()), Sign("="), line.right)
    parts = broken(whole, _WIDEST) if width(whole) > _WIDEST else (whole,)
    return tuple(piece for number, part in enumerate(parts) for piece in ((Text(" "), Math(part, True)) if number else (Math(part, True),)))


def _deltas(story: Story, plain: Results, other: Story) -> Section:
    """What the symbols are in every notation: the two of these notes first."""
    shown = [story, other]
    for name in names():
        if all(name != own.notation.name for own in shown):
            shown.append(in_notation(story, plain, load(name)))
    keys = ("notation", "delta", "sign", "weight", "forward", "hidden", "gradient")
    head = tuple(story.say(f"beside.{key}") for key in keys)
    rows = tuple(_row(own) for own in shown)
    columns = (0, 1, 2, 3), (0, 4, 6), (0, 5)
    tables = (Table(tuple(head[n] for n in own), tuple(tuple(cells[n] for n in own) for cells in rows)) for own in columns)
    blocks: tuple[Block, ...] = (Paragraph(story.say("beside.table")), *tables)
    return Section(story.say("beside.deltas"), "beside-deltas", blocks, 2)


def _row(story: Story) -> tuple[Sentence, ...]:
    results = story.results.of_pattern
    last = next((r for r in results if r.equation.tensor.role in DELTAS and r.equation.tensor.layer == story.depth), None)
    hidden = next((r for r in results if r.equation.tensor.role in DELTAS and r.equation.tensor.layer != story.depth), None)
    weights = next((r for r in results if r.equation.tensor.of is not None and r.equation.tensor.of.role == "weight"), None)
    forward = next((r for r in results if r.equation.tensor.role == "pre_activation"), None)
    sign = story.say(f"beside.{story.notation.delta_sign}")
    return (
        (Text(story.notation.title),),
        _definition(story, last),
        sign,
        _weight(story, weights),
        _formula(story, forward),
        _formula(story, hidden),
        _formula(story, weights),
    )


def _definition(story: Story, result: Result | None) -> Sentence:
    """``delta = -dE/dnet``."""
    if result is None or result.derivation is None:
        return ()
    _, view = story.faces(result)[0]
    page = story.page([result.derivation.left, result.derivation.start], view)
    return (Math(row(layout(result.derivation.left, page), Sign("="), layout(result.derivation.start, page)), True),)


def _formula(story: Story, result: Result | None) -> Sentence:
    if result is None:
        return ()
    equation, view = story.faces(result)[0]
    page = story.page([equation.left, equation.right], view)
    return (Math(row(layout(equation.left, page), Sign("="), layout(equation.right, page)), True),)


def _weight(story: Story, result: Result | None) -> Sentence:
    """The weight with the order of its indices."""
    if result is None or result.equation.tensor.of is None:
        return ()
    equation, view = story.faces(result)[0]
    of = equation.tensor.of
    assert of is not None
    page = story.page([equation.left, equation.right], view)
    units: list[Layout] = [layout(index, page) for index in equation.indices]
    return (
        Math(layout(Entry(of, *equation.indices), page)),
        Text(" "),
        *story.say("beside.from_to", to=units[0], **{"from": units[-1] if len(units) > 1 else Symbol("?")}),
    )

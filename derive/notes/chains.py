"""A derivation as a chain: one relation a line, the reason beside it, the matrix form at the end with the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Basic

from derive.equations import Equation
from derive.expressions import Apply, Entry, Function, Tensor, Variable
from derive.functions.scalar import primitive_derivative
from derive.functions.slopes import Slope
from derive.indices import Index
from derive.matrices.recognise import MatrixForm
from derive.notation.layout import Layout, Sign, joined, row
from derive.notation.symbols import function_name
from derive.notation.typeset import Page, layout
from derive.notes.document import Chain, Line
from derive.notes.measure import width
from derive.notes.story import Story
from derive.results import Result
from derive.steps import Step
from derive.traversal import walk
from derive.words import Inline, Sentence, Text
from derive.words.catalogue import merged

_WIDEST = 12.0
"""Formulas wider than this, in em, do not stand in a reason."""


def result_chain(story: Story, result: Result) -> Chain:
    """Everything about one result: its steps, or its bare formula, then its matrix form; the last line carries the number."""
    lines = derivation_lines(story, result) if result.derivation is not None else []
    if not lines:
        page = _page(story, result)
        lines = [Line(layout(result.equation.left, page), layout(result.equation.right, page), _range(story, result))]
    matrix = matrix_line(story, result)
    if matrix is not None:
        lines.append(matrix)
    return Chain((*lines[:-1], _numbered(lines[-1], str(result.number))))


def _page(story: Story, result: Result) -> Page:
    derivation = result.derivation
    formulas: list[Basic] = [result.equation.left, result.equation.right]
    if derivation is not None:
        formulas = [derivation.left, derivation.start, *(step.after for step in derivation.steps)]
    return story.page(formulas, story.view(result))


def derivation_lines(story: Story, result: Result) -> list[Line]:
    """The lines of a derivation. The definition of what is derived is a line of its own unless both sides look alike."""
    derivation = result.derivation
    assert derivation is not None
    page = _page(story, result)
    left, start = layout(derivation.left, page), layout(derivation.start, page)
    lines: list[Line] = []
    if left != start:
        name = layout(derivation.left, page)
        lines.append(Line(left, start, story.say("backward.definition", name=name)))
    for step in derivation.steps:
        shown = layout(step.after, page)
        if not lines or shown != lines[-1].right:
            lines.append(Line(None if lines else left, shown, reason(story, step, page, result)))
    return lines


def short_chain(story: Story, result: Result) -> Chain:
    """The bare formula and its matrix form, for summaries."""
    page = _page(story, result)
    lines = [Line(layout(result.equation.left, page), layout(result.equation.right, page), _range(story, result))]
    if result.matrix is not None:
        lines.append(_matrix(story, result, result.matrix, ()))
    return Chain((*lines[:-1], _numbered(lines[-1], str(result.number))))


def matrix_line(story: Story, result: Result) -> Line | None:
    """The formula without indices, with the reasons why; None where there is no such form."""
    form = result.matrix
    if form is None:
        return None
    page = _page(story, result)
    reasons = [story.say(f"matrix.{r.rule}", **_places(r.about, page)) for r in form.reasons]
    if not reasons:
        indices = tuple(layout(index, page) for index in (form.rows, form.columns) if index is not None)
        reasons = [story.say("rule.matrix_form", indices=indices)] if indices else []
    return _matrix(story, result, form, _semicolons(story, list(dict.fromkeys(reasons))))


def _matrix(story: Story, result: Result, form: MatrixForm, why: Sentence) -> Line:
    page = _page(story, result)
    return Line(layout(form.left, page), layout(form.right, page), why)


def _semicolons(story: Story, sentences: list[Sentence]) -> Sentence:
    pieces: list[Inline] = []
    for number, sentence in enumerate(sentences):
        pieces += [Text(story.words["list.semicolon"])] if number else []
        pieces += sentence
    return merged(pieces)


def _range(story: Story, result: Result) -> Sentence:
    shown = story.range_of(result)
    return story.say("convention.range", range=shown) if shown is not None else ()


def _numbered(line: Line, number: str) -> Line:
    return replace(line, number=number)


def slope_chain(story: Story, slope: Slope) -> Chain:
    """The derivative of an activation from its formula."""
    page = story.page([slope.left, slope.start, *(step.after for step in slope.steps)], story.plain_view())
    function = Apply(Function(slope.function.args[0], slope.function.body), slope.left.argument)
    assert slope.function.body is not None
    lines = [Line(layout(function, page), layout(slope.function.body, page))]
    for number, step in enumerate(slope.steps):
        key = {"derivative": "derivative_of_function", "output_form": "output_form_wide", "known_slope": "known_slope_wide"}
        why = story.say(f"rule.{key.get(step.rule, step.rule)}")
        lines.append(Line(None if number else layout(slope.left, page), layout(step.after, page), why))
    return Chain(tuple(lines))


def primitive_slopes(story: Story) -> tuple[Chain, ...]:
    """The derivatives of the activations that are elementary functions, which no formula defines."""
    named = story.layers.layers if story.layers is not None else ()
    names = dict.fromkeys(layer.activation.name for layer in named if layer.activation is not None)
    applied = (node.function for e in story.network.pattern.equations for node in walk(e.right) if isinstance(node, Apply))
    functions = [function for function in dict.fromkeys(applied) if function.body is None and function.name in names]
    page = story.page([], story.plain_view())
    return tuple(
        Chain(
            (
                Line(
                    layout(Apply(f.prime, Variable()), page), layout(primitive_derivative(f.name), page), story.say("rule.known_derivative")
                ),
            )
        )
        for f in functions
    )


def reason(story: Story, step: Step, page: Page, result: Result) -> Sentence:
    """The sentence beside a step."""
    places = _places(step.because, page)
    if step.rule == "chain_rule":
        return story.say("rule.chain_rule", by=places["by"], through=places["through"], loss=layout(Entry(result.system.loss), page))
    if step.rule == "contraction":
        pairs = places["pairs"]
        if len(pairs) == 1:
            return story.say("rule.contraction_one", **places)
        return story.say("rule.contraction_many", **places) if pairs else story.say("rule.contraction_none")
    if step.rule == "insert_adjoint":
        entries = (node for _, node in step.because if isinstance(node, Entry))
        found = [story.reference(entry.tensor, result.system is story.network.batch) for entry in entries]
        numbers = tuple(dict.fromkeys(reference for reference in found if reference is not None))
        if not numbers:
            return story.say("rule.insert_adjoint_unnumbered", **places)
        return story.say("rule.insert_adjoint", numbers=numbers, **places)
    wide = any(width(pair) > _WIDEST for pair in places["pairs"]) and f"rule.{step.rule}_wide" in story.words
    return story.say(f"rule.{step.rule}_wide" if wide else f"rule.{step.rule}", **places)


def _places(because: Sequence[tuple[str, Basic]], page: Page) -> dict[str, tuple[Layout, ...]]:
    """What a sentence may speak of: lists by name, ``pairs`` such as p = j, and ``names`` of what is defined."""
    lists: dict[str, list[Basic]] = {}
    for name, node in because:
        lists.setdefault(name.rstrip("0123456789"), []).append(node)
    places = {name: _unique(_shown(node, page) for node in nodes) for name, nodes in lists.items()}
    pairs: list[Layout] = []
    for first, second in (("index", "position"), ("slope", "form"), ("left", "right")):
        for a, b in zip(lists.get(first, []), lists.get(second, []), strict=False):
            pairs.append(row(_shown(a, page), Sign("="), _shown(b, page)))
    places["pairs"] = _unique(pairs)
    named = [n for n in lists.get("adjoint", []) if isinstance(n, Entry) and n.tensor.role == "delta"] + lists.get("value", [])
    places["names"] = _unique(_shown(node, page) for node in named)
    corner = [layout(node, page) for name in ("row", "column") for node in lists.get(name, [])]
    places["at"] = (joined(tuple(corner), Sign(",")),) if corner else ()
    places["index"] = (*places.get("index", ()), *places.get("second", ()))
    return places


def _unique(items: object) -> tuple[Layout, ...]:
    return tuple(dict.fromkeys(items))  # type: ignore[call-overload]


def _shown(node: Basic, page: Page) -> Layout:
    if isinstance(node, Function):
        return function_name(node, page.notation)
    if isinstance(node, Tensor):
        return layout(Entry(node, *(Index(axis.name[:1], axis) for axis in node.axes)), page)
    return layout(node, page)


def equation_line(story: Story, equation: Equation, page: Page, number: str | None = None) -> Line:
    """One equation on one line."""
    return Line(layout(equation.left, page), layout(equation.right, page), (), number)

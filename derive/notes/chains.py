"""A derivation as a chain: one relation a line, the reason beside it, the matrix form at the end with the number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from sympy import Basic

from derive.equations import Equation, System
from derive.expressions import Apply, Entry, Function, Tensor, Variable
from derive.functions.scalar import primitive_derivative
from derive.functions.slopes import Slope
from derive.indices import Index
from derive.matrices.index_form import transposed
from derive.matrices.matrix import Elementwise, Transposed
from derive.matrices.recognise import MatrixForm, Reason, recognise
from derive.notation.layout import Layout, Sign, joined, row
from derive.notation.symbols import activation_name, array_layout, function_name
from derive.notation.typeset import Page, layout
from derive.notation.typeset_matrix import is_stored_transposed
from derive.notation.view import View
from derive.notes.document import Block, Chain, Line, Paragraph
from derive.notes.levels import folded
from derive.notes.measure import width
from derive.notes.push_reasons import push_rules
from derive.notes.story import Story
from derive.results import Result
from derive.steps import Derivation, Step
from derive.traversal import tensors_of, walk
from derive.words import Inline, Sentence, Text
from derive.words.catalogue import merged

_WIDEST = 12.0
"""Formulas wider than this, in em, do not stand in a reason."""


def result_blocks(story: Story, result: Result) -> tuple[Block, ...]:
    """Everything about one result: first, in displays of their own, the derivatives that it inserts and nothing else needs."""
    if not result.before or story.options.level == "brief":
        return (result_chain(story, result),)
    view = story.view(result)
    shown = tuple(array_layout(own.left.tensor, story.notation, view) for own in result.before)
    blocks: list[Block] = [Paragraph(story.say("backward.on_the_way", derivatives=shown))]
    blocks += [Chain(folded(_own_lines(story, result, own, view), story.options.level, ())) for own in result.before]
    return (*blocks, Paragraph(story.say("backward.inserted")), result_chain(story, result))


def _own_lines(story: Story, result: Result, derivation: Derivation, view: View) -> list[Line]:
    return steps_lines(story, result, derivation, derivation_page(story, derivation, view))


def result_chain(story: Story, result: Result) -> Chain:
    """One result by itself: its steps, or its bare formula, then its matrix form; the last line carries the number.

    Where each layer has letters of its own, the steps are those of one layer, and the formulas of the others follow.
    """
    lines: list[Line] = []
    for number, (equation, view) in enumerate(story.faces(result)):
        derivation = story.derivation(result, equation) if not number else None
        face = _Face(story, result, equation, view, derivation)
        shown = face.derivation_lines() if derivation is not None else []
        lines += shown or [face.formula()]
        lines += face.induction_lines()
        lines += face.matrix_lines()
    return Chain((*lines[:-1], _numbered(lines[-1], str(result.number))))


def short_chain(story: Story, result: Result) -> Chain:
    """The bare formula and its matrix form, for summaries."""
    lines = [line for entry, matrix in short_forms(story, result) for line in (entry, *matrix)]
    return Chain((*lines[:-1], _numbered(lines[-1], str(result.number))))


def bare_lines(story: Story, result: Result) -> tuple[Line, ...]:
    """Every line of a result without reasons: its steps, or its bare formula, then its matrix form."""
    chains = (block for block in result_blocks(story, result) if isinstance(block, Chain))
    return tuple(replace(line, reason=(), finer=(), number=None) for chain in chains for line in chain.lines)


def numbered_forms(story: Story, result: Result) -> tuple[Line, ...]:
    """The bare formulas of a result, then its matrix forms with their reasons; the last line carries the number."""
    lines: list[Line] = []
    for equation, view in story.faces(result):
        face = _Face(story, result, equation, view, story.derivation(result, equation))
        lines += [replace(face.formula(), reason=()), *face.matrix_lines()]
    return (*lines[:-1], _numbered(lines[-1], str(result.number)))


def short_forms(story: Story, result: Result) -> tuple[tuple[Line, tuple[Line, ...]], ...]:
    """Each formula of a result, and its matrix form where there is one."""
    shown = (*story.faces(result), *story.members_by_letters(result))
    faces = (_Face(story, result, equation, view, story.derivation(result, equation)) for equation, view in shown)
    return tuple((face.formula(), tuple(face.bare_matrix_lines())) for face in faces)


@dataclass(frozen=True)
class _Face:
    """One way in which a result is shown: a member of its family in a view."""

    story: Story
    result: Result
    equation: Equation
    view: View
    derivation: Derivation | None

    @cached_property
    def page(self) -> Page:
        if self.derivation is not None:
            return derivation_page(self.story, self.derivation, self.view)
        return self.story.page([self.equation.left, self.equation.right], self.view)

    @cached_property
    def form(self) -> MatrixForm | None:
        return self.result.matrix if self.equation is self.result.equation else recognise(self.equation)

    def formula(self) -> Line:
        """The formula by itself, with the layers that it speaks of."""
        shown = self.story.layers_of(self.result, self.equation, self.view)
        reason = self.story.say("convention.range", range=shown) if shown is not None else ()
        return Line(layout(self.equation.left, self.page), layout(self.equation.right, self.page), reason)

    def derivation_lines(self) -> list[Line]:
        """The lines of the derivation at the level asked for, and in the order wanted."""
        assert self.derivation is not None
        lines = steps_lines(self.story, self.result, self.derivation, self.page)
        last = layout(self.equation.right, self.page)
        if lines and last != lines[-1].right:
            lines.append(Line(None, last, self.story.say("rule.order")))
        steps = self.derivation.steps
        because = reason(self.story, steps[0], self.page, self.result) if steps else ()
        return list(folded(lines, self.story.options.level, because))

    def induction_lines(self) -> list[Line]:
        """The base case and the induction step side by side, where a derivative is found by induction over an index."""
        found = self.story.inductions.get(self.equation.tensor)
        if found is None or self.derivation is None:
            return []
        why = self.story.say("induction.cases", index=layout(found.index, self.page))
        return [Line(None, layout(found.cases, self.page), why)]

    def matrix_lines(self) -> list[Line]:
        """The formula without indices, with the reasons why; nothing where there is no such form."""
        if self.form is None:
            return []
        story = self.story
        reasons = [story.say(f"matrix.{r.rule}", **self._named(r)) for r in self.form.reasons]
        if not reasons:
            indices = tuple(layout(index, self.page) for index in (self.form.rows, self.form.columns) if index is not None)
            reasons = [story.say("rule.matrix_form", indices=indices)] if indices else []
        return [self._matrix(_semicolons(story, list(dict.fromkeys(reasons)))), *self._whole()]

    def _named(self, reason: Reason) -> dict[str, tuple[Layout, ...]]:
        """What a reason speaks of; a function by the name that it has at its argument."""
        forms = [node for _, node in reason.about if isinstance(node, Elementwise)]
        named = {"function": tuple(activation_name(f.function, f.inner, (), self.page.notation, self.view) for f in forms)} if forms else {}
        return {**_places(reason.about, self.page), **named}

    def bare_matrix_lines(self) -> list[Line]:
        """The formula without indices, without reasons."""
        return [replace(line, reason=()) for line in self.matrix_lines()]

    def _whole(self) -> list[Line]:
        """What is computed in steps as one formula, with the numbers of what is written out for it."""
        found = self.result.whole if self.equation is self.result.equation else None
        if found is None:
            return []
        written, form = found
        between = _between(self.equation, written, self.result.system)
        numbers = tuple(number for tensor in between if (number := self.story.reference(tensor, self.view.batch)) is not None)
        page = self.story.page([form.left, form.right], self.view)
        reasons = [self.story.say("rule.written_out", numbers=numbers), *(self.story.say(f"matrix.{r.rule}") for r in form.reasons)]
        return [Line(None, layout(form.right, page), _semicolons(self.story, reasons))]

    def _matrix(self, why: Sentence) -> Line:
        assert self.form is not None
        left, right = self.form.left, self.form.right
        if is_stored_transposed(left, self.page):
            left, right = Transposed(left), transposed(right)
        return Line(layout(left, self.page), layout(right, self.page), why)


def _between(equation: Equation, written: Equation, system: System) -> tuple[Tensor, ...]:
    """The values that are written out between an equation and a longer one, in order."""
    ends, found = set(tensors_of(written.right)), set[Tensor]()
    waiting = [equation]
    while waiting:
        fresh = [t for t in tensors_of(waiting.pop().right) if t in system.definitions and t not in ends and t not in found]
        found.update(fresh)
        waiting += [system.definitions[tensor] for tensor in fresh]
    return tuple(tensor for tensor in system.definitions if tensor in found)


def steps_lines(story: Story, result: Result, derivation: Derivation, page: Page) -> list[Line]:
    """The lines of a derivation. The definition of what is derived is a line of its own unless both sides look alike."""
    left, start = layout(derivation.left, page), layout(derivation.start, page)
    lines: list[Line] = []
    if left != start:
        lines.append(Line(left, start, story.say("backward.definition", name=left)))
    for step in derivation.steps:
        shown = layout(step.after, page)
        if not lines or shown != lines[-1].right:
            why = reason(story, step, page, result)
            finer, last = _finer(story, result, step, page)
            lines.append(Line(None if lines else left, shown, why, finer=finer, finest=last if finer else why))
    return lines


def _finer(story: Story, result: Result, step: Step, page: Page) -> tuple[tuple[Line, ...], Sentence]:
    """The lines between the one above a step and its own that look different from both, and what leads from the last of them to it."""
    seen = {layout(step.before, page), layout(step.after, page)}
    lines: list[Line] = []
    last: Sentence = ()
    for substep in step.substeps:
        shown = layout(substep.after, page)
        last = _finer_reason(story, result, step, substep, page)
        if shown not in seen:
            seen.add(shown)
            lines.append(Line(None, shown, last, finest=last))
    return tuple(lines), last


def _finer_reason(story: Story, result: Result, step: Step, substep: Step, page: Page) -> Sentence:
    """The sentence beside a finer line: the rules of differentiation it applies, or what it names of what its line names."""
    if substep.rule == "push":
        return _semicolons(story, [story.say(f"rule.push_{rule}") for rule in push_rules(substep)])
    told = {"name_adjoint": "adjoint", "insert_definition": "value"}.get(substep.rule, "")
    because = substep.because or tuple((name, node) for name, node in step.because if name.startswith(told))
    return reason(story, replace(substep, because=because), page, result)


def _formulas(derivation: Derivation) -> Iterator[Basic]:
    """Every line, in the order in which letters are chosen: finer lines last, so that the others look the same without them."""
    yield from (derivation.left, derivation.start, *(step.after for step in derivation.steps))
    yield from (substep.after for step in derivation.steps for substep in step.substeps)


def derivation_page(story: Story, derivation: Derivation, view: View) -> Page:
    """A page for the lines of a derivation and the reasons beside them."""
    return story.page(list(_formulas(derivation)), view, tuple(pair for step in derivation.steps for pair in _apart(step)))


def _apart(step: Step) -> Iterator[tuple[Index, Index]]:
    """The indices along one axis of which the reason for a step says different things."""
    told = dict(step.because)
    solved = {node: told[name.replace("index", "position")] for name, node in step.because if name.replace("index", "position") in told}
    for first, second in combinations((index for index in solved if isinstance(index, Index)), 2):
        if first.axis == second.axis and solved[first] != solved[second]:
            yield first, second


def _semicolons(story: Story, sentences: list[Sentence]) -> Sentence:
    pieces: list[Inline] = []
    for number, sentence in enumerate(sentences):
        pieces += [Text(story.words["list.semicolon"])] if number else []
        pieces += sentence
    return merged(pieces)


def _numbered(line: Line, number: str) -> Line:
    return replace(line, number=number)


def slope_chain(story: Story, slope: Slope) -> Chain:
    """The derivative of an activation from its formula."""
    page = story.page([slope.left, slope.start, *(step.after for step in slope.steps)], story.plain_view())
    function = Apply(Function(slope.function.args[0], slope.function.body), slope.left.argument)
    assert slope.function.body is not None
    own, formula = layout(function, page), layout(slope.function.body, page)
    lines = [Line(own, formula)] if own != formula else []
    told: list[Line] = []
    key = {"output_form": "output_form_wide", "known_slope": "known_slope_wide"}
    key["derivative"] = "derivative_of_function" if lines else "known_derivative"
    for step in slope.steps:
        shown = layout(step.after, page)
        if not told or shown != told[-1].right:
            told.append(Line(None, shown, story.say(f"rule.{key.get(step.rule, step.rule)}")))
    left = layout(slope.left, page)
    lines += [replace(line, left=left if number in (0, len(told) - 1) else None) for number, line in enumerate(told)]
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
    if step.rule == "single_path":
        return story.say("rule.single_path", **places)
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
    deltas = [n for n in lists.get("adjoint", []) if isinstance(n, Entry) and n.tensor.role in ("delta", "negative_delta")]
    named = deltas + lists.get("value", [])
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

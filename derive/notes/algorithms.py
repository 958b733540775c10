"""The forward and the backward pass as algorithms, from the results and nothing else: layers of one kind become a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from derive.equations import Equation
from derive.expressions import Size, Tensor
from derive.indices import Affine, Axis, Index
from derive.matrices.recognise import recognise
from derive.notation.layout import Digits, Layout, Sign, row
from derive.notation.symbols import array_layout
from derive.notation.typeset import Page, layout
from derive.notation.view import View
from derive.notes.document import Algorithm, AlgorithmLine
from derive.notes.story import Story, layers_in
from derive.results import Result
from derive.specifications.recurrences import in_order
from derive.traversal import entries_of, tensors_of
from derive.words import Math


@dataclass(frozen=True)
class _Stage:
    """What is computed in one layer: results, in order."""

    layer: int | None
    results: tuple[Result, ...]


def forward_algorithm(story: Story) -> Algorithm:
    """Every forward value and the loss."""
    tensors = [equation.tensor for equation in story.network.pattern.equations]
    stages = _stages(story, tensors)
    runs = [list(run) for _, run in groupby(stages, key=lambda stage: stage.results)]
    from_input = bool(runs) and _is_loop(runs[0])
    return _algorithm(story, "forward", stages, _input_lines(story) if from_input else [])


def backward_algorithm(story: Story) -> Algorithm:
    """Every delta and the gradients of all layers, from the output backwards."""
    return _algorithm(story, "backward", _stages(story, [d.left.tensor for d in story.results.pattern_sweep.derivations]), [])


def _input_lines(story: Story) -> list[AlgorithmLine]:
    tensors = [tensor for tensor in story.network.pattern.inputs if tensor.role == "input"]
    if len(tensors) != 1 or not reads_input_as_output(story):
        return []
    x = story.notation.matrices["input"]
    return [AlgorithmLine(story.say("algorithm.input", formula=row(input_as_output(story), Sign("leftarrow"), x)))]


def reads_input_as_output(story: Story) -> bool:
    """Whether some family of layers reads the input as the output of the layer before the first one."""
    return any(result.layer is not None and len(result.members) > 1 and _reaches(story, result) for result in story.results.of_pattern)


def _reaches(story: Story, result: Result) -> bool:
    inputs = {tensor for tensor in story.network.pattern.inputs if tensor.role == "input"}
    return any(tensor in inputs for member in result.members for tensor in tensors_of(member.right))


def input_as_output(story: Story) -> Layout:
    """The input as the output of the input layer: ``a^1``."""
    return array_layout(Tensor("a0", (Axis("n0", 1),), "output", 0), story.notation, story.plain_view())


def _stages(story: Story, tensors: Iterable[Tensor]) -> list[_Stage]:
    families = {member.tensor: result for result in story.results.of_pattern for member in result.members}
    known = [tensor for tensor in tensors if tensor in families]
    groups = groupby(known, key=lambda tensor: tensor.layer)
    return [_Stage(layer, tuple(families[tensor] for tensor in group)) for layer, group in groups]


def _algorithm(story: Story, key: str, stages: Sequence[_Stage], lines: list[AlgorithmLine]) -> Algorithm:
    if story.layers is None:
        results = [result for stage in stages for result in stage.results]
        return Algorithm(story.say(f"algorithm.{key}"), tuple(_recurrent_lines(story, results)))
    runs = [list(run) for _, run in groupby(stages, key=lambda stage: stage.results)]
    loops = any(_is_loop(run) for run in runs)
    for run in runs:
        if _is_loop(run):
            shown = story.layer_range([stage.layer for stage in run if stage.layer is not None])
            lines.append(AlgorithmLine(story.say("algorithm.loop", range=shown)))
            lines += [_line(story, result, result.equation, story.view(result), 1) for result in run[0].results]
        else:
            lines += [_member_line(story, result, stage.layer, loops) for stage in run for result in stage.results]
    return Algorithm(story.say(f"algorithm.{key}"), tuple(lines))


def _recurrent_lines(story: Story, results: Sequence[Result]) -> Iterator[AlgorithmLine]:
    """Results of equations that speak for themselves; those that read earlier steps of each other are computed step by step, together."""
    numbered = {result.equation.tensor: result for result in results}
    ordered, recurrences = in_order([result.equation for result in results])
    for equation in ordered:
        around = next((found for found in recurrences if equation.tensor in found.tensors and len(found.equations) > 1), None)
        if around is None:
            yield _line(story, numbered[equation.tensor], equation, story.plain_view(), 0)
        elif equation.tensor == around.tensors[0]:
            steps = [(own, own.indices[around.place(own.tensor)]) for own in around.equations]
            page = story.page([equation.left], story.plain_view())
            yield AlgorithmLine(story.say("algorithm.loop", range=_range(steps[0][1], around.upwards, page)))
            for own, step in steps:
                yield _line(story, numbered[own.tensor], own, story.plain_view(), 1, step)


def _is_loop(run: Sequence[_Stage]) -> bool:
    """Whether neighbouring layers are computed alike."""
    return len(run) > 1 and all(result.layer is not None for result in run[0].results)


def _member_line(story: Story, result: Result, layer: int | None, loops: bool) -> AlgorithmLine:
    """A line outside a loop speaks of its own layer, by its number, or as the output layer beside a loop."""
    equation = next((member for member in result.members if member.tensor.layer == layer), result.equation)
    shown = layers_in((equation.left, equation.right))
    near = all(story.depth - other <= 1 for other in shown)
    return _line(story, result, equation, story.plain_view(last=story.depth if loops and near else None), 0)


def _line(story: Story, result: Result, equation: Equation, view: View, depth: int, step: Index | None = None) -> AlgorithmLine:
    """One assignment, as a matrix formula where there is one; in a loop over steps, at one of them."""
    form = result.matrix if equation is result.equation and step is None else recognise(equation, step)
    left, right = (form.left, form.right) if form is not None else (equation.left, equation.right)
    page = story.page([left, right], view)
    formula = row(layout(left, page), Sign("leftarrow"), layout(right, page))
    number, shown = str(result.number), Math(formula, True)
    order = _in_order(equation, page) if step is None else None
    if order is not None:
        return AlgorithmLine(story.say("algorithm.in_order", formula=shown, range=order), depth, number)
    indices = tuple(index for index in (form.items if form is not None else equation.indices) if index != step)
    if not indices:
        return AlgorithmLine((shown,), depth, number)
    return AlgorithmLine(story.say("algorithm.each", formula=shown, index=tuple(layout(i, page) for i in indices)), depth, number)


def _in_order(equation: Equation, page: Page) -> Layout | None:
    """``t = 1, ..., n`` where a value reads earlier ones of its own, downwards where it reads later ones; None where it reads none."""
    for entry in entries_of(equation.right):
        if entry.tensor != equation.tensor:
            continue
        for index, position in zip(equation.indices, entry.positions, strict=True):
            shift = position.constant if isinstance(position, Affine) and position.coefficient(index) == 1 else 0
            if shift:
                return _range(index, shift < 0, page)
    return None


def _range(index: Index, upwards: bool, page: Page) -> Layout:
    """``t = 1, ..., n``, or downwards."""
    ends = (Digits("1"), layout(Size(index.axis), page))
    first, last = ends if upwards else ends[::-1]
    return row(layout(index, page), Sign("="), first, Sign(","), Sign("dots"), Sign(","), last)

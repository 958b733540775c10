"""The classic mistakes, each a change of one formula: from the right side of an equation to wrong ones.

A mistake looks at what stands there, never at how it was derived; it gives every place where it can be made, and nothing where
it cannot. The docstring of a mistake is its kind in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Basic

from derive.calculus.substitute import move
from derive.expressions import (
    BINDERS,
    Apply,
    Bracket,
    Case,
    Entry,
    Expression,
    Function,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    negative,
    plus,
    product,
)
from derive.indices import Axis, Index
from derive.slips.scene import Scene, everywhere
from derive.traversal import entries_of, free_indices, tensors_of, walk

_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_LOOSE = {">": ">=", "<": "<=", ">=": ">", "<=": "<"}


# Signs, factors, exponents


def sign(scene: Scene) -> Iterator[Expression]:
    """The whole formula with the other sign."""
    yield negative(scene.right)


def sign_of_term(scene: Scene) -> Iterator[Expression]:
    """One term of a sum with the other sign."""

    def flip(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Plus):
            for place, term in enumerate(node.args):
                if place:
                    yield Plus(*node.args[:place], _negated(term), *node.args[place + 1 :])

    return everywhere(scene.right, flip)


def _negated(term: Expression) -> Expression:
    if isinstance(term, Product) and term.args[0] == Number(-1):
        return product(*term.args[1:])
    return negative(term)


def factor(scene: Scene) -> Iterator[Expression]:
    """A factor two from the square, kept or lost."""
    yield product(Number(2), scene.right)
    yield product(Number("1/2"), scene.right)


def missing_number(scene: Scene) -> Iterator[Expression]:
    """A number in front that was dropped."""

    def drop(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Product):
            for place, part in enumerate(node.args):
                if isinstance(part, Number) and part.value not in (1, -1):
                    yield product(*node.args[:place], *node.args[place + 1 :])

    return everywhere(scene.right, drop)


def exponent(scene: Scene) -> Iterator[Expression]:
    """An exponent that is one off, or has lost its sign."""

    def change(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value.q == 1:
            power = node.exponent.value
            yield node.base if power in (2, -1) else Power(node.base, Number(power - 1 if power > 0 else -power))
            if power > 1:
                yield Power(node.base, Number(1 - power))

    return everywhere(scene.right, change)


# Derivatives of activations


def missing_derivative(scene: Scene) -> Iterator[Expression]:
    """The derivative of the activation left out."""
    return _each_local_group(scene, lambda group: ())


def derivative_through_wrong_value(scene: Scene) -> Iterator[Expression]:
    """The derivative taken at the output instead of the pre-activation, or the other way round."""
    swaps = {}
    for equation in scene.system.equations:
        right = equation.right
        if isinstance(right, Apply) and isinstance(right.argument, Entry):
            swaps[equation.tensor] = right.argument.tensor
            swaps[right.argument.tensor] = equation.tensor

    def swap(group: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(_with_tensors(factor, swaps) for factor in group)

    return _each_local_group(scene, swap)


def function_for_derivative(scene: Scene) -> Iterator[Expression]:
    """The activation itself instead of its derivative."""

    def lower(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Apply) and node.function.order:
            yield Apply(Function(node.function.args[0], node.function.args[1], node.function.order - 1), node.argument)

    return everywhere(scene.right, lower)


def _with_tensors(value: Basic, new: dict[Tensor, Tensor]) -> Basic:
    if isinstance(value, Entry):
        return Entry(new[value.tensor], *value.positions) if value.tensor in new else value
    parts = tuple(_with_tensors(p, new) if isinstance(p, Expression | Relation | Case) else p for p in value.args)
    return value.func(*parts) if parts != value.args else value


def _each_local_group(scene: Scene, change: Callable[[tuple[Expression, ...]], tuple[Expression, ...]]) -> Iterator[Expression]:
    """In each product, the factors that speak of the subject's own layer alone, changed together."""
    own, weighs = _of_own_layer(scene), scene.subject in scene.system.parameters

    def at(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Product):
            places = [n for n, factor in enumerate(node.args) if _is_local(factor, own) and not (weighs and isinstance(factor, Entry))]
            if places and len(places) < len(node.args):
                kept = [factor for place, factor in enumerate(node.args) if place not in places]
                if all(isinstance(factor, Number) for factor in kept):
                    return  # nothing is differentiated here
                group = tuple(node.args[place] for place in places)
                changed = change(group)
                if changed != group:
                    yield product(*kept, *changed)

    return everywhere(scene.right, at)


def _of_own_layer(scene: Scene) -> tuple[Tensor, ...]:
    """The tensors at whose values derivatives are taken: the subject, what is computed from it unit by unit, and applied functions."""
    found = [scene.subject]
    for equation in scene.system.equations:
        applied = {node.argument.tensor for node in walk(equation.right) if isinstance(node, Apply) and isinstance(node.argument, Entry)}
        if scene.subject in applied or (equation.tensor == scene.subject and applied):
            found += [equation.tensor, *applied]
    for read in tensors_of(scene.right):
        definition = scene.system.definitions.get(read)
        if definition is not None and any(isinstance(node, Apply) for node in walk(definition.right)):
            found.append(read)
    return tuple(dict.fromkeys(found))


def _is_local(value: Basic, own: Sequence[Tensor]) -> bool:
    """Whether a factor is part of a derivative of an activation: 1 - a^2, a, [a > 0], f'(z); nothing that is differentiated."""
    read = tensors_of(value)
    return bool(read) and all(tensor in own and tensor.of is None for tensor in read)


# Weights, indices, layers


def transposed_weight(scene: Scene) -> Iterator[Expression]:
    """The weights transposed."""

    def turn(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Entry) and node.tensor in scene.system.parameters and len(node.positions) == 2:
            yield Entry(node.tensor, *reversed(node.positions))

    return everywhere(scene.right, turn)


def exchanged_indices(scene: Scene) -> Iterator[Expression]:
    """Two indices of a product exchanged."""
    indices = scene.equation.indices
    if len(indices) == 2 and scene.alike(*indices):
        a, b = indices
        yield move(scene.right, {a: b, b: a})


def wrong_index(scene: Scene) -> Iterator[Expression]:
    """One quantity with the index of another one."""

    def at(value: Basic, known: tuple[Index, ...]) -> Iterator[Basic]:
        if isinstance(value, Entry):
            for place, position in enumerate(value.positions):
                for index in known:
                    if isinstance(position, Index) and index != position and scene.alike(index, position):
                        yield Entry(value.tensor, *value.positions[:place], index, *value.positions[place + 1 :])
            return
        inner = (*known, value.index) if isinstance(value, BINDERS) else known
        for place, part in enumerate(value.args):
            if isinstance(part, Expression | Relation | Case):
                for other in at(part, inner):
                    yield value.func(*value.args[:place], other, *value.args[place + 1 :])

    return at(scene.right, scene.equation.indices)


def wrong_layer(scene: Scene) -> Iterator[Expression]:
    """A quantity of the layer above or below."""

    def change(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Entry):
            for shift in (1, -1):
                other = scene.neighbour(node.tensor, shift)
                if other is not None:
                    yield Entry(other, *node.positions)

    return everywhere(scene.right, change)


def captured_index(scene: Scene) -> Iterator[Expression]:
    """The bound index named like the free one."""

    def capture(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Total):
            for index in scene.equation.indices:
                if index in free_indices(node.body) and scene.alike(index, node.index):
                    yield Total(index, _renamed(node.body, node.index, index))

    return everywhere(scene.right, capture)


def _renamed(value: Basic, old: Index, new: Index) -> Basic:
    """An index for another one, with no care for capture."""
    if value == old:
        return new
    if isinstance(value, Tensor | Function | Axis) or not value.args:
        return value
    return value.func(*(_renamed(part, old, new) if isinstance(part, Basic) else part for part in value.args))


def missing_sum(scene: Scene) -> Iterator[Expression]:
    """One term instead of the sum."""

    def drop(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Total):
            for index in scene.equation.indices:
                if scene.alike(index, node.index):
                    yield move(node.body, {node.index: index})

    return everywhere(scene.right, drop)


# Means, biases, paths, conditions


def missing_mean(scene: Scene) -> Iterator[Expression]:
    """The division by a number of units or patterns left out."""

    def drop(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Product):
            for place, part in enumerate(node.args):
                if isinstance(part, Power) and isinstance(part.base, Size):
                    yield product(*node.args[:place], *node.args[place + 1 :])

    return everywhere(scene.right, drop)


def mean_for_sum(scene: Scene) -> Iterator[Expression]:
    """A mean where there is a sum."""

    def divide(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Total):
            yield product(Power(Size(node.index.axis), Number(-1)), node)

    return everywhere(scene.right, divide)


def bias_with_input(scene: Scene) -> Iterator[Expression]:
    """The gradient of the bias multiplied by an output, as if it were a weight."""
    if scene.subject.role != "bias":
        return
    for user in scene.system.consumers.get(scene.subject, ()):
        for total in (node for node in walk(user.right) if isinstance(node, Total)):
            for entry in entries_of(total.body):
                if entry.tensor not in scene.system.parameters and entry.positions == (total.index,):
                    yield product(scene.right, Entry(entry.tensor, *scene.equation.indices[: len(entry.positions)]))


def missing_path(scene: Scene) -> Iterator[Expression]:
    """One of several ways to the loss forgotten."""

    def forget(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Plus):
            for place, term in enumerate(node.args):
                if _passes_on(term):
                    yield plus(*node.args[:place], *node.args[place + 1 :])

    return everywhere(scene.right, forget) if scene.equation.tensor.of is not None else iter(())


def _passes_on(term: Expression) -> bool:
    return any(tensor.of is not None for tensor in tensors_of(term))


def condition(scene: Scene) -> Iterator[Expression]:
    """The condition the wrong way round."""
    return _with_sign(scene, _FLIPPED)


def kink(scene: Scene) -> Iterator[Expression]:
    """The other derivative at the kink."""
    return _with_sign(scene, _LOOSE)


def _with_sign(scene: Scene, signs: dict[str, str]) -> Iterator[Expression]:
    def change(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Relation) and node.sign in signs and isinstance(node.left, Expression) and isinstance(node.right, Expression):
            yield Relation(node.left, signs[node.sign], node.right)

    return everywhere(scene.right, change)


def missing_bracket(scene: Scene) -> Iterator[Expression]:
    """The condition left out."""

    def drop(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Product) and any(isinstance(part, Bracket) for part in node.args):
            yield product(*(part for part in node.args if not isinstance(part, Bracket)))

    return everywhere(scene.right, drop)


def residual(scene: Scene) -> Iterator[Expression]:
    """Target minus output where the loss says output minus target."""

    def turn(node: Basic) -> Iterator[Basic]:
        if isinstance(node, Plus) and len(node.args) == 2 and any(t.role == "target" for t in tensors_of(node)):
            first, second = (_negated(term) for term in node.args)
            yield Plus(second, first)

    return everywhere(scene.right, turn)


Mistake = Callable[[Scene], Iterator[Expression]]

MISTAKES: dict[str, tuple[str, Mistake]] = {
    "wrong_layer": ("layer", wrong_layer),
    "transposed_weight": ("transpose", transposed_weight),
    "missing_derivative": ("derivative", missing_derivative),
    "derivative_through_wrong_value": ("derivative", derivative_through_wrong_value),
    "function_for_derivative": ("derivative", function_for_derivative),
    "residual": ("sign", residual),
    "sign": ("sign", sign),
    "sign_of_term": ("sign", sign_of_term),
    "factor": ("factor", factor),
    "missing_number": ("factor", missing_number),
    "exponent": ("exponent", exponent),
    "captured_index": ("captured_index", captured_index),
    "exchanged_indices": ("index", exchanged_indices),
    "missing_sum": ("index", missing_sum),
    "wrong_index": ("index", wrong_index),
    "missing_mean": ("reduction", missing_mean),
    "mean_for_sum": ("reduction", mean_for_sum),
    "bias_with_input": ("bias", bias_with_input),
    "missing_path": ("path", missing_path),
    "condition": ("condition", condition),
    "missing_bracket": ("condition", missing_bracket),
    "kink": ("kink", kink),
}
"""Each kind with its family, those that readers make most often first."""

"""What the symbols of a notation mean in a system: found by printing every tensor, size and function, so that no symbol is known twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from sympy import Basic, Rational

from derive.equations import System
from derive.expressions import Apply, Entry, Function, Number, Tensor
from derive.functions.scalar import FUNCTIONS
from derive.indices import Axis, Index
from derive.matrices.matrix import Array
from derive.notation.latex import to_latex
from derive.notation.layout import Accented, Digits, Layout, Row, Scripts, Symbol
from derive.notation.profile import Notation
from derive.notation.symbols import array_layout, entry_layout, function_name, layer_mark, size_layout
from derive.notation.view import NUMBERED, View, has_patterns, is_pattern_axis, unit_layer
from derive.reader.grammar import read_formula
from derive.reader.slots import Slot
from derive.reader.syntax import Scripted, text_of
from derive.traversal import entries_of, walk

ENTRY, ARRAY, SINGLE, THIN = "entry", "array", "single", "thin"
DOTS = "\\dots"


@dataclass(frozen=True)
class Meaning:
    """A symbol means ``tensor``: an entry whose indices below name the axes in ``order``, the whole array, or its single entry.

    An array is thin where it is a matrix of one row or one column, along the axis in ``order``, and that axis is not counted.

    ``of_pattern`` is the axis of patterns where a derivative of the mean over them stands for that of one pattern's own loss.
    """

    tensor: Tensor
    kind: str
    order: tuple[int, ...] = ()
    of_pattern: Axis | None = None


@dataclass(frozen=True)
class Names:
    """The symbols of one system in one notation.

    ``tensors`` are found by base and mark above, the layer as a number; ``marks`` turns each other way to write a layer into its number.
    """

    system: System
    notation: Notation
    tensors: Mapping[tuple[str, str], tuple[Meaning, ...]]
    sizes: Mapping[tuple[str, str], Axis]
    functions: Mapping[str, tuple[Function, ...]]
    applied: Mapping[str, tuple[Function, ...]]
    depth: int
    linked: frozenset[tuple[str, str]]

    @cached_property
    def usual_axes(self) -> Mapping[str, Axis]:
        """Letters that axes are named by."""
        return {axis.name: axis for axis in self.system.axes if len(axis.name) == 1}

    @cached_property
    def reads(self) -> Mapping[Axis, tuple[tuple[tuple[int, Axis], ...], ...]]:
        """For each axis the sums of several indices at which the equations read along it: how often each, and where it runs."""
        found: dict[Axis, dict[tuple[tuple[int, Axis], ...], None]] = {}
        for equation in self.system.equations:
            for entry in entries_of(equation.right):
                for position, axis in zip(entry.positions, entry.tensor.axes, strict=True):
                    if not isinstance(position, Index) and len(position.terms) > 1:
                        sums = tuple((int(term.coefficient), term.index.axis) for term in position.terms)
                        found.setdefault(axis, {})[sums] = None
        return {axis: tuple(sums) for axis, sums in found.items()}

    def may_run_along(self, slot: Slot, axis: Axis) -> bool:
        """Whether a letter that runs along another axis may stand there, because it does so in an equation of the system."""
        return slot.known is not None and slot.known != axis and (slot.known.name, axis.name) in self.linked

    def number(self, digits: str) -> Rational:
        """The number of which only the first digits are shown: one in the formulas of functions, or a product of two; else the digits."""
        own = [Rational(node.value) for function in self.applied[""] for node in _numbers(function)]
        known = [*own, *(one * two for one in own for two in own)]
        return next((number for number in known if _begins(number, digits)), Rational(digits))

    @property
    def bases(self) -> frozenset[str]:
        """Every letter that some tensor wears."""
        return frozenset(base for base, _ in self.tensors)

    def marks(self, layer: int | None) -> Mapping[str, str]:
        """Every way to write a layer, as its number; ``layer`` is the one that the general letter stands for."""
        return _marks(self.notation, self.depth, layer)

    def function(self, name: str, read: Iterable[Tensor]) -> Function | None:
        """The function of that name; of several with one name, the one that the system applies to what it reads here."""
        candidates = self.functions.get(name, ())
        for tensor in read:
            own = [function for function in self.applied.get(tensor.name, ()) if function in candidates]
            if own:
                return own[0]
        return candidates[0] if candidates else None


def _marks(notation: Notation, depth: int, layer: int | None) -> Mapping[str, str]:
    found: dict[str, str] = {}
    views = (NUMBERED, View(last=depth), *(() if layer is None else (View(general=layer),)))
    for view in views:
        for number in range(-1, depth + 2):
            mark, plain = (spelled(layer_mark(number, notation, own)) for own in (view, NUMBERED))
            for around in ("{}", "({})"):
                found[around.format(mark)] = around.format(plain)
    return found


@cache
def spelled(item: Layout) -> str:
    """A layout in the spelling by which syntax is looked up."""
    return text_of(read_formula(to_latex(item)))


def names_of(system: System, notation: Notation) -> Names:
    """The symbols of ``system``."""
    return names_from((system.inputs, system.parameters, tuple(system.definitions)), system, notation)


def names_from(groups: Iterable[Iterable[Tensor]], system: System, notation: Notation) -> Names:
    """The symbols of these tensors, of their deltas, and of the sizes and functions of ``system``."""
    tensors = tuple(tensor for group in groups for tensor in group)
    found: dict[tuple[str, str], list[Meaning]] = {}
    for tensor in (*tensors, *deltas_of(system)):
        for meaning, base, above in _spellings(tensor, notation):
            known = found.setdefault((base, above), [])
            if meaning not in known:
                known.append(meaning)
    return names_with({key: tuple(meanings) for key, meanings in found.items()}, system, notation)


def names_with(tensors: Mapping[tuple[str, str], tuple[Meaning, ...]], system: System, notation: Notation) -> Names:
    """Symbols of tensors that are known already, with the sizes and functions of ``system``."""
    depth = max((tensor.layer for tensor in system.definitions if tensor.layer is not None), default=0)
    applied = _applied(system)
    sizes, functions = _sizes(system, notation), _functions(applied, notation)
    return Names(system, notation, tensors, sizes, functions, applied, depth, frozenset(_linked(system)))


def _linked(system: System) -> Iterator[tuple[str, str]]:
    """Axes that the equations read by one index, as parts of a concatenation are: a letter of one may stand at a position of the other."""
    for equation in system.equations:
        for entry in entries_of(equation.right):
            for position, axis in zip(entry.positions, entry.tensor.axes, strict=True):
                indices = (position,) if isinstance(position, Index) else (term.index for term in position.terms)
                for index in indices:
                    if index.axis != axis:
                        yield from ((index.axis.name, axis.name), (axis.name, index.axis.name))


def deltas_of(system: System) -> Iterator[Tensor]:
    """The derivatives of the loss that have a symbol of their own."""
    for tensor in system.definitions:
        if tensor.role == "pre_activation":
            yield Tensor(f"delta{tensor.layer}", tensor.axes, "delta", tensor.layer, tensor)


def _spellings(tensor: Tensor, notation: Notation) -> Iterator[tuple[Meaning, str, str]]:
    """A tensor as an entry and as an array; the input also as the output of its layer."""
    shown = [tensor]
    if tensor.role == "input" and tensor.layer is not None:
        shown.append(Tensor(f"a{tensor.layer}", tensor.axes, "output", tensor.layer))
    for own in shown:
        markers = tuple(Symbol(f"?{number}") for number in range(len(own.axes)))
        base, below, above = _parts(entry_layout(own, markers, notation, NUMBERED))
        order = tuple(int(symbol.name[1:]) for symbol in _symbols(below) if symbol.name[:1] == "?")
        yield Meaning(tensor, ENTRY, order), base, above
        if own.axes:
            numbered = _parts(entry_layout(own, (Digits("1"),) * len(own.axes), notation, NUMBERED))
            if (numbered[0], numbered[2]) != (base, above):  # units by their numbers, where only letters tell the layer
                yield Meaning(tensor, ENTRY, order), numbered[0], numbered[2]
            base, _, above = _parts(array_layout(own, notation, View(batch=has_patterns(own))))
            yield Meaning(tensor, ARRAY), base, above


def _parts(item: Layout) -> tuple[str, Layout | None, str]:
    """Base and mark above in their spelling; what stands below as it is."""
    if isinstance(item, Scripts) and not item.primes:
        return spelled(item.base), item.below, "" if item.above is None else spelled(item.above)
    return spelled(item), None, ""


def _symbols(item: Layout | None) -> Iterator[Symbol]:
    if isinstance(item, Symbol):
        yield item
    elif isinstance(item, Row):
        for part in item.parts:
            yield from _symbols(part)
    elif isinstance(item, Accented):
        yield from _symbols(item.body)


def _sizes(system: System, notation: Notation) -> dict[tuple[str, str], Axis]:
    """Sizes by base and what stands below; layers as numbers."""
    found: dict[tuple[str, str], Axis] = {}
    for axis in system.axes:
        syntax = read_formula(to_latex(size_layout(axis, notation, NUMBERED))).sides[0]
        if isinstance(syntax, Scripted):
            found[text_of(syntax.base), text_of(syntax.below) if syntax.below else ""] = axis
        else:
            found[text_of(syntax), ""] = axis
    return found


def _applied(system: System) -> dict[str, tuple[Function, ...]]:
    """The functions that a system applies, by the tensor that stands first in their argument; all of them under the empty name."""
    found: dict[str, dict[Function, None]] = {"": {}}
    for equation in system.equations:
        for node in walk(equation.right):
            if isinstance(node, Apply):
                found[""][node.function] = None
                for tensor in tensors_in(node.argument):
                    found.setdefault(tensor.name, {})[node.function] = None
    return {name: tuple(functions) for name, functions in found.items()}


def _numbers(function: Function) -> Iterator[Number]:
    """The numbers in the formula of a function."""
    if function.body is not None:
        for node in walk(function.body):
            if isinstance(node, Number):
                yield node
            elif isinstance(node, Apply):
                yield from _numbers(node.function)


def _begins(number: Rational, digits: str) -> bool:
    """Whether a positive number is shown with these digits when the rest is left out."""
    places = len(digits.partition(".")[2])
    return 0 <= number - Rational(digits) < Rational(1, 10**places)


def _functions(applied: Mapping[str, tuple[Function, ...]], notation: Notation) -> dict[str, tuple[Function, ...]]:
    """Functions by how they are written; those of the system before those of the tables."""
    found: dict[str, list[Function]] = {}
    for function in (*applied[""], *(FUNCTIONS[name] for name in FUNCTIONS)):
        own = found.setdefault(spelled(function_name(function, notation)), [])
        if function not in own and not (own and own[0] in applied[""] and function not in applied[""]):
            own.append(function)
    return {name: tuple(functions) for name, functions in found.items()}


def tensors_in(value: Basic) -> tuple[Tensor, ...]:
    """Every tensor in an expression or a matrix expression, in order of appearance."""
    found: dict[Tensor, None] = {}
    waiting = [value]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Entry | Array):
            found[node.tensor] = None
        if not isinstance(node, Tensor | Function | Axis):
            waiting[:0] = [part for part in node.args if isinstance(part, Basic)]
    return tuple(found)


def pattern_axis(system: System) -> Axis | None:
    """The axis of the patterns of a batch."""
    return next((axis for axis in system.axes if is_pattern_axis(axis)), None)


def layer_axis(system: System, layer: int) -> Axis | None:
    """The axis of the units of a layer."""
    return next((axis for axis in system.axes if unit_layer(axis) == layer), None)


def output_of(system: System, pre_activation: Tensor) -> Tensor | None:
    """The outputs of the layer whose pre-activations these are."""
    layer = pre_activation.layer
    return next((tensor for tensor in system.definitions if tensor.role == "output" and tensor.layer == layer), None)

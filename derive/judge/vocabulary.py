"""What the symbols of a formula mean: found by printing every tensor, size and function and reading the print again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from derive.chain_rule import adjoint
from derive.equations import System
from derive.expressions import Apply, Axis, Function, Tensor, walk
from derive.functions import FUNCTIONS
from derive.judge.latex import Name, NotUnderstood, read
from derive.notation import Notation, View
from derive.notation.latex import to_latex
from derive.notation.layout import Symbol
from derive.notation.symbols import array_layout, entry_layout, function_name, size_layout
from derive.notation.view import unit_layer

_PLACES = ("A", "B", "C", "D", "E", "F")


@dataclass
class Vocabulary:
    """Symbols by letter and superscript: entries also by their number of indices, with the axis that each index runs along."""

    system: System
    entries: dict[tuple[str, str, int], tuple[Tensor, tuple[int, ...]]] = field(default_factory=dict)
    arrays: dict[tuple[str, str], Tensor] = field(default_factory=dict)
    sizes: dict[tuple[str, tuple[str, ...]], Axis] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    variable: str = ""

    def entry(self, name: Name) -> tuple[Tensor, tuple[int, ...]] | None:
        """The tensor of an entry, and for each index as written the axis that it belongs to."""
        return self.entries.get((name.name, name.above, len(name.below)))


def vocabulary(system: System, notation: Notation, view: View) -> Vocabulary:
    """The symbols of a system in a view; where the view has letters for layers, their numbers are understood as well."""
    found = Vocabulary(system, variable=to_latex(notation.symbols["pre_activation"]))
    tensors: list[Tensor] = [*system.inputs, *system.parameters, *system.definitions]
    tensors += [adjoint(tensor) for tensor in tensors if tensor.role == "pre_activation"]
    tensors += [Tensor(t.name, t.axes, "output", t.layer) for t in system.inputs if t.role == "input"]
    last = max((t.layer for t in system.definitions if t.layer is not None), default=None)
    views = [view, replace(view, general=None), View(last=last, batch=view.batch), View(batch=view.batch)]
    for own in views:
        for tensor in tensors:
            _add_entry(found, tensor, notation, own)
            _add_array(found, tensor, notation, own)
        for axis in system.axes:
            _add_size(found, axis, notation, own)
    for function in _functions(system):
        name = _read_name(to_latex(function_name(function, notation)))
        if name is not None:
            found.functions.setdefault(name.name, function)
    return found


def _read_name(text: str) -> Name | None:
    try:
        sides = read(text)
    except NotUnderstood:
        return None
    return sides[0] if len(sides) == 1 and isinstance(sides[0], Name) else None


def _add_entry(found: Vocabulary, tensor: Tensor, notation: Notation, view: View) -> None:
    places = _PLACES[: len(tensor.axes)]
    name = _read_name(to_latex(entry_layout(tensor, tuple(Symbol(place) for place in places), notation, view)))
    if name is not None and set(name.below) == set(places):
        found.entries.setdefault((name.name, name.above, len(places)), (tensor, tuple(places.index(b) for b in name.below)))


def _add_array(found: Vocabulary, tensor: Tensor, notation: Notation, view: View) -> None:
    name = _read_name(to_latex(array_layout(tensor, notation, view)))
    if name is not None and not name.below:
        found.arrays.setdefault((name.name, name.above), tensor)


def _add_size(found: Vocabulary, axis: Axis, notation: Notation, view: View) -> None:
    if unit_layer(axis) is None and not axis.name:
        return
    name = _read_name(to_latex(size_layout(axis, notation, view)))
    if name is not None:
        found.sizes.setdefault((name.name, name.below), axis)


def _functions(system: System) -> Iterable[Function]:
    """The functions that the equations apply, then all others by name, without primes."""
    applied = [node.function for e in system.equations for node in walk(e.right) if isinstance(node, Apply)]
    plain = [Function(f.args[0], f.args[1]) for f in applied]
    return dict.fromkeys((*plain, *FUNCTIONS.values()))


def indices_of(names: Sequence[str]) -> tuple[str, ...]:
    """The letters among the things that stand below, each once."""
    return tuple(dict.fromkeys(name for name in names if not name.isdigit()))

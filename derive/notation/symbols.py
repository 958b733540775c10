"""What a tensor, a function or a size is called in a notation."""

from __future__ import annotations

import re
from dataclasses import replace

from sympy import Basic

from derive.expressions import Entry, Function, Tensor
from derive.indices import Axis, Index
from derive.notation.layout import GREEK, Accented, Digits, Fraction, Layout, Named, Scripts, Sign, Symbol, joined, row
from derive.notation.profile import ROLES, Notation
from derive.notation.roles import is_fixed, output_letter, place_of, tells_layer
from derive.notation.schema import SIGNED_ROLES
from derive.notation.view import View, has_patterns, is_pattern_axis, unit_layer

PARTIAL = Symbol("partial", "upright")
NABLA = Symbol("nabla", "upright")
MINUS = Sign("-")
_DERIVATIVES = ("adjoint", "gradient", "negative_adjoint")
_UNMARKED = ("input", "target", "loss", "total_loss")
_OF_PATTERN = ("input", "target", "pre_activation", "output", "loss", "delta", "negative_delta")
_MARKED_NAME = re.compile(rf"({'|'.join(GREEK)}|[A-Za-z])(?:_([A-Za-z0-9]{{1,3}})|([0-9]{{1,3}}))|([A-Z])([a-z]{{1,2}})|([a-z])([a-z])")


def layer_mark(layer: int, notation: Notation, view: View) -> Layout:
    """The number of a layer, or its name in the view: ``l``, ``l+1`` where there is a general layer, else ``L``, ``L-1``."""
    for origin, letter in ((view.general, notation.general_layer), (view.last, notation.last_layer)):
        if origin is not None:
            return _shifted(letter, layer - origin)
    return Digits(str(layer + notation.first_layer))


def _shifted(letter: str, shift: int) -> Layout:
    if not shift:
        return Symbol(letter)
    return row(Symbol(letter), Sign("+" if shift > 0 else "-"), Digits(str(abs(shift))))


def own_name(name: str, below: Layout | None = None) -> Layout:
    """A tensor of an equation file goes by its own name: a letter, a Greek letter, or an identifier.

    A letter with a short addition wears it above: ``Wq`` is W with the mark (q), ``b1`` is b with the mark (1).
    """
    found = _MARKED_NAME.fullmatch(name)
    if name in GREEK or found is None:
        return Scripts(Symbol(name), below) if below is not None else Symbol(name)
    letter, mark = (part for part in found.groups() if part)
    shown = Digits(mark) if mark.isdigit() else Symbol(mark)
    return Scripts(Symbol(letter), below, row(Sign("("), shown, Sign(")")))


def entry_layout(tensor: Tensor, positions: tuple[Layout, ...], notation: Notation, view: View) -> Layout:
    """``tensor[positions]`` as an entry: a letter with its indices below and its layer above; an adjoint is a derivative of the loss."""
    if tensor.role in _DERIVATIVES and tensor.of is not None:
        loss = loss_symbol(tensor, notation, view)
        slope = Fraction(row(PARTIAL, loss), row(PARTIAL, entry_layout(tensor.of, positions, notation, view)))
        return row(MINUS, slope) if tensor.role == "negative_adjoint" else slope
    if tensor.role == "step" and tensor.of is not None:
        return row(_step(tensor, notation, view), entry_layout(tensor.of, positions, notation, view))
    tensor = _input_as_written(tensor, notation)
    pattern, units = _apart(tensor, positions, notation)
    if tensor.role == "bias" and notation.bias == "column" and not _goes_by_its_own_name(tensor):
        return _marked(notation.symbols["weight"], _below((*units, Digits("0")), "weight", notation), None, tensor, units, notation, view)
    beside = notation.pattern_mark == "subscript" and has_patterns(tensor)
    below = joined(units, Sign(",")) if beside and units else _below(units, tensor.role, notation)
    if _goes_by_its_own_name(tensor):
        return own_name(tensor.name, below)
    return _marked(_entry_letter(tensor, notation, view), below, pattern, tensor, units, notation, view)


def _input_as_written(tensor: Tensor, notation: Notation) -> Tensor:
    """The input, as the output of its layer where the notation writes it so."""
    if tensor.role != "input" or tensor.layer is None or notation.input_letter == "input":
        return tensor
    return Tensor(tensor.name, tensor.axes, "output", tensor.layer)


def _apart(tensor: Tensor, positions: tuple[Layout, ...], notation: Notation) -> tuple[Layout | None, tuple[Layout, ...]]:
    """The position that counts patterns, where it stands above, and the others."""
    if notation.pattern_mark != "superscript":
        return None, positions
    above = [p for p, axis in zip(positions, tensor.axes, strict=True) if is_pattern_axis(axis)]
    return (above[0] if above else None), tuple(p for p, axis in zip(positions, tensor.axes, strict=True) if not is_pattern_axis(axis))


def _below(positions: tuple[Layout, ...], role: str, notation: Notation) -> Layout | None:
    if not positions:
        return None
    order = positions[::-1] if role == "weight" and notation.weight_order == "from,to" and len(positions) == 2 else positions
    comma = notation.separator or ("," if any(not isinstance(p, Symbol | Digits | Scripts) for p in order) else "")
    return joined(order, Sign(",")) if comma else row(*order)


def _entry_letter(tensor: Tensor, notation: Notation, view: View) -> Layout:
    """The letter of a tensor's entries."""
    role = "delta" if tensor.role == "negative_delta" else tensor.role
    if role == "delta":
        return (notation.batch if has_patterns(tensor) else notation.symbols)["delta"]
    letter = notation.symbols[role]
    if role == "output":
        return output_letter(tensor, notation, view) or letter
    if role == "target" and isinstance(letter, Accented):
        under = output_letter(tensor, notation, view)
        return letter if under is None else Accented(under, letter.accent)
    return letter


def _marked(
    letter: Layout,
    below: Layout | None,
    pattern: Layout | None,
    tensor: Tensor,
    positions: tuple[Layout, ...],
    notation: Notation,
    view: View,
) -> Layout:
    """The letter with what stands below it and, above, the mark of its layer and of its pattern."""
    marks = [_mark_above(tensor, positions, notation, view), pattern or _pattern_mark(tensor, notation, view, "superscript")]
    above = [mark for mark in marks if mark is not None]
    own = _pattern_mark(tensor, notation, view, "subscript")
    if own is not None:
        below = own if below is None else row(own, Sign(","), below)
    if below is None and not above:
        return letter
    base, inner = (letter.base, letter.below) if isinstance(letter, Scripts) and not above else (letter, None)
    if inner is not None:
        below = inner if below is None else row(inner, Sign(","), below)
    return Scripts(base, below, joined(tuple(above), Sign(",")) if above else None)


def _mark_above(tensor: Tensor, positions: tuple[Layout, ...], notation: Notation, view: View) -> Layout | None:
    """The mark of the layer of an entry; None where it has none or letters tell it."""
    if tensor.layer is None or tensor.role in _UNMARKED:
        return None
    if notation.layer_mark in ("superscript", "parenthesised"):
        return _framed(layer_mark(tensor.layer, notation, view), notation.layer_mark == "parenthesised")
    table = _table_letter(tensor, notation, view)
    if table is not None:
        return table
    by_letters = positions and all(isinstance(_bare(p), Symbol) for p in positions) and place_of(tensor.layer, notation, view) is not None
    named = tensor.role == "output" and output_letter(tensor, notation, view) is not None
    if named or (by_letters and tells_layer(tensor)):
        return None
    return _framed(layer_mark(tensor.layer, notation, view), True)


def _bare(position: Layout) -> Layout:
    return position.base if isinstance(position, Scripts) and position.below is None and position.above is None else position


def _table_letter(tensor: Tensor, notation: Notation, view: View) -> Layout | None:
    """The letter of a table of weights where its layer is known by number; None for anything else."""
    if notation.layer_mark != "letters" or tensor.role not in ("weight", "bias") or tensor.layer is None:
        return None
    known = is_fixed(notation) or (view.general is None and view.last is None)
    letters = notation.layer_letters
    return Symbol(letters[tensor.layer - 1]) if known and 0 < tensor.layer <= len(letters) else None


def _framed(mark: Layout, parenthesised: bool) -> Layout:
    return row(Sign("("), mark, Sign(")")) if parenthesised else mark


def _pattern_mark(tensor: Tensor, notation: Notation, view: View, kind: str) -> Layout | None:
    """The mark of the one pattern that is spoken of; None where the notation or the view has none, or another kind."""
    if notation.pattern_mark != kind or not view.pattern or has_patterns(tensor):
        return None
    marked = tensor.role == "loss" or (notation.pattern_on == "values" and tensor.role in _OF_PATTERN)
    return Symbol(notation.pattern_letters[0]) if marked else None


def _step(tensor: Tensor, notation: Notation, view: View) -> Layout:
    """The sign in front of a parameter that is changed, with the mark of the pattern that changes it."""
    sign = notation.symbols["step"]
    if notation.pattern_mark == "none" or view.batch or not view.pattern:
        return sign
    mark = Symbol(notation.pattern_letters[0])
    return Scripts(sign, mark) if notation.pattern_mark == "subscript" else Scripts(sign, above=mark)


def array_layout(tensor: Tensor, notation: Notation, view: View, fixed: tuple[Layout, ...] = ()) -> Layout:
    """A whole tensor as a vector or matrix, of which ``fixed`` positions choose one; arrays of patterns wear the letters of a batch."""
    if tensor.role in _DERIVATIVES and tensor.of is not None:
        loss = loss_symbol(tensor, notation, view)
        of = array_layout(tensor.of, notation, view, fixed)
        by_nabla = notation.gradient == "nabla" or (notation.gradient == "mixed" and tensor.role != "gradient")
        slope = row(Scripts(NABLA, of), loss) if by_nabla else Fraction(row(PARTIAL, loss), row(PARTIAL, of))
        return row(MINUS, slope) if tensor.role == "negative_adjoint" else slope
    if tensor.role == "step" and tensor.of is not None:
        return row(_step(tensor, notation, view), array_layout(tensor.of, notation, view, fixed))
    tensor = _input_as_written(tensor, notation)
    below = joined(fixed, Sign(",")) if fixed else None
    if _goes_by_its_own_name(tensor):
        return own_name(tensor.name, below)
    role = "delta" if tensor.role == "negative_delta" else tensor.role
    letter = (notation.batch if has_patterns(tensor) else notation.matrices)[role]
    told = output_letter(tensor, notation, view) if role == "output" and is_fixed(notation) and not has_patterns(tensor) else None
    if told is not None:
        shown = _like(told, letter)
        return Scripts(shown, below) if below is not None else shown
    return _marked(letter, below, None, tensor, (), notation, view)


def _like(letter: Layout | None, model: Layout) -> Layout:
    """A letter in the style of another one."""
    return replace(letter, style=model.style) if isinstance(letter, Symbol) and isinstance(model, Symbol) else model


def _goes_by_its_own_name(tensor: Tensor) -> bool:
    """Whether no role gives a tensor its letter, as in equation files."""
    if tensor.role in SIGNED_ROLES:
        return False
    return tensor.role not in ROLES or (tensor.layer is None and tensor.role not in ("target", "loss", "total_loss", "delta"))


def loss_symbol(tensor: Tensor, notation: Notation, view: View) -> Layout:
    """The loss that a derivative belongs to: of the batch, or of one pattern."""
    if view.batch or has_patterns(tensor):
        return notation.symbols["total_loss"]
    return _marked(notation.symbols["loss"], None, None, Tensor("loss", (), "loss"), (), notation, view)


def loss_layout(value: Entry, notation: Notation, view: View) -> Layout | None:
    """The bare letter of the loss above the line of a derivative; None for any other entry."""
    if value.positions or value.tensor.role not in ("loss", "total_loss"):
        return None
    return _marked(notation.symbols[value.tensor.role], None, None, value.tensor, (), notation, view)


def size_layout(axis: Axis, notation: Notation, view: View, letter: Layout | None = None) -> Layout:
    """The number of positions along an axis: ``n_l``, ``N``, ``n_t`` for an axis ``t``; ``letter`` is the index that runs along it."""
    layer = unit_layer(axis)
    if layer is not None and layer == notation.depth and notation.output_size and view.general is None:
        return Symbol(notation.output_size)
    by_letter = layer is not None or (is_pattern_axis(axis) and notation.batch_size == notation.layer_size)
    if notation.size_index == "letter" and by_letter:
        below = letter if letter is not None else _usual_letter(axis, notation, view)
        if below is not None:
            return Scripts(Symbol(notation.layer_size), _bare(below))
    if layer is not None:
        return Scripts(Symbol(notation.layer_size), _size_mark(layer, notation, view))
    if is_pattern_axis(axis):
        return Symbol(notation.batch_size)
    return Scripts(Symbol(notation.layer_size), Symbol(axis.name))


def has_limits(index: Index, notation: Notation, view: View) -> bool:
    """Whether a sum over an index shows where it begins and ends."""
    if notation.sum_limits == "loss":
        return view.loss and unit_layer(index.axis) is not None
    if notation.sum_limits != "outputs":
        return notation.sum_limits == "always"
    return unit_layer(index.axis) is not None and unit_layer(index.axis) == notation.depth and view.general is None


def _size_mark(layer: int, notation: Notation, view: View) -> Layout:
    return _framed(layer_mark(layer, notation, view), notation.size_index == "letter")


def _usual_letter(axis: Axis, notation: Notation, view: View) -> Layout | None:
    """The letter of the indices along an axis, where there is only one."""
    layer = unit_layer(axis)
    if layer is None:
        return Symbol(notation.pattern_letters[0])
    place = place_of(layer, notation, view)
    return None if place is None else Symbol(notation.role_letters[place])


def function_name(function: Function | str, notation: Notation) -> Layout:
    """The name of a function with its primes."""
    name = function if isinstance(function, str) else function.name
    if isinstance(function, Function) and function.order == 1 and f"{name}_derivative" in notation.functions:
        name, function = f"{name}_derivative", f"{name}_derivative"
    shown = notation.functions.get(name, name)
    base: Layout = Symbol(shown) if shown in GREEK or len(shown) == 1 else Named(shown)
    primes = 0 if isinstance(function, str) else function.order
    return Scripts(base, primes=primes) if primes else base


def activation_name(function: Function, argument: Basic, positions: tuple[Layout, ...], notation: Notation, view: View) -> Layout:
    """The name of a function at an argument: the notation's name of the activation where it is applied to pre-activations of a layer.

    ``positions`` are those of the unit, none for a whole array.
    """
    tensor = getattr(argument, "tensor", None)
    if notation.activation_name == "own" or not isinstance(tensor, Tensor) or tensor.role != "pre_activation" or tensor.layer is None:
        return function_name(function, notation)
    letter = Symbol(notation.activation_letter)
    below: Layout | None = None
    above: Layout | None = None
    if notation.activation_name == "layer" and view.general != tensor.layer:
        above = _framed(layer_mark(tensor.layer, notation, view), True)
    elif notation.activation_name == "unit" and positions:
        below = row(*positions)
    elif notation.activation_name == "role":
        below = Symbol(notation.output_activation if tensor.layer == notation.depth else notation.hidden_activation)
    return Scripts(letter, below, above, function.order) if below or above or function.order else letter

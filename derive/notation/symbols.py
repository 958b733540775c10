"""What a tensor, a function or a size is called in a notation."""

from __future__ import annotations

import re

from sympy import Basic

from derive.expressions import Entry, Function, Tensor
from derive.indices import Axis
from derive.notation.layout import GREEK, Digits, Fraction, Layout, Named, Scripts, Sign, Symbol, joined, row
from derive.notation.profile import ROLES, Notation
from derive.notation.view import View, has_patterns, is_pattern_axis, unit_layer

PARTIAL = Symbol("partial", "upright")
NABLA = Symbol("nabla", "upright")
_DERIVATIVES = ("adjoint", "gradient")
_UNMARKED = ("input", "target", "loss", "total_loss")
_MARKED_NAME = re.compile(rf"({'|'.join(GREEK)}|[A-Za-z])(?:_([A-Za-z0-9]{{1,3}})|([0-9]{{1,3}}))|([A-Z])([a-z]{{1,2}})|([a-z])([a-z])")
_STANDARD_NAMES = ("log", "tanh", "sin", "cos", "exp", "max")


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
        loss = _loss_of(tensor, notation, view)
        return Fraction(row(PARTIAL, loss), row(PARTIAL, entry_layout(tensor.of, positions, notation, view)))
    order = positions[::-1] if tensor.role == "weight" and notation.weight_order == "from,to" and len(positions) == 2 else positions
    comma = notation.separator or ("," if any(not isinstance(p, Symbol | Digits | Scripts) for p in order) else "")
    below = joined(order, Sign(",")) if comma else row(*order)
    if _goes_by_its_own_name(tensor):
        return own_name(tensor.name, below if order else None)
    letter, marked = _entry_letter(tensor, notation)
    return _marked(letter, below if order else None, tensor, notation, view) if marked else Scripts(letter, below) if order else letter


def _entry_letter(tensor: Tensor, notation: Notation) -> tuple[Layout, bool]:
    """The letter of a tensor's entries, and whether it carries the mark of its layer."""
    if tensor.role == "delta":
        table = notation.batch if has_patterns(tensor) else notation.symbols
        return table["delta"], True
    return notation.symbols[tensor.role], tensor.role not in _UNMARKED


def _marked(letter: Layout, below: Layout | None, tensor: Tensor, notation: Notation, view: View) -> Layout:
    if tensor.layer is None or notation.layer_mark == "none":
        return Scripts(letter, below) if below is not None else letter
    mark = layer_mark(tensor.layer, notation, view)
    if notation.layer_mark == "parenthesised":
        mark = row(Sign("("), mark, Sign(")"))
    return Scripts(letter, below, mark)


def array_layout(tensor: Tensor, notation: Notation, view: View, fixed: tuple[Layout, ...] = ()) -> Layout:
    """A whole tensor as a vector or matrix, of which ``fixed`` positions choose one; arrays of patterns wear the letters of a batch."""
    if tensor.role in _DERIVATIVES and tensor.of is not None:
        loss = _loss_of(tensor, notation, view)
        of = array_layout(tensor.of, notation, view, fixed)
        if notation.gradient == "nabla":
            return row(Scripts(NABLA, of), loss)
        return Fraction(row(PARTIAL, loss), row(PARTIAL, of))
    below = joined(fixed, Sign(",")) if fixed else None
    if _goes_by_its_own_name(tensor):
        return own_name(tensor.name, below)
    letter = (notation.batch if has_patterns(tensor) else notation.matrices)[tensor.role]
    if tensor.role in _UNMARKED:
        return Scripts(letter, below) if below is not None else letter
    return _marked(letter, below, tensor, notation, view)


def _goes_by_its_own_name(tensor: Tensor) -> bool:
    """Whether no role gives a tensor its letter, as in equation files."""
    return tensor.role not in ROLES or (tensor.layer is None and tensor.role not in ("target", "loss", "total_loss", "delta"))


def _loss_of(tensor: Tensor, notation: Notation, view: View) -> Layout:
    return notation.symbols["total_loss" if view.batch or has_patterns(tensor) else "loss"]


def loss_layout(value: Entry, notation: Notation, view: View) -> Layout | None:
    """The bare letter of the loss above the line of a derivative; None for any other entry."""
    if value.positions or value.tensor.role not in ("loss", "total_loss"):
        return None
    return notation.symbols[value.tensor.role]


def size_layout(axis: Axis, notation: Notation, view: View) -> Layout:
    """The number of positions along an axis: ``n_l``, ``N``, ``n_t`` for an axis ``t``."""
    layer = unit_layer(axis)
    if layer is not None:
        return Scripts(Symbol(notation.layer_size), layer_mark(layer, notation, view))
    if is_pattern_axis(axis):
        return Symbol(notation.batch_size)
    return Scripts(Symbol(notation.layer_size), Symbol(axis.name))


def function_name(function: Function | str, notation: Notation) -> Layout:
    """The name of a function with its primes."""
    name = function if isinstance(function, str) else function.name
    shown = notation.functions.get(name, name)
    base: Layout = Symbol(shown) if shown in GREEK or len(shown) == 1 else Named(shown)
    primes = 0 if isinstance(function, str) else function.order
    return Scripts(base, primes=primes) if primes else base


def mentioned_layers(value: Basic) -> tuple[int, ...]:
    """The layers of the tensors in an expression, in increasing order."""
    return tuple(sorted({t.layer for t in value.atoms(Tensor) if isinstance(t, Tensor) and t.layer is not None}))

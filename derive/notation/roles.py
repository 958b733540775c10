"""Letters that tell the layer: which place (before, itself, after) a layer has in a formula, and what that place is called.

The general rule: a letter of a place is worn where the place is known, that is in a network of three layers by a notation that says so,
and else in formulas about one layer and its neighbours. Wherever letters do not tell the layer (an index that is a number, a whole
array, a layer further away) the layer is marked by its number in parentheses, so that no symbol has two meanings.
"""

from __future__ import annotations

from derive.expressions import Tensor
from derive.notation.layout import Layout, Scripts, Symbol
from derive.notation.profile import Notation
from derive.notation.view import View, unit_layer

BEFORE, ITSELF, AFTER = range(3)
_THREE_LAYERS = 2
"""The number of the output layer in a network of three layers."""


def is_fixed(notation: Notation) -> bool:
    """Whether the letters belong to input, hidden and output layer, whatever the formula."""
    return bool(notation.role_letters) and notation.three_layers and notation.depth == _THREE_LAYERS


def place_of(layer: int, notation: Notation, view: View) -> int | None:
    """The place of a layer in a formula; None where letters do not tell it."""
    if not notation.role_letters:
        return None
    if is_fixed(notation) and not (view.generic and notation.generic_letters):
        return layer if 0 <= layer <= _THREE_LAYERS else None
    middle = view.general if view.general is not None else view.last
    place = None if middle is None else layer - middle + ITSELF
    return place if place in (BEFORE, ITSELF, AFTER) else None


def unit_candidates(layer: int, notation: Notation, view: View) -> tuple[Layout, ...]:
    """Letters of the units of a layer in order of preference; () where any letter will do."""
    place = place_of(layer, notation, view)
    if place is None:
        return ()
    if view.generic and notation.generic_letters and place != AFTER:
        itself, before = notation.generic_letters
        return Symbol(before if place == BEFORE else itself), Scripts(Symbol(notation.role_letters[ITSELF]), primes=1)
    own = Symbol(notation.role_letters[place])
    return (own, _letter(notation.bound_letters[place])) if notation.bound_letters else (own,)


def _letter(text: str) -> Layout:
    return Scripts(Symbol(text[:-1]), primes=1) if text.endswith("'") else Symbol(text)


def output_letter(tensor: Tensor, notation: Notation, view: View) -> Layout | None:
    """The letter of the outputs of a layer by its place; None where all outputs have one letter or the place is not known."""
    if not notation.role_outputs or tensor.layer is None or not tells_layer(tensor):
        return None
    place = place_of(tensor.layer, notation, view)
    return None if place is None else notation.role_outputs[place]


def tells_layer(tensor: Tensor) -> bool:
    """Whether the units of a tensor are those of its own layer: layers that add or multiply share the units of others."""
    own = [unit_layer(axis) for axis in tensor.axes if unit_layer(axis) is not None]
    return bool(own) and own[0] == tensor.layer

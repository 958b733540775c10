"""A name that any layer's activation goes by: which function it is follows from what it is applied to, or from its own mark."""

from __future__ import annotations

from derive.equations import System
from derive.expressions import Apply, Entry, Expression, Function, Variable
from derive.matrices.matrix import Elementwise, MatrixExpression
from derive.reader.names import tensors_in
from derive.reader.scope import Scope, letter_text, positions_below
from derive.reader.slots import misfit
from derive.reader.syntax import Scripted
from derive.reader.values import Matrix, Term, Value

IDENTITY = Function("linear", Variable())
OUTPUT, HIDDEN = "o", "h"
"""Indices of a function that say the output layer, or a hidden one."""


def activated(name: Scripted, argument: Value, scope: Scope) -> Value:
    """The activation ``name``, with its primes and marks, of a number or an array."""
    if isinstance(argument, Term):
        return Term(lambda: _call(name, argument.build(), scope))
    return Matrix(argument.rows, argument.columns, lambda: _call_entrywise(name, argument.build(), scope))


def _call(name: Scripted, argument: Expression, scope: Scope) -> Expression:
    return Apply(_function(name, argument, scope), argument)


def _call_entrywise(name: Scripted, argument: MatrixExpression, scope: Scope) -> MatrixExpression:
    return Elementwise(_function(name, argument, scope), argument)


def _function(name: Scripted, argument: Expression | MatrixExpression, scope: Scope) -> Function:
    if scope.function is not None:
        return _primed(scope.function, name.primes)
    system = scope.names.system
    layer = layer_of(argument)
    mark = scope.mark(name.above)
    if mark is not None and mark.strip("()").lstrip("-").isdigit():
        layer = int(mark.strip("()")) - scope.names.notation.first_layer
    elif name.below is not None:
        layer = _layer_below(name, layer, scope)
    if layer is None:
        misfit(name.at, "an activation of what belongs to no layer")
    function = activation_of(system, layer)
    if function is None:
        misfit(name.at, "this layer has no activation that acts on each unit by itself")
    return _primed(function, name.primes)


def _primed(function: Function, primes: int) -> Function:
    for _ in range(primes):
        function = function.prime
    return function


def layer_of(argument: Expression | MatrixExpression) -> int | None:
    """The layer of a pre-activation, or of a formula for one."""
    tensors = tensors_in(argument)
    for roles in (("pre_activation",), ("weight", "bias"), ("output", "input")):
        layers = [tensor.layer for tensor in tensors if tensor.role in roles and tensor.layer is not None]
        if layers:
            return layers[0]
    return None


def _layer_below(name: Scripted, own: int | None, scope: Scope) -> int | None:
    """An index letter says the layer of its units, o the output layer, h a hidden one; a number the layer itself."""
    (part, *rest) = positions_below(name.below) if name.below is not None else ()
    text = letter_text(part)
    if rest:
        misfit(name.at, "several indices on an activation")
    if text is None:
        mark = scope.mark(name.below)
        of_unit = mark is None or not mark.isdigit() or scope.names.notation.activation_name == "unit"
        return own if of_unit or mark is None else int(mark) - scope.names.notation.first_layer
    letter = scope.letters.find(text)
    if letter is not None:
        axis = letter.index.axis
        found = [t.layer for t in scope.names.system.definitions if t.role == "pre_activation" and t.axes[-1:] == (axis,)]
        return own if own in found else next(iter(found), None)
    depth = scope.names.depth
    if text == OUTPUT:
        return depth
    if text == HIDDEN and own is not None:
        return own if own < depth else depth - 1
    return own


def activation_of(system: System, layer: int) -> Function | None:
    """The function that gives a layer's outputs from its pre-activations, unit by unit; None where there is none."""
    for equation in system.equations:
        if equation.tensor.role == "output" and equation.tensor.layer == layer:
            right = equation.right
            if isinstance(right, Apply) and isinstance(right.argument, Entry) and right.argument.tensor.role == "pre_activation":
                return right.function
            if isinstance(right, Entry) and right.tensor.role == "pre_activation":
                return IDENTITY
    return None

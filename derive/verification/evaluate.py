"""Numeric values of expressions by plain loops: each node at a position becomes a closure over the values of entries.

Nothing is simplified on the way and no rule of the calculus is used: a derivative is a central difference. So what this
module says about a line of a derivation is independent of how the line was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, singledispatch
from typing import Any, Protocol

from sympy import Basic

from derive.expressions import (
    MINUS_ONE,
    Apply,
    Bracket,
    Cases,
    Constant,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Partial,
    Plus,
    Power,
    Product,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
)
from derive.indices import Affine, Axis, Index, Position
from derive.verification.primitives import EvaluationError, limited, primitive, real

Closure = Callable[[], Any]
Scalar = Callable[[Any], Any]

STEP_DIGITS = 25
"""Derivatives are central differences with a step of 10**-25."""

SAME_DIGITS = 15
"""Values closer than 10**-15 count as equal, so that a perturbation stays in the branch in which a kink lies."""


class Source(Protocol):
    """What an expression reads while it is evaluated."""

    context: Any

    def size(self, axis: Axis) -> int: ...

    def read(self, tensor: Tensor, position: tuple[int, ...]) -> Closure: ...

    def derivative(self, of: Expression, by: Entry, scope: Scope) -> Any: ...

    def scalar(self, function: Function) -> Scalar: ...

    def compared(self, difference: Any) -> None: ...

    def branched(self, node: Cases, branch: int) -> None: ...


class Scope:
    """Where an expression stands: positions of its indices and the argument of a function's formula.

    The tensors ``held`` are fixed inside a ``Partial``, because the line accounts for their influence in another factor.
    """

    __slots__ = ("argument", "bindings", "held", "source")  # one is made for every term of every sum

    def __init__(
        self, source: Source, bindings: Mapping[Index, int], held: tuple[str, ...] = (), argument: list[Any] | None = None
    ) -> None:
        self.source, self.bindings, self.held, self.argument = source, bindings, held, argument

    def at(self, index: Index, place: int) -> Scope:
        return Scope(self.source, {**self.bindings, index: place}, self.held, self.argument)


def position_of(position: Position, bindings: Mapping[Index, int]) -> int:
    """The whole number that a position stands for."""
    if isinstance(position, Index):
        if position not in bindings:
            raise EvaluationError(f"index {position.letter} is free and has no value")
        return bindings[position]
    return position.constant + sum(term.coefficient * position_of(term.index, bindings) for term in position.terms)


def zero() -> Any:
    """The closure of everything that is known to vanish at its position."""
    return 0


def closure(value: Basic, scope: Scope) -> Closure:
    """A function without arguments that returns the value of an expression from the present values of entries."""
    return _rule(type(value))(value, scope)


@singledispatch
def _closure(value: Basic, scope: Scope) -> Closure:
    raise EvaluationError(f"no value for {type(value).__name__}")


_rule: Callable[[type], Callable[[Basic, Scope], Closure]] = cache(_closure.dispatch)  # asked for at every node and position


@_closure.register
def _(value: Number, scope: Scope) -> Closure:
    number = scope.source.context.mpf(int(value.value.p)) / int(value.value.q)
    return lambda: number


@_closure.register
def _(value: Constant, scope: Scope) -> Closure:
    if value.name != "pi":
        raise EvaluationError(f"no value for the constant {value.name}")
    context = scope.source.context
    return lambda: +context.pi


@_closure.register
def _(value: Size, scope: Scope) -> Closure:
    number = scope.source.context.mpf(scope.source.size(value.axis))
    return lambda: number


@_closure.register
def _(value: Variable, scope: Scope) -> Closure:
    argument = scope.argument
    if argument is None:
        raise EvaluationError("the variable of a formula stands outside a function")
    return lambda: argument[0]


@_closure.register
def _(value: Entry, scope: Scope) -> Closure:
    return scope.source.read(value.tensor, tuple(position_of(p, scope.bindings) for p in value.positions))


@_closure.register
def _(value: Plus, scope: Scope) -> Closure:
    return _summed([closure(term, scope) for term in value.args])


@_closure.register
def _(value: Total, scope: Scope) -> Closure:
    places = [scope.at(value.index, i) for i in range(scope.source.size(value.index.axis))]
    if isinstance(value.body, Product) and len(value.body.args) == 2 and all(isinstance(f, Entry) for f in value.body.args):
        pairs = [(closure(value.body.args[0], place), closure(value.body.args[1], place)) for place in places]
        dot = scope.source.context.fdot
        return lambda: dot([(left(), right()) for left, right in pairs])
    return _summed([closure(value.body, place) for place in places])


def summands(value: Basic, scope: Scope) -> Iterator[Closure]:
    """The closures of the terms that add up to ``value``, one after the other; a number in front of a sum goes to each of its terms."""
    if isinstance(value, Plus):
        for term in value.args:
            yield from summands(term, scope)
    elif isinstance(value, Total):
        for place in range(scope.source.size(value.index.axis)):
            yield from summands(value.body, scope.at(value.index, place))
    elif isinstance(value, Product) and isinstance(value.args[-1], Plus | Total) and all(map(_is_number, value.args[:-1])):
        number = closure(Product(*value.args[:-1]), scope)
        for part in summands(value.args[-1], scope):
            yield _times(number, part)
    else:
        yield closure(value, scope)


def _is_number(value: Basic) -> bool:
    return isinstance(value, Number | Size) or (isinstance(value, Power) and _is_number(value.base) and _is_number(value.exponent))


def _times(number: Closure, part: Closure) -> Closure:
    return lambda: number() * part()


def _summed(parts: list[Closure]) -> Closure:
    kept = [part for part in parts if part is not zero]
    if len(kept) < 2:
        return kept[0] if kept else zero
    first, rest = kept[0], kept[1:]

    def added() -> Any:
        result = first()
        for part in rest:
            result = result + part()
        return result

    return added


@_closure.register
def _(value: Product, scope: Scope) -> Closure:
    """Brackets come first, because they guard what cannot be read elsewhere; then derivatives, because they often vanish."""
    found: dict[int, Closure] = {}
    for place in _by_urgency(value):
        found[place] = closure(value.args[place], scope)
        if found[place] is zero:
            return zero
    parts = [found[place] for place in range(len(value.args))]
    if len(parts) == 2:
        left, right = parts
        if value.args[0] == MINUS_ONE:
            return lambda: -right()
        return lambda: left() * right()

    def multiplied() -> Any:
        result = parts[0]()
        for part in parts[1:]:
            result = result * part()
        return result

    return multiplied


@lru_cache(maxsize=1 << 12)
def _by_urgency(value: Product) -> tuple[int, ...]:
    """The places of the factors in the order in which they are looked at."""
    return tuple(sorted(range(len(value.args)), key=lambda place: _urgency(value.args[place])))


def _urgency(factor: Basic) -> int:
    return 0 if isinstance(factor, Bracket) else 1 if isinstance(factor, Partial) else 2


@_closure.register
def _(value: Power, scope: Scope) -> Closure:
    context, base = scope.source.context, closure(value.base, scope)
    if isinstance(value.exponent, Number) and value.exponent.value.q == 1:
        whole = int(value.exponent.value.p)
        if whole == -1:
            return lambda: 1 / base()
        return lambda: limited(context, base(), whole) ** whole
    exponent = closure(value.exponent, scope)

    def raised() -> Any:
        power = exponent()
        return real(context, context.power(limited(context, base(), power), power), "a power")

    return raised


@_closure.register
def _(value: Largest, scope: Scope) -> Closure:
    source = scope.source
    parts = [closure(value.body, scope.at(value.index, i)) for i in range(source.size(value.index.axis))]

    def largest() -> Any:
        found = sorted((part() for part in parts), reverse=True)
        if len(found) > 1:
            source.compared(found[0] - found[1])
        return found[0]

    return largest


@_closure.register
def _(value: Apply, scope: Scope) -> Closure:
    function, argument = scope.source.scalar(value.function), closure(value.argument, scope)
    return lambda: function(argument())


@_closure.register
def _(value: Partial, scope: Scope) -> Closure:
    if isinstance(value.by, Variable):
        return _slope(value.of, scope)
    number = scope.source.derivative(value.of, value.by, scope)
    return zero if number == 0 else lambda: number


def _slope(of: Expression, scope: Scope) -> Closure:
    argument, body = scope.argument, closure(of, scope)
    if argument is None:
        raise EvaluationError("the variable of a formula stands outside a function")

    def at(place: Any) -> Any:
        before, argument[0] = argument[0], place
        try:
            return body()
        finally:
            argument[0] = before

    return lambda: central_difference(scope.source.context, at, argument[0])


@_closure.register
def _(value: Bracket, scope: Scope) -> Closure:
    tests = [holds(relation, scope) for relation in value.relations]
    if any(test is False for test in tests):
        return zero
    open_tests = [test for test in tests if not isinstance(test, bool)]
    one, nothing = scope.source.context.mpf(1), scope.source.context.mpf(0)
    return lambda: one if all(test() for test in open_tests) else nothing


@_closure.register
def _(value: Cases, scope: Scope) -> Closure:
    branches: list[tuple[Callable[[], bool], Closure]] = []
    otherwise: Closure | None = None
    for case in value.cases:
        test = holds(case.relation, scope)
        if test is True:
            otherwise = closure(case.value, scope)
            break
        if not isinstance(test, bool):
            branches.append((test, closure(case.value, scope)))
    last = otherwise or closure(value.otherwise, scope)
    source = scope.source
    if not branches:
        return last

    def chosen() -> Any:
        for place, (test, branch) in enumerate(branches):
            if test():
                source.branched(value, place)
                return branch()
        source.branched(value, len(branches))
        return last()

    return chosen


def holds(relation: Relation, scope: Scope) -> bool | Callable[[], bool]:
    """Whether a relation holds: known at once between positions, a question to the values between expressions."""
    if isinstance(relation.left, Index | Affine) or isinstance(relation.right, Index | Affine):
        between = _whole(relation.left, scope) - _whole(relation.right, scope)
        return _sign_fits(relation.sign, (between > 0) - (between < 0))
    left, right = closure(relation.left, scope), closure(relation.right, scope)
    source, sign = scope.source, relation.sign
    same = source.context.mpf(10) ** -SAME_DIGITS

    def test() -> bool:
        difference = left() - right()
        source.compared(difference)
        return _sign_fits(sign, (difference > same) - (difference < -same))

    return test


def _whole(side: Basic, scope: Scope) -> int:
    """A side of a relation between positions: a position, a whole number, or how many positions an axis has."""
    if isinstance(side, Size):
        return scope.source.size(side.axis)
    if isinstance(side, Number):
        return int(side.value)
    if not isinstance(side, Index | Affine):
        raise EvaluationError(f"a position is compared with a {type(side).__name__}")
    return position_of(side, scope.bindings)


def _sign_fits(sign: str, direction: int) -> bool:
    fitting = {"=": (0,), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0), "!=": (-1, 1)}
    return direction in fitting[sign]


def scalar_closure(source: Source, function: Function) -> Scalar:
    """A function of one number: its formula, a primitive, or for each prime a central difference of the one below."""
    if function.order:
        lower = source.scalar(Function(function.args[0], function.args[1], function.order - 1))
        return lambda place: central_difference(source.context, lower, place)
    if function.body is None:
        return primitive(source.context, function.name)
    argument: list[Any] = [None]
    body = closure(function.body, Scope(source, {}, (), argument))

    def value(place: Any) -> Any:
        argument[0] = place
        return body()

    return value


def central_difference(context: Any, function: Scalar, place: Any) -> Any:
    """The derivative at ``place``; twice the digits while it runs, so that differences of differences keep theirs."""
    digits = context.dps
    context.dps = digits + STEP_DIGITS
    try:
        step = context.mpf(10) ** -STEP_DIGITS
        found = (function(place + step) - function(place - step)) / (2 * step)
    finally:
        context.dps = digits
    return +found

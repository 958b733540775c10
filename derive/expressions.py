"""The nodes that equations are written in.

Every node is a SymPy ``Basic`` that never evaluates itself: a factor stays where it was written, so that each line of
a derivation can be shown as it is. Rules (not constructors) decide what becomes of an expression.

An index belongs to an axis; a sum binds a fresh index, so that no formula can capture one. Letters are only hints:
what a reader sees is chosen when printing.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Integer, Rational
from sympy.core.symbol import Str

from derive.indices import Affine, Axis, Index, Node, Position, label


class Tensor(Node):
    """A named array over axes.

    ``role`` says what it is in the network (``weight``, ``bias``, ``pre_activation``, ``output``, ``input``,
    ``target``, ``loss``, ``total_loss``, ``delta``, ``adjoint``, ``gradient``, ``value``), ``layer`` which layer owns it (0 = the input
    layer, None = none); a notation turns both into a symbol. ``of`` is the tensor that an adjoint belongs to.
    """

    def __new__(
        cls,
        name: str | Str,
        axes: tuple[Axis, ...] | Basic = (),
        role: str | Str = "value",
        layer: int | Basic | None = None,
        of: Basic | None = None,
    ) -> Tensor:
        own_axes = axes if isinstance(axes, Axes) else Axes(*axes)
        mark = layer if isinstance(layer, Basic) else Str("-") if layer is None else Integer(layer)
        return Basic.__new__(cls, label(name), own_axes, label(role), mark, of if of is not None else Str("-"))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.args[1].args

    @property
    def role(self) -> str:
        return self.args[2].name

    @property
    def layer(self) -> int | None:
        return int(self.args[3]) if isinstance(self.args[3], Integer) else None

    @property
    def of(self) -> Tensor | None:
        return self.args[4] if isinstance(self.args[4], Tensor) else None

    def __getitem__(self, positions: Any) -> Entry:
        return Entry(self, *(positions if isinstance(positions, tuple) else (positions,)))


class Axes(Node):
    """The axes of a tensor, in order."""


class Function(Node):
    """A scalar function, named. ``body`` is its formula in ``Variable()``; a primitive has none. ``order`` counts primes."""

    def __new__(cls, name: str | Str, body: Basic | None = None, order: int | Integer = 0) -> Function:
        return Basic.__new__(cls, label(name), body if body is not None else Str("primitive"), Integer(order))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def body(self) -> Expression | None:
        return self.args[1] if isinstance(self.args[1], Expression) else None

    @property
    def order(self) -> int:
        return int(self.args[2])

    @property
    def prime(self) -> Function:
        return Function(self.args[0], self.body, self.order + 1)

    def __call__(self, argument: Expression) -> Apply:
        return Apply(self, argument)


class Expression(Node):
    """What an equation's right side is made of."""

    def __add__(self, other: Any) -> Expression:
        return plus(self, expression(other))

    def __radd__(self, other: Any) -> Expression:
        return plus(expression(other), self)

    def __sub__(self, other: Any) -> Expression:
        return plus(self, negative(expression(other)))

    def __rsub__(self, other: Any) -> Expression:
        return plus(expression(other), negative(self))

    def __mul__(self, other: Any) -> Expression:
        return product(self, expression(other))

    def __rmul__(self, other: Any) -> Expression:
        return product(expression(other), self)

    def __truediv__(self, other: Any) -> Expression:
        return product(self, Power(expression(other), Number(-1)))

    def __rtruediv__(self, other: Any) -> Expression:
        return product(expression(other), Power(self, Number(-1)))

    def __pow__(self, exponent: Any) -> Expression:
        return Power(self, expression(exponent))

    def __neg__(self) -> Expression:
        return negative(self)


class Number(Expression):
    """An exact rational."""

    def __new__(cls, value: int | str | Rational) -> Number:
        return Basic.__new__(cls, value if isinstance(value, Rational) else Rational(value))

    @property
    def value(self) -> Rational:
        return self.args[0]


class Constant(Expression):
    """A named mathematical constant; only ``pi`` so far."""

    def __new__(cls, name: str | Str) -> Constant:
        return Basic.__new__(cls, label(name))

    @property
    def name(self) -> str:
        return self.args[0].name


class Size(Expression):
    """The number of positions along an axis, as a number in a formula."""

    @property
    def axis(self) -> Axis:
        return self.args[0]


class Variable(Expression):
    """The argument in a function's formula."""


class Entry(Expression):
    """``tensor[positions]``; a scalar tensor has no positions."""

    def __new__(cls, tensor: Tensor, *positions: Position | int) -> Entry:
        if len(positions) != len(tensor.axes):
            raise ValueError(f"{tensor.name} has {len(tensor.axes)} axes, got {len(positions)} positions")
        return Basic.__new__(cls, tensor, *(p if isinstance(p, Index) else Affine.of(p).simplest() for p in positions))

    def __repr__(self) -> str:
        return f"{self.tensor.name}[{', '.join(map(str, self.positions))}]"

    __str__ = __repr__

    @property
    def tensor(self) -> Tensor:
        return self.args[0]

    @property
    def positions(self) -> tuple[Position, ...]:
        return self.args[1:]


class Plus(Expression):
    """Terms, in the order written."""


class Product(Expression):
    """Factors, in the order written."""


class Power(Expression):
    """``base ** exponent``; division is exponent -1, a square root is exponent 1/2."""

    @property
    def base(self) -> Expression:
        return self.args[0]

    @property
    def exponent(self) -> Expression:
        return self.args[1]


class Total(Expression):
    """The sum of ``body`` over every position of the index it binds."""

    @property
    def index(self) -> Index:
        return self.args[0]

    @property
    def body(self) -> Expression:
        return self.args[1]


class Largest(Expression):
    """The largest ``body`` over every position of the index it binds."""

    @property
    def index(self) -> Index:
        return self.args[0]

    @property
    def body(self) -> Expression:
        return self.args[1]


class Apply(Expression):
    """A function at an argument."""

    @property
    def function(self) -> Function:
        return self.args[0]

    @property
    def argument(self) -> Expression:
        return self.args[1]


class Partial(Expression):
    """The partial derivative of ``of`` with respect to the entry ``by``, not yet carried out."""

    @property
    def of(self) -> Expression:
        return self.args[0]

    @property
    def by(self) -> Entry:
        return self.args[1]


class Relation(Node):
    """``left sign right``; both sides are positions (affine) or both are expressions. Signs: ``= != < <= > >=``."""

    def __new__(cls, left: Basic, sign: str | Str, right: Basic) -> Relation:
        return Basic.__new__(cls, left, label(sign), right)

    @property
    def left(self) -> Basic:
        return self.args[0]

    @property
    def sign(self) -> str:
        return self.args[1].name

    @property
    def right(self) -> Basic:
        return self.args[2]


class Bracket(Expression):
    """Iverson's bracket: 1 where every relation holds, else 0. ``[p = k]`` is the Kronecker delta."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        return self.args


class Case(Node):
    """``value`` where ``relation`` holds."""

    @property
    def value(self) -> Expression:
        return self.args[0]

    @property
    def relation(self) -> Relation:
        return self.args[1]


class Cases(Expression):
    """The value of the first case that holds, else the last argument. The branch a kink falls in states its derivative there."""

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.args[:-1]

    @property
    def otherwise(self) -> Expression:
        return self.args[-1]


ZERO, ONE, MINUS_ONE = Number(0), Number(1), Number(-1)
BINDERS = (Total, Largest)


def expression(value: Any) -> Expression:
    """``value`` as a node: a node, or an exact number (a float is read as its shortest decimal)."""
    if isinstance(value, Expression):
        return value
    return Number(Rational(str(value))) if isinstance(value, float) else Number(value)


def plus(*terms: Expression) -> Expression:
    """The terms side by side; nested sums are flattened, nothing is dropped."""
    flat = tuple(part for term in terms for part in (term.args if isinstance(term, Plus) else (term,)))
    return flat[0] if len(flat) == 1 else Plus(*flat) if flat else ZERO


def product(*factors: Expression) -> Expression:
    """The factors side by side; nested products are flattened, nothing is dropped."""
    flat = tuple(part for factor in factors for part in (factor.args if isinstance(factor, Product) else (factor,)))
    return flat[0] if len(flat) == 1 else Product(*flat) if flat else ONE


def negative(value: Expression) -> Expression:
    """``-value``."""
    return Number(-value.value) if isinstance(value, Number) else product(MINUS_ONE, value)


def total(indices: Index | tuple[Index, ...], body: Expression) -> Expression:
    """The sum of ``body`` over one index or several, the first outermost."""
    for index in reversed(indices if isinstance(indices, tuple) else (indices,)):
        body = Total(index, body)
    return body


def factors_of(value: Expression) -> tuple[Expression, ...]:
    """The factors of a product; anything else is its own only factor."""
    return value.args if isinstance(value, Product) else (value,)


def terms_of(value: Expression) -> tuple[Expression, ...]:
    """The terms of a sum; anything else is its own only term."""
    return value.args if isinstance(value, Plus) else (value,)

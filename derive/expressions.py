"""The nodes that equations are written in.

Every node is a SymPy ``Basic`` that never evaluates itself: a factor stays where it was written, so that each line of
a derivation can be shown as it is. Rules (not constructors) decide what becomes of an expression.

An index belongs to an axis; a sum binds a fresh index, so that no formula can capture one. Letters are only hints:
what a reader sees is chosen when printing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sympy import Basic, Integer, Rational
from sympy.core.symbol import Str

_serial = count(1)


class Node(Basic):
    """What all nodes share: a plain text for people who debug; SymPy's printers would take our names for its own."""

    def __eq__(self, other: object) -> bool:
        """Equal parts; SymPy's own comparison asks more questions, and nodes are compared all the time."""
        if self is other:
            return True
        return type(self) is type(other) and hash(self) == hash(other) and bool(self.args == other.args)

    __hash__ = Basic.__hash__

    def _sympystr(self, printer: Any) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.args))})"

    __str__ = __repr__


class Axis(Node):
    """A named dimension with a symbolic size; ``size`` is the size the specification gives it.

    Two axes of one size are still different axes.
    """

    def __new__(cls, name: str | Str, size: int | Integer) -> Axis:
        return Basic.__new__(cls, Str(str(name)), Integer(size))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def size(self) -> int:
        return int(self.args[1])


class Index(Node):
    """A position along an axis, free or bound by a ``Total``; two indices are the same only if made by one call."""

    def __new__(cls, letter: str | Str, axis: Axis, serial: int | Integer | None = None) -> Index:
        number = next(_serial) if serial is None else serial
        return Basic.__new__(cls, Str(str(letter)), axis, Integer(number))

    @property
    def letter(self) -> str:
        return self.args[0].name

    @property
    def axis(self) -> Axis:
        return self.args[1]

    def __repr__(self) -> str:
        return f"{self.letter}{self.args[2]}"

    __str__ = __repr__

    def fresh(self) -> Index:
        """Another index along the same axis."""
        return Index(self.letter, self.axis)


class Affine(Node):
    """``constant + sum(coefficient * index)`` with whole coefficients: a shifted, strided or fixed position."""

    def __new__(cls, constant: int | Integer, *terms: Basic) -> Affine:
        return Basic.__new__(cls, Integer(constant), *terms)

    @staticmethod
    def of(position: Position | int) -> Affine:
        """``position`` as an affine combination."""
        if isinstance(position, Affine):
            return position
        if isinstance(position, Index):
            return Affine(0, AffineTerm(1, position))
        return Affine(position)

    @property
    def constant(self) -> int:
        return int(self.args[0])

    @property
    def terms(self) -> tuple[AffineTerm, ...]:
        return self.args[1:]

    def coefficient(self, index: Index) -> int:
        return sum(term.coefficient for term in self.terms if term.index == index)

    def scaled(self, factor: int) -> Affine:
        return Affine(factor * self.constant, *(AffineTerm(factor * t.coefficient, t.index) for t in self.terms))

    def plus(self, other: Affine) -> Affine:
        total: dict[Index, int] = {}
        for term in self.terms + other.terms:
            total[term.index] = total.get(term.index, 0) + term.coefficient
        return Affine(self.constant + other.constant, *(AffineTerm(c, i) for i, c in total.items() if c))

    def simplest(self) -> Position:
        """The bare index where this is just one, so that equal positions compare equal."""
        merged = self.plus(Affine(0))
        if merged.constant == 0 and len(merged.terms) == 1 and merged.terms[0].coefficient == 1:
            return merged.terms[0].index
        return merged


class AffineTerm(Node):
    """One ``coefficient * index``."""

    def __new__(cls, coefficient: int | Integer, index: Index) -> AffineTerm:
        return Basic.__new__(cls, Integer(coefficient), index)

    @property
    def coefficient(self) -> int:
        return int(self.args[0])

    @property
    def index(self) -> Index:
        return self.args[1]


Position = Index | Affine


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
        return Basic.__new__(cls, Str(str(name)), own_axes, Str(str(role)), mark, of if of is not None else Str("-"))

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
        return Basic.__new__(cls, Str(str(name)), body if body is not None else Str("primitive"), Integer(order))

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
        return Basic.__new__(cls, Rational(value))

    @property
    def value(self) -> Rational:
        return self.args[0]


class Constant(Expression):
    """A named mathematical constant; only ``pi`` so far."""

    def __new__(cls, name: str | Str) -> Constant:
        return Basic.__new__(cls, Str(str(name)))

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
    """``left sign right``; both sides are positions (affine) or both are expressions. Signs: ``= < <= > >=``."""

    def __new__(cls, left: Basic, sign: str | Str, right: Basic) -> Relation:
        return Basic.__new__(cls, left, Str(str(sign)), right)

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


def walk(value: Basic) -> Iterator[Basic]:
    """Every node inside an expression, parents first; tensors, functions and indices are leaves."""
    yield value
    if not isinstance(value, Tensor | Function | Index | Axis):
        for part in value.args:
            if isinstance(part, Basic):
                yield from walk(part)


def rebuild(value: Basic, change: Callable[[Basic], Basic]) -> Basic:
    """The same node with ``change`` applied to each part; leaves are returned as they are."""
    if isinstance(value, Tensor | Function | Index | Axis) or not value.args:
        return value
    parts = tuple(change(part) if isinstance(part, Basic) and not isinstance(part, Str | Rational) else part for part in value.args)
    return value if parts == value.args else value.func(*parts)


def entries_of(value: Basic) -> tuple[Entry, ...]:
    """Every entry read in an expression, each once, in order of appearance."""
    return tuple(dict.fromkeys(node for node in walk(value) if isinstance(node, Entry)))


def tensors_of(value: Basic) -> tuple[Tensor, ...]:
    """Every tensor read in an expression, each once, in order of appearance."""
    return tuple(dict.fromkeys(entry.tensor for entry in entries_of(value)))


def free_indices(value: Basic) -> tuple[Index, ...]:
    """The indices that no sum inside ``value`` binds, in order of appearance."""
    if isinstance(value, Index):
        return (value,)
    if isinstance(value, Tensor | Function | Axis):
        return ()
    if isinstance(value, BINDERS):
        return tuple(i for i in free_indices(value.body) if i != value.index)
    found = (index for part in value.args if isinstance(part, Basic) for index in free_indices(part))
    return tuple(dict.fromkeys(found))

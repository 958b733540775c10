"""The values of formulas between vectors and matrices, by plain loops; nothing of the matrix recogniser is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from derive.chain_rule import adjoint
from derive.evaluate import EvaluationError
from derive.expressions import Entry, Function, Tensor, Variable
from derive.judge.latex import Bars, Branches, Comparison, Factors, Grid, Group, Name, Node, NotUnderstood, Over, Raised, Terms, Truth
from derive.judge.scalars import scalar, without_partial
from derive.judge.vocabulary import Vocabulary
from derive.valuation import Valuation

TRANSPOSED, ENTRYWISE = r"\top", r"\odot"
ONES = r"\mathbf{1}"
SAME = 10.0**-15


@dataclass(frozen=True)
class Array:
    """A matrix; a side that is None has any length, because every row or column is the same, as in the column of ones."""

    rows: int | None
    columns: int | None
    at: Callable[[int, int], Any]

    @property
    def transposed(self) -> Array:
        return Array(self.columns, self.rows, lambda i, j: self.at(j, i))

    @property
    def is_scalar(self) -> bool:
        return self.rows == self.columns == 1


def _multiplied(x: Any, y: Any) -> Any:
    return x * y


def _divided(x: Any, y: Any) -> Any:
    return x / y


class ArrayReader:
    """Formulas at one point. Raises ``NotUnderstood`` for what has no meaning and ``EvaluationError`` where shapes do not fit."""

    def __init__(self, words: Vocabulary, valuation: Valuation) -> None:
        self.words, self.valuation = words, valuation

    def array(self, node: Node) -> Array:
        """The value of a formula."""
        match node:
            case Group(body):
                return self.array(body)
            case Name():
                return self.name(node)
            case Raised(base, above, power):
                return self.raised(self.array(base), above, power)
            case Bars(body, True):
                return self.norm(self.array(body))
            case Terms(parts):
                signed = [self.each(lambda x, sign=sign: sign * x, self.array(part)) for sign, part in parts]
                return reduce(lambda a, b: self.each(lambda x, y: x + y, a, b), signed)
            case Factors(parts):
                return self.factors(parts)
            case Over():
                return self.fraction(node)
            case Truth(parts):
                return reduce(lambda a, b: self.each(lambda x, y: x * y, a, b), [self.comparison(part) for part in parts])
            case Branches(parts):
                return self.branches(parts)
            case Grid(rows):
                return self.grid(rows)
        return self.single(node)

    def single(self, node: Node) -> Array:
        """A formula of entries as one number."""
        value = scalar(node, self.words, {})
        if isinstance(value, Variable):
            raise NotUnderstood("the variable of an activation stands here")
        number = self.valuation.evaluate(value, {})
        return Array(1, 1, lambda i, j: number)

    def name(self, node: Name) -> Array:
        if node.name == ONES and not node.below:
            ones = Array(None, 1, lambda i, j: self.valuation.context.one)
            return ones.transposed if node.above == TRANSPOSED else ones
        tensor = None if node.below or node.primes else self.words.arrays.get((node.name, node.above))
        if tensor is not None:
            return self.tensor(tensor)
        if node.above and not node.below and (node.name, "") in self.words.arrays:
            return self.raised(self.tensor(self.words.arrays[node.name, ""]), node.above, node.power)
        return self.single(node)

    def tensor(self, tensor: Tensor) -> Array:
        """A vector is a column; a scalar is one by one."""
        if len(tensor.axes) > 2:
            raise NotUnderstood(f"{tensor.name} has more than two axes")
        values = self.valuation.array(tensor)
        sizes = [self.valuation.size(axis) for axis in tensor.axes]
        if len(sizes) == 2:
            return Array(sizes[0], sizes[1], lambda i, j: values[i, j])
        return Array(sizes[0], 1, lambda i, j: values[(i,)]) if sizes else Array(1, 1, lambda i, j: values[()])

    def raised(self, base: Array, above: str, power: Node | None) -> Array:
        if above == TRANSPOSED:
            return base.transposed
        entrywise = above.startswith(ENTRYWISE)
        if entrywise and above.removeprefix(ENTRYWISE).removeprefix("-").isdigit():
            exponent = int(above.removeprefix(ENTRYWISE))
            return self.each(lambda x: x**exponent, base)
        if base.is_scalar and power is not None:
            return self.each(lambda x, y: x**y, base, self.array(power))
        raise NotUnderstood(f"^{above} has no meaning for a matrix")

    def norm(self, body: Array) -> Array:
        total = sum(body.at(i, j) ** 2 for i in range(self.length(body.rows)) for j in range(self.length(body.columns)))
        root = self.valuation.context.sqrt(total)
        return Array(1, 1, lambda i, j: root)

    def length(self, side: int | None) -> int:
        if side is None:
            raise NotUnderstood("the length of a column of ones is not known here")
        return side

    def each(self, function: Callable[..., Any], *parts: Array) -> Array:
        """Entry by entry; all parts of one shape, but for scalars in comparisons and scales, which fit everywhere."""
        rows, columns = self.common([p.rows for p in parts]), self.common([p.columns for p in parts])
        return Array(rows, columns, lambda i, j: function(*(part.at(i, j) for part in parts)))

    def common(self, sides: list[int | None]) -> int | None:
        known = sorted({side for side in sides if side is not None})
        if len(known) > 1:
            raise EvaluationError(f"lengths {known[0]} and {known[1]} do not fit")
        return known[0] if known else None

    def factors(self, parts: tuple[tuple[str, Node], ...]) -> Array:
        groups: list[tuple[str, list[Node]]] = [("", [])]
        for dot, part in parts:
            if dot in ("odot", "oslash"):
                groups.append((dot, []))
            groups[-1][1].append(part)
        found = self.product(groups[0][1])
        for dot, group in groups[1:]:
            found = self.each(_divided if dot == "oslash" else _multiplied, found, self.product(group))
        return found

    def product(self, parts: list[Node]) -> Array:
        found: list[Array] = []
        place = 0
        while place < len(parts):
            part = parts[place]
            function = self.function(part) if place + 1 < len(parts) else None
            if function is not None:
                found.append(self.applied(function, parts[place + 1]))
                place += 1
            else:
                found.append(self.array(part))
            place += 1
        return reduce(self.times, found)

    def function(self, part: Node) -> Callable[[Array], Array] | None:
        """What a symbol does to the brackets after it: a function of every entry, or a diagonal matrix."""
        if not isinstance(part, Name) or part.below or part.above:
            return None
        if part.name == r"\operatorname{diag}":
            return self.diagonal
        known = self.words.functions.get(part.name)
        if known is None:
            return None
        value = self.valuation.scalar(Function(known.args[0], known.args[1], part.primes))
        return lambda argument: self.each(value, argument)

    def applied(self, function: Callable[[Array], Array], argument: Node) -> Array:
        if isinstance(argument, Raised) and isinstance(argument.base, Group):
            return self.raised(function(self.array(argument.base)), argument.above, argument.power)
        if not isinstance(argument, Group):
            raise NotUnderstood("a function needs brackets round its argument")
        return function(self.array(argument))

    def diagonal(self, vector: Array) -> Array:
        size = self.length(vector.rows)
        return Array(size, size, lambda i, j: vector.at(i, 0) if i == j else self.valuation.context.zero)

    def times(self, left: Array, right: Array) -> Array:
        if left.is_scalar:
            return self.scaled(left, right)
        if right.is_scalar and left.columns != 1:
            return self.scaled(right, left)
        inner = self.common([left.columns, right.rows])
        size = self.length(inner)
        return Array(left.rows, right.columns, lambda i, j: sum(left.at(i, k) * right.at(k, j) for k in range(size)))

    def scaled(self, factor: Array, value: Array) -> Array:
        return Array(value.rows, value.columns, lambda i, j: factor.at(0, 0) * value.at(i, j))

    def fraction(self, node: Over) -> Array:
        of = without_partial(node.top)
        if of is None:
            top, bottom = self.array(node.top), self.array(node.bottom)
            if not bottom.is_scalar:
                raise NotUnderstood("a matrix stands below a fraction")
            return self.scaled(Array(1, 1, lambda i, j: 1 / bottom.at(0, 0)), top)
        by = without_partial(node.bottom)
        tensor = self.words.arrays.get((by.name, by.above)) if isinstance(by, Name) and not by.below else None
        if tensor is None:
            return self.single(node)
        if scalar(of, self.words, {}) != Entry(self.words.system.loss):
            raise NotUnderstood("a derivative of something else than the loss stands here")
        return self.tensor(adjoint(tensor))

    def comparison(self, node: Comparison) -> Array:
        left, right = self.array(node.left), self.array(node.right)
        left, right = self.spread(left, right), self.spread(right, left)
        fitting = {"=": (0,), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}[node.sign]
        return self.each(lambda x, y: self.valuation.context.mpf((x - y > SAME) - (x - y < -SAME) in fitting), left, right)

    def spread(self, value: Array, other: Array) -> Array:
        """A scalar at every place of the other side."""
        return Array(other.rows, other.columns, lambda i, j: value.at(0, 0)) if value.is_scalar else value

    def branches(self, parts: tuple[tuple[Node, Comparison | None], ...]) -> Array:
        conditions = [self.comparison(condition) for _, condition in parts if condition is not None]
        if len(conditions) != len(parts) - 1:
            raise NotUnderstood("the last case needs no condition")
        values = [self.spread(self.array(value), conditions[0]) for value, _ in parts]

        def chosen(*numbers: Any) -> Any:
            tests, found = numbers[: len(conditions)], numbers[len(conditions) :]
            return next((value for test, value in zip(tests, found, strict=False) if test), found[-1])

        return self.each(chosen, *conditions, *values)

    def grid(self, rows: tuple[tuple[Node, ...], ...]) -> Array:
        if len({len(row) for row in rows}) != 1:
            raise NotUnderstood("rows of different lengths")
        cells = [[self.array(cell).at(0, 0) for cell in row] for row in rows]
        return Array(len(rows), len(rows[0]), lambda i, j: cells[i][j])

"""Gives syntax its meaning: names become tensors, indices, functions and numbers.

Every sum and maximum binds a fresh index. A letter that names no axis takes its axis from the positions where it
stands; letters that contradict each other, shadow each other or are declared nowhere are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from sympy import Rational

from derive.calculus.substitute import inline
from derive.equations import Equation
from derive.errors import unknown
from derive.expressions import (
    ONE,
    Apply,
    Bracket,
    Case,
    Cases,
    Constant,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Power,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
    negative,
    plus,
    product,
    total,
)
from derive.indices import Affine, AffineTerm, Axis, Index, Position
from derive.language.grammar import (
    LARGEST_EXPONENT,
    Call,
    Chain,
    Comparison,
    Literal,
    Minus,
    Name,
    Place,
    Raised,
    Source,
    Syntax,
    Truth,
    parts_of,
    read_formula,
)
from derive.traversal import walk

VARIABLE, VECTOR_INDEX = "z", "j"
"""The letters of the formulas of activations: ``z``, or ``z[j]`` where they are functions of vectors."""

BINDERS = {"sum": Total, "max": Largest}
FORMS = (*BINDERS, "logsumexp", "cases", "size", "sqrt")


@dataclass(frozen=True)
class Scope:
    """What the names of a formula stand for.

    ``indices`` are the free letters, ``axes`` the letters that name an axis, ``values`` the scalars (parameters, the
    variable of an activation), ``functions`` everything that can be called with one argument, ``vectors`` the functions of vectors
    by their formulas in ``z[j]``: ``softmax(j, u)``.
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    indices: Mapping[str, Index] = field(default_factory=dict)
    axes: Mapping[str, Axis] = field(default_factory=dict)
    values: Mapping[str, Expression] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    vectors: Mapping[str, str] = field(default_factory=dict)

    def with_index(self, letter: str, index: Index) -> Scope:
        """The scope inside a sum that binds ``letter``."""
        return replace(self, indices={**self.indices, letter: index})


@dataclass(frozen=True)
class Reader:
    """Turns the syntax of one text into expressions; refusals carry the position in that text."""

    source: Source

    def refuse(self, syntax: Syntax, message: str) -> NoReturn:
        self.source.refuse(syntax.at, message)

    def refuse_unknown(self, syntax: Syntax, kind: str, name: str, known: list[str]) -> NoReturn:
        self.refuse(syntax, str(unknown(kind, name, known)))

    def expression(self, syntax: Syntax, scope: Scope) -> Expression:
        """The expression that ``syntax`` means in ``scope``."""
        match syntax:
            case Literal(text=text):
                return Number(Rational(text))
            case Name():
                return self._value(syntax, scope)
            case Place():
                return self._entry(syntax, scope)
            case Call():
                return self._call(syntax, scope)
            case Chain(signs=signs) if signs[0] == "+":
                terms = (self.expression(part, scope) for part in syntax.operands)
                return plus(*(negative(term) if sign == "-" else term for sign, term in zip(signs, terms, strict=True)))
            case Chain():
                return self._product(syntax, scope)
            case Minus():
                return negative(self.expression(syntax.operand, scope))
            case Raised():
                return self._power(syntax, scope)
            case Truth():
                return Bracket(*(self.relation(comparison, scope) for comparison in syntax.comparisons))
            case Comparison():
                self.refuse(syntax, "a comparison stands only in cases(...) or in brackets")

    def relation(self, syntax: Comparison, scope: Scope) -> Relation:
        """A comparison of positions where both sides are made of indices or one is the size of an axis, otherwise of values."""
        sides = (syntax.left, syntax.right)
        letters = [letter for side in sides for letter in letters_in(side)]
        positions = [self._is_position(side, scope) for side in sides]
        if letters and any(positions) and all(is_one or _is_size(side) for is_one, side in zip(positions, sides, strict=True)):
            left, right = (
                self.position(side, scope) if is_one else self.expression(side, scope)
                for is_one, side in zip(positions, sides, strict=True)
            )
            return Relation(left, syntax.sign, right)
        return Relation(self.expression(syntax.left, scope), syntax.sign, self.expression(syntax.right, scope))

    def position(self, syntax: Syntax, scope: Scope) -> Position:
        """A position: whole multiples of indices and a whole constant."""
        return self._affine(syntax, scope).simplest()

    def _affine(self, syntax: Syntax, scope: Scope) -> Affine:
        match syntax:
            case Literal(text=text) if text.isdigit():
                return Affine(int(text))
            case Name(name=name):
                if name not in scope.indices:
                    self._refuse_index(syntax, scope)
                return Affine(0, AffineTerm(1, scope.indices[name]))
            case Minus():
                return self._affine(syntax.operand, scope).scaled(-1)
            case Chain(signs=signs) if signs[0] == "+":
                combined = Affine(0)
                for sign, part in zip(signs, syntax.operands, strict=True):
                    combined = combined.plus(self._affine(part, scope).scaled(-1 if sign == "-" else 1))
                return combined
            case Chain(signs=signs) if "/" not in signs:
                combined = Affine(1)
                for part in syntax.operands:
                    factor = self._affine(part, scope)
                    if factor.terms and combined.terms:
                        self.refuse(part, "a position holds no product of two indices")
                    combined = combined.scaled(factor.constant) if not factor.terms else factor.scaled(combined.constant)
                return combined
        self.refuse(syntax, "a position is made of indices and whole numbers with + - *")

    def _is_position(self, syntax: Syntax, scope: Scope) -> bool:
        match syntax:
            case Name(name=name):
                return name in scope.indices and name not in scope.values and not _is_scalar(name, scope)
            case Literal(text=text):
                return text.isdigit()
            case Chain() | Minus():
                return all(self._is_position(part, scope) for part in parts_of(syntax))
        return False

    def _value(self, syntax: Name, scope: Scope) -> Expression:
        name = syntax.name
        if name in scope.values:
            return scope.values[name]
        if name in scope.tensors:
            tensor = scope.tensors[name]
            if tensor.axes:
                letters = ",".join(axis.name for axis in tensor.axes)
                self.refuse(syntax, f"{name} has {len(tensor.axes)} axes and needs as many positions: {name}[{letters}]")
            return Entry(tensor)
        if name == "pi":
            return Constant("pi")
        if name in scope.indices or name in scope.axes:
            self.refuse(syntax, f"index {name} stands only in positions, comparisons of positions and size(...)")
        if self._is_function(name, scope):
            self.refuse(syntax, f"{name} is a function and needs an argument: {name}(...)")
        self.refuse_unknown(syntax, "name", name, [*scope.values, *scope.tensors, "pi"])

    def _entry(self, syntax: Place, scope: Scope) -> Entry:
        tensor = self._tensor(syntax, scope)
        positions = tuple(self.position(part, scope) for part in syntax.positions)
        for part, position, axis in zip(syntax.positions, positions, tensor.axes, strict=True):
            if isinstance(part, Name) and isinstance(position, Index) and position.axis != axis:
                self.refuse(part, f"index {part.name} runs along {_spoken(position.axis)}, but here {tensor.name} has {_spoken(axis)}")
        return Entry(tensor, *positions)

    def _tensor(self, syntax: Place, scope: Scope) -> Tensor:
        if syntax.name not in scope.tensors:
            if self._is_function(syntax.name, scope):
                self.refuse(syntax, f"{syntax.name} is a function; write {syntax.name}(...)")
            self.refuse_unknown(syntax, "name", syntax.name, list(scope.tensors))
        tensor = scope.tensors[syntax.name]
        if len(tensor.axes) != len(syntax.positions):
            self.refuse(syntax, f"{tensor.name} has {len(tensor.axes)} axes, got {len(syntax.positions)} positions")
        return tensor

    def _call(self, syntax: Call, scope: Scope) -> Expression:
        name, arguments = syntax.name, syntax.arguments
        if name in BINDERS or name == "logsumexp":
            return self._bound(syntax, scope)
        if name in scope.vectors:
            return self._vector(syntax, scope)
        if name == "cases":
            return self._cases(syntax, scope)
        if name not in scope.functions and name not in FORMS:
            if name in scope.tensors:
                self.refuse(syntax, f"{name} is a tensor; write {name}[...]")
            self.refuse_unknown(syntax, "function", name, [*FORMS, *scope.functions, *scope.vectors])
        if len(arguments) != 1:
            self.refuse(syntax, f"{name} takes 1 argument, got {len(arguments)}")
        if name == "size":
            return self._size(arguments[0], scope)
        argument = self.expression(arguments[0], scope)
        return Power(argument, Number(Rational(1, 2))) if name == "sqrt" else apply(scope.functions[name], argument)

    def _bound(self, syntax: Call, scope: Scope) -> Expression:
        if len(syntax.arguments) < 2:
            self.refuse(syntax, f"{syntax.name} needs an index and a body: {syntax.name}(j, ...)")
        letters, body = syntax.arguments[:-1], syntax.arguments[-1]
        bound: list[Index] = []
        for letter in letters:
            if not isinstance(letter, Name):
                self.refuse(letter, f"{syntax.name} binds an index letter first: {syntax.name}(j, ...)")
            if letter.name in scope.indices:
                self.refuse(letter, f"index {letter.name} already means something outside this {syntax.name}; take another letter")
            index = Index(letter.name, self.axis_of(letter, (body,), scope))
            scope = scope.with_index(letter.name, index)
            bound.append(index)
        value = self.expression(body, scope)
        if syntax.name == "logsumexp":
            return Apply(scope.functions["log"], total(tuple(bound), Apply(scope.functions["exp"], value)))
        for index in reversed(bound):
            value = BINDERS[syntax.name](index, value)
        return value

    def _vector(self, syntax: Call, scope: Scope) -> Expression:
        """``softmax(j, u)``: the formula of a function of vectors for the vector of all ``u`` along the index j, at j."""
        if len(syntax.arguments) != 2 or not isinstance(letter := syntax.arguments[0], Name):
            self.refuse(syntax, f"{syntax.name} takes an index and what stands at it: {syntax.name}(j, u[j])")
        if letter.name not in scope.indices:
            self._refuse_index(letter, scope)
        index = scope.indices[letter.name]
        vector = Tensor(VARIABLE, (index.axis,), "vector")  # a user may have a z along the same axis
        formula = Reader(Source(scope.vectors[syntax.name], f"formula of {syntax.name}"))
        inner = Scope({VARIABLE: vector}, {VECTOR_INDEX: index}, {VECTOR_INDEX: index.axis}, {}, scope.functions)
        value = formula.expression(read_formula(formula.source), inner)
        return inline(value, {vector: Equation(Entry(vector, index), self.expression(syntax.arguments[1], scope))})

    def axis_of(self, letter: Name, bodies: tuple[Syntax, ...], scope: Scope) -> Axis:
        """The axis of a letter: the one it names, or that of the positions where it stands."""
        if letter.name in scope.axes:
            return scope.axes[letter.name]
        for shifted in (False, True):
            places = [(place, axis) for body in bodies for place, axis in self._uses(letter.name, body, scope, shifted)]
            for place, axis in places[1:]:
                if axis != places[0][1]:
                    self.refuse(place, f"index {letter.name} stands at {_spoken(axis)} here and at {_spoken(places[0][1])} before")
            if places:
                return places[0][1]
        self.refuse(letter, f"index {letter.name} names no axis and stands at no position, so its axis is unknown")

    def _uses(self, letter: str, syntax: Syntax, scope: Scope, shifted: bool) -> Iterator[tuple[Syntax, Axis]]:
        if isinstance(syntax, Place):
            tensor = self._tensor(syntax, scope)
            for part, axis in zip(syntax.positions, tensor.axes, strict=True):
                if (part == Name(letter, part.at)) if not shifted else list(letters_in(part)) == [letter]:
                    yield part, axis
            return
        for part in parts_of(syntax):
            yield from self._uses(letter, part, scope, shifted)

    def _cases(self, syntax: Call, scope: Scope) -> Cases:
        if len(syntax.arguments) < 3 or len(syntax.arguments) % 2 == 0:
            self.refuse(syntax, "cases needs condition, value, ..., otherwise")
        *pairs, otherwise = syntax.arguments
        conditions, values = pairs[::2], pairs[1::2]
        cases = []
        for condition, value in zip(conditions, values, strict=True):
            if not isinstance(condition, Comparison):
                self.refuse(condition, "cases needs a condition here, such as z > 0")
            cases.append(Case(self.expression(value, scope), self.relation(condition, scope)))
        return Cases(*cases, self.expression(otherwise, scope))

    def _power(self, syntax: Raised, scope: Scope) -> Power:
        """``base ** exponent``; towers of numbers are refused, for they cost more than they mean."""
        base, exponent = self.expression(syntax.base, scope), self.expression(syntax.exponent, scope)
        if isinstance(exponent, Number) and abs(exponent.value) > LARGEST_EXPONENT:
            self.refuse(syntax.exponent, f"the exponent is too large; the limit is {LARGEST_EXPONENT}")
        for part, inner in ((syntax.base, base), (syntax.exponent, exponent)):
            if _is_power_of_numbers(inner):
                self.refuse(part, "a power of numbers inside a power; write the number")
        return Power(base, exponent)

    def _refuse_index(self, syntax: Name, scope: Scope) -> NoReturn:
        if syntax.name in scope.axes:
            self.refuse(syntax, f"index {syntax.name} is not bound here: no sum over it, and not an index of the left side")
        self.refuse_unknown(syntax, "index", syntax.name, list(scope.indices))

    @staticmethod
    def _is_function(name: str, scope: Scope) -> bool:
        return name in scope.functions or name in scope.vectors or name in FORMS

    def _size(self, syntax: Syntax, scope: Scope) -> Size:
        if not isinstance(syntax, Name):
            self.refuse(syntax, "size takes an index letter")
        if syntax.name in scope.axes:
            return Size(scope.axes[syntax.name])
        if syntax.name in scope.indices:
            return Size(scope.indices[syntax.name].axis)
        self.refuse_unknown(syntax, "index", syntax.name, [*scope.axes, *scope.indices])

    def _product(self, syntax: Chain, scope: Scope) -> Expression:
        """The factors in order; ``1/2`` is one number, which stands first, and ``1/x`` is ``x**-1``, before a sum if it is a constant."""
        factors: list[Expression] = []
        for sign, part in zip(syntax.signs, syntax.operands, strict=True):
            factor = self.expression(part, scope)
            if sign == "*":
                if factor != ONE or isinstance(part, Literal):  # a parameter of value 1 is no factor worth showing
                    factors.append(factor)
            elif isinstance(factor, Number):
                if factor.value == 0:
                    self.refuse(part, "division by zero")
                share = Number(1 / factor.value)
                if factors and isinstance(factors[0], Number):
                    factors[0] = Number(factors[0].value * share.value)
                else:
                    factors.insert(0, share)
            else:
                if factors == [ONE]:
                    factors.clear()
                share = Power(factor, Number(-1))
                if any(isinstance(other, Total) for other in factors) and not _varies(factor):
                    factors.insert(int(isinstance(factors[0], Number)), share)
                else:
                    factors.append(share)
        return product(*factors)


def apply(function: Function, argument: Expression) -> Expression:
    """``function`` at ``argument``; the identity leaves its argument as it is."""
    return argument if function.order == 0 and function.body == Variable() else Apply(function, argument)


def _is_power_of_numbers(value: Expression) -> bool:
    """Whether a power that may grow stands in an expression that reads nothing; a reciprocal or a root does not grow."""
    if _varies(value):
        return False
    exponents = [node.exponent for node in walk(value) if isinstance(node, Power)]
    return any(not isinstance(exponent, Number) or abs(exponent.value) > 1 for exponent in exponents)


def _varies(value: Expression) -> bool:
    return any(isinstance(node, Entry | Variable | Apply) for node in walk(value))


def _is_size(syntax: Syntax) -> bool:
    return isinstance(syntax, Call) and syntax.name == "size"


def _is_scalar(name: str, scope: Scope) -> bool:
    return name in scope.tensors and not scope.tensors[name].axes


def letters_in(syntax: Syntax) -> Iterator[str]:
    """Every name that stands alone in a piece of syntax, in the order written."""
    if isinstance(syntax, Name):
        yield syntax.name
    for part in parts_of(syntax):
        yield from letters_in(part)


def _spoken(axis: Axis) -> str:
    return f"axis {axis.name} (size {axis.size})"

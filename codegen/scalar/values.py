"""What a scalar program computes: numbers made from numbers, each kept once.

A value is an operation at other values. ``Values`` makes them and returns the same value for the same operation, so that common
subexpressions need no search. What Python's arithmetic would refuse (``math.exp(1000.0)``, a division by zero) is called by another
name, ``_exp`` or ``_over``, unless ``codegen.scalar.ranges`` shows that it cannot happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codegen.scalar.ranges import EVERYTHING, Range, range_of, range_under
from derive.errors import InputError

NUMBER, NAME, SUM, PRODUCT, OVER, CALL, LARGEST, SMALLEST, POWER, RELATION, BOTH, CHOICE = (
    *("number", "name", "sum", "product", "over", "call", "largest", "smallest", "power", "relation", "both", "choice"),
)
BEFORE, PATTERN, AFTER = range(3)
"""When a value is known: before any pattern is read, with its pattern, or when all patterns have been added up."""
MOST_OPERATIONS = 20_000
MOST_TERMS = 1_000_000
"""So many positions of sums are looked at, also where nothing is computed at most of them."""
ADVICE = "use style vectorised"
LARGEST_EXPONENT = 709.0
"""``exp`` of it is finite."""


@dataclass(frozen=True, eq=False, repr=False)
class Value:
    """An operation at values. ``detail`` is a number, a name, a function, the sign of a relation, or the signs of terms."""

    operation: str
    arguments: tuple[Value, ...] = ()
    detail: object = None
    stage: int = BEFORE

    def __repr__(self) -> str:
        return f"<{self.operation} {self.detail}>" if self.detail is not None else f"<{self.operation}>"

    @property
    def is_leaf(self) -> bool:
        return self.operation in (NUMBER, NAME)

    @property
    def number(self) -> float | None:
        """The number that this value is, where it is known."""
        return self.detail if isinstance(self.detail, float) else None


Known = Mapping[Value, Range]
"""What is known of values where an expression stands, from the conditions around it."""


@dataclass
class Values:
    """Makes values; the same operation at the same values is one value.

    Raises InputError when there are more than ``most`` of them: nobody wants such a program. ``advice`` says what else there is.
    """

    what: str = "style scalar"
    most: int = MOST_OPERATIONS
    advice: str = ADVICE
    terms: int = 0
    _made: dict[tuple[object, ...], Value] = field(default_factory=dict)
    _ranges: dict[Value, Range] = field(default_factory=dict)

    def _value(self, operation: str, arguments: tuple[Value, ...] = (), detail: object = None, stage: int = BEFORE) -> Value:
        key = (operation, arguments, detail)
        found = self._made.get(key)
        if found is None:
            self.expect(len(self._made) + 1)
            stage = max([stage, *(argument.stage for argument in arguments)])
            found = self._made[key] = Value(operation, arguments, detail, stage)
        return found

    def expect(self, count: int) -> None:
        """Raise InputError where ``count`` values are too many."""
        if count > self.most:
            raise InputError(f"{self.what}: more than {self.most} scalar operations; {self.advice}")

    def look_at(self, count: int) -> None:
        """Count positions of a sum that are looked at. Raise InputError where they are too many."""
        self.terms += count
        if self.terms > MOST_TERMS:
            raise InputError(f"{self.what}: sums over more than {MOST_TERMS} positions; {self.advice}")

    def number(self, number: float) -> Value:
        """A constant."""
        return self._value(NUMBER, detail=float(number) + 0.0)

    def name(self, name: str, stage: int = BEFORE) -> Value:
        """A variable that is there already."""
        return self._value(NAME, detail=name, stage=stage)

    def range(self, value: Value, known: Known | None = None) -> Range:
        """Between which numbers a value lies, whatever variables are."""
        return range_under(value, self._ranges, known) if known else range_of(value, self._ranges)

    # ------------------------------------------------------------------------------------------------- arithmetic

    def sum(self, terms: Sequence[Value]) -> Value:
        """The sum of terms, in order; a negative factor of a term becomes its sign."""
        constant = 0.0
        signed: list[tuple[int, Value]] = []
        for term in terms:
            if term.number is None:
                signed.append(self._signed(term))
            else:
                constant += term.number
        if constant or not signed:
            signed.append((-1 if constant < 0 else 1, self.number(abs(constant))))
        first = next((place for place, (sign, _) in enumerate(signed) if sign > 0), None)
        if first is None:
            return self.negative(self.sum([value for _, value in signed]))
        signed.insert(0, signed.pop(first))
        if len(signed) == 1:
            return signed[0][1]
        return self._value(SUM, tuple(value for _, value in signed), tuple(sign for sign, _ in signed))

    def _signed(self, term: Value) -> tuple[int, Value]:
        if term.operation == PRODUCT and term.arguments[0].number is not None and term.arguments[0].number < 0:
            return -1, self.negative(term)
        return 1, term

    def negative(self, value: Value) -> Value:
        """``-value``."""
        return self.product([self.number(-1.0), value])

    def product(self, factors: Sequence[Value]) -> Value:
        """The product of factors, the constant first; where a factor is a truth, it becomes the condition of the others."""
        constant, rest = 1.0, []
        for factor in factors:
            if factor.number is None:
                rest.append(factor)
            else:
                constant *= factor.number
        if constant == 0.0 or not rest:
            return self.number(constant)
        truth = next((factor for factor in rest if self._is_truth(factor)), None)
        if truth is not None:
            others = [self.number(constant), *(factor for factor in rest if factor is not truth)]
            return self.choice(truth.arguments[0], self.product(others), self.number(0.0))
        if constant != 1.0 and len(rest) == 1 and rest[0].operation == PRODUCT and rest[0].arguments[0].number is not None:
            return self.product([self.number(constant), *rest[0].arguments])
        if constant != 1.0:
            rest.insert(0, self.number(constant))
        return rest[0] if len(rest) == 1 else self._value(PRODUCT, tuple(rest))

    def _is_truth(self, value: Value) -> bool:
        return value.operation == CHOICE and [branch.number for branch in value.arguments[1:]] == [1.0, 0.0]

    def over(self, above: Value, below: Value, known: Known) -> Value:
        """A quotient."""
        if below.number and above.number is not None:
            return self.number(above.number / below.number)
        safe = not self.range(below, known).holds(0.0)
        return self._value(OVER if safe else CALL, (above, below), None if safe else "_over")

    def power(self, base: Value, exponent: Value) -> Value:
        """A power whose exponent is no small whole number."""
        return self._value(CALL, (base, exponent), "_power")

    # -------------------------------------------------------------------------------------------------- functions

    def call(self, function: str, argument: Value, known: Known) -> Value:
        """A function at a value, by the name that cannot fail here."""
        if argument.number is not None and function == "abs":
            return self.number(abs(argument.number))
        reach = self.range(argument, known)
        safe = {
            "exp": reach.upper <= LARGEST_EXPONENT,
            "expm1": reach.upper <= LARGEST_EXPONENT,
            "log": reach.lower > 0.0,
            "log1p": reach.lower > -1.0,
            "sqrt": reach.lower >= 0.0,
            "sin": reach.is_finite,
            "cos": reach.is_finite,
        }.get(function, True)
        return self._value(CALL, (argument,), function if safe else f"_{function}")

    def largest(self, values: Sequence[Value]) -> Value:
        """The largest of values, a constant last: NaN stays NaN."""
        return self._extreme(LARGEST, values)

    def smallest(self, values: Sequence[Value]) -> Value:
        """The smallest of values."""
        return self._extreme(SMALLEST, values)

    def _extreme(self, operation: str, values: Sequence[Value]) -> Value:
        different = sorted(dict.fromkeys(values), key=lambda value: value.number is not None)
        return different[0] if len(different) == 1 else self._value(operation, tuple(different))

    # ------------------------------------------------------------------------------------------------- conditions

    def relation(self, left: Value, sign: str, right: Value) -> Value:
        """A comparison."""
        return self._value(RELATION, (left, right), sign)

    def both(self, conditions: Sequence[Value]) -> Value:
        """All of several conditions."""
        different = tuple(dict.fromkeys(conditions))
        return different[0] if len(different) == 1 else self._value(BOTH, different)

    def choice(self, condition: Value, value: Value, otherwise: Value) -> Value:
        """``value`` where the condition holds, else ``otherwise``; only the branch that is chosen is computed."""
        return value if value is otherwise else self._value(CHOICE, (condition, value, otherwise))


__all__ = ["EVERYTHING", "Known", "Value", "Values"]

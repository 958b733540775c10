"""From a formula of entries to the expression that it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from sympy import Rational

from derive.expressions import (
    Affine,
    Apply,
    Axis,
    Bracket,
    Case,
    Cases,
    Constant,
    Entry,
    Expression,
    Function,
    Index,
    Largest,
    Number,
    Partial,
    Position,
    Power,
    Relation,
    Size,
    Total,
    Variable,
    negative,
    plus,
    product,
)
from derive.functions import FUNCTIONS
from derive.judge.latex import (
    Bars,
    Big,
    Branches,
    Comparison,
    Digits,
    Factors,
    Group,
    Name,
    Node,
    NotUnderstood,
    Over,
    Raised,
    Root,
    Terms,
    Truth,
)
from derive.judge.vocabulary import Vocabulary

Letters = Mapping[str, Index]
PARTIAL, EXPONENTIAL = r"\partial", "e"


def free_letters(sides: Sequence[Node], words: Vocabulary) -> dict[str, Index]:
    """An index for every letter that stands below a symbol and is not bound by a sum, the left side's first."""
    found: dict[str, Index] = {}
    for side in sides:
        for letter in _letters(side, words):
            if letter not in found:
                found[letter] = Index(letter, axis_of(letter, sides, words))
    return found


def _letters(node: Node, words: Vocabulary) -> list[str]:
    if isinstance(node, Name):
        if node.name == EXPONENTIAL and node.power is not None:
            return _letters(node.power, words)
        known = words.entry(node) or words.entry(replace(node, above="", power=None))
        return [letter for letter in node.below if known and not letter.isdigit()]
    if isinstance(node, Factors):
        found: list[str] = []
        bound: set[str] = set()
        for _, part in node.parts:
            if isinstance(part, Big):
                bound.add(part.letter)
            found += [letter for letter in _letters(part, words) if letter not in bound]
        return found
    return [letter for part in _parts(node) for letter in _letters(part, words)]


def _parts(node: Node) -> list[Node]:
    """The formulas directly inside a node."""

    def inside(value: Any) -> list[Node]:
        if isinstance(value, Node):
            return [value]
        return [part for item in value for part in inside(item)] if isinstance(value, tuple) else []

    assert is_dataclass(node)
    return [part for own in fields(node) if own.name != "power" for part in inside(getattr(node, own.name))]


def axis_of(letter: str, nodes: Sequence[Node], words: Vocabulary) -> Axis:
    """The axis of an index: that of the positions where it stands. Raises ``NotUnderstood`` where they contradict each other."""
    axes = list(dict.fromkeys(axis for node in nodes for axis in _uses(letter, node, words)))
    if len(axes) != 1:
        reason = "stands nowhere below a symbol" if not axes else f"runs along both {axes[0].name} and {axes[1].name}"
        raise NotUnderstood(f"the index {letter} {reason}")
    return axes[0]


def _uses(letter: str, node: Node, words: Vocabulary) -> list[Axis]:
    if isinstance(node, Name):
        if node.name == EXPONENTIAL and node.power is not None:
            return _uses(letter, node.power, words)
        known = words.entry(node) or words.entry(replace(node, above="", power=None))
        if known is None:
            return []
        tensor, order = known
        return [tensor.axes[place] for place, own in zip(order, node.below, strict=True) if own == letter]
    if isinstance(node, Factors):
        found: list[Axis] = []
        for _, part in node.parts:
            if isinstance(part, Big) and part.letter == letter:
                break
            found += _uses(letter, part, words)
        return found
    return [axis for part in _parts(node) for axis in _uses(letter, part, words)]


def scalar(node: Node, words: Vocabulary, letters: Letters) -> Expression:
    """The expression that a formula means. Raises ``NotUnderstood``."""
    match node:
        case Digits(value):
            return Number(Rational(value.numerator, value.denominator))
        case Name():
            return _name(node, words, letters)
        case Group(body):
            return scalar(body, words, letters)
        case Raised(base, _, power):
            if power is None:
                raise NotUnderstood("what stands above is no power")
            return Power(scalar(base, words, letters), scalar(power, words, letters))
        case Root(body):
            return Power(scalar(body, words, letters), Number("1/2"))
        case Bars(body, False):
            return Apply(FUNCTIONS["abs"], scalar(body, words, letters))
        case Terms(parts):
            return plus(*(scalar(p, words, letters) if sign > 0 else negative(scalar(p, words, letters)) for sign, p in parts))
        case Factors(parts):
            return _factors(parts, words, letters)
        case Over():
            return _fraction(node, words, letters)
        case Truth(parts):
            return Bracket(*(_relation(part, words, letters) for part in parts))
        case Branches(parts):
            cases = [Case(scalar(v, words, letters), _relation(c, words, letters)) for v, c in parts if c is not None]
            if not cases or parts[-1][1] is not None:
                raise NotUnderstood("the last case needs no condition")
            return Cases(*cases, scalar(parts[-1][0], words, letters))
    raise NotUnderstood(f"{type(node).__name__.lower()} has no meaning between entries")


def _name(node: Name, words: Vocabulary, letters: Letters) -> Expression:
    known = words.entry(node)
    if known is not None and not node.primes:
        tensor, order = known
        by_axis = dict(zip(order, (_position(letter, letters) for letter in node.below), strict=True))
        return Entry(tensor, *(by_axis[place] for place in range(len(order))))
    if node.name == EXPONENTIAL and node.power is not None and not node.below:
        return Apply(FUNCTIONS["exp"], scalar(node.power, words, letters))
    if node.power is not None and not node.primes:
        return Power(_name(replace(node, above="", power=None), words, letters), scalar(node.power, words, letters))
    if node.name == r"\pi" and not node.below:
        return Constant("pi")
    if (node.name, node.below) in words.sizes and not node.primes:
        return Size(words.sizes[node.name, node.below])
    if node.name == words.variable and not node.below and not node.primes:
        return Variable()
    raise NotUnderstood(f"{shown(node)} is no symbol here")


def shown(node: Name) -> str:
    """A symbol as it was written."""
    below = f"_{{{','.join(node.below)}}}" if node.below else ""
    return f"{node.name}{below}{chr(39) * node.primes}" + (f"^{{{node.above}}}" if node.above else "")


def _position(letter: str, letters: Letters) -> Position:
    if letter.isdigit():
        return Affine(int(letter) - 1)
    if letter not in letters:
        raise NotUnderstood(f"the index {letter} is not known here")
    return letters[letter]


def _factors(parts: tuple[tuple[str, Node], ...], words: Vocabulary, letters: Letters) -> Expression:
    found: list[Expression] = []
    place = 0
    while place < len(parts):
        dot, part = parts[place]
        if dot in ("odot", "oslash"):
            raise NotUnderstood("an entry-by-entry product stands between entries")
        rest = parts[place + 1 :]
        if isinstance(part, Big):
            if not rest:
                raise NotUnderstood(f"nothing stands after {part.kind}")
            body = Factors((("", rest[0][1]), *rest[1:])) if len(rest) > 1 else rest[0][1]
            index = Index(part.letter, axis_of(part.letter, [body], words))
            binder = Total if part.kind == "sum" else Largest
            found.append(binder(index, scalar(body, words, {**letters, part.letter: index})))
            break
        applied = _applied(part, rest[0], words, letters) if rest else None
        found.append(applied if applied is not None else scalar(part, words, letters))
        place += 1 if applied is None else 2
    return product(*found)


def _applied(part: Node, following: tuple[str, Node], words: Vocabulary, letters: Letters) -> Expression | None:
    """A function at its argument, or an inert derivative of what stands in the brackets after it."""
    dot, argument = following
    if dot:
        return None
    build = _function(part, words, letters) or _operator(part, words, letters)
    if build is None:
        return None
    if isinstance(argument, Raised) and isinstance(argument.base, Group):
        if argument.power is None:
            raise NotUnderstood("what stands above is no power")
        return Power(build(argument.base), scalar(argument.power, words, letters))
    return build(argument)


def _function(part: Node, words: Vocabulary, letters: Letters) -> Callable[[Node], Expression] | None:
    if not isinstance(part, Name) or part.below or part.above:
        return None
    function = words.functions.get(part.name)
    if function is None:
        return None
    primed = Function(function.args[0], function.args[1], part.primes)
    return lambda argument: Apply(primed, scalar(argument, words, letters))


def _operator(part: Node, words: Vocabulary, letters: Letters) -> Callable[[Node], Expression] | None:
    if not (isinstance(part, Over) and part.top == Name(PARTIAL)):
        return None
    by = _differentiated_by(part.bottom, words, letters)
    return lambda argument: Partial(scalar(argument, words, letters), by)


def without_partial(node: Node) -> Node | None:
    """What stands after the sign of a partial derivative; None where there is no such sign."""
    if not isinstance(node, Factors) or node.parts[0][1] != Name(PARTIAL):
        return None
    rest = node.parts[1:]
    return rest[0][1] if len(rest) == 1 else Factors((("", rest[0][1]), *rest[1:]))


def _differentiated_by(node: Node, words: Vocabulary, letters: Letters) -> Entry:
    body = without_partial(node)
    by = None if body is None else scalar(body, words, letters)
    if not isinstance(by, Entry):
        raise NotUnderstood("below a derivative one entry must stand")
    return by


def _fraction(node: Over, words: Vocabulary, letters: Letters) -> Expression:
    of = without_partial(node.top)
    if of is not None:
        return Partial(scalar(of, words, letters), _differentiated_by(node.bottom, words, letters))
    if node.top == Name(PARTIAL):
        raise NotUnderstood("nothing stands after a derivative")
    top, bottom = scalar(node.top, words, letters), scalar(node.bottom, words, letters)
    if isinstance(top, Number) and isinstance(bottom, Number) and bottom.value:
        return Number(top.value / bottom.value)
    return product(top, Power(bottom, Number(-1)))


def _relation(node: Comparison, words: Vocabulary, letters: Letters) -> Relation:
    sides = (node.left, node.right)
    if any(isinstance(side, Name) and side.name in letters and not side.below and not side.above for side in sides):
        left, right = (_place(side, letters) for side in sides)
        return Relation(left, node.sign, right)
    return Relation(scalar(node.left, words, letters), node.sign, scalar(node.right, words, letters))


def _place(node: Node, letters: Letters) -> Position:
    if isinstance(node, Digits):
        return Affine(int(node.value) - 1)
    if isinstance(node, Name) and not node.below and not node.above:
        return _position(node.name + "'" * node.primes, letters)
    raise NotUnderstood("a position was expected")

"""The LaTeX of formulas, as our printer and most people write it, as a tree; what the symbols mean is found elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction as Ratio


class NotUnderstood(ValueError):
    """A formula that cannot be read; the message says where or why."""


@dataclass(frozen=True)
class Node:
    """A part of a formula."""


@dataclass(frozen=True)
class Digits(Node):
    """A number."""

    value: Ratio


@dataclass(frozen=True)
class Name(Node):
    """A symbol: ``below`` its indices as written, ``above`` what stands there as text, ``power`` the same as a formula."""

    name: str
    below: tuple[str, ...] = ()
    above: str = ""
    power: Node | None = None
    primes: int = 0


@dataclass(frozen=True)
class Raised(Node):
    """A group with something above it."""

    base: Node
    above: str
    power: Node | None


@dataclass(frozen=True)
class Group(Node):
    """Round brackets."""

    body: Node


@dataclass(frozen=True)
class Bars(Node):
    """``| body |``, or its norm."""

    body: Node
    norm: bool


@dataclass(frozen=True)
class Over(Node):
    """A fraction."""

    top: Node
    bottom: Node


@dataclass(frozen=True)
class Root(Node):
    """A square root."""

    body: Node


@dataclass(frozen=True)
class Terms(Node):
    """Terms with their signs, each +1 or -1."""

    parts: tuple[tuple[int, Node], ...]


@dataclass(frozen=True)
class Factors(Node):
    """Factors, each with the sign before it: empty, ``cdot``, ``odot`` or ``oslash``."""

    parts: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Big(Node):
    """``sum`` or ``max`` over a letter; what it extends over follows it."""

    kind: str
    letter: str


@dataclass(frozen=True)
class Comparison(Node):
    """``left sign right``; the signs are ``= < > <= >=``."""

    left: Node
    sign: str
    right: Node


@dataclass(frozen=True)
class Truth(Node):
    """Comparisons in square brackets."""

    parts: tuple[Comparison, ...]


@dataclass(frozen=True)
class Branches(Node):
    """Values with their conditions; the last has none."""

    parts: tuple[tuple[Node, Comparison | None], ...]


@dataclass(frozen=True)
class Grid(Node):
    """A matrix of formulas."""

    rows: tuple[tuple[Node, ...], ...]


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|\S")
_SKIPPED = {r"\,", r"\;", r"\:", r"\!", "\\ ", r"\quad", r"\displaystyle", r"\left", r"\right"}
_SIZES = re.compile(r"\\(?:big|Big|bigg|Bigg)[lr]?")
_STYLES = ("mathit", "mathrm", "mathbf", "mathcal", "mathbb", "boldsymbol", "operatorname", "hat", "bar", "tilde", "vec")
_NAMED = {rf"\{kind}" for kind in _STYLES}
_SIGNS = {"=": "=", "<": "<", ">": ">", r"\le": "<=", r"\ge": ">=", r"\leq": "<=", r"\geq": ">=", r"\leftarrow": "="}
_DOTS = {r"\cdot": "cdot", r"\odot": "odot", r"\circ": "odot", r"\oslash": "oslash"}
_ENDS = {")", "]", "}", "&", ",", r"\\", r"\rvert", r"\rVert", r"\end", r"\text", "+", "-", *_SIGNS}


def tokens_of(text: str) -> list[str]:
    """The words of a formula, without spacing and without sizes of brackets."""
    words = [word for word in _TOKEN.findall(text) if word not in _SKIPPED and not _SIZES.fullmatch(word)]
    return ["(" if word == r"\lparen" else ")" if word == r"\rparen" else word for word in words]


def read(text: str) -> tuple[Node, ...]:
    """The sides of ``a = b = c``; an empty left side is left out. Raises ``NotUnderstood``."""
    reader = _Reader(tokens_of(text))
    sides = [] if reader.next in _SIGNS else [reader.expression()]
    while reader.next in ("=", r"\leftarrow"):
        reader.take()
        sides.append(reader.expression())
    if reader.next:
        raise NotUnderstood(f"{reader.next} was not expected")
    return tuple(sides)


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        found = self.next
        if not found or (expected and found != expected):
            raise NotUnderstood(f"{expected or 'more'} was expected, not {found or 'the end'}")
        self.at += 1
        return found

    def expression(self) -> Node:
        parts: list[tuple[int, Node]] = []
        sign = 1
        if self.next in ("+", "-"):
            sign = -1 if self.take() == "-" else 1
        while True:
            parts.append((sign, self.term()))
            if self.next not in ("+", "-"):
                break
            sign = -1 if self.take() == "-" else 1
        return parts[0][1] if parts == [(1, parts[0][1])] else Terms(tuple(parts))

    def term(self) -> Node:
        parts: list[tuple[str, Node]] = [("", self.factor())]
        while self.next and self.next not in _ENDS:
            dot = _DOTS[self.take()] if self.next in _DOTS else ""
            parts.append((dot, self.factor()))
        return parts[0][1] if len(parts) == 1 else Factors(tuple(parts))

    def factor(self) -> Node:
        word = self.take()
        if word[0].isdigit():
            return self.scripts(Digits(Ratio(word)))
        if word in (r"\frac", r"\tfrac", r"\dfrac"):
            return self.scripts(Over(self.group(), self.group()))
        if word == r"\sqrt":
            return self.scripts(Root(self.group()))
        if word in (r"\sum", r"\max") and self.next == "_":
            return self.big(word[1:])
        if word == r"\begin":
            return self.environment()
        if word == "(":
            return self.scripts(Group(self.until(")")))
        if word in (r"\lvert", r"\lVert"):
            return self.scripts(Bars(self.until(word.replace("l", "r", 1)), word == r"\lVert"))
        if word == "[":
            return self.scripts(self.truth())
        if word == "{":
            return self.scripts(self.until("}"))
        if word in _NAMED:
            return self.scripts(Name(f"{word}{{{''.join(self.raw())}}}"))
        if word.isalpha() or (word[0] == "\\" and word[1:].isalpha() and word not in _ENDS):
            return self.scripts(Name(word))
        raise NotUnderstood(f"{word} was not expected")

    def until(self, end: str) -> Node:
        body = self.expression()
        self.take(end)
        return body

    def group(self) -> Node:
        self.take("{")
        return self.until("}")

    def raw(self) -> list[str]:
        """The words of a group in braces, or one word."""
        if self.next != "{":
            return [self.take()]
        self.take("{")
        words: list[str] = []
        depth = 1
        while True:
            word = self.take()
            depth += {"{": 1, "}": -1}.get(word, 0)
            if not depth:
                return words
            words.append(word)

    def scripts(self, base: Node) -> Node:
        below: tuple[str, ...] = ()
        above: list[str] | None = None
        primes = 0
        while self.next in ("_", "^", "'"):
            word = self.take()
            if word == "'":
                primes += 1
            elif word == "_":
                below = _indices(self.raw())
            else:
                above = self.raw()
        if above is None and not below and not primes:
            return base
        power = _formula(above)
        text = "".join(above or [])
        if isinstance(base, Name) and not base.above:
            return Name(base.name, base.below or below, text, power, base.primes + primes)
        if below or primes:
            raise NotUnderstood("an index below or a prime stands at a group")
        return Raised(base, text, power)

    def big(self, kind: str) -> Node:
        self.take("_")
        below = self.raw()
        if self.next == "^":
            self.take()
            self.raw()
        return Big(kind, "".join(below).partition("=")[0])

    def comparison(self) -> Comparison:
        left = self.expression()
        if self.next not in _SIGNS:
            raise NotUnderstood("a comparison was expected")
        return Comparison(left, _SIGNS[self.take()], self.expression())

    def truth(self) -> Node:
        parts = [self.comparison()]
        while self.next == ",":
            self.take()
            parts.append(self.comparison())
        self.take("]")
        return Truth(tuple(parts))

    def environment(self) -> Node:
        kind = "".join(self.raw())
        if kind not in ("cases", "bmatrix"):
            raise NotUnderstood(f"the environment {kind} is not known")
        node = self.cases() if kind == "cases" else self.grid()
        self.take(r"\end")
        self.raw()
        return node

    def cases(self) -> Node:
        parts: list[tuple[Node, Comparison | None]] = []
        while self.next != r"\end":
            value = self.expression()
            self.take("&")
            self.take(r"\text")
            self.raw()
            parts.append((value, None if self.next in (r"\\", r"\end") else self.comparison()))
            if self.next == r"\\":
                self.take()
        return Branches(tuple(parts))

    def grid(self) -> Node:
        rows: list[tuple[Node, ...]] = []
        while self.next != r"\end":
            row = [self.expression()]
            while self.next == "&":
                self.take()
                row.append(self.expression())
            rows.append(tuple(row))
            if self.next == r"\\":
                self.take()
                self.distance()
        return Grid(tuple(rows))

    def distance(self) -> None:
        """The extra space after a row, ``[4pt]``."""
        if self.next == "[" and self.tokens[self.at + 2 : self.at + 4] == ["p", "t"]:
            self.at += 5


def _indices(words: list[str]) -> tuple[str, ...]:
    """What stands below, split at commas if there are any, else letter by letter; a prime belongs to the letter before it."""
    if "," in words:
        return tuple(part for part in "".join(words).split(",") if part)
    found: list[str] = []
    for word in words:
        if word in ("'", "^", "{", "}", r"\prime"):
            found[-1:] = [found[-1] + "'"] if found and word in ("'", r"\prime") else found[-1:]
        elif word.isdigit():
            found.extend(word)
        else:
            found.append(word)
    if any(word in ("+", "-") for word in found):
        return ("".join(words),)
    return tuple(found)


def _formula(words: list[str] | None) -> Node | None:
    if not words:
        return None
    reader = _Reader(words)
    try:
        node = reader.expression()
    except NotUnderstood:
        return None
    return None if reader.next else node

"""A tiny typesetting tree: what a formula looks like, before anyone decides between LaTeX and MathML.

Names of letters and signs are ours (``delta``, ``odot``); each printer has its own table for them.
"""

from __future__ import annotations

from dataclasses import dataclass

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho"),
    *("sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
STYLES = ("italic", "upright", "bold", "calligraphic", "double-struck")
ACCENTS = ("hat", "bar", "tilde", "vec")


@dataclass(frozen=True)
class Layout:
    """Anything that can stand in a formula."""


@dataclass(frozen=True)
class Symbol(Layout):
    """A letter, a Greek letter by name, or an identifier of several letters."""

    name: str
    style: str = "italic"


@dataclass(frozen=True)
class Digits(Layout):
    """A whole number or a decimal, unsigned."""

    digits: str


@dataclass(frozen=True)
class Sign(Layout):
    """An operator, a relation or punctuation, by name; ``+`` and the like stand for themselves."""

    name: str


@dataclass(frozen=True)
class Named(Layout):
    """An upright function name such as log."""

    name: str


@dataclass(frozen=True)
class Words(Layout):
    """Plain words inside a formula."""

    text: str


@dataclass(frozen=True)
class Gap(Layout):
    """Space: ``thin``, ``medium`` or ``quad``."""

    width: str = "thin"


@dataclass(frozen=True)
class Row(Layout):
    """Things side by side."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True)
class Scripts(Layout):
    """``base`` with a subscript and a superscript; primes stand before the superscript."""

    base: Layout
    below: Layout | None = None
    above: Layout | None = None
    primes: int = 0


@dataclass(frozen=True)
class Fraction(Layout):
    """``top`` over ``bottom``; a small one has the size of a line of text."""

    top: Layout
    bottom: Layout
    small: bool = False


@dataclass(frozen=True)
class Root(Layout):
    """The square root of ``body``."""

    body: Layout


@dataclass(frozen=True)
class Big(Layout):
    """``sum`` or ``max`` with what stands below and above it."""

    name: str
    below: Layout | None = None
    above: Layout | None = None


@dataclass(frozen=True)
class Fenced(Layout):
    """``body`` between ``( )``, ``[ ]``, ``| |`` or braces, in one of the sizes 0 to 3."""

    body: Layout
    fence: str = "("
    size: int = 0


@dataclass(frozen=True)
class Edge(Layout):
    """One of the parentheses of a group whose other one stands on another line: ``(`` or ``)``, in one of the sizes 0 to 3."""

    fence: str
    size: int = 0


@dataclass(frozen=True)
class Branches(Layout):
    """Cases: rows of a value and its condition."""

    rows: tuple[tuple[Layout, Layout], ...]


@dataclass(frozen=True)
class Grid(Layout):
    """A matrix in square brackets."""

    rows: tuple[tuple[Layout, ...], ...]


@dataclass(frozen=True)
class Accented(Layout):
    """``body`` under a hat, bar, tilde or arrow."""

    body: Layout
    accent: str


@dataclass(frozen=True)
class Box(Layout):
    """``body`` in a frame, to be recognised where it stands again."""

    body: Layout


@dataclass(frozen=True)
class Macro(Layout):
    """``body`` by a command of the reader's own, in LaTeX; anywhere else the body itself."""

    command: str
    body: Layout


def row(*parts: Layout) -> Layout:
    """The parts side by side, nested rows flattened."""
    flat = tuple(p for part in parts for p in (part.parts if isinstance(part, Row) else (part,)))
    return flat[0] if len(flat) == 1 else Row(flat)


def joined(parts: tuple[Layout, ...], separator: Layout) -> Layout:
    """The parts side by side with ``separator`` between them."""
    spread = tuple(p for part in parts for p in (separator, part))
    return row(*spread[1:])


def height(item: Layout) -> int:
    """How tall a fence must be to hold ``item``: 0 a line of text, 1 a fenced group with scripts, 2 a fraction or a big sum, 3 more."""
    match item:
        case Row(parts):
            return max((height(part) for part in parts), default=0)
        case Scripts(base, _, _, _):
            return max(height(base), 1 if isinstance(base, Fenced) else 0)
        case Fraction(top, bottom, small):
            return 1 if small else min(3, 2 + (max(height(top), height(bottom)) > 1))
        case Big():
            return 2
        case Root(body) | Accented(body, _) | Box(body):
            return min(3, height(body))
        case Fenced(body, _, size):
            return size if size else height(body)
        case Branches() | Grid():
            return 3
        case _:
            return 0


def fenced(body: Layout, fence: str = "(") -> Fenced:
    """``body`` in a fence as tall as it needs; a fence around fences is one size up."""
    tall = height(body)
    return Fenced(body, fence, min(3, max(tall, 1 + _deepest(body)) if _deepest(body) >= 0 else tall))


def _deepest(item: Layout) -> int:
    """The largest size of a group of parentheses standing in ``item`` itself, -1 for none; arguments of functions do not count."""
    match item:
        case Row(parts):
            return max((_deepest(part) for part in parts), default=-1)
        case Scripts(base, _, _, _):
            return _deepest(base)
        case Argument():
            return -1
        case Fenced(_, "(", size):
            return size
        case _:
            return -1


def argument(body: Layout) -> Layout:
    """The parentheses of a function's argument; they count as part of the name, not as a group."""
    group = fenced(body)
    return Argument(group.body, group.fence, group.size)


@dataclass(frozen=True)
class Argument(Fenced):
    """A function's argument in its parentheses."""

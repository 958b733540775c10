"""Systems of equations far from layered networks: the equation files beside this module, and systems from text for random tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from derive.equations import Equation, System
from derive.expressions import Entry, Number, Tensor
from derive.functions.scalar import FUNCTIONS
from derive.indices import Axis, Index
from derive.language.grammar import Place, Source, read_declaration, read_equation, read_formula, read_statement
from derive.language.scope import Reader, Scope
from derive.network import network


def system(
    name: str,
    axes: Mapping[str, int],
    inputs: Sequence[str],
    parameters: Sequence[str],
    equations: Sequence[str],
    loss: str,
    outside: Mapping[str, int] | None = None,
    assumptions: Sequence[str] = (),
) -> System:
    """Equations from text, without the checks that an equation file undergoes.

    A tensor's positions name its axes; ``j2`` on the left is another index along axis ``j``.
    """
    known = {letter: Axis(letter, size) for letter, size in axes.items()}
    tensors: dict[str, Tensor] = {}
    for role, declared in (("input", inputs), ("parameter", parameters), ("value", [line.partition("=")[0] for line in equations])):
        for text in declared:
            place = read_declaration(Source(text.strip()))
            letters = [part.name for part in place.positions] if isinstance(place, Place) else []
            tensors[place.name] = Tensor(place.name, tuple(known[_axis(letter)] for letter in letters), role)
    read: list[Equation] = []
    for line in equations:
        source = Source(line)
        syntax = read_equation(source)
        letters = [part.name for part in syntax.left.positions] if isinstance(syntax.left, Place) else []
        indices = {letter: Index(letter, known[_axis(letter)]) for letter in letters}
        scope = Scope(tensors, indices, known, {}, FUNCTIONS)
        right = Reader(source).expression(syntax.right, scope)
        read.append(Equation(Entry(tensors[syntax.left.name], *indices.values()), right))
    scope = Scope(tensors, {}, known, {}, FUNCTIONS)
    total = Reader(Source(loss)).expression(read_formula(Source(loss)), scope)
    read.append(Equation(Entry(Tensor("loss", (), "loss")), total))
    facts = []
    for text in assumptions:
        statement = read_statement(Source(text))
        left, right = (Reader(Source(text)).expression(side, scope) for side in (statement.left, statement.right))
        facts.append(Equation(left, right))  # type: ignore[arg-type]
    return System(
        name,
        tuple(t for t in tensors.values() if t.role == "input"),
        tuple(t for t in tensors.values() if t.role == "parameter"),
        tuple(read),
        tuple(facts),
        {tensors[key]: Number(value) for key, value in (outside or {}).items()},
    )


def _axis(letter: str) -> str:
    return letter.rstrip("0123456789")


EVERY = tuple(network(path).pattern for path in sorted((Path(__file__).parent / "equations").glob("*.toml")))
"""One system for each equation file."""

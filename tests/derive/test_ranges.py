"""Guards: what always holds is not said, what may fail stays, and sizes are symbolic as far as that goes."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from derive.calculus.contract import contract
from derive.calculus.ranges import decided, guards, opposite
from derive.expressions import Relation, Size, Tensor, Total
from derive.functions.scalar import FUNCTIONS
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.language.grammar import Source, read_formula
from derive.language.scope import Reader, Scope

C, P, Q, T = Axis("c", 5), Axis("p", 2), Axis("q", 3), Axis("t", 4)
TENSORS = {"a": Tensor("a", (P,)), "b": Tensor("b", (Q,)), "d": Tensor("d", (C,)), "w": Tensor("w", (Q,))}


def relation(text: str) -> Relation:
    indices = {axis.name: Index(axis.name, axis) for axis in (C, P, Q, T)}
    source = Source(f"[{text}]")
    scope = Scope(TENSORS, indices, {axis.name: axis for axis in (C, P, Q, T)}, {}, FUNCTIONS)
    return Reader(source).expression(read_formula(source), scope).args[0]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("0 <= t", True),
        ("0 <= t+1", True),
        ("t < size(t)", True),
        ("t-1 < size(t)", True),
        ("t+1 < size(t)", None),
        ("0 <= t-1", None),
        ("t >= size(t)", False),
        ("t < 0", False),
        ("t = t", True),
        ("t+1 = t", False),
        ("t = 0", None),
        ("q+2 < size(c)", True),
        ("q+3 < size(c)", None),
        ("c < 2", None),
        ("p < 2", True),
        ("3-t < size(t)", True),
        ("t = q", None),
    ],
)
def test_what_always_and_what_never_holds(text: str, meaning: bool | None) -> None:
    assert decided(relation(text)) is meaning


def truths(relation: Relation, indices: list[Index]) -> list[bool]:
    """Whether a relation between affine positions and sizes holds, at every position of the indices."""

    def number(side: Affine | Size, places: dict[Index, int]) -> int:
        if isinstance(side, Size):
            return side.axis.size
        return side.constant + sum(term.coefficient * places[term.index] for term in side.terms)

    holds = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "=": int.__eq__}[relation.sign]
    everywhere = [dict(zip(indices, places, strict=True)) for places in product(*(range(index.axis.size) for index in indices))]
    return [bool(holds(number(relation.left, places), number(relation.right, places))) for places in everywhere]


def test_decisions_and_opposites_agree_with_every_position() -> None:
    random = Random(1)
    for _ in range(400):
        indices = [Index(axis.name, axis) for axis in random.sample((C, P, Q, T), random.randint(1, 2))]
        left = Affine(random.randint(-3, 4), *(AffineTerm(random.choice([-2, -1, 1, 2]), index) for index in indices))
        right = random.choice([Affine(random.randint(-2, 6)), Size(random.choice((C, P, Q, T)))])
        one = Relation(left, random.choice(["<", "<=", ">", ">=", "="]), right)
        found = truths(one, indices)
        assert decided(one) is None or set(found) == {decided(one)}
        other = opposite(one)
        assert other is None or truths(other, indices) == [not holds for holds in found]


def test_a_shift_needs_one_guard_and_an_own_index_none() -> None:
    t = Index("t", T)
    later = Affine(1, AffineTerm(1, t))
    assert guards(t, T) == ()
    assert guards(later, T) == (Relation(later, "<", Size(T)),)
    assert guards(later, T, known=(Relation(later, "<", Size(T)),)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(c, d[c]*sum(q, w[q]*[c = t+q-1]))", "one sum over q"),
        ("sum(c, d[c]*cases(c < 2, 0, [c = t]))", "no sum"),
        ("sum(c, d[c]*cases(d[c] > 0, [c = t], 2*[c = t]))", "no sum"),
        ("sum(c, d[c]*cases(d[c] > 0, [c = t], 2))", "one sum over c"),
        ("sum(c, d[c]*sum(q, w[q]*([c = t]*b[q] + [c = t+1])))", "one sum over q"),
        ("sum(c, d[c]*[2*c = t])", "one sum over c"),
        ("sum(c, exp([c = t]))", "one sum over c"),
    ],
)
def test_brackets_are_solved_through_sums_and_branches(text: str, expected: str) -> None:
    """The outer index goes where it can, so that the sum over a kernel remains; what cannot be solved stays as it is."""
    source, t = Source(text), Index("t", T)
    scope = Scope(TENSORS, {"t": t}, {axis.name: axis for axis in (C, P, Q, T)}, {}, FUNCTIONS)
    value, _ = contract(Reader(source).expression(read_formula(source), scope))
    sums = [node.index.axis.name for node in value.atoms(Total)]
    words = {0: "no sum", 1: "one sum over "}[len(sums)]
    assert words + "".join(sorted(set(sums))) == expected


def test_two_axes_of_one_declared_size_decide_nothing() -> None:
    r = Index("r", Axis("r", 3))
    assert decided(Relation(r, "<", Size(Axis("p", 3)))) is None
    assert decided(Relation(r, "<", Size(Axis("p", 2)))) is None
    assert decided(Relation(r, "<", Size(Axis("p", 5)))) is True

"""The formula grammar: what it reads, and what it says about what it cannot read."""

from __future__ import annotations

import pytest
from mpmath import mp

from derive.calculus.canonical import canonical
from derive.errors import InputError
from derive.expressions import Entry, Expression, Largest, Number, Power, Relation, Size, Tensor, Total
from derive.functions.scalar import FUNCTIONS, scalar_body
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.language.grammar import DEEPEST, LONGEST_TEXT, Source, read_declaration, read_equation, read_formula
from derive.language.scope import Reader, Scope
from tests.derive.values import value

J, K, T = Axis("j", 3), Axis("k", 4), Axis("t", 5)
TENSORS = {
    tensor.name: tensor for tensor in (Tensor("W", (J, K)), Tensor("a", (K,)), Tensor("c", (J,)), Tensor("h", (T, J)), Tensor("s", ()))
}


def read(text: str, **indices: Index) -> Expression:
    source = Source(text)
    scope = Scope(TENSORS, indices, {"t": T}, {}, FUNCTIONS)
    return Reader(source).expression(read_formula(source), scope)


def number(text: str, z: float = 0.3) -> float:
    return float(value(scalar_body(text, "a test"), z=mp.mpf(z)))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1 - 2 - 3", -4),
        ("2*3 - 4/8", 5.5),
        ("2**3*2", 16),
        ("-2**2", -4),
        ("(-2)**2", 4),
        ("2**-1", 0.5),
        ("12/2/3", 2),
        ("12/(2*3)", 2),
        ("1/4*8", 2),
        ("- -3", 3),
        ("+3", 3),
        ("1e-3*1000", 1),
        (".5 + 1.", 1.5),
        ("sqrt(16)", 4),
        ("(2*pi/pi)**0.5", 2**0.5),
        ("sqrt(2/pi)**2*pi", 2),
        ("abs(-3) + abs(0)", 3),
        ("cases(2 > 3, 1, 2 >= 2, 5, 7)", 5),
        ("[2 > 1, 1 = 1] + [2 < 1]", 1),
        ("cos(pi)", -1),
        ("exp(log(7))", 7),
        ("relu(-2) + relu6(9)", 6),
    ],
)
def test_arithmetic_means_what_it_means_everywhere(text: str, meaning: float) -> None:
    assert number(text) == pytest.approx(meaning, abs=1e-14)


def test_decimals_are_exact() -> None:
    assert scalar_body("0.044715", "a test") == Number("8943/200000")


def test_a_fraction_of_whole_numbers_is_one_number_and_a_division_one_power() -> None:
    assert scalar_body("1/2", "a test") == Number("1/2")
    division = read("1/s")
    assert isinstance(division, Power)
    assert division.exponent == Number(-1)


def test_a_sum_takes_the_axis_of_the_positions_where_its_index_stands() -> None:
    j = Index("j", J)
    total = read("sum(p, W[j,p]*a[p])", j=j)
    assert isinstance(total, Total)
    assert total.index.axis == K


def test_every_sum_binds_an_index_of_its_own() -> None:
    read_twice = read("sum(p, a[p]) * sum(p, a[p])")
    first, second = read_twice.args
    assert first.index != second.index
    assert canonical(first) == canonical(second)


def test_several_indices_bind_from_the_outside_in() -> None:
    total = read("sum(j, k, W[j,k])")
    assert [total.index.axis, total.body.index.axis] == [J, K]


def test_max_takes_an_index_like_sum() -> None:
    assert isinstance(read("max(k, a[k])"), Largest)


def test_positions_are_affine() -> None:
    t, j = Index("t", T), Index("j", J)
    entry = read("h[2*t - 1 + 3*1, j]", t=t, j=j)
    assert entry == Entry(TENSORS["h"], Affine(2, AffineTerm(2, t)), j)
    assert read("h[t - 1 + 1, j]", t=t, j=j) == Entry(TENSORS["h"], t, j)
    assert read("h[0, 2]") == Entry(TENSORS["h"], 0, 2)


def test_a_shifted_index_takes_the_axis_that_it_moves_along() -> None:
    assert read("sum(p, h[p-1, 0])").index.axis == T


def test_conditions_on_positions_compare_positions() -> None:
    t = Index("t", T)
    condition = read("cases(t - 1 >= 0, s, 0)", t=t).cases[0].relation
    assert condition == Relation(Affine(-1, AffineTerm(1, t)), ">=", Affine(0))


def test_conditions_compare_positions_with_sizes() -> None:
    t = Index("t", T)
    condition = read("[t + 1 < size(t)]*s", t=t).args[0].relations[0]
    assert condition == Relation(Affine(1, AffineTerm(1, t)), "<", Size(T))


def test_an_equality_may_begin_with_an_entry() -> None:
    """The sign is the one that parts an equation."""
    k = Index("k", K)
    assert read("[a[k] = s]", k=k).relations[0] == Relation(TENSORS["a"][k], "=", TENSORS["s"][()])
    assert read("cases(a[k] = 1, 2, 3)", k=k).cases[0].relation.sign == "="


def test_equations_and_declarations_are_read() -> None:
    equation = read_equation(Source("h[t,j] = tanh(h[t-1,j])"))
    assert equation.left.name == "h"
    assert read_declaration(Source("W[j,i]")).name == "W"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a[k] +", "column 7", "the end"),
        ("2 s", "column 3", "expected"),
        ("s @ 2", "column 3", "'@'"),
        ("sum(j)", "column 1", "needs an index and a body"),
        ("sum(2*j, c[j])", "column 5", "binds an index letter"),
        ("sum(k, sum(k, a[k]))", "column 12", "already means something"),
        ("sum(p, W[p,p])", "column 12", "axis k (size 4)"),
        ("sum(p, s)", "column 5", "axis is unknown"),
        ("sum(t, a[t])", "column 10", "runs along axis t (size 5)"),
        ("W[0]", "column 1", "2 axes, got 1 positions"),
        ("a", "column 1", "needs as many positions"),
        ("wieght[0]", "column 1", "unknown name 'wieght'"),
        ("sigmod(s)", "column 1", "nearest: sigmoid"),
        ("a(0)", "column 1", "is a tensor"),
        ("exp", "column 1", "needs an argument"),
        ("exp[0]", "column 1", "is a function"),
        ("exp(s, s)", "column 1", "takes 1 argument, got 2"),
        ("s/0", "column 3", "division by zero"),
        ("a[q]", "column 3", "unknown index 'q'"),
        ("sum(k, a[k] - a[k*k])", "column 19", "product of two indices"),
        ("a[1.5]", "column 3", "whole numbers"),
        ("a[s]", "column 3", "unknown index 's'"),
        ("cases(s > 0, 1)", "column 1", "condition, value, ..., otherwise"),
        ("cases(s, 1, 2)", "column 7", "needs a condition"),
        ("exp(s > 0)", "column 5", "comparison stands only"),
        ("size(q)", "column 6", "unknown index"),
        ("sum(k, k)", "column 5", "axis is unknown"),
        ("s\n + 2 s", "line 2, column 6", "expected"),
        ("__import__('os')", "column 1", "got '_'"),
        ("s.real", "column 2", "got '.'"),
        ("lambda: 0", "column 7", "got ':'"),
        ("1e999", "column 1", "largest exponent"),
        ("s**1000", "column 4", "the limit is 400"),
        ("9**9**9**9", "column 7", "a power of numbers inside a power"),
        ("(9**400)**400*s", "column 2", "a power of numbers inside a power"),
        ("é", "column 1", r"'\xe9'"),
        ("", "column 1", "the end"),
    ],
)
def test_a_fault_is_refused_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(text)
    message = str(refusal.value)
    assert place in message
    assert words in message
    assert "\n" not in message
    assert message.isascii()


def test_parentheses_may_be_as_deep_as_the_text_is_long() -> None:
    assert read("(" * 4000 + "s" + ")" * 4000) == Entry(TENSORS["s"])


@pytest.mark.parametrize("opening", ["-", "s**", "exp(", "1/(1+", "2 - 3*(", "cases(s > 0, 1, "])
def test_depth_is_bounded_without_recursion(opening: str) -> None:
    times = 9000 // (len(opening) + opening.count("("))
    deep = opening * times + "s" + ")" * times * opening.count("(")
    with pytest.raises(InputError, match=f"nested too deeply; the limit is {DEEPEST} levels"):
        read(deep)


def test_length_is_bounded() -> None:
    with pytest.raises(InputError, match=str(LONGEST_TEXT)):
        read("s + " * LONGEST_TEXT + "s")


def test_a_long_number_is_refused() -> None:
    with pytest.raises(InputError, match="characters"):
        read("1" * 5000)

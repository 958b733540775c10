"""The index calculus: substitution, normal form, derivative walk and contraction."""

from __future__ import annotations

import pytest

from derive.calculus.canonical import canonical
from derive.calculus.contract import contract
from derive.calculus.differentiate import differentiate
from derive.calculus.match import match
from derive.calculus.pattern import pattern_of
from derive.calculus.substitute import inline, move, right_side_at
from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import (
    ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Expression,
    Function,
    Number,
    Partial,
    Power,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
    total,
)
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.traversal import free_indices, walk

J, K = Axis("j", 3), Axis("k", 4)
W, a, b, c = Tensor("W", (J, K)), Tensor("a", (K,)), Tensor("b", (J,)), Tensor("c", (J,))
LOG, EXP = Function("log"), Function("exp")


def j() -> Index:
    return Index("j", J)


def k() -> Index:
    return Index("k", K)


def same(first: Expression, second: Expression) -> bool:
    return canonical(first) == canonical(second)


def test_nodes_never_evaluate_themselves() -> None:
    half_of_two = Number("1/2") * 2 * (b[j()] - c[j()]) * -1
    assert [type(factor).__name__ for factor in half_of_two.args] == ["Number", "Number", "Plus", "Number"]


def test_the_derivative_of_a_sum_does_not_capture_its_bound_index() -> None:
    """SymPy's own answer is sum_k a[k] (sympy#21891)."""
    row, column, bound = j(), k(), k()
    value, _ = contract(differentiate(Total(bound, W[row, bound] * a[bound]), W[row, column]))
    assert value == a[column]


def test_moving_an_index_onto_a_bound_one_renames_the_bound_one() -> None:
    row, bound = j(), Index("i", J)
    square = Tensor("S", (J, J))
    moved = move(Total(bound, square[row, bound]), {row: bound})
    assert isinstance(moved, Total)
    assert moved.index != bound
    assert free_indices(moved) == (bound,)


def test_two_uses_of_a_definition_never_share_a_bound_index() -> None:
    row, bound = j(), k()
    product = Equation(b[row], Total(bound, W[row, bound] * a[bound]))
    other = j()
    squared = inline(b[other] * b[other], {b: product})
    bound_indices = [node.index for node in walk(squared) if isinstance(node, Total)]
    assert len(set(bound_indices)) == 2


def test_normal_form_ignores_bound_names_and_order() -> None:
    row, one, two = j(), k(), k()
    assert same(Total(one, W[row, one] * a[one] * 2), Total(two, 2 * a[two] * W[row, two]))


def test_normal_form_takes_factors_out_of_sums_and_exchanges_sums() -> None:
    row, one, two, three = j(), k(), k(), j()
    assert same(Total(one, b[row] * a[one]), b[row] * Total(two, a[two]))
    assert same(total((one, three), W[three, one]), total((three, one), W[three, one]))
    assert same(Total(one, b[row]), Size(K) * b[row])


def test_normal_form_takes_a_sum_apart_term_by_term() -> None:
    one, two, three = k(), k(), k()
    assert same(Total(one, a[one] + a[one] ** 2), Total(two, a[two]) + Total(three, a[three] ** 2))


@pytest.mark.parametrize("wrong", ["sign", "index", "factor", "power", "transpose"])
def test_normal_form_tells_apart_what_differs(wrong: str) -> None:
    row, other, one = j(), j(), k()
    square = Tensor("S", (J, J))
    pairs = {
        "sign": (b[row] - c[row], b[row] + c[row]),
        "index": (b[row] * c[row], b[row] * c[other]),
        "factor": (Total(one, a[one]), 2 * Total(one, a[one])),
        "power": (b[row] ** 2, b[row] ** -2),
        "transpose": (square[row, other], square[other, row]),
    }
    assert not same(*pairs[wrong])


def test_normal_form_knows_a_difference_turned_round() -> None:
    row = j()
    assert same(-1 * (b[row] - c[row]), c[row] - b[row])
    assert same((b[row] - c[row]) ** 2, (c[row] - b[row]) ** 2)
    assert not same((b[row] - c[row]) ** 3, (c[row] - b[row]) ** 3)


def test_product_rule_keeps_every_factor_in_its_place() -> None:
    row, by = j(), j()
    walked = differentiate(b[row] * c[row] * b[row], b[by])
    delta = Bracket(Relation(row, "=", by))
    assert walked == delta * c[row] * b[row] + b[row] * c[row] * delta


def test_powers_logarithms_and_quotients() -> None:
    row = j()
    entry = b[row]
    assert tidy(differentiate(entry**3, entry)) == 3 * entry**2
    assert tidy(differentiate(Apply(LOG, entry), entry)) == Power(entry, Number(-1))
    assert same(tidy(differentiate(ONE / entry, entry)), -1 * entry**-2)


def test_a_kink_takes_the_slope_of_the_branch_it_falls_in() -> None:
    z = Variable()
    relu = Cases(Case(z, Relation(z, ">", ZERO)), ZERO)
    assert tidy(differentiate(relu, z)) == Bracket(Relation(z, ">", ZERO))


def test_a_tensor_that_is_not_read_has_no_derivative() -> None:
    assert differentiate(a[k()], b[j()]) == ZERO


def test_contraction_solves_a_shift_and_keeps_its_range() -> None:
    one, by = k(), k()
    shifted = a[Affine(-1, AffineTerm(1, one))]
    value, eliminated = contract(Total(one, b[0] * Bracket(Relation(shifted.positions[0], "=", by)) * a[one]))
    next_one = Affine(1, AffineTerm(1, by))
    assert eliminated == ((one, next_one),)
    guard = Bracket(Relation(next_one, "<", Size(K)))
    assert same(value, guard * b[0] * a[next_one])


def test_contraction_never_solves_a_stride() -> None:
    """SymPy gives y[k/2] with no condition (pitfall 4)."""
    one, by = k(), k()
    strided = Total(one, Bracket(Relation(Affine(0, AffineTerm(2, one)), "=", by)) * a[one])
    value, eliminated = contract(strided)
    assert not eliminated
    assert same(value, strided)


def test_contraction_multiplies_out_only_what_holds_a_bracket() -> None:
    one, by = k(), k()
    delta = Bracket(Relation(one, "=", by))
    value, _ = contract(Total(one, a[one] * (delta - a[by])))
    assert same(value, a[by] - Total(one, a[one] * a[by]))


def test_inert_derivatives_are_told_apart_by_what_they_differentiate_by() -> None:
    row, other = j(), j()
    loss = Tensor("loss")
    assert not same(Partial(loss[()], b[row]), Partial(loss[()], b[other]))


def test_matching_binds_each_index_once() -> None:
    row, column, other = j(), k(), k()
    assert match(W[row, column] * a[column], W[row, other] * a[other], (column,)) == {column: other}
    assert match(W[row, column] * a[column], W[row, other] * a[k()], (column,)) is None


def test_equal_patterns_differ_only_in_names() -> None:
    row, one = j(), k()
    first, named = pattern_of((Total(one, W[row, one] * a[one]),))
    V, d = Tensor("V", (K, J)), Tensor("d", (J,))
    up, two = k(), j()
    second, renamed = pattern_of((Total(two, V[up, two] * d[two]),))
    transposed, _ = pattern_of((Total(two, Tensor("U", (J, K))[two, up] * d[two]),))
    assert first == second
    assert dict(zip(named, renamed, strict=True))[W] == V
    assert first != transposed


def test_right_side_at_positions() -> None:
    row, one, two = j(), k(), k()
    definition = Equation(a[one], EXP(a[one]))
    assert right_side_at(definition, (two,)) == EXP(a[two])
    assert right_side_at(Equation(b[row], c[row] ** 2), (j(),)) != c[row] ** 2


def test_arithmetic_cancels_equal_factors_and_opposite_terms() -> None:
    row = j()
    assert tidy(b[row] * Power(c[row], Number(-1)) * c[row] * 1) == b[row]
    assert tidy(b[row] + c[row] - b[row]) == c[row]

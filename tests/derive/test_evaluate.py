"""Numeric evaluation: plain loops, and derivatives from the forward equations alone."""

from __future__ import annotations

import pytest
from mpmath import mp, mpf

from derive.chain_rule import reverse_sweep
from derive.equations import Equation, System
from derive.expressions import (
    Apply,
    Bracket,
    Case,
    Cases,
    Constant,
    Entry,
    Function,
    Largest,
    Number,
    Partial,
    Power,
    Relation,
    Size,
    Tensor,
    Total,
    Variable,
    plus,
    product,
)
from derive.functions.scalar import FUNCTIONS
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.network import network
from derive.verification.lines import relative_error
from derive.verification.points import draw, kinks_in, on_kink, small_sizes
from derive.verification.primitives import EvaluationError
from derive.verification.stream import Stream
from derive.verification.valuation import Valuation

M, N = Axis("m", 9), Axis("n", 9)
A, V = Tensor("A", (M, N)), Tensor("v", (N,))
Q, J, K = Index("i", M), Index("j", N), Index("k", N)


def _valuation() -> Valuation:
    """A = [[1, 2, 3], [4, 5, 6]], v = (1, -2, 4), u = A v, loss = sum u^2 / 2."""
    u, loss = Tensor("u", (M,)), Tensor("loss", (), "loss")
    equations = (
        Equation(u[Q], Total(J, A[Q, J] * V[J])),
        Equation(Entry(loss), Number("1/2") * Total(Q.fresh(), Power(u[Q], Number(2)))),
    )
    first = equations[1].right.args[1]
    equations = (equations[0], Equation(Entry(loss), Number("1/2") * Total(first.index, Power(u[first.index], Number(2)))))
    valuation = Valuation(System("s", (V,), (A,), equations), {"m": 2, "n": 3})
    valuation.give(A, range(1, 7))
    valuation.give(V, [1, -2, 4])
    valuation.run()
    return valuation


def test_sums_products_and_positions_are_plain_loops() -> None:
    at = _valuation()
    assert at.evaluate(Total(J, A[Q, J] * V[J]), {Q: 1}) == 4 - 10 + 24
    assert at.evaluate(Largest(J, V[J]), {}) == 4
    assert at.evaluate(Size(N) * A[0, 2], {}) == 9
    assert at.evaluate(Entry(V, Affine(2, AffineTerm(-1, J))), {J: 0}) == 4
    assert at.evaluate(Power(Number(2), Number(-1)) - Number("1/2"), {}) == 0
    assert at.evaluate(Total(J, Bracket(Relation(J, "=", K)) * V[J]), {K: 1}) == -2
    assert at.evaluate(Total(J, Bracket(Relation(V[J], ">", Number(0)))), {}) == 2
    assert at.evaluate(Cases(Case(Number(7), Relation(K, "<", Affine(1))), Number(8)), {K: 0}) == 7
    assert abs(at.evaluate(Constant("pi") - Number("22/7"), {})) < 0.002


def test_an_entry_outside_its_range_is_refused_unless_a_bracket_excludes_it() -> None:
    at = _valuation()
    shifted = Entry(V, Affine(-1, AffineTerm(1, J)))
    with pytest.raises(EvaluationError, match=r"v\[-1\] is outside its range"):
        at.evaluate(Total(J, shifted), {})
    assert at.evaluate(Total(J, Bracket(Relation(J, ">=", Affine(1))) * shifted), {}) == -1


def test_what_is_not_there_is_refused() -> None:
    at = _valuation()
    with pytest.raises(EvaluationError, match="free"):
        at.evaluate(V[J], {})
    with pytest.raises(EvaluationError, match="not a tensor"):
        at.evaluate(Entry(Tensor("w", ())), {})
    with pytest.raises(EvaluationError, match="log has no real value"):
        at.evaluate(Apply(Function("log"), V[1]), {})
    with pytest.raises(EvaluationError):
        at.evaluate(Power(V[0] - V[0], Number(-1)), {})


def test_the_inert_derivative_of_the_loss_comes_from_the_forward_equations() -> None:
    at = _valuation()
    u = at.system.equations[0].tensor
    loss = Entry(at.system.loss)
    assert relative_error(at.evaluate(Partial(loss, u[Q]), {Q: 0}), 9, at) < 1e-40
    assert relative_error(at.evaluate(Partial(loss, V[K]), {K: 0}), 9 * 1 + 18 * 4, at) < 1e-40
    assert relative_error(at.evaluate(Partial(loss, A[Q, K]), {Q: 1, K: 2}), 18 * 4, at) < 1e-40


def test_a_derivative_of_an_expression_perturbs_only_the_entry_named() -> None:
    at = _valuation()
    value = Partial(Total(J, A[Q, J] * V[J]) + V[K], V[K])
    assert relative_error(at.evaluate(value, {Q: 1, K: 0}), 5, at) < 1e-40


def test_a_perturbed_intermediate_value_is_cut_from_its_own_equation() -> None:
    at = _valuation()
    u = at.system.equations[0].tensor
    q = Index("q", M)
    assert at.evaluate(Partial(u[Q], u[q]), {Q: 0, q: 0}) == 1
    assert at.evaluate(Partial(u[Q], u[q]), {Q: 0, q: 1}) == 0
    assert at.evaluate(Partial(V[K], u[q]), {K: 0, q: 1}) == 0


def test_values_are_restored_after_a_perturbation() -> None:
    at = _valuation()
    before = list(at.values)
    at.evaluate(Partial(Entry(at.system.loss), A[Q, K]), {Q: 1, K: 2})
    assert at.values == before


TEXTBOOK = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "gelu": lambda z: z * mp.ncdf(z),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "mish": lambda z: z * mp.tanh(mp.log1p(mp.exp(z))),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
}


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("place", ["-1.3", "0.7"])
def test_primes_agree_with_mpmath_derivatives_of_the_textbook_function(name: str, place: str) -> None:
    at = _valuation()
    with mp.workdps(60):
        for order, primed in ((1, FUNCTIONS[name].prime), (2, FUNCTIONS[name].prime.prime)):
            expected = mp.diff(TEXTBOOK[name], mpf(place), order)
            found = at.evaluate(Apply(primed, Number(place)), {})
            assert abs(mpf(str(found)) - expected) < mpf(10) ** -40


@pytest.mark.parametrize(
    ("name", "place", "slope"),
    [
        ("relu", 0, 0),
        ("relu6", 0, 0),
        ("relu6", 6, 0),
        ("leaky_relu", 0, "0.01"),
        ("elu", 0, 1),
        ("hard_tanh", -1, 0),
        ("hard_tanh", 1, 0),
        ("abs", 0, 0),
    ],
)
def test_a_kink_has_the_derivative_of_the_branch_that_it_falls_in(name: str, place: int, slope: object) -> None:
    """PyTorch's values."""
    at = _valuation()
    found = at.evaluate(Apply(FUNCTIONS[name].prime, Number(place)), {})
    assert relative_error(found, at.context.mpf(str(slope)), at) < 1e-40


def test_a_recurrence_is_unrolled() -> None:
    t, other = Axis("t", 4), Axis("s", 1)
    h, x, loss = Tensor("h", (t,)), Tensor("x", (t,)), Tensor("loss", (), "loss")
    w = Tensor("w", (), "parameter")
    n, k = Index("t", t), Index("t", t)
    before = Entry(h, Affine(-1, AffineTerm(1, n)))
    system = System(
        "rnn",
        (x,),
        (w,),
        (Equation(h[n], Entry(w) * before + x[n]), Equation(Entry(loss), Total(k, h[k]))),
    )
    at = Valuation(system, {"t": 4, other.name: 1}, outside={"h": Number(0)})
    at.give(x, [1, 1, 1, 1])
    at.give(w, [2])
    at.run()
    assert [int(value) for value in at.array(h).values()] == [1, 3, 7, 15]
    assert relative_error(at.adjoint(h, (1,)), 1 + 2 + 4, at) < 1e-40
    assert relative_error(at.evaluate(Partial(h[n], h[k]), {n: 3, k: 1}, ()), 4, at) < 1e-40
    assert at.evaluate(Partial(h[n], h[k]), {n: 3, k: 1}, ("h",)) == 0
    step = Entry(w) * before + x[n]
    assert relative_error(at.evaluate(Partial(step, h[k]), {n: 3, k: 2}, ("h",)), 2, at) < 1e-40
    assert at.evaluate(Partial(step, h[k]), {n: 3, k: 1}, ("h",)) == 0


def test_a_definition_in_a_circle_is_refused() -> None:
    a, b, loss = (Tensor(name, ()) for name in ("a", "b", "loss"))
    circle = (Equation(Entry(a), Entry(b) + Number(1)), Equation(Entry(b), Entry(a)), Equation(Entry(loss), Entry(b)))
    with pytest.raises(EvaluationError, match="depends on itself"):
        Valuation(System("circle", (), (), circle), {})


def test_the_stream_is_splitmix64() -> None:
    """First outputs for state 1234567 with increment, from the reference implementation of S. Vigna (splitmix64.c)."""
    stream = Stream(0)
    stream._state = 1234567
    assert [stream.below(2**64) for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("spec", ["3-4:relu-3:relu-2:linear", "2-5:hard_tanh-3:softsign", "4-3:relu-2:softmax", "3-3:leaky_relu-1:sigmoid"])
def test_points_are_clear_of_kinks_and_take_both_branches(spec: str) -> None:
    for seed in range(3):
        point = draw(network(spec).pattern, seed)
        point.valuation.run()
        assert point.valuation.closest > 1e-3
        assert all(len(taken) > 1 for taken in point.valuation.branches.values())


def test_points_are_the_same_each_time() -> None:
    system = network("3-4:relu-3:softmax").pattern
    assert draw(system, 3).valuation.values == draw(system, 3).valuation.values
    assert draw(system, 3).valuation.values != draw(system, 4).valuation.values


def test_targets_satisfy_the_assumption_in_every_row_of_a_batch() -> None:
    system = network("3-4:relu-3:softmax").batch
    at = draw(system, 0).valuation
    targets = at.array(system.inputs[1])
    for b in range(at.sizes["batch"]):
        assert relative_error(sum(v for p, v in targets.items() if p[0] == b), 1, at) < 1e-60


def test_sizes_are_pairwise_different_where_there_are_few_axes_and_neighbours_differ_in_deep_networks() -> None:
    few = small_sizes(network("3-3:tanh-3").batch)
    assert len(set(few.values())) == len(few) == 4
    deep = small_sizes(network("3" + "-3:tanh" * 30).pattern)
    assert all(deep[f"n{layer}"] != deep[f"n{layer + 1}"] for layer in range(1, 29))
    assert max(deep.values()) <= 3


def test_one_entry_stands_exactly_on_a_kink() -> None:
    system = network("2-3:relu6-2:hard_tanh-2:linear").pattern
    point = draw(system, 0)
    places = [(kink.tensor.name, int(kink.place.value)) for kink in kinks_in(system)]
    assert places == [("z1", 0), ("z1", 6), ("z2", -1), ("z2", 1)]
    for kink in kinks_in(system):
        before = list(point.valuation.values)
        with on_kink(point, kink) as at:
            assert abs(at.valuation.array(kink.tensor)[(0,)] - int(kink.place.value)) < 1e-60
        assert point.valuation.values == before


@pytest.mark.parametrize("spec", ["2-3:sigmoid-2:sigmoid", "3-4:tanh-3:softmax"])
def test_derived_gradients_equal_inert_derivatives(spec: str) -> None:
    sweep = reverse_sweep(network(spec).pattern)
    old = draw(sweep.system, 1).valuation
    new = Valuation(sweep.system, old.sizes, backward=tuple(d.equation for d in sweep.derivations))
    for tensor in (*sweep.system.inputs, *sweep.system.parameters):
        new.give(tensor, list(old.array(tensor).values()))
    new.run()
    for derivation in sweep.derivations:
        own, of = derivation.left.tensor, derivation.left.tensor.of
        assert of is not None
        for position, value in new.array(own).items():
            assert relative_error(value, old.adjoint(of, position), old) < 1e-40


def test_a_variable_has_no_value_outside_a_function() -> None:
    with pytest.raises(EvaluationError, match="outside a function"):
        _valuation().evaluate(plus(Variable(), product(Number(2))), {})

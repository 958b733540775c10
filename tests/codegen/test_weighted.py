"""Sums of weighted exponentials: the shift is proved, with any mask and any weights, and keeps masked softmax finite."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import sympy
from sympy import Basic

from codegen.certificate import loaded
from codegen.emit import emit
from codegen.weighted import shift_weighted_sums
from derive.expressions import (
    Apply,
    Bracket,
    Cases,
    Entry,
    Expression,
    Function,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Tensor,
    Total,
)
from derive.indices import Affine, Axis, Index
from derive.network import network
from derive.results import results_of
from derive.traversal import walk

SIZE = 3
N = Axis("n", SIZE)
U, W = Tensor("u", (N,)), Tensor("w", (N,))
J, K, T = Index("j", N), Index("k", N), Index("t", N)
EXP, LOG = Function("exp"), Function("log")
SHIFT = sympy.Symbol("m", real=True)
NUMBERS = {"u": sympy.symbols("u0:3", real=True), "w": sympy.symbols("w0:3", positive=True)}


def causal(index: Index) -> Expression:
    return Bracket(Relation(index, "<=", T))


def as_sympy(value: Basic, places: dict[Basic, int]) -> sympy.Expr:
    """A formula at a position; the largest exponent is left open, since the identities hold whatever is subtracted."""

    def inner(part: Basic) -> sympy.Expr:
        return as_sympy(part, places)

    match value:
        case Number():
            return value.value
        case Entry():
            return NUMBERS[value.tensor.name][places[value.positions[0]]]
        case Plus():
            return sympy.Add(*map(inner, value.args))
        case Product():
            return sympy.Mul(*map(inner, value.args))
        case Power():
            return inner(value.base) ** inner(value.exponent)
        case Total():
            return sympy.Add(*(as_sympy(value.body, {**places, value.index: k}) for k in range(SIZE)))
        case Largest():
            return SHIFT
        case Bracket():
            return sympy.Integer(all(holds(relation, places) for relation in value.relations))
        case Cases():
            (case,) = value.cases
            return inner(case.value if holds(case.relation, places) else value.otherwise)
        case Apply():
            return getattr(sympy, value.function.name)(inner(value.argument))
    raise TypeError(type(value))


def holds(relation: Relation, places: dict[Basic, int]) -> bool:
    left, right = (side.constant if isinstance(side, Affine) else places[side] for side in (relation.left, relation.right))
    assert relation.sign == "<="
    return left <= right


QUOTIENTS = {
    "mask": causal(J) * EXP(U[J]) / Total(K, causal(K) * EXP(U[K])),
    "weights": W[J] * EXP(U[J]) / Total(K, W[K] * EXP(U[K])),
    "mask and weights": W[J] * causal(J) * EXP(2 * U[J]) / Total(K, causal(K) * W[K] * EXP(2 * U[K])),
    "logarithm": LOG(Total(K, W[K] * causal(K) * EXP(U[K]))),
}


@pytest.mark.parametrize("name", QUOTIENTS)
@pytest.mark.parametrize("t", range(SIZE))
def test_shift_is_proved(name: str, t: int) -> None:
    naive = QUOTIENTS[name]
    stable = shift_weighted_sums(naive)
    assert any(isinstance(node, Largest) for node in walk(stable))
    for j in range(SIZE):
        difference = as_sympy(naive, {J: j, T: t}) - as_sympy(stable, {J: j, T: t})
        assert sympy.simplify(sympy.expand_log(sympy.exp(difference), force=True) - 1) == 0


def test_sums_of_exponentials_alone_are_left_to_the_table_of_identities() -> None:
    plain = EXP(U[J]) / Total(K, EXP(U[K]))
    assert shift_weighted_sums(plain) == plain


TABLE = {
    "axes": {"t": 3, "s": 3},
    "inputs": ["y[t,s]", "q[s]"],
    "parameters": ["S[t,s]"],
    "loss": "sum(t, sum(s, (P[t,s] - y[t,s])**2))/2 + sum(s, q[s])",
}
SOFTMAXES = {
    "mask": "P[t,s] = [s <= t]*exp(S[t,s])/sum(r, [r <= t]*exp(S[t,r]))",
    "mask below": "P[t,s] = exp(S[t,s])*[s <= t]/sum(r, exp(S[t,r])*[r <= t])",
    "mask of values": "P[t,s] = [q[s] > 0]*exp(S[t,s])/sum(r, [q[r] > 0]*exp(S[t,r]))",
    "weights": "P[t,s] = q[s]**2*exp(S[t,s])/sum(r, q[r]**2*exp(S[t,r]))",
    "both": "P[t,s] = q[s]**2*[s <= t]*exp(S[t,s])/sum(r, [r <= t]*exp(S[t,r])*q[r]**2)",
}


def module_of(equation: str, style: str) -> ModuleType:
    results = results_of(network({**TABLE, "equations": [equation]}))
    return loaded(emit(results.network, results.batch_sweep, style=style, number=results.number))


@pytest.mark.parametrize("style", ["vectorised", "loops"])
@pytest.mark.parametrize("name", SOFTMAXES)
def test_masked_softmax_is_finite_and_right_at_exponents_of_ten_thousand(name: str, style: str) -> None:
    module = module_of(SOFTMAXES[name], style)
    logits = 1e4 * np.array([[1.0, 2.0, -3.0], [-1.0, -1.0, 2.0], [0.5, 0.2, -1.0]])
    q, y = np.array([1.0, 2.0, -1.0]), np.zeros((3, 3))
    weights = np.ones((3, 3))
    if "mask" in name or name == "both":
        weights = weights * (q > 0) if "values" in name else np.tril(weights)
    if name in ("weights", "both"):
        weights = weights * q**2
    counted = np.where(weights > 0, logits, -np.inf)
    expected = weights * np.exp(counted - counted.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    with np.errstate(all="raise", under="ignore"):
        found = module.forward(module.Parameters(logits), module.Inputs(y, q)).P
        cost, gradients = module.loss_and_gradients(module.Parameters(logits), module.Inputs(y, q))
    assert np.allclose(found, expected, atol=1e-14)
    assert np.isfinite(cost)
    assert np.isfinite(gradients.S).all()

"""Every stability identity is proved by SymPy, and reaches expressions by their structure alone."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from sympy import Basic

from codegen.patterns import Identity, identities
from codegen.stability import stabilise
from derive.equations import Equation
from derive.expressions import Apply, Cases, Entry, Expression, Function, Largest, Number, Plus, Power, Product, Tensor, Total, Variable
from derive.indices import Axis, Index
from derive.traversal import walk

SIZE = 3
IDENTITIES = identities("stability")
VALUES = sympy.symbols("u0:3", real=True)
SHIFT = sympy.Symbol("m", real=True)
"""The largest exponent: the identities hold whatever is subtracted, so the proof leaves it open."""


def as_sympy(value: Basic, scalar: sympy.Expr, places: dict[Basic, int]) -> sympy.Expr:
    """A formula of wildcards for a sum over three positions."""

    def inner(part: Basic) -> sympy.Expr:
        return as_sympy(part, scalar, places)

    match value:
        case Number():
            return value.value
        case Entry():
            return VALUES[places[value.positions[0]]] if value.positions else scalar
        case Plus():
            return sympy.Add(*map(inner, value.args))
        case Product():
            return sympy.Mul(*map(inner, value.args))
        case Power():
            return inner(value.base) ** inner(value.exponent)
        case Total():
            return sympy.Add(*(as_sympy(value.body, scalar, {**places, value.index: k}) for k in range(SIZE)))
        case Largest():
            return SHIFT
        case Cases():
            (case,) = value.cases
            assert case.relation.sign == ">"
            holds = inner(case.relation.left - case.relation.right).is_positive
            assert holds is not None
            return inner(case.value) if holds else inner(value.otherwise)
        case Apply():
            functions = {"expm1": lambda x: sympy.exp(x) - 1, "log1p": lambda x: sympy.log(1 + x), "abs": sympy.Abs}
            name = value.function.name
            return functions.get(name, getattr(sympy, name, None))(inner(value.argument))
    raise TypeError(type(value))


@pytest.mark.parametrize("identity", IDENTITIES, ids=[identity.name for identity in IDENTITIES])
@pytest.mark.parametrize("scalar", [sympy.Symbol("u", positive=True), -sympy.Symbol("v", positive=True)], ids=["positive", "negative"])
def test_identity_is_proved(identity: Identity, scalar: sympy.Expr) -> None:
    places = dict.fromkeys(identity.free, 0)
    naive, stable = (as_sympy(side, scalar, places) for side in (identity.naive, identity.stable))
    assert proved_zero(naive - stable)


def proved_zero(difference: sympy.Expr) -> bool:
    """Zero by algebra; logarithms of positive numbers are compared through their exponentials, hyperbolic ones written out."""
    simple = sympy.simplify(difference.rewrite(sympy.exp))
    if simple == 0:
        return True
    quotient = sympy.simplify(sympy.expand_log(sympy.exp(difference).rewrite(sympy.exp), force=True))
    return sympy.simplify(quotient - 1) == 0


def test_a_wrong_identity_is_not_proved() -> None:
    u = sympy.Symbol("u", positive=True)
    assert not proved_zero(1 / (1 + sympy.exp(-u)) - (1 + sympy.tanh(u)) / 2)
    assert not proved_zero(sympy.log(1 + sympy.exp(u)) - sympy.log(1 + sympy.exp(-u)))


N = Axis("n", 3)
Z = Tensor("z", (N,))
J, K = Index("j", N), Index("k", N)
EXP, LOG = Function("exp"), Function("log")


def functions_in(value: Expression) -> set[str]:
    return {node.function.name for node in walk(value) if isinstance(node, Apply)}


def test_logistic_function_is_found_whatever_it_is_called() -> None:
    odd = Function("anything", Power(Number(1) + EXP(-Variable()), Number(-1)))
    assert functions_in(stabilise(odd(Z[J]), {})) == {"tanh"}


def test_logistic_function_of_the_opposite_sign_is_found() -> None:
    assert functions_in(stabilise(Power(EXP(Z[J]) + 1, Number(-1)), {})) == {"tanh"}


def test_logarithm_looks_through_the_definition_of_what_it_reads() -> None:
    p = Tensor("p", (N,))
    softmax = Equation(p[J], EXP(Z[J]) / Total(K, EXP(Z[K])))
    i = Index("i", N)
    found = stabilise(LOG(p[i]), {p: softmax})
    assert p not in {node.tensor for node in walk(found) if isinstance(node, Entry)}
    assert any(isinstance(node, Largest) for node in walk(found))


def test_logarithm_does_not_look_through_what_it_can_read_itself() -> None:
    h = Tensor("h", (N,))
    found = stabilise(LOG(1 + EXP(h[J])), {h: Equation(h[J], EXP(Z[J]))})
    assert {node.tensor for node in walk(found) if isinstance(node, Entry)} == {h}


def test_shift_is_made_once() -> None:
    found = stabilise(EXP(Z[J]) / Total(K, EXP(Z[K])), {})
    assert sum(isinstance(node, Largest) for node in walk(found)) == 2
    assert np.isfinite(len(str(found)))

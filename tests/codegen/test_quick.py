"""Forms that save time: each identity is proved, and branches are joined only where they meet."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from modules import text_of
from mpmath import mp

from codegen.certificate import loaded
from codegen.patterns import identities
from codegen.program import Call
from codegen.quick import without_jumps
from derive.expressions import Apply, Case, Cases, Entry, Expression, Number, Plus, Power, Product, Relation, Tensor, plus
from derive.indices import Axis, Index

B = Index("b", Axis("batch", 1))
Z = Tensor("z", (B.axis,))[B]


FUNCTIONS = {"log1p": lambda x: sympy.log(1 + x), "abs": sympy.Abs}


def as_sympy(value: Expression, u: sympy.Symbol) -> sympy.Expr:
    """A formula of the wildcards u and v, u below the bound that it is held to."""
    match value:
        case Number():
            return value.value
        case Entry():
            return u if value.tensor.name == "u" else sympy.Symbol("v", real=True)
        case Plus() | Product():
            return (sympy.Add if isinstance(value, Plus) else sympy.Mul)(*(as_sympy(part, u) for part in value.args))
        case Power():
            return as_sympy(value.base, u) ** as_sympy(value.exponent, u)
        case Cases(cases=(case,)) if case.value == Number(40):
            return as_sympy(value.otherwise, u)
        case Cases(cases=(case,)):
            holds = as_sympy(case.relation.left, u).is_positive
            assert holds is not None
            assert case.relation.right == Number(0)
            return as_sympy(case.value if holds else value.otherwise, u)
        case Apply():
            return FUNCTIONS.get(value.function.name, getattr(sympy, value.function.name, None))(as_sympy(value.argument, u))
    raise TypeError(type(value))


@pytest.mark.parametrize("u", [sympy.Symbol("u", positive=True), -sympy.Symbol("u", positive=True)], ids=["positive", "negative"])
@pytest.mark.parametrize("identity", identities("quick"), ids=lambda identity: identity.name)
def test_identity_is_proved_below_forty(identity, u: sympy.Expr) -> None:
    difference = sympy.expand((as_sympy(identity.naive, u) - as_sympy(identity.stable, u)).rewrite(sympy.exp))
    assert sympy.simplify(difference) == 0


def test_cross_entropy_of_one_output_keeps_tiny_losses() -> None:
    module = loaded(text_of("1-1:sigmoid", "binary_cross_entropy", style="vectorised"))
    one = np.ones((1, 1))
    for z, t in ((40.0, 1.0), (-40.0, 0.0), (700.0, 1.0)):
        found = module.loss(module.Parameters(one * z, np.zeros(1)), one, one * t)
        assert found == pytest.approx(float(mp.log1p(mp.exp(-abs(z)))), rel=1e-14)


def test_the_logistic_function_of_forty_and_more_is_one_in_double_precision() -> None:
    with mp.workdps(40):
        assert 1 - 1 / (1 + mp.exp(-40)) < mp.mpf(2) ** -54


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigmoid_is_right_to_the_last_digits_at_every_size(dtype: str) -> None:
    module = loaded(text_of("1-1:sigmoid", dtype=dtype, style="vectorised"))
    one = np.ones((1, 1), module.DTYPE)
    for z in (-700.0, -80.0, -20.0, -1e-3, 0.0, 3.0, 20.0, 39.9, 41.0, 1e4):
        if dtype == "float32" and z < -80:
            continue
        found = module.forward(module.Parameters(one * module.DTYPE(z), np.zeros(1, module.DTYPE)), one)[0, 0]
        with mp.workdps(40):
            wanted = 1 / (1 + mp.exp(-mp.mpf(float(module.DTYPE(z)))))
        assert abs(found - wanted) <= 4 * np.finfo(dtype).eps * wanted


def choice(above: Expression, below: Expression, bound: str = "0") -> Cases:
    return Cases(Case(above, Relation(Z, ">", Number(bound))), below)


def test_branches_that_meet_at_zero_are_added() -> None:
    low, high = Call("minimum", Z, Number(0)), Call("maximum", Z, Number(0))
    assert without_jumps(choice(Z, Product(Number("1/10"), Z))) == plus(high, Product(Number("1/10"), low))


def test_a_constant_branch_that_the_other_meets_needs_no_choice() -> None:
    assert without_jumps(choice(Number(1), Plus(Z, Number(1)))) == Plus(Call("minimum", Z, Number(0)), Number(1))


@pytest.mark.parametrize("value", [choice(Number(1), Number(0)), choice(Z, Plus(Z, Number(1))), choice(Z, Tensor("y", (B.axis,))[B])])
def test_branches_with_a_jump_or_another_value_are_left_alone(value: Cases) -> None:
    assert without_jumps(value) == value


def test_a_tangent_that_the_slope_needs_is_shared() -> None:
    lines = text_of("3-4:silu-2:sigmoid", style="vectorised").splitlines()
    assert sum(line.strip().startswith("tanh(") for line in lines) == 1
    assert sum(line.strip().startswith("exp(") for line in lines) == 1

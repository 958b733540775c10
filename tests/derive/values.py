"""A value of an expression by plain recursion in mpmath: the oracle of the formula tests, sharing no code with derive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpmath import mp

from derive import expressions as e

PRIMITIVES = {"exp": mp.exp, "log": mp.log, "tanh": mp.tanh, "sin": mp.sin, "cos": mp.cos, "erf": mp.erf}
HOLDS = {"=": lambda d: d == 0, "<": lambda d: d < 0, "<=": lambda d: d <= 0, ">": lambda d: d > 0, ">=": lambda d: d >= 0}


def value(x: Any, arrays: Mapping[str, Any] | None = None, where: Mapping[e.Index, int] | None = None, z: Any = None) -> Any:
    """The value of ``x`` with tensors from ``arrays`` (nested lists or numbers), indices at ``where`` and the variable at ``z``."""
    arrays, where = arrays or {}, where or {}

    def of(part: Any) -> Any:
        return value(part, arrays, where, z)

    match x:
        case e.Number():
            return mp.mpf(int(x.value.p)) / int(x.value.q)
        case e.Constant():
            return +mp.pi
        case e.Size():
            return mp.mpf(x.axis.size)
        case e.Variable():
            return z
        case e.Index() | e.Affine():
            affine = e.Affine.of(x)
            return affine.constant + sum(term.coefficient * where[term.index] for term in affine.terms)
        case e.Entry():
            found = arrays[x.tensor.name]
            for position in x.positions:
                found = found[of(position)]
            return found
        case e.Plus():
            return sum(map(of, x.args), mp.mpf(0))
        case e.Product():
            return mp.fprod(map(of, x.args))
        case e.Power():
            return of(x.base) ** of(x.exponent)
        case e.Total():
            return sum((value(x.body, arrays, {**where, x.index: i}, z) for i in range(x.index.axis.size)), mp.mpf(0))
        case e.Largest():
            return max(value(x.body, arrays, {**where, x.index: i}, z) for i in range(x.index.axis.size))
        case e.Bracket():
            return mp.mpf(int(all(map(of, x.relations))))
        case e.Relation():
            return HOLDS[x.sign](of(x.left) - of(x.right))
        case e.Cases():
            return of(next((case.value for case in x.cases if of(case.relation)), x.otherwise))
        case e.Apply() if x.function.order == 0:
            argument = of(x.argument)
            if x.function.body is None:
                return PRIMITIVES[x.function.name](argument)
            return value(x.function.body, z=argument)
    raise TypeError(type(x).__name__)

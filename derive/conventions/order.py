"""The order of factors in the lines of a derivation."""

from __future__ import annotations

from sympy import Basic

from derive.expressions import MINUS_ONE, Entry, Expression, Number, Partial, Plus, Product, plus, product
from derive.steps import Derivation, Step
from derive.traversal import rebuild, walk

OF_THE_LOSS = ("adjoint", "delta", "negative_adjoint", "negative_delta")
VALUES = ("input", "output")


def local_first(derivation: Derivation) -> Derivation:
    """The derivation with the derivatives of the loss behind the local ones in every product."""
    return Derivation(derivation.left, derivation.start, tuple(_step(step) for step in derivation.steps))


def _step(step: Step) -> Step:
    finer = tuple(_step(sub) for sub in step.substeps)
    return Step(step.rule, loss_last(step.before), loss_last(step.after), step.because, step.lemma, finer)


def loss_last(value: Basic) -> Expression:
    """``value`` with what comes from the loss at the end of each product, numbers at its beginning."""
    value = rebuild(value, loss_last)
    return product(*sorted(value.args, key=_rank)) if isinstance(value, Product) else value


def _rank(factor: Expression) -> int:
    return 0 if isinstance(factor, Number) else 2 if _is_of_the_loss(factor) else 1


def _is_of_the_loss(factor: Expression) -> bool:
    if isinstance(factor, Partial):
        return isinstance(factor.of, Entry) and factor.of.tensor.role in ("loss", "total_loss")
    if isinstance(factor, Entry):
        return factor.tensor.role in OF_THE_LOSS
    return isinstance(factor, Plus) and any(isinstance(node, Entry) and node.tensor.role == "target" for node in walk(factor))


def outputs_first(derivation: Derivation) -> Derivation:
    """A last line ``-(t - a)`` goes on to ``a - t``."""
    last = derivation.result
    if not isinstance(last, Product) or not isinstance(last.args[0], Number) or last.args[0].value >= 0:
        return derivation
    number, *factors = last.args
    turned = [_turned(factor) for factor in factors]
    place = next((n for n, factor in enumerate(turned) if factor is not None), None)
    if place is None:
        return derivation
    factors[place] = turned[place]
    after = product(*((Number(-number.value),) if number != MINUS_ONE else ()), *factors)
    return Derivation(derivation.left, derivation.start, (*derivation.steps, Step("arithmetic", last, after)))


def _turned(value: Expression) -> Expression | None:
    """``a - t`` for ``t - a``; None for anything else."""
    if not isinstance(value, Plus) or len(value.args) != 2:
        return None
    first, second = value.args
    if not isinstance(second, Product) or second.args[0] != MINUS_ONE:
        return None
    return plus(product(*second.args[1:]), product(MINUS_ONE, first))


def value_first(value: Expression) -> Expression:
    """``delta a`` as ``a delta``."""
    return _two(value, lambda factor: factor.tensor.role not in VALUES)


def delta_first(value: Expression) -> Expression:
    """``a delta`` as ``delta a``."""
    return _two(value, lambda factor: factor.tensor.role in VALUES)


def _two(value: Basic, key: object) -> Expression:
    """Products of two entries, a value and a derivative of the loss, in the order that ``key`` says."""
    value = rebuild(value, lambda part: _two(part, key))
    if isinstance(value, Product) and len(value.args) == 2 and all(isinstance(factor, Entry) for factor in value.args):
        return product(*sorted(value.args, key=key))  # type: ignore[call-overload]
    return value

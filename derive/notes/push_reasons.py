"""Which rules of differentiation a finer line applies: what its inert derivatives are derivatives of."""

from __future__ import annotations

from collections.abc import Iterator

from derive.calculus.differentiate import depends
from derive.expressions import Apply, Entry, Partial, Plus, Power, Product, Total
from derive.steps import Step
from derive.traversal import walk


def push_rules(step: Step) -> tuple[str, ...]:
    """The rules by name, in the order in which they are needed from left to right: ``sum``, ``factor``, ``product``, ..."""
    found = (_rule(node) for node in walk(step.before) if isinstance(node, Partial))
    return tuple(dict.fromkeys(found))


def _rule(partial: Partial) -> str:
    match partial.of:
        case Plus() | Total():
            return "sum"
        case Product():
            return "product" if sum(_reading(partial)) > 1 else "factor"
        case Power():
            return "power"
        case Apply():
            return "function"
        case Entry():
            return "entry"
    return "other"


def _reading(partial: Partial) -> Iterator[bool]:
    """For each factor, whether it reads what is derived by."""
    return (depends(factor, partial.by) for factor in partial.of.args)

"""Parts of an expression replaced wherever they stand."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic

from derive.expressions import Expression, Plus, Product, plus, product
from derive.traversal import rebuild

Replacement = Callable[[Basic], Basic | None]


def replace_parts(value: Expression, replacement: Replacement) -> Expression:
    """``value`` with every part for which ``replacement`` has an answer replaced by it; nested products and sums are flattened."""

    def change(part: Basic) -> Basic:
        new = replacement(part)
        return _flat(rebuild(part, change)) if new is None else new

    return change(value)


def replace_part(value: Expression, old: Basic, new: Basic) -> Expression:
    """``value`` with one part replaced by another."""
    return replace_parts(value, lambda part: new if part == old else None)


def _flat(value: Basic) -> Basic:
    return product(*value.args) if isinstance(value, Product) else plus(*value.args) if isinstance(value, Plus) else value

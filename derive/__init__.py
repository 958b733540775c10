"""Equations in, derivations out: the index calculus, the reverse sweep, lemmas, notations and notes.

The public names are loaded when they are first asked for, so that a refusal does not wait for SymPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.chain_rule import Sweep, reverse_sweep
    from derive.equations import Equation, System
    from derive.errors import InputError
    from derive.expressions import Tensor
    from derive.indices import Axis, Index
    from derive.language.plain import plain_equation
    from derive.network import Network, batched
    from derive.specifications.specification import Specification

__version__ = "0.1.0"

_HOMES = {
    "Axis": "indices",
    "Equation": "equations",
    "Index": "indices",
    "InputError": "errors",
    "Network": "network",
    "Specification": "specifications.specification",
    "Sweep": "chain_rule",
    "System": "equations",
    "Tensor": "expressions",
    "batched": "network",
    "plain_equation": "language.plain",
    "reverse_sweep": "chain_rule",
}

__all__ = [
    "Axis",
    "Equation",
    "Index",
    "InputError",
    "Network",
    "Specification",
    "Sweep",
    "System",
    "Tensor",
    "batched",
    "plain_equation",
    "reverse_sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""What a function returned, sorted out: its loss, and a gradient for each parameter, by name or by order.

Gradients may be a tuple, a list, a mapping, a NamedTuple or an object with attributes, also nested (lists of weights and of biases,
pairs for each layer). Keys are read in any case, with or without a mark of differentiation: ``W1``, ``dW1``, ``grad_w1``, ``dL_dW1``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.claimed.process import array_of
from derive.expressions import Tensor

LOSSES = ("loss", "cost", "error", "value", "j", "l", "e", "c")
GRADIENTS = ("gradients", "gradient", "grads", "grad")
_MARK = r"(?:d[a-z]{0,5}?d|d|grad(?:ient)?s?(?:of)?|nabla|delta|partial|g)?"
_AFTER = r"(?:grad(?:ient)?s?)?"
_WORDS = {"weight": r"(?:w|weights?|kernel)", "bias": r"(?:b|bias(?:es)?)"}


class Nonsense(Exception):
    """What was returned is no gradients."""


@dataclass(frozen=True)
class Leaf:
    """An array or why there is none; ``path`` are the keys and places that lead to it."""

    path: tuple[str | int, ...]
    array: np.ndarray | None
    fault: str = ""


@dataclass(frozen=True)
class Given:
    """``loss`` where one was returned; ``arrays`` by parameter; ``absent`` are parameters without a gradient."""

    loss: float | None
    arrays: Mapping[str, np.ndarray]
    absent: tuple[str, ...] = ()


def given(message: Mapping[str, Any], parameters: Sequence[Tensor], shapes: Mapping[str, tuple[int, ...]]) -> Given:
    """The loss and the gradients in an answer of the child. Raises ``Nonsense``, saying what came and what was expected."""
    loss, gradients = _parted(message, len(parameters))
    leaves = _leaves(gradients, ())
    for leaf in leaves:
        if leaf.array is None:
            raise Nonsense(f"it returns {leaf.fault or 'too many numbers'}")
    arrays = _by_name(leaves, parameters) or _by_order(leaves, parameters, shapes)
    absent = tuple(tensor.name for tensor in parameters if tensor.name not in arrays)
    if len(absent) == len(parameters):
        raise Nonsense(f"it returns {_counted(len(leaves))} where gradients of {', '.join(shapes)} were expected")
    return Given(loss, arrays, absent)


def _counted(number: int) -> str:
    return "one array" if number == 1 else f"{number} arrays"


def _parted(message: Mapping[str, Any], number: int) -> tuple[float | None, Any]:
    """The loss and the rest."""
    parts, names = message.get("parts"), message.get("names")
    if not isinstance(parts, list):
        return None, message
    if isinstance(names, list) and len(names) == len(parts):
        keys = [_plain(str(name)) for name in names]
        losses = [place for place, key in enumerate(keys) if key in LOSSES and _scalar(parts[place]) is not None]
        inner = [place for place, key in enumerate(keys) if key in GRADIENTS and "parts" in parts[place]]
        if inner:
            return _scalar(parts[losses[0]]) if losses else None, parts[inner[0]]
        if losses and len(parts) > number:
            kept = [place for place in range(len(parts)) if place != losses[0]]
            return _scalar(parts[losses[0]]), {"names": [names[p] for p in kept], "parts": [parts[p] for p in kept]}
        return (
            (_scalar(parts[0]), parts[1]) if len(parts) == 2 and _scalar(parts[0]) is not None and "parts" in parts[1] else (None, message)
        )
    first = _scalar(parts[0]) if parts else None
    if first is not None and len(parts) == 2 and ("parts" in parts[1] or number == 1):
        return first, parts[1]
    grouped = len(parts) > 2 and all(isinstance(part, Mapping) and "parts" in part for part in parts[1:])
    if first is not None and (len(parts) == number + 1 or grouped):
        return first, {"parts": parts[1:]}
    return None, message


def _scalar(part: Any) -> float | None:
    array = array_of(part) if isinstance(part, Mapping) and "shape" in part else None
    return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None


def _leaves(message: Any, path: tuple[str | int, ...]) -> list[Leaf]:
    if not isinstance(message, Mapping) or len(path) > 10:
        return [Leaf(path, None, "what makes no sense")]
    parts, names = message.get("parts"), message.get("names")
    if isinstance(parts, list):
        keys: list[str | int] = (
            [str(name) for name in names] if isinstance(names, list) and len(names) == len(parts) else list(range(len(parts)))
        )
        return [leaf for key, part in zip(keys, parts, strict=True) for leaf in _leaves(part, (*path, key))]
    if "fault" in message:
        return [Leaf(path, None, str(message["fault"])[:300])]
    return [Leaf(path, array_of(message))]


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _by_name(leaves: Sequence[Leaf], parameters: Sequence[Tensor]) -> dict[str, np.ndarray]:
    """The arrays whose keys name a parameter; empty where not all that are named at all can be told apart."""
    found: dict[str, np.ndarray] = {}
    for tensor in parameters:
        own = [leaf for leaf in leaves if _names(leaf, tensor, parameters)]
        if len(own) == 1 and own[0].array is not None:
            found[tensor.name] = own[0].array
    return found


def _names(leaf: Leaf, tensor: Tensor, parameters: Sequence[Tensor]) -> bool:
    """Whether the keys that lead to an array name a parameter."""
    texts = [_plain(key) for key in leaf.path if isinstance(key, str)]
    if not texts:
        return False
    own = re.fullmatch(r"([A-Za-z_]+?)_?(\d+)", tensor.name)
    if tensor.role not in _WORDS or own is None:
        return re.fullmatch(f"{_MARK}{re.escape(_plain(tensor.name))}{_AFTER}", texts[-1]) is not None
    word, number = _WORDS[tensor.role], own[2]
    if re.fullmatch(f"{_MARK}{word}{number}{_AFTER}", texts[-1]) or re.fullmatch(f"{_MARK}{word}{_AFTER}{number}", texts[-1]):
        return True
    group = any(re.fullmatch(f"{_MARK}{word}{_AFTER}", text) for text in texts)
    alike = [other.name for other in parameters if other.role == tensor.role]
    places = [key for key in leaf.path if isinstance(key, int)]
    above = [re.sub(r"\D", "", text) for text in texts[:-1]]
    return group and (places[-1:] == [alike.index(tensor.name)] or number in above or (len(alike) == 1 and not places))


def _by_order(leaves: Sequence[Leaf], parameters: Sequence[Tensor], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The arrays in the order of the parameters, or grouped by role, whichever fits the shapes; weights alone where biases are left out."""
    arrays = [leaf.array for leaf in leaves if leaf.array is not None]
    names = [tensor.name for tensor in parameters]
    weights = [tensor.name for tensor in parameters if tensor.role == "weight"]
    biases = [tensor.name for tensor in parameters if tensor.role == "bias"]
    if len(arrays) == len(names):
        backwards = [name for pair in reversed([names[n : n + 2] for n in range(0, len(names), 2)]) for name in pair]
        orders = [names, [*weights, *biases], [*biases, *weights], backwards] if len(weights) + len(biases) == len(names) else [names]
        chosen = max(orders, key=lambda order: sum(_alike(a.shape, shapes[name]) for a, name in zip(arrays, order, strict=True)))
        return dict(zip(chosen, arrays, strict=True))
    if weights and len(arrays) == len(weights):
        return dict(zip(weights, arrays, strict=True))
    return {}


def _alike(one: tuple[int, ...], two: tuple[int, ...]) -> bool:
    return sorted(size for size in one if size != 1) == sorted(size for size in two if size != 1)

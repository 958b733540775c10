"""What tensors and indices are called in a module of equations: their own names, unless the module uses these itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sympy import Basic

from codegen.allow_list import NUMPY
from codegen.constants import WORDS
from derive.equations import System
from derive.expressions import Tensor
from derive.indices import Index
from derive.language.plain import SPARE_LETTERS, letters_of
from derive.specifications.names import MODULE_NAMES

ARGUMENTS_OF_LAYERS = frozenset(["x", "y", "t", "path", "seed", "batch"])
LOCAL = (
    *("dot", "workspace", "inputs", "math", "sys", "DTYPE", "selftest", "values", "input_gradients"),
    *("flat_parameters", "slopes", "erf", "over"),  # of scalar modules
)
OWN = frozenset([*(MODULE_NAMES - ARGUMENTS_OF_LAYERS), *NUMPY, *WORDS.values(), *LOCAL])
MADE_UP = re.compile(
    r"(ones|number|one_over|total|largest|term|factor|power|branch|part|inside|run|given|maximum|add)_.*"
    r"|total|largest|term|factor|power|branch|part|.*_value(_\d+)?|d_?\w+_part|.*_(at|padded|seen|view|times|plus|over|sum)_?.*"
)
"""Names that lines of a module are given while they are written."""


def code_names(system: System, others: Iterable[Tensor]) -> dict[Tensor, str]:
    """A name for every tensor: its own, with an underscore where the module uses it for something else."""
    tensors = (*system.inputs, *system.parameters, *system.definitions, *others)
    taken = {tensor.name for tensor in tensors}
    names: dict[Tensor, str] = {}
    for tensor in tensors:
        name = tensor.name
        if tensor != system.loss and is_own(name):
            name += "_"
            while name in taken:
                name += "_"
            taken.add(name)
        names[tensor] = name
    return names


def is_own(name: str) -> bool:
    """Whether the module may use a name itself."""
    return name in OWN or MADE_UP.fullmatch(name) is not None


def letters_beside(taken: Iterable[str], fixed: Mapping[Index, str], *values: Basic) -> dict[Index, str]:
    """A letter for every index, none of them a name in ``taken``; ``fixed`` are the indices of loops around."""
    letters = letters_of(*values)
    refused = {*taken, *fixed.values()}
    used = set(letters.values()) | refused
    changed: dict[str, str] = {}
    for index, letter in letters.items():
        if index in fixed:
            continue
        if letter in refused and letter not in changed:
            changed[letter] = free_letter(letter, used)
            used.add(changed[letter])
    return {index: fixed.get(index, changed.get(letter, letter)) for index, letter in letters.items()}


def free_letter(letter: str, used: Iterable[str]) -> str:
    """Another letter, or the letter with a number."""
    forbidden = set(used)
    candidates: tuple[str, ...] = (*SPARE_LETTERS, *(f"{letter}{number}" for number in range(2, 1000)))
    return next(candidate for candidate in candidates if candidate not in forbidden)

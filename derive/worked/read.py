"""The worked example that a reader asked for: with the numbers of a file, or with simple ones."""

from __future__ import annotations

from derive.errors import InputError
from derive.language.plain import plain_equation
from derive.network import Network
from derive.worked.example import Example, broken_assumption, example, system_of
from derive.worked.numbers_file import load_numbers, numbers_of
from derive.worked.simple import simple_numbers

SIMPLE = "simple"
"""Stands for numbers that the tool chooses."""


def example_for(network: Network, numbers: str, variant: int = 1) -> Example:
    """One step of a network with the numbers of a TOML file, or with simple ones of which each variant has others.

    Raises ``InputError``: the file cannot be used, the network is too large to be computed by hand, or a value does not exist.
    """
    if numbers == SIMPLE:
        system, sweep = system_of(network, None)
        return example(system, sweep, simple_numbers(system, sweep, variant))
    file = load_numbers(numbers)
    system, sweep = system_of(network, file.patterns)
    known = (*system.inputs, *system.parameters, *system.definitions, *(d.left.tensor for d in sweep.derivations))
    found = numbers_of(file, system, known)
    broken = broken_assumption(system, found.given)
    if broken is not None:
        key = "targets" if "targets" in file.rows else "inputs"
        raise InputError(f"{file.path}: {key} do not meet what the loss assumes: {plain_equation(broken)}")
    return example(system, sweep, found)

"""The worked example that a reader asked for: with the numbers of a file, or with simple ones."""

from __future__ import annotations

from derive.errors import InputError
from derive.language.plain import plain_equation
from derive.results import Results
from derive.worked.example import Example, broken_assumption, example, passes_for
from derive.worked.numbers_file import load_numbers, numbers_of
from derive.worked.simple import simple_numbers

SIMPLE = "simple"
"""Stands for numbers that the tool chooses."""


def example_for(results: Results, numbers: str, variant: int = 1) -> Example:
    """One step of a network with the numbers of a TOML file, or with simple ones of which each variant has others.

    The results may be those of any convention; derivatives have the signs that they have there, in a file's ``published`` numbers as well.

    Raises ``InputError``: the file cannot be used, the network is too large to be computed by hand, or a value does not exist.
    """
    if numbers == SIMPLE:
        passes = passes_for(results, None)
        return example(passes, simple_numbers(passes, variant))
    file = load_numbers(numbers)
    passes = passes_for(results, file.patterns)
    found = numbers_of(file, passes)
    broken = broken_assumption(passes.system, found.given)
    if broken is not None:
        key = "targets" if "targets" in file.rows else "inputs"
        raise InputError(f"{file.path}: {key} do not meet what the loss assumes: {plain_equation(broken)}")
    return example(passes, found)

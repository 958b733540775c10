r"""Claims about a function of one variable: ``\sigma'(z) = \sigma(z)(1 - \sigma(z))``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.claims.judging import scope_at
from derive.claims.networks import Grounds
from derive.claims.verdict import CHECKED, RIGHT, WRONG, Verdict
from derive.errors import InputError
from derive.expressions import Apply, Function, Number
from derive.reader.activations import activation_of
from derive.reader.choices import Choices
from derive.reader.judging import ARGUMENTS
from derive.reader.reading import read_sides
from derive.reader.rewriting import places
from derive.reader.syntax import Factors, Group, Letter, Scripted, Syntax
from derive.verification.lines import compare
from derive.verification.primitives import EvaluationError

_CONSTANTS = ("e", "\\pi")


def variable_of_claim(sides: Sequence[Syntax], activations: frozenset[str]) -> str | None:
    """The only letter that functions are applied to, where a claim speaks of nothing else; None for any other claim."""
    letters: set[str] = set()
    applied: set[str] = set()
    for side in sides:
        for _, part in places(side):
            if isinstance(part, Scripted) and part.below is not None:
                return None
            if isinstance(part, Letter) and part.text not in (*activations, *_CONSTANTS):
                letters.add(part.text)
            if isinstance(part, Factors):
                applied |= _arguments(part, activations)
    return letters.pop() if len(letters) == 1 and letters == applied else None


def _arguments(part: Factors, activations: frozenset[str]) -> set[str]:
    """The letters that stand alone in the parentheses after an activation."""
    found: set[str] = set()
    for name, argument in zip(part.factors, part.factors[1:], strict=False):
        base = name.base if isinstance(name, Scripted) else name
        if isinstance(base, Letter) and base.text in activations and isinstance(argument, Group) and len(argument.items) == 1:
            inner = argument.items[0].sides[0]
            if isinstance(inner, Letter):
                found.add(inner.text)
    return found


def check_function(sides: Sequence[Syntax], variable: str, grounds: Grounds) -> Verdict:
    """The verdict on a claim about a function: it must hold for the activation of some layer. Raises where it cannot be read."""
    stage = grounds.pattern
    layers = range(1, stage.depth + 1)
    functions = dict.fromkeys(own for layer in layers if (own := activation_of(stage.system, layer)) is not None)
    faults = []
    for function in functions:
        fault = _fault(sides, variable, function, grounds)
        if not fault:
            return Verdict(RIGHT, None, f"holds for {function.name} at {len(ARGUMENTS)} places", certainty=CHECKED)
        faults.append(f"{function.name}: {fault[0]}")
        example = fault[1]
    if not faults:
        raise InputError("at character 1: no layer of this network has an activation that acts on each unit by itself")
    return Verdict(WRONG, "derivative" if "'" in _primes(sides) else "other", "; ".join(faults), None, example, CHECKED)


def _primes(sides: Sequence[Syntax]) -> str:
    return "'" if any(isinstance(part, Scripted) and part.primes for side in sides for _, part in places(side)) else ""


def _fault(sides: Sequence[Syntax], variable: str, function: Function, grounds: Grounds) -> tuple[str, dict[str, object]] | None:
    """Where the sides differ for one activation, and numbers that show it."""
    stage = grounds.pattern
    scope = replace(scope_at(stage, None, Choices()), variable=variable, function=function)
    first, *others = (Function("side", entry) for entry in read_sides(sides, scope).entries)
    valuation = stage.point(0).valuation
    for text in ARGUMENTS:
        number = Number(text)
        try:
            value = valuation.evaluate(Apply(first, number), {})
        except EvaluationError:
            continue
        for other in others:
            found = compare(Apply(other, number), value, {}, valuation)
            if found.fault:
                return f"{found.fault} at {variable} = {number.value}", {
                    "sizes": {},
                    "at": {variable: str(number.value)},
                    "problem": found.fault,
                }
    return None

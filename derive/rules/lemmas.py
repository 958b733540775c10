"""Rules that cite a fact: an assumption that the system declares, or a sum that a definition makes known."""

from __future__ import annotations

from derive.calculus.fold import instance
from derive.calculus.match import match
from derive.calculus.scalar_algebra import weight
from derive.calculus.substitute import move
from derive.calculus.tidy import tidy
from derive.equations import Equation
from derive.expressions import MINUS_ONE, ONE, Entry, Expression, Plus, Power, Size, Total, factors_of, plus, product
from derive.rules.algebra import take_out
from derive.rules.replacement import replace_part
from derive.rules.surroundings import Surroundings
from derive.steps import Step
from derive.traversal import free_indices, walk


def assumption(value: Expression, around: Surroundings) -> Step | None:
    """A declared fact (the targets sum to one), cited."""
    for node in walk(value) if around.assumptions else ():
        taken = take_out(node) if isinstance(node, Total) else None
        for factor in factors_of(taken) if taken is not None else ():
            for fact in around.assumptions:
                binding = match(fact.left, factor, free_indices(fact.left))
                if taken is not None and binding is not None:
                    return _cite(value, (node, taken), (factor, move(fact.right, binding)))
    return None


def _cite(value: Expression, taken_out: tuple[Expression, Expression], fact: tuple[Expression, Expression]) -> Step:
    """Factors are taken out of the sum, the sum is replaced by what it is known to be, units are dropped."""
    after = replace_part(value, *taken_out)
    known = replace_part(after, *fact)
    short = tidy(known)
    about = (("left", fact[0]), ("right", fact[1]))
    lines = (Step("take_out", value, after), Step("assumption", after, known, about, lemma="assumption"), Step("arithmetic", known, short))
    finer = tuple(step for step in lines if step.before != step.after)
    return Step("assumption", value, short, about, "assumption", finer if len(finer) > 1 else ())


def known_sum(value: Expression, around: Surroundings) -> Step | None:
    """sum_k (u_k - m) = n m - n m = 0 where m is the mean of u: a sum of terms whose sums are all known."""
    for node in walk(value):
        if not isinstance(node, Total):
            continue
        taken = take_out(node)
        for factor in factors_of(taken):
            summed = _known(factor, around.definitions) if isinstance(factor, Total) else None
            if summed is not None and weight(tidy(summed)) < weight(factor):
                short = tidy(replace_part(value, node, replace_part(taken, factor, tidy(summed))))
                return Step("known_sum", value, short, (("left", factor), ("right", tidy(summed))), "known_sum")
    return None


def _known(value: Total, definitions: tuple[Equation, ...]) -> Expression | None:
    """The value of a sum of terms, each constant or summed by a definition."""
    if not isinstance(value.body, Plus):
        return None
    found: list[Expression] = []
    for term in value.body.args:
        if value.index not in free_indices(term):
            found.append(product(term, Size(value.index.axis)))
            continue
        summed = _summed(Total(value.index, term), definitions)
        if summed is None:
            return None
        found.append(summed)
    return plus(*found)


def _summed(value: Total, definitions: tuple[Equation, ...]) -> Expression | None:
    """``v / c`` where a definition says v = c sum_k u_k."""
    taken = factors_of(take_out(value))
    for equation in definitions:
        binding = summing(equation)
        if binding is None:
            continue
        factors, own = binding
        for factor in taken:
            entry = instance(own, factor, equation) if isinstance(factor, Total) else None
            if entry is not None:
                rest = tuple(f for f in taken if f is not factor)
                return product(*rest, entry, *(Power(f, MINUS_ONE) for f in factors if f != ONE))
    return None


def summing(equation: Equation) -> tuple[tuple[Expression, ...], Total] | None:
    """The factors and the sum of a definition v = c sum_k u_k, u the entries of one tensor; None for any other definition."""
    factors = factors_of(take_out(equation.right))
    sums = tuple(f for f in factors if isinstance(f, Total))
    if len(sums) != 1 or not isinstance(sums[0].body, Entry) or any(free_indices(f) for f in factors if f is not sums[0]):
        return None
    return tuple(f for f in factors if f is not sums[0]), sums[0]

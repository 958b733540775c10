"""Every line that the printer makes of a network, with the expressions that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations

from sympy import Basic

from derive.calculus.canonical import canonical
from derive.equations import System
from derive.expressions import Entry, Expression, Partial
from derive.matrices.index_form import entry_of
from derive.network import network
from derive.notation import Notation, latex_chain, load
from derive.notes.story import Story
from derive.reader import Scope, names_of, read, scope_of
from derive.results import Result, Results, results_of
from derive.traversal import rebuild
from derive.verification.lines import lines_of
from derive.words import load as load_words

NIELSEN = load("nielsen")


@dataclass(frozen=True)
class Printed:
    """``left = right`` in LaTeX and as expressions, and the scope in which it is to be read."""

    text: str
    left: Entry
    right: Expression
    scope: Scope
    system: System


@cache
def results(spec: str, loss: str | None = None, reduction: str | None = None) -> Results:
    """The results of a network; derived once for all tests."""
    return results_of(network(spec, loss=loss, batch_reduction=reduction))


def printed(found: Results, notation: Notation = NIELSEN) -> Iterator[Printed]:
    """Each line of each derivation, each formula and each matrix form."""
    story = Story(found, notation, load_words())
    names = {id(system): names_of(system, notation) for system in (found.network.pattern, found.network.batch)}
    for result in found.results:
        view = story.view(result)
        scope = scope_of(names[id(result.system)], view.general)
        left, values = result.equation.left, _values(result)
        first, *others = latex_chain((left, *values), notation, view)
        for value, text in zip(values, others, strict=True):
            yield Printed(f"{first} = {text}", left, value, scope, result.system)
        if result.matrix is not None:
            form = result.matrix
            text = " = ".join(latex_chain((form.left, form.right), notation, view))
            yield Printed(text, left, entry_of(form.right, (form.rows, form.columns)), scope, result.system)


def _values(result: Result) -> list[Expression]:
    if result.derivation is None:
        return [result.equation.right]
    return [result.derivation.start, *(line.value for line in lines_of(result.derivation)), result.equation.right]


def reads_back(line: Printed) -> bool:
    """Whether the text means what it was printed from, up to bound names and order; an adjoint is the derivative that it stands for."""
    reading = read(line.text, line.scope)
    names = {index: str(number) for number, index in enumerate(reading.free)}
    found = [canonical(inert(side, line.system), names) for side in reading.entries]
    wanted = [inert(side, line.system) for side in (line.left, line.right)]
    positions = line.left.positions
    orders = ({index: str(number) for number, index in zip(order, positions, strict=True)} for order in permutations(range(len(positions))))
    return any(found == [canonical(side, own) for side in wanted] for own in orders)  # type: ignore[arg-type]


def inert(value: Basic, system: System) -> Basic:
    """Every adjoint as the inert derivative of the loss."""
    if isinstance(value, Entry) and value.tensor.of is not None:
        return Partial(Entry(system.loss), Entry(value.tensor.of, *value.positions))
    return rebuild(value, lambda part: inert(part, system))

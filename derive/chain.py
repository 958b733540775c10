"""One derivation: from the definition of an adjoint, by the chain rule, to its textbook form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sympy import Basic

from derive.calculus.differentiate import depends, push_all
from derive.calculus.substitute import Renaming, right_side_at
from derive.equations import Equation
from derive.expressions import Entry, Expression, Partial, Tensor, plus, product, terms_of, total
from derive.indices import Index
from derive.rules import Surroundings, simplify
from derive.steps import Derivation, Step
from derive.traversal import rebuild, walk

Adjoint = Callable[[Tensor], Tensor]


def derive(loss: Entry, by: Entry, users: Sequence[Equation], entangled: bool, adjoint: Adjoint, around: Surroundings) -> Derivation:
    """The chain from d loss / d ``by`` through the equations ``users``, which read it.

    Where users are ``entangled`` (one reads another one), only the direct dependence of each counts.
    """
    start = Partial(loss, by)
    places = tuple((user, tuple(index.fresh() for index in user.indices)) for user in users if user.tensor != loss.tensor)
    steps: list[Step] = []
    line: Expression = start
    if places:
        paths = [_path(loss, user, indices, by, entangled) for user, indices in places]
        line = plus(*paths, *(_direct(user, by) for user in users if user.tensor == loss.tensor))
        reached = tuple(("through", Entry(user.tensor, *indices)) for user, indices in places)
        steps.append(Step("chain_rule", start, line, (("by", by), *reached)))
    steps.append(_insert_definitions(line, loss, users, places, adjoint))
    steps.append(_derivative(steps[-1].after, by))
    steps.extend(simplify(steps[-1].after, around))
    return Derivation(Entry(around.subject, *by.positions), start, tuple(step for step in steps if step.before != step.after))


class Specialised(Derivation):
    """A derivation at another place of the same pattern; its steps are renamed when somebody asks for them."""

    def __init__(self, pattern: Derivation, rename: Renaming) -> None:
        self.__dict__.update(pattern=pattern, rename=rename, left=rename(pattern.left), start=rename(pattern.start))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the pattern, in the names of this place."""
        return tuple(_specialise(step, self.rename) for step in self.pattern.steps)

    @cached_property
    def result(self) -> Expression:
        """The last line, without the steps that lead to it."""
        return self.rename(self.pattern.result)

    @cached_property
    def tensors(self) -> tuple[Tensor, ...]:
        """Those of the pattern, in the names of this place."""
        return tuple(map(self.rename, self.pattern.tensors))

    pattern: Derivation
    rename: Renaming


def _specialise(step: Step, rename: Renaming) -> Step:
    because = tuple((name, rename(node)) for name, node in step.because)
    substeps = tuple(_specialise(sub, rename) for sub in step.substeps)
    return Step(step.rule, rename(step.before), rename(step.after), because, step.lemma, substeps)


def _path(loss: Entry, user: Equation, indices: tuple[Index, ...], by: Entry, entangled: bool) -> Expression:
    """What reaches the loss through one user: its own derivative times how it depends on ``by``."""
    there = Entry(user.tensor, *indices)
    slope = Partial(right_side_at(user, indices) if entangled else there, by)
    return total(indices, product(Partial(loss, there), slope))


def _direct(loss: Equation, by: Entry) -> Expression:
    """What the loss itself reads of ``by``, with everything else held fixed."""
    return Partial(plus(*(term for term in terms_of(loss.right) if depends(term, by))), by)


Places = Sequence[tuple[Equation, tuple[Index, ...]]]


def _insert_definitions(line: Expression, loss: Entry, users: Sequence[Equation], places: Places, adjoint: Adjoint) -> Step:
    """Adjoints get their names, derivatives of values become derivatives of their definitions."""
    named = _name_adjoints(line, loss, {user.tensor for user, _ in places}, adjoint)
    written = _write_out(named, {user.tensor: user for user in users})
    adjoints = tuple(("adjoint", Entry(adjoint(user.tensor), *indices)) for user, indices in places)
    values = tuple(("value", Entry(user.tensor, *indices)) for user, indices in places)
    if any(user.tensor == loss.tensor for user in users):
        values = (*values, ("value", loss))
    finer = (Step("name_adjoint", line, named), Step("insert_definition", named, written)) if named not in (line, written) else ()
    return Step("insert_definition", line, written, (*adjoints, *values), None, finer)


def _name_adjoints(value: Basic, loss: Entry, users: set[Tensor], adjoint: Adjoint) -> Expression:
    if isinstance(value, Partial) and value.of == loss and value.by.tensor in users:
        return Entry(adjoint(value.by.tensor), *value.by.positions)
    return rebuild(value, lambda part: _name_adjoints(part, loss, users, adjoint))


def _write_out(value: Basic, definitions: dict[Tensor, Equation]) -> Expression:
    if isinstance(value, Partial) and isinstance(value.of, Entry) and value.of.tensor in definitions:
        return Partial(right_side_at(definitions[value.of.tensor], value.of.positions), value.by)
    return rebuild(value, lambda part: _write_out(part, definitions))


def _derivative(value: Expression, by: Entry) -> Step:
    """The derivative carried out; the finer lines push it one level at a time."""
    finer: list[Step] = []
    line = value
    while any(isinstance(node, Partial) for node in walk(line)):
        pushed = push_all(line)
        finer.append(Step("push", line, pushed))
        line = pushed
    return Step("derivative", value, line, (("by", by),), None, tuple(finer))

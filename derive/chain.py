"""One derivation: from the definition of an adjoint, by the chain rule, to its textbook form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sympy import Basic

from derive.calculus.contract import contract, solve
from derive.calculus.differentiate import carry_out, depends, push_all
from derive.calculus.ranges import is_positional
from derive.calculus.substitute import Renaming, move, right_side_at
from derive.equations import Equation
from derive.expressions import Bracket, Entry, Expression, Partial, Plus, Tensor, Total, factors_of, plus, product, terms_of, total
from derive.indices import Index, Position
from derive.manner import TEXTBOOK, Manner
from derive.rules import Surroundings, simplify
from derive.steps import Derivation, Step
from derive.traversal import rebuild, walk

Adjoint = Callable[[Tensor], Tensor]
Places = Sequence[tuple[Equation, tuple[Position, ...]]]


def derive(
    loss: Entry,
    by: Entry,
    users: Sequence[Equation],
    entangled: bool,
    adjoint: Adjoint,
    around: Surroundings,
    manner: Manner = TEXTBOOK,
) -> Derivation:
    """The chain from d loss / d ``by`` through the equations ``users``, which read it.

    Where users are ``entangled`` (one reads another one), only the direct dependence of each counts.
    """
    start = Partial(loss, by)
    places: Places = tuple((user, tuple(index.fresh() for index in user.indices)) for user in users if user.tensor != loss.tensor)
    steps: list[Step] = []
    line: Expression = start
    if places:
        paths = [_path(loss, user, indices, by, entangled) for user, indices in places]
        line = plus(*paths, *(_direct(user, by) for user in users if user.tensor == loss.tensor))
        reached = tuple(("through", Entry(user.tensor, *indices)) for user, indices in places)
        steps.append(Step("chain_rule", start, line, (("by", by), *reached)))
        if manner.single_path and not entangled and (found := single_paths(line, users, by)) is not None:
            steps.append(found[0])
            line, places = found[0].after, _moved(places, found[1])
    steps.append(_insert_definitions(line, loss, users, places, adjoint))
    steps.append(_derivative(steps[-1].after, by))
    steps.extend(simplify(steps[-1].after, around, manner.rules))
    return Derivation(Entry(around.subject, *by.positions), start, tuple(step for step in steps if step.before != step.after))


def single_paths(line: Expression, users: Sequence[Equation], by: Entry) -> tuple[Step, dict[Index, Position]] | None:
    """Sums over paths of which only one is there, reduced to it: v_p depends on ``by`` only for p = j. None where all paths count."""
    definitions = {user.tensor: user for user in users}
    taken: dict[Index, Position] = {}

    def reduced(value: Expression) -> Expression:
        if isinstance(value, Plus):
            return plus(*map(reduced, value.args))
        if not isinstance(value, Total):
            return value
        inner = reduced(value.body)
        slopes = [f for f in factors_of(inner) if isinstance(f, Partial) and f.by == by and isinstance(f.of, Entry)]
        if len(slopes) != 1 or slopes[0].of.tensor not in definitions:
            return Total(value.index, inner)
        there = slopes[0].of
        slope, _ = contract(carry_out(Partial(right_side_at(definitions[there.tensor], there.positions), by)))
        position = _only(slope, value.index)
        if position is None:
            return Total(value.index, inner)
        taken[value.index] = position
        return move(inner, {value.index: position})

    after = reduced(line)
    if not taken:
        return None
    named = (((f"index{n}", index), (f"position{n}", position)) for n, (index, position) in enumerate(taken.items()))
    return Step("single_path", line, after, tuple(part for pair in named for part in pair)), taken


def _only(slope: Expression, index: Index) -> Position | None:
    """The only position of ``index`` where every term of ``slope`` is not zero."""
    found = set()
    for term in terms_of(slope):
        solved = (solve(r, index) for f in factors_of(term) if isinstance(f, Bracket) for r in f.relations if is_positional(r))
        position = next((p for p in solved if isinstance(p, Index) and p.axis == index.axis), None)
        if position is None:
            return None
        found.add(position)
    return found.pop() if len(found) == 1 else None


def _moved(places: Places, taken: dict[Index, Position]) -> Places:
    return tuple((user, tuple(taken.get(index, index) for index in indices)) for user, indices in places)


class Specialised(Derivation):
    """A derivation at another place of the same pattern; its steps are renamed when somebody asks for them."""

    def __init__(self, pattern: Derivation, rename: Renaming) -> None:
        self.__dict__.update(pattern=pattern, rename=rename, left=rename(pattern.left))

    @cached_property
    def start(self) -> Expression:
        """The definition of what is derived."""
        return self.rename(self.pattern.start)

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


def origin(derivation: Derivation) -> Derivation:
    """The derivation that this one repeats with other names: itself, unless it is specialised."""
    return derivation.pattern if isinstance(derivation, Specialised) else derivation


def _specialise(step: Step, rename: Renaming) -> Step:
    because = tuple((name, rename(node)) for name, node in step.because)
    substeps = tuple(_specialise(sub, rename) for sub in step.substeps)
    return Step(step.rule, rename(step.before), rename(step.after), because, step.lemma, substeps)


def _path(loss: Entry, user: Equation, indices: tuple[Position, ...], by: Entry, entangled: bool) -> Expression:
    """What reaches the loss through one user: its own derivative times how it depends on ``by``."""
    there = Entry(user.tensor, *indices)
    slope = Partial(right_side_at(user, indices) if entangled else there, by)
    return total(indices, product(Partial(loss, there), slope))


def _direct(loss: Equation, by: Entry) -> Expression:
    """What the loss itself reads of ``by``, with everything else held fixed."""
    return Partial(plus(*(term for term in terms_of(loss.right) if depends(term, by))), by)


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

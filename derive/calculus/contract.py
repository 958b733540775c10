"""Kronecker deltas eliminated: of a sum over p that holds ``[p = j]``, only the term p = j remains."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Basic

from derive.calculus.ranges import decided, guards, is_positional, opposite
from derive.calculus.substitute import move
from derive.expressions import ONE, ZERO, Bracket, Case, Cases, Expression, Plus, Product, Relation, Total, factors_of, plus, product
from derive.indices import Affine, Index, Position
from derive.traversal import free_indices, rebuild, walk

Elimination = tuple[Index, Position]


def contract(value: Expression) -> tuple[Expression, tuple[Elimination, ...]]:
    """``value`` with every solvable bracket under a sum eliminated, and which index took which position.

    Only a coefficient of +-1 is solved for; another one keeps its bracket. A position other than a plain index of the same axis
    brings its range guard along. Where a bracket can be solved for two indices (``[k + u = s]`` in a convolution) the outer one goes,
    so that the sum over the kernel remains.
    """
    outermost = _Contraction(patient=True)
    after = outermost.run(value)
    rest = _Contraction(patient=False)
    return rest.run(after), (*outermost.done, *rest.done)


@dataclass(frozen=True)
class _Contraction:
    """``outer`` are the indices bound around the present place; a patient contraction leaves to them what they can solve."""

    patient: bool
    outer: tuple[Index, ...] = ()
    done: list[Elimination] = field(default_factory=list)

    def run(self, value: Expression) -> Expression:
        if not any(isinstance(node, Bracket) and any(map(is_positional, node.relations)) for node in walk(value)):
            return value
        inner = replace(self, outer=(*self.outer, value.index)) if isinstance(value, Total) else self
        value = rebuild(value, inner.run_part)
        if isinstance(value, Product):
            return product(*value.args)
        if isinstance(value, Cases):
            return _parts(value)
        return self.eliminate(value.index, value.body) if isinstance(value, Total) else value

    def run_part(self, part: Basic) -> Basic:
        """A part of an expression: another expression, or a case that holds one."""
        if isinstance(part, Case):
            return Case(self.run(part.value), part.relation)
        return self.run(part) if isinstance(part, Expression) else part

    def eliminate(self, index: Index, body: Expression) -> Expression:
        """The sum of ``body`` over ``index``, without the brackets that fix ``index``."""
        if not _speaks_of(index, body):
            return _hoist_brackets(index, body)
        if isinstance(body, Plus):
            return plus(*(self.eliminate(index, term) for term in body.args))
        factors = factors_of(product(*factors_of(body)))
        for place, factor in enumerate(factors):
            if isinstance(factor, Plus) and _speaks_of(index, factor):
                terms = (product(*factors[:place], term, *factors[place + 1 :]) for term in factor.args)
                return plus(*(self.eliminate(index, term) for term in terms))
        for factor in factors:
            for relation in factor.relations if isinstance(factor, Bracket) else ():
                position = self._solved(relation, index)
                if position is not None:
                    return self._put(index, position, factors, factor, relation)
        return self._exchanged(index, factors) or _hoist_brackets(index, body)

    def _solved(self, relation: Relation, index: Index) -> Position | None:
        if self.patient and any(solve(relation, other) is not None for other in self.outer):
            return None
        return solve(relation, index)

    def _exchanged(self, index: Index, factors: tuple[Expression, ...]) -> Expression | None:
        """The sum over ``index`` inside the sum that holds its bracket, if it goes there."""
        for place, factor in enumerate(factors):
            if isinstance(factor, Total) and _speaks_of(index, factor.body):
                before = len(self.done)
                body = self.eliminate(index, product(*factors[:place], factor.body, *factors[place + 1 :]))
                if len(self.done) > before:
                    return self.eliminate(factor.index, body)
        return None

    def _put(self, index: Index, position: Position, factors: tuple[Expression, ...], bracket: Bracket, relation: Relation) -> Expression:
        others = tuple(r for r in bracket.relations if r != relation)
        needed = guards(position, index.axis)
        self.done.append((index, position))
        rest = tuple(factor for factor in factors if factor is not bracket)
        remaining = (*((Bracket(*others, *needed),) if others or needed else ()), *rest)
        return _certain_left_out(product(*(move(factor, {index: position}) for factor in remaining))) if remaining else ONE


def _speaks_of(index: Index, value: Expression) -> bool:
    brackets = (node for node in walk(value) if isinstance(node, Bracket))
    return any(is_positional(r) and index in free_indices(r) for bracket in brackets for r in bracket.relations)


def _certain_left_out(value: Expression) -> Expression:
    """A bracket that has become ``[j = j]`` is 1."""
    factors = []
    for factor in factors_of(value):
        if isinstance(factor, Bracket):
            kept = tuple(r for r in factor.relations if decided(r) is not True)
            factors += [Bracket(*kept)] if kept else []
        else:
            factors.append(factor)
    return product(*factors) if factors else ONE


def _hoist_brackets(index: Index, body: Expression) -> Expression:
    """Brackets that ``index`` does not stand in are taken out of the sum over it, to meet the sum that binds theirs."""
    if isinstance(body, Plus) and any(_stays_outside(index, r) for term in body.args for r in _relations(term)):
        return plus(*(_hoist_brackets(index, term) for term in body.args))
    if not isinstance(body, Product | Bracket):
        return Total(index, body)
    outside: list[Expression] = []
    inside: list[Expression] = []
    for factor in factors_of(body):
        if isinstance(factor, Bracket):
            own = tuple(r for r in factor.relations if not _stays_outside(index, r))
            other = tuple(r for r in factor.relations if r not in own)
            outside += [Bracket(*other)] if other else []
            inside += [Bracket(*own)] if own else []
        else:
            inside.append(factor)
    return product(*outside, Total(index, product(*inside) if inside else ONE))


def _stays_outside(index: Index, relation: Relation) -> bool:
    return is_positional(relation) and index not in free_indices(relation)


def _relations(value: Expression) -> tuple[Relation, ...]:
    return tuple(r for factor in factors_of(value) if isinstance(factor, Bracket) for r in factor.relations)


def _parts(value: Cases) -> Expression:
    """Branches chosen by positions as brackets times their values, where a branch is zero or holds a bracket that may be solved."""
    branches = (*(case.value for case in value.cases), value.otherwise)
    if not all(is_positional(case.relation) for case in value.cases):
        return _bracket_in_front(value, branches)
    if not any(map(_is_zero_or_bracketed, branches)):
        return value
    passed: tuple[Relation, ...] = ()
    parts: list[Expression] = []
    for case in value.cases:
        parts.append(product(Bracket(*passed, case.relation), case.value))
        other = opposite(case.relation)
        if other is None:
            return value
        passed = (*passed, other)
    parts.append(product(Bracket(*passed), value.otherwise))
    return plus(*(part for part, branch in zip(parts, branches, strict=True) if branch != ZERO))


def _bracket_in_front(value: Cases, branches: tuple[Expression, ...]) -> Expression:
    """Branches chosen by values, with what brackets all of them that are not zero have in common taken out."""
    nonzero = [branch for branch in branches if branch != ZERO]
    shared = [r for r in _relations(nonzero[0]) if all(r in _relations(other) for other in nonzero)] if nonzero else []
    if not any(map(is_positional, shared)):
        return value
    common = tuple(r for r in shared if is_positional(r))
    cases = (Case(_without(case.value, common), case.relation) for case in value.cases)
    return product(Bracket(*common), Cases(*cases, _without(value.otherwise, common)))


def _without(value: Expression, relations: tuple[Relation, ...]) -> Expression:
    factors = list[Expression]()
    for factor in factors_of(value):
        kept = tuple(r for r in factor.relations if r not in relations) if isinstance(factor, Bracket) else ()
        if not isinstance(factor, Bracket):
            factors.append(factor)
        elif kept:
            factors.append(Bracket(*kept))
    return product(*factors) if factors else ONE


def _is_zero_or_bracketed(value: Expression) -> bool:
    return value == ZERO or any(isinstance(node, Bracket) and any(map(is_positional, node.relations)) for node in walk(value))


def solve(relation: Relation, index: Index) -> Position | None:
    """The position that ``relation`` fixes ``index`` to, where its coefficient is +-1."""
    sides = (relation.left, relation.right)
    if relation.sign != "=" or not all(isinstance(side, Index | Affine) for side in sides):
        return None
    difference = Affine.of(relation.left).plus(Affine.of(relation.right).scaled(-1))
    coefficient = difference.coefficient(index)
    if abs(coefficient) != 1:
        return None
    rest = Affine(difference.constant, *(term for term in difference.terms if term.index != index))
    return rest.scaled(-coefficient).simplest()

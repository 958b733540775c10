"""Kronecker deltas eliminated: of a sum over p that holds ``[p = j]``, only the term p = j remains."""

from __future__ import annotations

from derive.expressions import (
    ONE,
    ZERO,
    Affine,
    Bracket,
    Expression,
    Index,
    Plus,
    Position,
    Product,
    Relation,
    Size,
    Total,
    factors_of,
    free_indices,
    plus,
    product,
    rebuild,
    walk,
)
from derive.substitute import move

Elimination = tuple[Index, Position]


def contract(value: Expression) -> tuple[Expression, tuple[Elimination, ...]]:
    """``value`` with every solvable bracket under a sum eliminated, and which index took which position.

    Only a coefficient of +-1 is solved for; another one keeps its bracket. A position other than a plain index of the same axis
    brings its range guard along.
    """
    done: list[Elimination] = []
    return _contract(value, done), tuple(done)


def _contract(value: Expression, done: list[Elimination]) -> Expression:
    if not any(isinstance(node, Bracket) and any(map(_fixes_position, node.relations)) for node in walk(value)):
        return value
    value = rebuild(value, lambda part: _contract(part, done) if isinstance(part, Expression) else part)  # type: ignore[arg-type, return-value, assignment]
    if isinstance(value, Product):
        return product(*value.args)
    return _eliminate(value.index, value.body, done) if isinstance(value, Total) else value


def _eliminate(index: Index, body: Expression, done: list[Elimination]) -> Expression:
    """The sum of ``body`` over ``index``, without the brackets that fix ``index``."""
    brackets = [node for node in walk(body) if isinstance(node, Bracket) and any(index in free_indices(r) for r in node.relations if _fixes_position(r))]
    if not brackets:
        return _hoist_brackets(index, body)
    if isinstance(body, Plus):
        return plus(*(_eliminate(index, term, done) for term in body.args))
    factors = factors_of(product(*factors_of(body)))
    for place, factor in enumerate(factors):
        if isinstance(factor, Plus) and any(b in walk(factor) for b in brackets):
            terms = (product(*factors[:place], term, *factors[place + 1 :]) for term in factor.args)
            return plus(*(_eliminate(index, term, done) for term in terms))
    for factor in factors:
        for relation in factor.relations if isinstance(factor, Bracket) else ():
            position = solve(relation, index)
            if position is not None:
                return _put(index, position, factors, factor, relation, done)
    return _hoist_brackets(index, body)


def _put(
    index: Index, position: Position, factors: tuple[Expression, ...], bracket: Expression, relation: Relation, done: list[Elimination]
) -> Expression:
    assert isinstance(bracket, Bracket)
    others = tuple(r for r in bracket.relations if r != relation)
    guards = () if isinstance(position, Index) and position.axis == index.axis else _guards(position, index)
    done.append((index, position))
    rest = tuple(factor for factor in factors if factor is not bracket)
    remaining = (*((Bracket(*others, *guards),) if others or guards else ()), *rest)
    moved = product(*(move(factor, {index: position}) for factor in remaining)) if remaining else ONE
    return _contract_brackets_left(moved)


def _contract_brackets_left(value: Expression) -> Expression:
    """A bracket that has become ``[j = j]`` is 1."""
    factors = []
    for factor in factors_of(value):
        if isinstance(factor, Bracket):
            kept = tuple(r for r in factor.relations if not (r.sign == "=" and r.left == r.right))
            if kept:
                factors.append(Bracket(*kept))
        else:
            factors.append(factor)
    return product(*factors) if factors else ONE


def _hoist_brackets(index: Index, body: Expression) -> Expression:
    """Brackets that ``index`` does not stand in are taken out of the sum over it, to meet the sum that binds theirs."""
    if not isinstance(body, Product | Bracket):
        return Total(index, body)
    outside: list[Expression] = []
    inside: list[Expression] = []
    for factor in factors_of(body):
        if isinstance(factor, Bracket):
            own = tuple(r for r in factor.relations if index in free_indices(r))
            own += tuple(r for r in factor.relations if r not in own and not _fixes_position(r))
            other = tuple(r for r in factor.relations if r not in own)
            outside += [Bracket(*other)] if other else []
            inside += [Bracket(*own)] if own else []
        else:
            inside.append(factor)
    return product(*outside, Total(index, product(*inside) if inside else ONE))


def _fixes_position(relation: Relation) -> bool:
    """Whether a relation is between positions; one between values (``[a > 0]``) is a factor like any other."""
    return isinstance(relation.left, Index | Affine) or isinstance(relation.right, Index | Affine)


def solve(relation: Relation, index: Index) -> Position | None:
    """The position that ``relation`` fixes ``index`` to, where its coefficient is +-1."""
    sides = (relation.left, relation.right)
    if relation.sign != "=" or not all(isinstance(side, Index | Affine) for side in sides):
        return None
    difference = Affine.of(relation.left).plus(Affine.of(relation.right).scaled(-1))  # type: ignore[arg-type]
    coefficient = difference.coefficient(index)
    if abs(coefficient) != 1:
        return None
    rest = Affine(difference.constant, *(term for term in difference.terms if term.index != index))
    return rest.scaled(-coefficient).simplest()


def _guards(position: Position, index: Index) -> tuple[Relation, ...]:
    """``0 <= position < size``: outside its axis an index has no term."""
    if isinstance(position, Affine) and not position.terms and 0 <= position.constant < index.axis.size:
        return ()
    return Relation(ZERO, "<=", position), Relation(position, "<", Size(index.axis))

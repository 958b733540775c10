"""Factors side by side: products, functions of arguments, signs of differentiation before what they act on; sums over an index."""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import quoted
from derive.expressions import Apply, Bracket, Expression, Function, Largest, Number, Relation, Total, product
from derive.matrices.matrix import Diagonal, Elementwise, ItemSum, MatrixExpression, RowLargest
from derive.reader.activations import activated
from derive.reader.derivatives import derivative, gradient, is_gradient, is_operator, variable_of
from derive.reader.meaning import meaning
from derive.reader.names import tensors_in
from derive.reader.scope import Scope, letter_text, positions_below
from derive.reader.shares import is_shares, shares
from derive.reader.slots import Letter, Slot, absent, misfit
from derive.reader.symbols import exponential, with_scripts
from derive.reader.syntax import Big, Chain, Factors, Fraction, Group, Literal, Script, Scripted, Syntax, Terms, Word, text_of
from derive.reader.syntax import Letter as LetterSyntax
from derive.reader.tokens import UNEQUAL, refuse
from derive.reader.values import Matrix, Term, Value, multiplied

_WORDS = ("diag", "rowmax")


@meaning.register
def _(value: Factors, scope: Scope) -> Value:
    signs, factors = ["*", *value.signs], list(value.factors)
    found_signs: list[str] = []
    found: list[Value] = []
    while factors:
        found_signs.append(signs[0])
        used, own = _leading(factors, signs, scope)
        found.append(own)
        del factors[:used], signs[:used]
    return multiplied(found_signs, found, value.at)


def _leading(factors: Sequence[Syntax], signs: Sequence[str], scope: Scope) -> tuple[int, Value]:
    """The value of the first factor with whatever it acts on, and how many factors that takes."""
    first, rest = factors[0], factors[1:]
    if is_operator(first):
        return _differentiated(first, rest, signs, scope)
    if is_gradient(first) and rest and isinstance(first, Scripted):
        of, used = _acted_on(rest, signs, scope)
        return used, gradient(first.below, meaning(of, scope), scope, first.at)
    if _is_function(first, scope):
        if not rest:
            refuse(first.at, f"{quoted(text_of(first))} without an argument")
        return 2, _application(first, rest[0], scope)
    return 1, meaning(first, scope)


def _differentiated(first: Syntax, rest: Sequence[Syntax], signs: Sequence[str], scope: Scope) -> tuple[int, Value]:
    """A group that follows is what is differentiated, else everything that follows."""
    by = variable_of(first) if isinstance(first, Fraction) else None
    if by is None or not rest:
        refuse(first.at, "a derivative of nothing")
    of, used = (rest[0], 2) if _is_group(rest[0]) else (Factors(rest[0].at, tuple(signs[2:]), tuple(rest)), len(rest) + 1)
    return used, derivative(meaning(of, scope), meaning(by, scope), scope.names, first.at)


def _acted_on(rest: Sequence[Syntax], signs: Sequence[str], scope: Scope) -> tuple[Syntax, int]:
    """What nabla acts on, and how many factors that takes with it: one symbol or group, else all that follows."""
    if isinstance(rest[0], LetterSyntax | Scripted | Group):
        return rest[0], 2
    return Factors(rest[0].at, tuple(signs[2:]), tuple(rest)), len(rest) + 1


def _is_group(value: Syntax) -> bool:
    return isinstance(value, Group)


def _is_function(value: Syntax, scope: Scope) -> bool:
    base = value.base if isinstance(value, Scripted) else value
    if isinstance(base, Word):
        return True
    if not isinstance(base, LetterSyntax) or base.text in scope.names.bases:
        return False
    return base.text in scope.activations or base.text in scope.names.functions


def _application(name: Syntax, argument: Syntax, scope: Scope) -> Value:
    """A function of what follows; an exponent on the parentheses or on the name belongs to the value."""
    base, scripted = (name.base, name) if isinstance(name, Scripted) else (name, Scripted(name.at, name, None, None, 0))
    own = text_of(base) in scope.activations
    outer = argument.above if isinstance(argument, Scripted) and _is_group(argument.base) and argument.below is None else None
    inner = argument.base if outer is not None and isinstance(argument, Scripted) else argument
    if isinstance(base, LetterSyntax) and not _is_group(inner):
        refuse(argument.at, f"expected ( after the function {quoted(base.text)}")
    read = meaning(inner, scope)
    if isinstance(read, Matrix) and is_shares(base, read, scope):
        return with_scripts(shares(scripted.below, read, scope), outer, scope)
    if scripted.below is not None and not own:
        refuse(name.at, "an index on a function")
    if own:
        layered = scope.mark(scripted.above) is not None
        value = activated(scripted, read, scope)
        return with_scripts(value if layered else with_scripts(value, scripted.above, scope), outer, scope)
    value = _applied(base, scripted.primes, read, scope)
    return with_scripts(with_scripts(value, scripted.above, scope), outer, scope)


def _applied(base: Syntax, primes: int, argument: Value, scope: Scope) -> Value:
    name = text_of(base)
    if name == "exp" and not primes:
        return exponential(argument)
    if name in _WORDS:
        return _of_arrays(name, argument, base.at)
    if name not in scope.names.functions:
        refuse(base.at, f"unknown function {quoted(name)}")
    if isinstance(argument, Term):
        return Term(lambda: _call(name, primes, argument.build(), scope))
    return Matrix(argument.rows, argument.columns, lambda: _call_entrywise(name, primes, argument.build(), scope))


def _call(name: str, primes: int, argument: Expression, scope: Scope) -> Expression:
    return Apply(_function(name, primes, argument, scope), argument)


def _call_entrywise(name: str, primes: int, argument: MatrixExpression, scope: Scope) -> MatrixExpression:
    return Elementwise(_function(name, primes, argument, scope), argument)


def _function(name: str, primes: int, argument: Expression | MatrixExpression, scope: Scope) -> Function:
    function = scope.names.function(name, tensors_in(argument))
    assert function is not None
    for _ in range(primes):
        function = function.prime
    return function


def _of_arrays(name: str, argument: Value, at: int) -> Value:
    if isinstance(argument, Term):
        misfit(at, f"{name} of a number")
    if name == "rowmax":
        return Matrix(argument.rows, absent(), lambda: RowLargest(argument.build()))
    argument.columns.unify(absent(), at, "diag of a matrix")
    return Matrix(argument.rows, argument.rows, lambda: Diagonal(argument.build()))


@meaning.register
def _(value: Word, scope: Scope) -> Value:
    refuse(value.at, f"{quoted(value.text)} without an argument")


@meaning.register
def _(value: Big, scope: Scope) -> Value:
    """A sum or a maximum over the letters below; limits must be those of the axis."""
    if value.below is None:
        refuse(value.at, f"expected an index below the {value.name}")
    letters, apart = _letters(value.below, scope)
    inside = scope.inside(*letters)
    for letter in letters:
        size = scope.limits.get(f"{scope.names.notation.layer_size}_{letter.text}")
        if size is not None:
            letter.slot.unify(size.slot, value.at, f"the range of {quoted(letter.text)}")
    if value.above is not None:
        for letter in letters:
            _limit(letter, value.above, scope)
    body = meaning(value.body, inside)
    if isinstance(body, Term):
        node = Total if value.name == "sum" else Largest
        return Term(lambda: _nested(node, letters, _without(apart, body.build())))
    if value.name == "max" or apart is not None:
        misfit(value.at, f"the {'largest' if value.name == 'max' else 'sum but for one'} of arrays")
    return Matrix(body.rows, body.columns, lambda: _nested(ItemSum, letters, body.build()))


def _nested(node: type, letters: Sequence[Letter], body: Expression | MatrixExpression) -> Expression | MatrixExpression:
    for letter in reversed(letters):
        body = node(letter.index, body)
    return body


def _letters(below: Script, scope: Scope) -> tuple[list[Letter], tuple[Letter, Letter] | None]:
    """``k``, ``k=1``, ``j,k`` or ``jk``; of ``k != j`` also both letters."""
    first = below.items[0]
    if first.signs == (UNEQUAL,) and len(below.items) == 1:
        other = letter_text(first.sides[1])
        if other is None:
            refuse(first.sides[1].at, "expected an index")
        letter = _bound(Chain(first.at, first.sides[:1]), scope)
        known = scope.letters.get(other, first.sides[1].at)
        letter.slot.unify(known.slot, first.at, f"the index {quoted(other)} that is left out")
        return [letter], (letter, known)
    if len(below.items) > 1 or first.signs:
        return [_bound(item, scope) for item in below.items], None
    return [_bound(Chain(part.at, (part,)), scope) for part in positions_below(below)], None


def _without(apart: tuple[Letter, Letter] | None, body: Expression) -> Expression:
    """What a sum is of, nothing at the position that it leaves out."""
    return body if apart is None else product(Bracket(Relation(apart[0].index, UNEQUAL, apart[1].index)), body)


def _bound(item: Chain, scope: Scope) -> Letter:
    text = letter_text(item.sides[0])
    starts = len(item.sides) == 1 or (item.signs == ("=",) and isinstance(item.sides[1], Literal))
    if text is None or not starts:
        refuse(item.at, "expected an index, or an index = 1")
    if len(item.sides) > 1 and item.sides[1] != Literal(item.sides[1].at, "1"):
        misfit(item.at, "a sum over every unit begins at 1")
    return scope.letters.letter(text, item.at)


def _limit(letter: Letter, above: Script, scope: Scope) -> None:
    """The upper limit names the axis by its size, or says how many there are."""
    (side,) = above.items[0].sides[:1]
    if isinstance(side, Literal):
        letter.slot.unify(Slot(size=int(Number(side.text).value)), above.at, f"the range of {quoted(letter.text)}")
        return
    base, below = (side.base, side.below) if isinstance(side, Scripted) else (side, None)
    axis = scope.size(base.text, below) if isinstance(base, LetterSyntax) else None
    if axis is None and scope.choices is not None and isinstance(base, LetterSyntax):
        if below is None and base.text in scope.limits:
            letter.slot.unify(scope.limits[base.text].slot, above.at, f"the range of {quoted(letter.text)}")
        return  # an author's own name for how many there are
    if axis is None and scope.choices is not None and isinstance(side, Terms):
        misfit(above.at, f"the sum over {quoted(letter.text)} does not run over every unit")
    if axis is None:
        refuse(above.at, "expected the size of an axis as upper limit")
    letter.slot.unify(Slot(axis), above.at, f"the range of {quoted(letter.text)}")

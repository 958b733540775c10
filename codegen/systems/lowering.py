"""Formulas to statements over strided views."""

from __future__ import annotations

from functools import singledispatch

from sympy import Basic

from codegen.branches import COMPARISONS, as_call, clip, clipped
from codegen.program import Call
from codegen.systems.arrays import Array, Value, contiguous, margins_of, read
from codegen.systems.guards import protected, without_superfluous
from codegen.systems.products import total
from codegen.systems.stages import Formula, Stage, Work
from codegen.systems.writer import Cite, Explicit, Statement, Writer
from codegen.unfold import is_constant
from derive.calculus.ranges import is_positional
from derive.calculus.tidy import is_divisor, leading_sign, tidy
from derive.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Apply,
    Bracket,
    Cases,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Total,
    negative,
    plus,
    product,
)
from derive.indices import Index
from derive.traversal import walk

UFUNCS = {"abs": "absolute"}
LARGEST_POWER = 64


class LoweringError(ValueError):
    """A formula that has no array form."""


class Lowering:
    """Where tensors are kept while the formulas of a work become statements."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.writer = Writer(set(work.names))
        margins = margins_of(work, (formula.right for formula in work.formulas))
        for tensor in (*work.inputs, *work.parameters, *(formula.tensor for formula in work.formulas)):
            shape = tuple(axis.size for axis in tensor.axes)
            array = Array(tensor.name, shape, margins.get(tensor, ((0, 0),) * len(shape)), work.outside.get(tensor, ZERO))
            self.writer.tensors[tensor] = array
            self.writer.arrays[tensor.name] = array
        self.zero_outside = [tensor for tensor in self.writer.tensors if work.outside.get(tensor, ZERO) == ZERO]

    def stage(self, stage: Stage) -> tuple[list[object], list[object]]:
        """The lines before the loop of a stage and inside it."""
        writer = self.writer
        writer.before, writer.inside = [], []
        writer.members = stage.tensors if stage.step is not None else ()
        writer.step = stage.step
        for formula in stage.formulas:
            self.formula(formula)
        writer.forget_loop()
        return list(writer.before), list(writer.inside)

    def formula(self, formula: Formula) -> None:
        """The statements of one formula, its result in the array of its tensor; explicit loops where there is no array form."""
        writer = self.writer
        writer.looping = writer.step is not None
        writer.title = formula.tensor.name
        indices = tuple(position for position in formula.left.positions if isinstance(position, Index))
        writer.order = (*indices, *(node.index for node in walk(formula.right) if isinstance(node, Total | Largest)))
        marks = len(writer.before), len(writer.inside), dict(writer.known)
        writer.before.append(Cite(formula))
        if writer.looping:
            writer.inside.append(Cite(formula))
        try:
            self.store(formula, lowered(formula.right, self))
            if writer.looping and isinstance(writer.before[-1], Cite):
                writer.before.pop()  # nothing of it is computed before the loop
        except LoweringError:
            del writer.before[marks[0] :], writer.inside[marks[1] :]
            writer.known = marks[2]
            writer.lines.extend([Cite(formula), Explicit(formula)])

    def store(self, formula: Formula, value: Value) -> None:
        """The value in its tensor's memory: written there at once where it was just made, else copied."""
        writer = self.writer
        array = writer.tensors[formula.tensor]
        target = contiguous(array, formula.left.positions)
        labels = writer.own(target)
        made = [line for line in writer.lines if isinstance(line, Statement) and line.target.array == value.array]
        last = writer.lines[-1]
        if (
            made
            and last is made[-1]
            and len(made) == 1
            and value.array.name not in self.tensor_names
            and set(writer.own(value)) == set(labels)
        ):
            assert isinstance(last, Statement)
            whole = target.view(writer.own(value), writer.present)
            if last.target.dims == value.view(writer.own(value)).dims and last.operation not in ("dot", "matmul"):
                writer.lines[-1] = Statement(
                    last.operation, target.view(value.labels, writer.present), last.operands, last.axes, last.scratch
                )
            elif whole.is_contiguous:
                seen = type(whole)(array, whole.start, last.target.dims, whole.along)
                writer.lines[-1] = Statement(last.operation, seen, last.operands, last.axes, last.scratch)
            else:
                writer.write("copyto", target, [value.view(labels, writer.present)], view=target.view(labels, writer.present))
                return
            del writer.arrays[value.array.name]
            writer.forget(value.array)
            return
        writer.write("copyto", target, [value.view(labels, writer.present)], view=target.view(labels, writer.present))

    @property
    def tensor_names(self) -> tuple[str, ...]:
        return self.work.names


def lowered(value: Expression, where: Lowering) -> Value:
    """As ``lower``, for constants too, and before the loop of a recurrence for what does not depend on it."""
    writer = where.writer
    if is_constant(value):
        return writer.constant(value)
    if not writer.is_early(value):
        return lower(value, where)
    writer.looping = False
    try:
        return lower(value, where)
    finally:
        writer.looping = True


@singledispatch
def lower(value: Basic, where: Lowering) -> Value:
    """The statements that compute ``value``; returns where it is."""
    raise LoweringError(f"no statement for {type(value).__name__}")


@lower.register
def _(value: Entry, where: Lowering) -> Value:
    return read(where.writer.tensors[value.tensor], value)


@lower.register
def _(value: Apply, where: Lowering) -> Value:
    name = value.function.name
    return where.writer.elementwise(UFUNCS.get(name, name), _number(lowered(value.argument, where), where))


@lower.register
def _(value: Call, where: Lowering) -> Value:
    if value.name == "guarded":
        base, guard = value.arguments
        assert isinstance(guard, Bracket)
        return _replaced(lowered(base, where), where.writer.constant(ONE), where.writer.mask(guard.args, opposite=True, truth=True), where)
    return where.writer.elementwise(value.name, *(lowered(argument, where) for argument in value.arguments))


def _replaced(value: Value, other: Value, truth: Value, where: Lowering) -> Value:
    """``value`` with ``other`` where ``truth`` holds."""
    writer = where.writer
    labels = writer.joined([value, other, truth])
    return writer.chosen(labels, *(seen.view(labels, writer.present) for seen in (value, other, truth)))


def _number(value: Value, where: Lowering) -> Value:
    """A truth as a number."""
    if not value.array.truth:
        return value
    own = where.writer.own(value)
    return where.writer.made("copyto", own, [value.view(own, where.writer.present)])


@lower.register
def _(value: Plus, where: Lowering) -> Value:
    """Terms one after the other; a constant comes last unless something is subtracted from it. What is known before a loop comes first."""
    early = [term for term in value.args if where.writer.is_early(term) and not is_constant(term)]
    if len(early) > 1 and len(early) < len(value.args):
        made = lowered(plus(*early), where)
        terms = [term for term in value.args if term not in early]
    else:
        ordered = sorted(value.args, key=lambda term: (leading_sign(term) < 0, is_constant(term)))
        made, terms = _number(lowered(ordered[0], where), where), ordered[1:]
    for term in terms:
        minus = leading_sign(term) < 0
        other = _number(lowered(tidy(negative(term)) if minus else term, where), where)
        made = where.writer.elementwise("subtract" if minus else "add", made, other)
    return made


@lower.register
def _(value: Product, where: Lowering) -> Value:
    """Factors with the fewest indices first; divisors after the factors; what is known before a loop is one factor."""
    writer = where.writer
    args = without_superfluous(value.args, where.zero_outside)
    early = [factor for factor in args if writer.is_early(factor) and not is_constant(factor)]
    constant = tidy(product(*(factor for factor in args if is_constant(factor))))
    factors = [factor for factor in args if not is_constant(factor)]
    made: Value | None = None
    if 1 < len(early) < len(factors):
        made = lowered(product(*early), where)
        factors = [factor for factor in factors if factor not in early]
    below = [tidy(Power(f.base, Number(-f.exponent.value))) for f in factors if is_divisor(f)]
    values = [lowered(factor, where) for factor in factors if not is_divisor(factor)]
    values = sorted((*([made] if made else []), *values), key=lambda made: (made.array.truth, len(made.labels)))
    if constant == MINUS_ONE and values:
        values[0] = writer.elementwise("negative", _number(values[0], where))
    elif constant != ONE and not (below and not values and constant == ONE):
        values.insert(0, writer.constant(constant))
    made = values[0] if values else None
    for other in values[1:]:
        made = writer.elementwise("multiply", _number(made, where) if made.array.truth else made, other)  # type: ignore[union-attr, arg-type]
    for factor in below:
        divisor = _number(lowered(factor, where), where)
        made = writer.elementwise("divide", made, divisor) if made is not None else writer.elementwise("reciprocal", divisor)
    assert made is not None
    return _number(made, where)


@lower.register
def _(value: Power, where: Lowering) -> Value:
    """Whole exponents by multiplication; -1 and 1/2 have functions of their own."""
    writer = where.writer
    base = _number(lowered(value.base, where), where)
    if not isinstance(value.exponent, Number):
        return writer.elementwise("power", base, lowered(value.exponent, where))
    exponent = value.exponent.value
    if exponent.q == 2 and abs(exponent.p) == 1:
        base, exponent = writer.elementwise("sqrt", base), 2 * exponent
    if exponent.q != 1 or abs(exponent.p) > LARGEST_POWER:
        return writer.elementwise("power", base, writer.constant(value.exponent))
    made = base
    for digit in bin(abs(exponent.p))[3:]:
        made = writer.elementwise("multiply", made, made)
        made = writer.elementwise("multiply", made, base) if digit == "1" else made
    return writer.elementwise("reciprocal", made) if exponent < 0 else made


@lower.register
def _(value: Total, where: Lowering) -> Value:
    return total(value, where.writer, lambda part: lowered(part, where), where.zero_outside)


@lower.register
def _(value: Largest, where: Lowering) -> Value:
    bound, body = [value.index], value.body
    while isinstance(body, Largest):
        bound.append(body.index)
        body = body.body
    writer, made = where.writer, _number(lowered(body, where), where)
    own = writer.own(made)
    axes = tuple(place for place, label in enumerate(own) if label in bound)
    if not axes:
        return made
    return writer.made("largest", [label for label in own if label not in bound], [made.view(own, writer.present)], axes)


@lower.register
def _(value: Bracket, where: Lowering) -> Value:
    positional = [relation for relation in value.relations if is_positional(relation)]
    truths = [_truth(relation, where) for relation in value.relations if not is_positional(relation)]
    made = where.writer.mask(positional) if positional else truths.pop(0)
    for truth in truths:
        both = made.array.truth and truth.array.truth
        made = where.writer.elementwise("logical_and" if both else "multiply", made, truth, truth=both)
    return made


def _truth(relation: Relation, where: Lowering) -> Value:
    if is_positional(relation):
        return where.writer.mask([relation], truth=True)
    if not isinstance(relation.left, Expression) or not isinstance(relation.right, Expression):
        raise LoweringError("a comparison of other things than numbers")
    left, right = (_number(lowered(side, where), where) for side in (relation.left, relation.right))
    return where.writer.elementwise(COMPARISONS[relation.sign], left, right, truth=True)


@lower.register
def _(value: Cases, where: Lowering) -> Value:
    """The branch that holds at each position, the first one written last."""
    simple = None if any(is_positional(case.relation) for case in value.cases) else as_call(value)
    if simple is not None:
        return lowered(simple, where)
    clips = [clip(case.relation, opposite=True) for case in value.cases if not is_positional(case.relation)]
    made = _number(lowered(clipped(value.otherwise, clips), where), where)
    for case in reversed(value.cases):
        positional, branch = is_positional(case.relation), case.value
        branch = protected(branch, [case.relation]) if positional else clipped(branch, [clip(case.relation)])
        made = _replaced(made, _number(lowered(branch, where), where), _truth(case.relation, where), where)
    return made

"""Equations to statements. Every index of a product-sum is classified from where it stands; nothing else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch

from codegen.contraction import total
from codegen.operations import Value, Writer, aligned
from codegen.problem import Numbered, Problem
from codegen.program import ARGUMENT, CONSTANT, GRADIENT, PARAMETER, SCRATCH, VALUE, Buffer, Call, Program, View
from codegen.unfold import is_constant
from derive.calculus.ranges import is_positional
from derive.calculus.substitute import move
from derive.calculus.tidy import leading_sign, tidy
from derive.expressions import (
    MINUS_ONE,
    ONE,
    ZERO,
    Apply,
    Bracket,
    Case,
    Cases,
    Entry,
    Expression,
    Largest,
    Number,
    Plus,
    Power,
    Product,
    Relation,
    Tensor,
    Total,
    factors_of,
    negative,
    product,
)
from derive.indices import Affine, Axis, Index
from derive.specifications.reads import not_negative
from derive.traversal import free_indices, walk

UFUNCS = {"abs": "absolute"}


class LoweringError(ValueError):
    """An equation that cannot be brought into statements."""


class Lowering:
    """Where tensors are kept while equations become statements."""

    def __init__(self, problem: Problem, stored: Mapping[Tensor, tuple[int, ...]]) -> None:
        self.writer = Writer(problem.batch)
        self.stored = stored
        self.kept: dict[Tensor, tuple[Buffer, tuple[int, ...]]] = {}
        for tensor in problem.inputs:
            self.declare(tensor, ARGUMENT)
        for tensor in problem.parameters:
            self.declare(tensor, PARAMETER, stored.get(tensor))
        for parameter, gradient in problem.gradients.items():
            self.declare(gradient, GRADIENT, stored.get(parameter))
        for gradient in problem.input_gradients:
            self.declare(gradient, GRADIENT)

    def declare(self, tensor: Tensor, kind: str, stored: tuple[int, ...] | None = None) -> Buffer:
        """A buffer for ``tensor``; ``stored`` are the tensor's axes in the order of memory."""
        order = stored or tuple(range(len(tensor.axes)))
        documented = tuple(order.index(axis) for axis in range(len(order)))
        axes = tuple(tensor.axes[axis] for axis in order)
        buffer = Buffer(tensor.name, axes, kind, documented=documented if stored and kind in (PARAMETER, GRADIENT) else ())
        self.writer.buffers[tensor.name] = buffer
        self.kept[tensor] = (buffer, order)
        return buffer

    def read(self, entry: Entry) -> Value:
        """The buffer of a tensor, its stored axes at the entry's indices."""
        if entry.tensor not in self.kept:
            raise LoweringError(f"{entry.tensor.name} is read before it is computed")
        buffer, order = self.kept[entry.tensor]
        found = [(_shifted(entry, axis), entry.tensor.axes[axis]) for axis in order]
        labels = tuple(index for (index, _), _ in found)
        if len(set(labels)) < len(labels):
            raise LoweringError(f"{entry.tensor.name} is read at positions that are not different indices")
        window = tuple(None if index.axis == axis and start == 0 else (start, start + index.axis.size) for (index, start), axis in found)
        value = Value(buffer, labels, window if any(window) else ())
        return self.turned(value, self.stored[entry.tensor]) if buffer.kind == ARGUMENT and entry.tensor in self.stored else value

    def turned(self, value: Value, order: tuple[int, ...]) -> Value:
        """An argument copied into the order of axes in which the program works on it."""
        labels = tuple(value.labels[axis] for axis in order)
        copy = self.writer.scratch(f"{value.buffer.name}_columns", labels)
        return self.writer.write("copyto", copy, [aligned(value, labels)])

    def equation(self, numbered: Numbered, at: int) -> None:
        """The statements of one equation, its result in the buffer of its tensor."""
        tensor = numbered.tensor
        order = self.kept[tensor][1] if tensor in self.kept else self.stored.get(tensor, tuple(range(len(tensor.axes))))
        labels = tuple(numbered.equation.indices[axis] for axis in order)
        self.writer.equation, self.writer.target = at, tensor.name
        self.writer.order = (*labels, *(node.index for node in walk(numbered.computed) if isinstance(node, Total | Largest)))
        value = lower(numbered.computed, self)
        if tensor not in self.kept:
            if not value.window and not value.buffer.truth and set(value.labels) == set(labels) and value.buffer.kind != CONSTANT:
                self.keep(tensor, value, numbered.equation.indices)
                return
            self.declare(tensor, VALUE, order)
        if value.buffer.kind == SCRATCH and value.labels == labels:
            self.rename(value.buffer.name, tensor.name)
            return
        target = Value(self.kept[tensor][0], labels)
        self.writer.write("copyto", target, [aligned(value, labels)])

    def keep(self, tensor: Tensor, value: Value, indices: tuple[Index, ...]) -> None:
        """The tensor is the value just made, renamed; or another tensor, where the equation says just that."""
        order = tuple(indices.index(label) for label in value.labels)
        if value.buffer.kind != SCRATCH:
            self.kept[tensor] = (value.buffer, order)
            return
        buffer = Buffer(tensor.name, value.buffer.axes, VALUE)
        self.rename(value.buffer.name, tensor.name)
        self.writer.buffers[tensor.name] = buffer
        self.kept[tensor] = (buffer, order)

    def rename(self, old: str, new: str) -> None:
        """Let the statements of the present equation write to another buffer."""
        self.writer.buffers.pop(old)
        statements = self.writer.statements
        for at in range(len(statements) - 1, -1, -1):
            if statements[at].equation != self.writer.equation:
                break
            statements[at] = statements[at].renamed({old: new})


def lower_problem(problem: Problem, stored: Mapping[Tensor, tuple[int, ...]], given: Sequence[Tensor] = ()) -> Program:
    """The program of a problem; ``stored`` gives the order in memory of a tensor's axes where it is not the documented one.

    A gradient lies as its parameter does. An argument comes as its caller has it and is copied. ``given`` are values that no equation
    of the problem computes.
    """
    lowering = Lowering(problem, stored)
    for tensor in given:
        lowering.declare(tensor, VALUE, stored.get(tensor))
    for at, numbered in enumerate(problem.equations):
        lowering.equation(numbered, at)
    writer = lowering.writer
    kept = {tensor: buffer.name for tensor, (buffer, _) in lowering.kept.items()}
    results = tuple(kept[tensor] for tensor in problem.results)
    program = Program(problem.batch, writer.buffers, tuple(writer.statements), results, kept[problem.output], kept[problem.loss])
    return program.with_statements(program.statements)


def _shifted(entry: Entry, axis: int) -> tuple[Index, int]:
    """A position as an index and how far it is shifted, inside the range of its axis."""
    position = Affine.of(entry.positions[axis])
    shifts = [term.index for term in position.terms if term.coefficient == 1]
    if len(position.terms) != 1 or not shifts:
        raise LoweringError(f"{entry.tensor.name} is read at a position that is not a shifted index")
    end = position.constant + shifts[0].axis.size
    if shifts[0].axis != entry.tensor.axes[axis] and (position.constant < 0 or end > entry.tensor.axes[axis].size):
        raise LoweringError(f"{entry.tensor.name} is read outside its range")
    return shifts[0], position.constant


@singledispatch
def lower(value: Expression, where: Lowering) -> Value:
    """The statements that compute ``value``; returns the buffer that it is in."""
    raise LoweringError(f"no statement for {type(value).__name__}")


def lowered(value: Expression, where: Lowering) -> Value:
    """As ``lower``, for values that may be constants."""
    return where.writer.constant(value) if is_constant(value) else lower(value, where)


@lower.register
def _(value: Entry, where: Lowering) -> Value:
    return where.read(value)


@lower.register
def _(value: Apply, where: Lowering) -> Value:
    name = value.function.name
    return where.writer.elementwise(UFUNCS.get(name, name), lowered(value.argument, where))


@lower.register
def _(value: Call, where: Lowering) -> Value:
    return where.writer.elementwise(value.name, *(lowered(argument, where) for argument in value.arguments))


@lower.register
def _(value: Plus, where: Lowering) -> Value:
    """Terms one after the other; a constant comes last unless something is subtracted from it."""
    terms = sorted(value.args, key=lambda term: (leading_sign(term) < 0, is_constant(term)))
    first, rest = terms[0], terms[1:]
    made = lowered(first, where)
    for term in rest:
        if leading_sign(term) < 0:
            made = where.writer.elementwise("subtract", made, lowered(tidy(negative(term)), where))
        else:
            made = where.writer.elementwise("add", made, lowered(term, where))
    return made


@lower.register
def _(value: Product, where: Lowering) -> Value:
    """Factors with the fewest indices first; truths (brackets) last; divisors after the factors."""
    constant = tidy(product(*(factor for factor in value.args if is_constant(factor))))
    factors = [factor for factor in value.args if not is_constant(factor)]
    below = [tidy(Power(f.base, Number(-f.exponent.value))) for f in factors if is_divisor(f)]
    above = [factor for factor in factors if not is_divisor(factor)]
    values = sorted((lower(factor, where) for factor in above), key=lambda made: (made.buffer.truth, len(made.labels)))
    if constant == MINUS_ONE and values:
        values[0] = where.writer.elementwise("negative", values[0])
    elif constant != ONE and not (below and not values):
        values.insert(0, where.writer.constant(constant))
    made = values[0] if values else where.writer.constant(constant)
    for other in values[1:]:
        both = made.buffer.truth and other.buffer.truth
        made = where.writer.elementwise("logical_and" if both else "multiply", made, other)
    for factor in below:
        divisor = lower(factor, where)
        made = where.writer.elementwise("reciprocal", divisor) if _is_one(made) else where.writer.elementwise("divide", made, divisor)
    return where.writer.elementwise("multiply", made, where.writer.constant(ONE)) if made.buffer.truth else made


def _is_one(value: Value) -> bool:
    return value.buffer.value == ONE and not value.labels


def is_divisor(value: Expression) -> bool:
    """Whether a factor stands below the line."""
    return isinstance(value, Power) and isinstance(value.exponent, Number) and value.exponent.value < 0


@lower.register
def _(value: Power, where: Lowering) -> Value:
    """Whole exponents by multiplication; -1 and 1/2 have functions of their own."""
    base = lower(value.base, where)
    writer = where.writer
    if not isinstance(value.exponent, Number):
        return writer.elementwise("power", base, lowered(value.exponent, where))
    exponent = value.exponent.value
    if exponent.q == 2 and abs(exponent.p) == 1:
        base, exponent = writer.elementwise("sqrt", base), 2 * exponent
    if exponent.q != 1 or abs(exponent.p) > 64:
        return writer.elementwise("power", base, writer.constant(value.exponent))
    made = base
    for digit in bin(abs(exponent.p))[3:]:
        made = writer.elementwise("multiply", made, made)
        made = writer.elementwise("multiply", made, base) if digit == "1" else made
    return writer.elementwise("reciprocal", made) if exponent < 0 else made


@lower.register
def _(value: Total, where: Lowering) -> Value:
    return total(value, where.writer, lambda part: lowered(part, where))


@lower.register
def _(value: Largest, where: Lowering) -> Value:
    body = lower(value.body, where)
    if value.index not in body.labels:
        return body
    labels = tuple(label for label in body.labels if label != value.index)
    target = where.writer.scratch(where.writer.title("largest", [body]), labels)
    view = View(body.buffer.name, tuple(range(len(body.labels))))
    return where.writer.write("largest", target, [view], (body.labels.index(value.index),))


@lower.register
def _(value: Bracket, where: Lowering) -> Value:
    if any(map(is_positional, value.relations)):
        chosen: Expression = ONE
        for relation in reversed(value.relations):
            chosen = Cases(Case(chosen, relation), ZERO)
        return lower(chosen, where)
    from codegen.branches import bracket

    return bracket(value, where.writer, lambda part: lowered(part, where))


@lower.register
def _(value: Cases, where: Lowering) -> Value:
    if any(is_positional(case.relation) for case in value.cases):
        return side_by_side(value, where)
    from codegen.branches import cases

    return cases(value, where.writer, lambda part: lowered(part, where))


def side_by_side(value: Cases, where: Lowering) -> Value:
    """Branches that depend on a position, each copied to the range of positions where it holds."""
    writer = where.writer
    first = next(case.relation for case in value.cases if is_positional(case.relation))
    indices = free_indices(first)
    if len(indices) != 1:
        raise LoweringError("branches are chosen by more than one position")
    along = indices[0]
    parts = _ranges(value, along)
    made: list[tuple[Value, Index, int]] = []
    for start, end, branch in parts:
        part = Index(along.letter, Axis(along.axis.name, end - start))
        at = writer.order.index(along)
        writer.order = (*writer.order[:at], part, *writer.order[at:])
        made.append((lowered(move(branch, {along: Affine.of(part).plus(Affine(start)).simplest()}), where), part, start))
    labels = writer.sorted(tuple(dict.fromkeys((along, *(label for own, part, _ in made for label in own.labels if label != part)))))
    target = writer.scratch(f"{writer.target}_parts", labels)
    for own, part, start in made:
        seen = tuple(part if label == along else label for label in labels)
        window = tuple((start, start + part.axis.size) if label == along else None for label in labels)
        writer.write("copyto", Value(target.buffer, seen, window), [aligned(own, seen)])
    return target


def _ranges(value: Cases, along: Index) -> list[tuple[int, int, Expression]]:
    """The ranges of positions of an index with the branch that holds in each."""
    found: list[tuple[int, int, Expression]] = []
    for place in range(along.axis.size):
        branch = next((case.value for case in value.cases if _holds(case.relation, along, place)), value.otherwise)
        if found and found[-1][2] == branch:
            found[-1] = (found[-1][0], place + 1, branch)
        else:
            found.append((place, place + 1, branch))
    return found


def _holds(relation: Relation, along: Index, place: int) -> bool:
    bounds = not_negative(move(relation, {along: Affine(place)}))
    if not is_positional(relation) or not bounds or any(bound.terms for bound in bounds):
        raise LoweringError("branches are chosen by positions and by values at once")
    return all(bound.constant >= 0 for bound in bounds)


__all__ = ["Axis", "Lowering", "LoweringError", "factors_of", "lower_problem"]

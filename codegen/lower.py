"""Equations to statements. Every index of a product-sum is classified from where it stands; nothing else is known."""

from __future__ import annotations

from functools import singledispatch

from codegen.contraction import total
from codegen.operations import Value, Writer, aligned
from codegen.problem import Numbered, Problem
from codegen.program import ARGUMENT, CONSTANT, GRADIENT, PARAMETER, SCRATCH, VALUE, Buffer, Call, Program, View
from codegen.unfold import is_constant
from derive.calculus.tidy import leading_sign, tidy
from derive.expressions import (
    MINUS_ONE,
    ONE,
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
    Tensor,
    Total,
    factors_of,
    negative,
    product,
)
from derive.indices import Axis, Index
from derive.traversal import walk

UFUNCS = {"abs": "absolute"}


class LoweringError(ValueError):
    """An equation that cannot be brought into statements."""


class Lowering:
    """Where tensors are kept while equations become statements."""

    def __init__(self, problem: Problem, stored: dict[Tensor, tuple[int, ...]]) -> None:
        self.writer = Writer(problem.batch)
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
        buffer = Buffer(tensor.name, axes, kind, documented=documented if stored else ())
        self.writer.buffers[tensor.name] = buffer
        self.kept[tensor] = (buffer, order)
        return buffer

    def read(self, entry: Entry) -> Value:
        """The buffer of a tensor, its stored axes at the entry's indices."""
        if entry.tensor not in self.kept:
            raise LoweringError(f"{entry.tensor.name} is read before it is computed")
        buffer, order = self.kept[entry.tensor]
        positions = tuple(entry.positions[axis] for axis in order)
        if not all(isinstance(position, Index) for position in positions) or len(set(positions)) < len(positions):
            raise LoweringError(f"{entry.tensor.name} is read at positions that are not plain, different indices")
        return Value(buffer, positions)

    def equation(self, numbered: Numbered, at: int) -> None:
        """The statements of one equation, its result in the buffer of its tensor."""
        tensor = numbered.tensor
        order = self.kept[tensor][1] if tensor in self.kept else tuple(range(len(tensor.axes)))
        labels = tuple(numbered.equation.indices[axis] for axis in order)
        self.writer.equation, self.writer.target = at, tensor.name
        self.writer.order = (*labels, *(node.index for node in walk(numbered.computed) if isinstance(node, Total | Largest)))
        value = lower(numbered.computed, self)
        if tensor not in self.kept:
            if not value.buffer.truth and set(value.labels) == set(labels) and value.buffer.kind != CONSTANT:
                self.keep(tensor, value, numbered.equation.indices)
                return
            self.declare(tensor, VALUE)
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


def lower_problem(problem: Problem, stored: dict[Tensor, tuple[int, ...]]) -> Program:
    """The program of a problem; ``stored`` says in which order of axes a parameter (and its gradient) lies in memory."""
    lowering = Lowering(problem, stored)
    for at, numbered in enumerate(problem.equations):
        lowering.equation(numbered, at)
    writer = lowering.writer
    kept = {tensor: buffer.name for tensor, (buffer, _) in lowering.kept.items()}
    results = tuple(kept[tensor] for tensor in problem.results)
    program = Program(problem.batch, writer.buffers, tuple(writer.statements), results, kept[problem.output], kept[problem.loss])
    return program.with_statements(program.statements)


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
    from codegen.branches import bracket

    return bracket(value, where.writer, lambda part: lowered(part, where))


@lower.register
def _(value: Cases, where: Lowering) -> Value:
    from codegen.branches import cases

    return cases(value, where.writer, lambda part: lowered(part, where))


__all__ = ["Axis", "Lowering", "LoweringError", "factors_of", "lower_problem"]

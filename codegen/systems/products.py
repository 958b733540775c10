"""Sums of products over strided values: a matrix product, a batched one, or products and a reduction.

An operand is copied where it lies badly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codegen.systems.arrays import Value, View, contiguous
from codegen.systems.guards import is_guard, without_superfluous
from codegen.systems.scatter import scattered
from codegen.systems.writer import Writer
from codegen.unfold import outside
from derive.expressions import Expression, Number, Plus, Power, Product, Tensor, Total, plus, product
from derive.indices import Index
from derive.traversal import entries_of, free_indices

Lower = Callable[[Expression], Value]


def total(value: Total, writer: Writer, lower: Lower, zero_outside: Sequence[Tensor]) -> Value:
    """The statements of a sum over one index or several."""
    bound, body = _whole_sum(value)
    if isinstance(body, Plus) and _outgrows(body):
        return lower(plus(*(outside(_summed(bound, term)) for term in body.args)))
    factors = [part for factor in _factors(body) for part in _repeated(factor)]

    def summed(parts: Sequence[Expression], over: Sequence[Index]) -> Value:
        values = _merged([lower(factor) for factor in without_superfluous(parts, zero_outside)], over, writer)
        return _contracted(values, [index for index in over if any(index in value.labels for value in values)], writer)

    return scattered(factors, bound, writer, summed) or summed(factors, bound)


def _whole_sum(value: Total) -> tuple[list[Index], Expression]:
    """The indices and the body of nested sums as one, also where guards stand between them."""
    bound: list[Index] = []
    body: Expression = value
    guards: tuple[Expression, ...] = ()
    while True:
        inner = [factor for factor in _factors(body) if not is_guard(factor)]
        if len(inner) != 1 or not isinstance(inner[0], Total):
            return bound, product(*guards, body) if guards else body
        guards = (*guards, *(factor for factor in _factors(body) if is_guard(factor)))
        bound.append(inner[0].index)
        body = inner[0].body


def _factors(body: Expression) -> tuple[Expression, ...]:
    return body.args if isinstance(body, Product) else (body,)


def _summed(bound: Sequence[Index], body: Expression) -> Expression:
    for index in reversed(bound):
        body = Total(index, body)
    return body


def _outgrows(body: Plus) -> bool:
    widest = max((len(entry.positions) for entry in entries_of(body)), default=0)
    return any(len(free_indices(term)) > widest for term in body.args) and len(free_indices(body)) > widest


def _repeated(factor: Expression) -> tuple[Expression, ...]:
    if isinstance(factor, Power) and factor.exponent == Number(2):
        return (factor.base, factor.base)
    return (factor,)


def _merged(values: list[Value], bound: Sequence[Index], writer: Writer) -> list[Value]:
    """Factors whose indices another factor has too are multiplied onto it, until two with indices of their own are left."""
    while len(values) > 2:
        values = sorted(values, key=lambda value: len(writer.own(value)))
        for at, small in enumerate(values):
            hosts = [other for other in values[at + 1 :] if set(writer.own(small)) <= set(writer.own(other))]
            if hosts:
                host = min(hosts, key=lambda other: len(writer.own(other)))
                rest = [value for value in values if value is not small and value is not host]
                values = [*rest, writer.elementwise("multiply", host, small)]
                break
        else:
            left, right = values[-2], values[-1]
            others = {label for value in values[:-2] for label in value.labels}
            now = [index for index in bound if index not in others]
            values = [*values[:-2], product_of(left, right, now, writer)]
    return values


def _contracted(values: list[Value], bound: Sequence[Index], writer: Writer) -> Value:
    if len(values) == 1:
        return reduced(values[0], bound, writer)
    left, right = values
    own_left = [index for index in bound if index in left.labels and index not in right.labels]
    own_right = [index for index in bound if index in right.labels and index not in left.labels]
    left = reduced(left, own_left, writer) if own_left else left
    right = reduced(right, own_right, writer) if own_right else right
    return product_of(left, right, bound, writer)


def product_of(left: Value, right: Value, bound: Sequence[Index], writer: Writer) -> Value:
    """The sum over ``bound`` of the product of two values."""
    own_left, own_right = writer.own(left), writer.own(right)
    shared = [label for label in own_left if label in own_right]
    contracted = [label for label in shared if label in bound]
    batch = list(writer.sorted(tuple(label for label in shared if label not in bound)))
    free_left = list(writer.sorted(tuple(label for label in own_left if label not in shared)))
    free_right = list(writer.sorted(tuple(label for label in own_right if label not in shared)))
    if not contracted:
        return writer.elementwise("multiply", left, right)
    if batch and not (free_left and free_right):
        return reduced(writer.elementwise("multiply", left, right), contracted, writer)
    order = writer.sorted((*free_left, *free_right))
    if order and order[0] in free_right:
        left, right, free_left, free_right = right, left, free_right, free_left
    # the summed axes in the order in which an operand has them, so that it need not be copied
    contracted = sorted(contracted, key=lambda label: -abs(left.steps[label]))
    rows, columns = [batch, free_left, contracted], [batch, contracted, free_right]
    seen = [_matrix(value, groups, writer) for value, groups in ((left, rows), (right, columns))]
    labels = (*batch, *free_left, *free_right)
    operation = "matmul" if batch else "dot"
    key = (operation, tuple(label.axis.size for label in labels), *seen, writer.looping)
    if key in writer.known:
        return contiguous(writer.known[key].array, labels)
    target = writer.scratch("product", labels)
    result = target.merged([[label] for label in batch] + [group for group in (free_left, free_right) if group])
    assert result is not None
    writer.known[key] = writer.write(operation, target, seen, view=result)
    return target


def _matrix(value: Value, groups: list[list[Index]], writer: Writer) -> View:
    """``value`` as a stack of matrices, copied where BLAS could not take it as it lies."""
    batch, *rest = groups
    wanted = [[label] for label in batch] + [group for group in rest if group]
    seen = None if value.array.truth else value.merged(wanted, writer.present)
    if seen is None or not seen.suits_products:
        labels = [label for group in groups for label in group]
        copy = writer.made("copyto", labels, [value.view(labels, writer.present)])
        seen = copy.merged(wanted)
        assert seen is not None
    return seen


def reduced(value: Value, bound: Sequence[Index], writer: Writer) -> Value:
    """``value`` summed over ``bound``."""
    own = writer.own(value)
    axes = tuple(place for place, label in enumerate(own) if label in bound)
    if not axes:
        return value
    return writer.made("sum", [label for label in own if label not in bound], [value.view(own, writer.present)], axes)

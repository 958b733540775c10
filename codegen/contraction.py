"""Sums of products: each index is of the batch, contracted or free, by where it stands; that picks the call.

A sum over one factor is a product with ones (or a reduction); over two it is a matrix product where no index stands in both
factors and the result, a batched one where one does and both have indices of their own; else elementwise, then summed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codegen.operations import Value, Writer, aligned
from codegen.program import ARGUMENT, View
from codegen.unfold import outside
from derive.expressions import Expression, Number, Plus, Power, Product, Total, plus, product
from derive.indices import Index
from derive.traversal import entries_of, free_indices

Lower = Callable[[Expression], Value]


def total(value: Total, writer: Writer, lower: Lower) -> Value:
    """The statements of a sum over one index or several."""
    bound, body = [value.index], value.body
    while isinstance(body, Total):
        bound.append(body.index)
        body = body.body
    if isinstance(body, Plus) and _outgrows(body):
        parts = plus(*(outside(_summed(tuple(bound), term)) for term in body.args))
        return lower(parts)
    factors = [part for factor in (body.args if isinstance(body, Product) else (body,)) for part in _repeated(factor)]
    values = _merged([lower(factor) for factor in factors], tuple(bound), writer)
    return _summed_values(values, tuple(bound), writer)


def _summed(bound: tuple[Index, ...], body: Expression) -> Expression:
    for index in reversed(bound):
        body = Total(index, body)
    return body


def _outgrows(body: Plus) -> bool:
    """Whether the terms together have more indices than any entry in them: then each term is summed by itself."""
    widest = max((len(entry.positions) for entry in entries_of(body)), default=0)
    return any(len(free_indices(term)) > widest for term in body.args) and len(free_indices(body)) > widest


def _repeated(factor: Expression) -> tuple[Expression, ...]:
    """A square as two factors."""
    if isinstance(factor, Power) and factor.exponent == Number(2):
        return (factor.base, factor.base)
    return (factor,)


def _merged(values: list[Value], bound: tuple[Index, ...], writer: Writer) -> list[Value]:
    """Factors whose indices another factor has too are multiplied onto it, until two with indices of their own are left."""
    while len(values) > 2:
        values = sorted(values, key=lambda value: len(value.labels))
        for at, small in enumerate(values):
            hosts = [other for other in values[at + 1 :] if set(small.labels) <= set(other.labels)]
            if hosts:
                host = min(hosts, key=lambda other: len(other.labels))
                rest = [value for value in values if value is not small and value is not host]
                values = [*rest, writer.elementwise("multiply", host, small)]
                break
        else:
            left, right = values[-2], values[-1]
            others = {label for value in values[:-2] for label in value.labels}
            now = tuple(index for index in bound if index not in others)
            values = [*values[:-2], product_of(left, right, now, writer)]
    return values


def _summed_values(values: list[Value], bound: tuple[Index, ...], writer: Writer) -> Value:
    if len(values) == 2:
        left, right = (_without_own(value, other, bound, writer) for value, other in (values, values[::-1]))
        return product_of(left, right, bound, writer)
    return reduced(values[0], bound, writer)


def _without_own(value: Value, other: Value, bound: tuple[Index, ...], writer: Writer) -> Value:
    """``value`` summed over the bound indices that only it has."""
    own = tuple(index for index in bound if index in value.labels and index not in other.labels)
    return reduced(value, own, writer) if own else value


def product_of(left: Value, right: Value, bound: tuple[Index, ...], writer: Writer) -> Value:
    """The sum over ``bound`` of the product of two values."""
    shared = [label for label in left.labels if label in right.labels]
    contracted = [label for label in shared if label in bound]
    batch = [label for label in shared if label not in bound]
    free_left = [label for label in left.labels if label not in shared]
    free_right = [label for label in right.labels if label not in shared]
    if not batch and not free_left and not free_right and contracted:
        if left.labels == right.labels and not _comes_from_outside(left, right):
            return _written("dot", left, right, (), [flat(whole(left, writer)), flat(whole(right, writer))], writer)
    elif len(contracted) == 1 and len(free_left) <= 1 and len(free_right) <= 1 and (free_left or free_right) and not batch:
        return _matrix_product(left, right, free_left, free_right, contracted[0], writer)
    elif len(contracted) == 1 and len(free_left) == len(free_right) == 1 and batch:
        return _batched_product(left, right, batch, free_left, free_right, contracted[0], writer)
    both = writer.elementwise("multiply", left, right)
    return reduced(both, tuple(contracted), writer) if contracted else both


def _comes_from_outside(*values: Value) -> bool:
    """Whether one is an argument of several axes: nobody knows whether it lies in one piece, and to make it one vector may copy it."""
    return any(value.buffer.kind == ARGUMENT and len(value.labels) > 1 for value in values)


def _matrix_product(
    left: Value, right: Value, free_left: Sequence[Index], free_right: Sequence[Index], over: Index, writer: Writer
) -> Value:
    """One product of matrices or of a matrix and a vector; the result is stored in the order of the equation."""
    labels = writer.sorted((*free_left, *free_right))
    if labels and labels[0] in free_right:
        left, right, free_left, free_right = right, left, free_right, free_left
    views = [aligned_all(left, (*free_left, over)), aligned_all(right, (over, *free_right))]
    return _written("dot", left, right, (*free_left, *free_right), views, writer)


def _batched_product(
    left: Value, right: Value, batch: Sequence[Index], free_left: Sequence[Index], free_right: Sequence[Index], over: Index, writer: Writer
) -> Value:
    leading = writer.sorted(tuple(batch))
    labels = writer.sorted((*free_left, *free_right))
    if labels[0] in free_right:
        left, right, free_left, free_right = right, left, free_right, free_left
    views = [aligned_all(left, (*leading, *free_left, over)), aligned_all(right, (*leading, over, *free_right))]
    return _written("matmul", left, right, (*leading, *free_left, *free_right), views, writer)


def reduced(value: Value, bound: tuple[Index, ...], writer: Writer) -> Value:
    """``value`` summed over ``bound``: a product with ones for vectors, matrices and all of a matrix, else NumPy's own sum."""
    labels = tuple(label for label in value.labels if label not in bound)
    if not labels and len(value.labels) == 2 and not value.buffer.truth and not _comes_from_outside(value):
        made = whole(value, writer)
        return _written("sum", made, made, (), [flat(made), flat(writer.ones(*value.labels))], writer, "dot")
    if len(bound) == 1 and len(value.labels) <= 2 and not value.buffer.truth:
        ones = writer.ones(bound[0])
        over, last = aligned_all(ones, bound), value.labels[-1] == bound[0]
        own = aligned_all(value, value.labels)
        return _written("sum", value, ones, labels, [own, over] if last else [over, own], writer, "dot")
    target = writer.scratch(writer.title("sum", [value]), labels)
    axes = tuple(place for place, label in enumerate(value.labels) if label in bound)
    return writer.write("sum", target, [aligned_all(value, value.labels)], axes)


def _written(
    title: str, left: Value, right: Value, labels: Sequence[Index], views: Sequence[View], writer: Writer, operation: str = ""
) -> Value:
    target = writer.scratch(writer.title(title, [left, right]), labels)
    return writer.write(operation or title, target, views)


def whole(value: Value, writer: Writer) -> Value:
    """A value that is a window, as a buffer of its own."""
    if not value.window:
        return value
    return writer.write("copyto", writer.scratch(writer.title("copyto", [value]), value.labels), [aligned(value, value.labels)])


def flat(value: Value) -> View:
    """All of a value as one vector."""
    places = tuple(range(len(value.labels)))
    return View(value.buffer.name, places, len(places) > 1)


def aligned_all(value: Value, labels: Sequence[Index]) -> View:
    """``value`` with its axes in this order, none spread."""
    return View(value.buffer.name, tuple(value.labels.index(label) for label in labels), window=value.window)


__all__ = ["aligned", "product", "product_of", "reduced", "total"]

"""How long the statements of a program take, estimated from shapes: what decides between forms of one program.

The numbers are nanoseconds of one core, rounded from measurements of NumPy on x86-64 with OpenBLAS; only their proportions matter. They
are constants, so that the same sizes give the same decision on every machine.
"""

from __future__ import annotations

from math import prod

from codegen.program import PRODUCTS, REDUCTIONS, Program, Statement, View

CALL = 450.0
"""A call on arrays of the same layout."""
SPREAD, SPREAD_ROW = 700.0, 12.0
"""More for an operand that is spread or turned, and for each of its rows."""
REDUCE, REDUCE_ROW = 1400.0, 35.0
"""More for a reduction, and for each of its rows where it runs along memory."""
ELEMENT, TURNED_ELEMENT = 0.12, 0.8
"""A number in single precision, read in order of memory or across it."""
SLOW = {
    "tanh": 2.5,
    "exp": 0.6,
    "log": 0.8,
    "expm1": 5.0,
    "log1p": 5.0,
    "sin": 3.0,
    "cos": 3.0,
    "erf": 8.0,
    "power": 8.0,
    "divide": 0.3,
    "sign": 0.5,
}
"""A number through one of these functions."""
TRUTH, TRUTH_ELEMENT = 750.0, 0.15
"""More for a product of numbers and truths, and for each of them."""
CACHE, FAR = 1_000_000, 3.0
"""Bytes of one statement beyond which numbers come from farther away, and how much longer that takes."""
PER_FLOP = 1 / 66
"""An operation inside a large product of matrices in single precision."""
PACKED, PACKED_ACROSS = 0.13, 0.12
"""A number of an operand, which BLAS first copies into the order that it works in; and more where the operand is turned."""
ACROSS = 16
"""A product has less use of a core's vectors where a side is shorter than this."""
PER_BYTE = 0.05
"""A byte of a matrix that is multiplied by a vector."""


def statement_duration(program: Program, statement: Statement, batch: int, itemsize: int) -> float:
    """Nanoseconds of one statement."""
    wide = itemsize / 4
    if statement.operation in PRODUCTS:
        return CALL + _product(program, statement, batch, itemsize)
    if statement.operation in REDUCTIONS:
        sizes = program.sizes(statement.operands[0].buffer, batch)
        along = len(sizes) - 1 in statement.axes
        rows = prod(sizes) / sizes[-1] if along and sizes else 0
        return CALL + REDUCE + REDUCE_ROW * rows + ELEMENT * wide * prod(sizes)
    if not program.buffers[statement.target.buffer].axes:
        return CALL / 4
    sizes = program.sizes(statement.target.buffer, batch)
    numbers = prod(sizes)
    moved = numbers * itemsize * (len(statement.operands) + 1)
    time = CALL + numbers * wide * SLOW.get(statement.operation, ELEMENT) * (FAR if moved > CACHE else 1)
    if not program.buffers[statement.target.buffer].truth and any(program.buffers[name].truth for name in statement.reads):
        time += TRUTH + TRUTH_ELEMENT * numbers
    ways = [_way(program, view, statement.target) for view in statement.operands]
    if "turned" in ways:
        return time + SPREAD / 4 + TURNED_ELEMENT * wide * numbers
    if "spread" in ways:
        return time + SPREAD + SPREAD_ROW * numbers / sizes[-1]
    return time


def _way(program: Program, view: View, target: View) -> str:
    """How an operand lies beside the target of an elementwise statement."""
    axes = program.buffers[view.buffer].axes
    sizes = (program.sizes(seen.buffer, 0) for seen in (view, target))
    alike = view.places == target.places and not view.window and next(sizes) == next(sizes)
    if alike or not axes or view.row is not None:
        return "same"
    places = [place for place in view.places if place is not None]
    return "turned" if places != sorted(places) else "spread"


def _product(program: Program, statement: Statement, batch: int, itemsize: int) -> float:
    left, right = statement.operands
    sizes = [_seen(program, view, batch) for view in (left, right)]
    if any(len(seen) == 1 or view.flat for seen, view in zip(sizes, (left, right), strict=True)):
        return PER_BYTE * itemsize * max(map(prod, sizes))
    *many, rows, over = sizes[0]
    columns = sizes[1][-1]
    packed = sum(prod(seen) * (PACKED + PACKED_ACROSS * _is_turned(view)) for seen, view in zip(sizes, (left, right), strict=True))
    short = 1 + 4 / min(rows, ACROSS) + 4 / min(columns, ACROSS) + 4 / min(over, ACROSS) - 12 / ACROSS
    return (prod(many) * 2 * rows * columns * over * PER_FLOP * short + packed) * itemsize / 4


def _is_turned(view: View) -> bool:
    return len(view.places) > 1 and view.places[-1] != max(place for place in view.places if place is not None)


def _seen(program: Program, view: View, batch: int) -> list[int]:
    sizes = program.sizes(view.buffer, batch)
    return [1 if place is None else sizes[place] for place in view.places]

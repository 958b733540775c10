"""Large products split into small ones, ``matmul`` over blocks: what may be split, and the fastest split on this machine.

Some builds of OpenBLAS have kernels for small matrices that copy nothing first; where they exist, many small products take less time
than a large one, elsewhere more. That cannot be known from sizes, so products are split only by measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from codegen.program import Program, Statement, View

SMALL = 1_000_000
"""Multiplications of a product above which OpenBLAS does not use its kernels for small matrices."""
LEAST, MOST_BLOCKS, SHORTEST = 0.2, 64, 8
"""Blocks have at least this share of ``SMALL``, there are at most so many, and no side is shorter."""
CLEARLY = 0.93
ROUNDS, BURST = 5, 0.001

Blocks = tuple[int, int]
"""Rows and columns of a block of a product."""


@dataclass(frozen=True)
class Sizes:
    """A product of ``rows`` x ``inner`` and ``inner`` x ``columns``; whether the operands are read across memory."""

    rows: int
    inner: int
    columns: int
    turned: tuple[bool, bool]


def blocked(program: Program, blocks: Mapping[str, Blocks]) -> Program:
    """The program with the products that make these buffers split; single rows or columns where a block does not fit.

    So a form that was found for large matrices can be checked on small ones.
    """
    return program.with_statements(_split(program, s, blocks[s.target.buffer]) if _is_in(s, blocks) else s for s in program.statements)


def _is_in(statement: Statement, blocks: Mapping[str, Blocks]) -> bool:
    return statement.target.buffer in blocks and is_product(statement)


def _split(program: Program, statement: Statement, block: Blocks) -> Statement:
    axes = program.buffers[statement.target.buffer].axes
    sides = [axes[place] for place in statement.target.places if place is not None]
    rows, columns = (part if side == program.batch or side.size % part == 0 else 1 for side, part in zip(sides, block, strict=True))
    return replace(statement, blocks=(rows, columns))


def is_product(statement: Statement) -> bool:
    """Whether a statement is one product of two whole matrices."""
    views = (*statement.operands, statement.target)
    return statement.operation == "dot" and all(len(view.places) == 2 and None not in view.places and not view.window for view in views)


def products(program: Program, batch: int) -> dict[str, Sizes]:
    """The products that can be split, by the buffer that they make."""
    return {s.target.buffer: _sizes(program, s, batch) for s in program.statements if is_product(s)}


def _sizes(program: Program, statement: Statement, batch: int) -> Sizes:
    def seen(view: View) -> list[int]:
        axes = program.buffers[view.buffer].axes
        return [batch if axes[place] == program.batch else axes[place].size for place in view.places if place is not None]

    left, right = statement.operands
    (rows, inner), (_, columns) = seen(left), seen(right)
    return Sizes(rows, inner, columns, (left.places == (1, 0), right.places == (1, 0)))


def splits(sizes: Sizes) -> Iterator[Blocks]:
    """The splits of a large product that may be faster."""
    if sizes.rows * sizes.inner * sizes.columns <= SMALL:
        return
    for rows in _parts(sizes.rows):
        for columns in _parts(sizes.columns):
            count = (sizes.rows // rows) * (sizes.columns // columns)
            if LEAST * SMALL <= rows * sizes.inner * columns <= SMALL and count <= MOST_BLOCKS:
                yield rows, columns


def _parts(size: int) -> list[int]:
    return [part for part in range(SHORTEST, size + 1) if size % part == 0]


def fastest_split(sizes: Sizes, dtype: str) -> Blocks | None:
    """The split that is clearly faster than the whole product here, if there is one."""
    random = np.random.RandomState(0)
    shapes = ((sizes.rows, sizes.inner), (sizes.inner, sizes.columns))
    left, right = (
        random.standard_normal(shape[::-1] if turned else shape).astype(dtype) for shape, turned in zip(shapes, sizes.turned, strict=True)
    )
    left, right = (array.T if turned else array for array, turned in zip((left, right), sizes.turned, strict=True))
    out = np.empty((sizes.rows, sizes.columns), dtype)
    whole = _time(lambda: left.dot(right, out))
    times = {split: _time(_matmul(left, right, out, split)) for split in splits(sizes)}
    best = min(times, key=lambda split: times[split], default=None)
    return best if best is not None and times[best] < CLEARLY * whole else None


def _matmul(left: np.ndarray, right: np.ndarray, out: np.ndarray, split: Blocks) -> Callable[[], object]:
    """A product by blocks, as emitted modules write it."""
    rows, columns = split
    inner, wide = right.shape
    across = right.reshape(inner, wide // columns, columns).transpose(1, 0, 2)
    blocks = out.reshape(-1, rows, wide // columns, columns).transpose(0, 2, 1, 3)
    down = left.reshape(-1, 1, rows, inner)
    return lambda: np.matmul(down, across, blocks)


def _time(step: Callable[[], object]) -> float:
    """Seconds of one step, the shortest of several bursts."""
    step()
    start = perf_counter()
    step()
    count = max(1, int(BURST / max(perf_counter() - start, 1e-7)))
    found = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(count):
            step()
        found.append((perf_counter() - start) / count)
    return min(found)

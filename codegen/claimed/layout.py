"""How a function wants its arguments arranged: patterns in rows or columns, weights as (n_out, n_in) or transposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.claimed.places import Place
from derive.equations import System

ROWS, COLUMNS, ONE = "batch-major", "feature-major", "one pattern"


@dataclass(frozen=True)
class Layout:
    """One arrangement.

    ``patterns`` says where patterns stand in x and t, ``transposed`` that weights are given as (n_in, n_out),
    ``columns`` that biases are columns, ``labels`` that t holds class numbers; ``together`` that all inputs are one NamedTuple.
    """

    patterns: str = ROWS
    transposed: bool = False
    columns: bool = False
    labels: bool = False
    together: bool = False

    def parameters(self, place: Place, system: System) -> dict[str, np.ndarray]:
        """The parameters of a place, arranged."""
        found = {}
        for tensor in system.parameters:
            value = place.work.arrays.values[tensor]
            turned = self.transposed and tensor.role == "weight" and value.ndim == 2
            column = self.columns and tensor.role == "bias" and value.ndim == 1
            found[tensor.name] = value.T if turned else value[:, None] if column else value
        return found

    def inputs(self, place: Place, system: System) -> dict[str, np.ndarray]:
        """The inputs of a place, arranged."""
        given = place.given(system.inputs)
        if self.together:
            return given
        if self.labels:
            given["t"] = given["t"].argmax(-1).astype(np.int64)
        if self.patterns == COLUMNS:
            return {name: value.T for name, value in given.items()}
        return {name: value[0] for name, value in given.items()} if self.patterns == ONE else given

    def restored(self, name: str, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """A returned gradient as the parameter stands in the specification, where that can be done without changing a number.

        ``shape`` is what is expected. A bias may come as a row or a column.
        """
        if self.transposed and value.ndim == 2 and len(shape) == 2:
            return value.T
        if len(shape) == 1 and value.ndim == 2 and sorted(value.shape) == sorted((1, shape[0])):
            return value.reshape(shape)
        return value

    def __str__(self) -> str:
        """What is to be said about it."""
        if self.together:
            return "inputs as a NamedTuple"
        words = [
            {ROWS: "x batch-major (batch, n_in)", COLUMNS: "x feature-major (n_in, batch)", ONE: "one pattern, x of shape (n_in,)"}[
                self.patterns
            ]
        ]
        words += ["t as class numbers"] if self.labels else []
        words += ["weights as (n_in, n_out)"] if self.transposed else []
        words += ["biases as columns"] if self.columns else []
        return ", ".join(words)


def layouts(system: System, is_equations: bool) -> Iterator[Layout]:
    """Every arrangement of a batch, the documented one first."""
    if is_equations:
        yield Layout(together=True)
        return
    turnings = (False, True) if any(tensor.role == "weight" for tensor in system.parameters) else (False,)
    plain = [
        Layout(patterns, turned, columns) for turned in turnings for patterns, columns in ((ROWS, False), (COLUMNS, True), (COLUMNS, False))
    ]
    yield from plain
    if system.assumptions and any(tensor.name == "t" for tensor in system.inputs):
        for layout in plain:
            yield Layout(layout.patterns, layout.transposed, layout.columns, labels=True)


def single_layouts(layouts_of_batch: Mapping[Layout, bool]) -> Iterator[Layout]:
    """Arrangements of one pattern, for a function to which no batch can be given."""
    for turned in (False, True):
        if Layout(transposed=turned) in layouts_of_batch:
            yield Layout(ONE, turned)

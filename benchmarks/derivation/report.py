"""Measurements as a Markdown table and as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

from benchmarks.derivation.measure import Measurement

Sizes = tuple[int, ...]
Series = Mapping[str, Mapping[Sizes, Measurement]]
"""For each method, what was measured for each network."""


def name_of(sizes: Sizes) -> str:
    """``4-4-4``; the same width five times or more is ``4 (9 times)``."""
    return f"{sizes[0]} ({len(sizes)} times)" if len(sizes) > 4 and len(set(sizes)) == 1 else "-".join(map(str, sizes))


def parameters_of(sizes: Sizes) -> int:
    """The number of weights and biases."""
    return sum(units * (inputs + 1) for inputs, units in pairwise(sizes))


def table(cases: Sequence[Sizes], found: Series) -> str:
    """A row for each network and a column for each method: processor seconds and operations, or why there are none."""
    head = ["network", "parameters", *found]
    rows = [[name_of(case), f"{parameters_of(case):,}", *(_cell(series.get(case)) for series in found.values())] for case in cases]
    lines = [head, ["---", "---:", *["---:"] * len(found)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(measurement: Measurement | None) -> str:
    if measurement is None:
        return "not tried"
    if measurement.seconds is None or measurement.operations is None:
        return measurement.failure or "failed"
    return f"{measurement.seconds:.2f} s / {measurement.operations:,}"


def machine() -> str:
    """What a reader needs to judge the figures by."""
    packages = ", ".join(f"{package} {_version(package)}" for package in ("sympy", "symengine"))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def plot(groups: Mapping[str, Sequence[Sizes]], found: Series, path: Path) -> None:
    """Seconds above, operations below, a column for each group of networks; raises ImportError without matplotlib."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "derivation"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(groups), figsize=(4.5 * len(groups), 7), squeeze=False, sharex="col")
    for column, (title, cases) in enumerate(groups.items()):
        for row, quantity in enumerate(("seconds", "operations")):
            axis = axes[row][column]
            for method, series in found.items():
                points = [(parameters_of(case), getattr(series[case], quantity)) for case in cases if case in series]
                kept = [(place, value) for place, value in points if value is not None]
                axis.loglog([place for place, _ in kept], [value for _, value in kept], marker="o", markersize=3, label=method)
            axis.set_ylabel("processor seconds" if quantity == "seconds" else quantity)
            axis.grid(alpha=0.3)
            axis.xaxis.set_minor_formatter("")
        axes[0][column].set_title(title)
        axes[1][column].set_xlabel("parameters")
    axes[1][-1].legend(fontsize=7, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})

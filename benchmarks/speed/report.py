"""Ratios as a Markdown table and as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.speed.cases import Case
from benchmarks.speed.measure import OURS, PRODUCTS, ratios
from benchmarks.speed.rivals import RIVALS

Times = Mapping[Case, Mapping[str, list[float]]]


def table(found: Times) -> str:
    """A row for each case: our time, how many times longer each rival takes, and the step's products of matrices alone."""
    columns = (*RIVALS, PRODUCTS)
    lines = [["case", "one step", *columns], ["---", "---:", *["---:"] * len(columns)]]
    for case, times in found.items():
        slower = ratios(times)
        cells = (times_as_long(slower[name]) if name in slower else "not installed" for name in columns)
        lines.append([f"{case.name}: {case.title}", duration(median(times[OURS])), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def times_as_long(ratio: float) -> str:
    """Three digits, thousands set off."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"


def machine() -> str:
    """What a reader needs to judge the figures by."""
    packages = ", ".join(f"{package} {_version(package)}" for package in ("numpy", "autograd", "torch", "jax"))
    return f"one core of {platform.machine()} ({os.cpu_count()} in all), Python {platform.python_version()}, {packages}"


def _version(package: str) -> str:
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return "not installed"


def plot(found: Times, path: Path) -> None:
    """A group of bars for each case, a bar for each rival; raises ImportError without matplotlib."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "speed"
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(9, 3.6))
    width = 0.8 / len(RIVALS)
    for shift, name in enumerate(RIVALS):
        places = [place + (shift - (len(RIVALS) - 1) / 2) * width for place, times in enumerate(found.values()) if name in times]
        heights = [ratios(times)[name] - 1 for times in found.values() if name in times]
        axis.bar(places, heights, width, bottom=1, label=name)
    axis.axhline(1, color="black", linewidth=0.8)
    axis.set_yscale("log")
    axis.set_xticks(range(len(found)), [case.name for case in found])
    axis.set_ylabel("times as long as deltarule")
    axis.grid(axis="y", alpha=0.3)
    axis.legend(fontsize=8, ncols=len(RIVALS))
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})

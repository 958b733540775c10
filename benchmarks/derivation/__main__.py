"""Time and operations of derived gradients against depth and width, beside SymPy and SymEngine; see benchmarks/README.md.

Run from the repository: python -m benchmarks.derivation --limit 60 --plot derivation.svg
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.derivation.measure import Measurement, measured
from benchmarks.derivation.methods import METHODS
from benchmarks.derivation.report import Series, Sizes, machine, name_of, plot, table

GROUPS: dict[str, tuple[Sizes, ...]] = {
    "depth (width 4)": tuple((4,) * (layers + 1) for layers in (1, 2, 3, 4, 6, 8, 16, 32)),
    "width (one hidden layer)": tuple((2 * n, 4 * n, n) for n in (1, 2, 4, 8, 16, 32)),
}


def measure(cases: Sequence[Sizes], limit: float) -> dict[str, dict[Sizes, Measurement]]:
    """Every method on every network, smallest first; after its first failure a method is not tried on larger ones."""
    found: dict[str, dict[Sizes, Measurement]] = {}
    for name in METHODS:
        series = found.setdefault(name, {})
        for case in cases:
            series[case] = measured(name, case, limit)
            print(f"{name}, {name_of(case)}: {series[case]}", file=sys.stderr, flush=True)
            if series[case].failure:
                break
    return found


def main() -> None:
    """Measure, print the tables and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=60, help="seconds of processor time for one method on one network")
    parser.add_argument("--plot", type=Path, default=Path("derivation.svg"), help="where the plot goes")
    options = parser.parse_args()
    print(f"{machine()}; limit {options.limit:g} s. Each cell: seconds of processor time / operations.")
    everything: dict[str, dict[Sizes, Measurement]] = {name: {} for name in METHODS}
    for title, cases in GROUPS.items():
        found = measure(cases, options.limit)
        print(f"\n### Against {title}\n\n{table(cases, found)}", flush=True)
        for name, series in found.items():
            everything[name].update(series)
    _draw(everything, options.plot)


def _draw(found: Series, path: Path) -> None:
    try:
        plot(GROUPS, found, path)
    except ImportError:
        print("\nno plot: matplotlib is not installed (pip install '.[bench]')", file=sys.stderr)


if __name__ == "__main__":
    main()

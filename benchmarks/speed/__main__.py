"""Steps of emitted modules beside naive NumPy, autograd, PyTorch eager and JAX jit; see benchmarks/README.md.

Run from the repository: python -m benchmarks.speed --table benchmarks/speed.md --plot benchmarks/speed.svg
"""

from __future__ import annotations

from benchmarks.speed.measure import measured, one_core

one_core()

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.speed.cases import CASES  # noqa: E402
from benchmarks.speed.report import machine, plot, table  # noqa: E402


def main() -> None:
    """Measure, print the table and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="".join(case.name for case in CASES), help="letters of the cases to run")
    parser.add_argument("--seconds", type=float, default=10, help="for each case")
    parser.add_argument("--table", type=Path, help="where the table goes, beside standard output")
    parser.add_argument("--plot", type=Path, help="where the plot goes")
    options = parser.parse_args()
    found = {}
    for case in CASES:
        if case.name in options.cases:
            print(f"{case.name}: {case.title}", file=sys.stderr, flush=True)
            found[case] = measured(case, options.seconds)
    text = f"{table(found)}\n\n{machine()}."
    print(text)
    if options.table:
        options.table.write_text(f"{text}\n", encoding="utf-8")
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()

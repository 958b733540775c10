"""Whole trainings by emitted modules beside naive NumPy, PyTorch and JAX; see benchmarks/README.md.

Run from the repository: python -m benchmarks.training --table benchmarks/training.md
"""

from __future__ import annotations

import os

from benchmarks.speed.measure import one_core

one_core()
os.environ["TQDM_DISABLE"] = "1"

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.speed.report import machine  # noqa: E402
from benchmarks.training.measure import measured, table  # noqa: E402
from benchmarks.training.stories import STORIES  # noqa: E402


def main() -> None:
    """Measure and print a table for each story."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--stories", nargs="+", choices=tuple(STORIES), default=tuple(STORIES))
    parser.add_argument("--table", type=Path, help="where the table goes, instead of standard output")
    options = parser.parse_args()
    found = {}
    for name in options.stories:
        print(name, file=sys.stderr, flush=True)
        found[STORIES[name]] = measured(STORIES[name], options.rounds)
    text = f"{table(found)}\n\nMeasured on {machine()}.\n"
    if options.table:
        options.table.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()

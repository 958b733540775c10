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
from collections.abc import Mapping  # noqa: E402
from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from time import process_time  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.speed.report import machine  # noqa: E402
from benchmarks.training.stories import STORIES, Story  # noqa: E402
from benchmarks.training.systems import RIVALS, System, by_deltarule  # noqa: E402

OURS = "deltarule"
AGREEMENT = 1e-3
SHORT = 1000
"""Patterns, or steps of all patterns, after which every system must have the same parameters."""


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


def systems(story: Story) -> dict[str, System]:
    """Ours first, then every rival that is installed."""
    found = {OURS: by_deltarule(story)}
    for name, make in RIVALS.items():
        try:
            found[name] = make(story)
        except ImportError:
            continue
    return found


def check_agreement(story: Story) -> None:
    """Raise ValueError unless all systems get to the same parameters in a short training."""
    short = story if story.epochs > 1 else replace(story, patterns=SHORT)
    found = {name: system(min(story.epochs, SHORT)) for name, system in systems(short).items()}
    for name, parameters in found.items():
        if any(np.abs(own - other).max() > AGREEMENT for own, other in zip(found[OURS], parameters, strict=True)):
            raise ValueError(f"{name} does not agree with {OURS}")


def measured(story: Story, rounds: int) -> dict[str, list[float]]:
    """Seconds of processor time of the whole training by each system, in every round."""
    check_agreement(story)
    found = systems(story)
    times: dict[str, list[float]] = {name: [] for name in found}
    for system in found.values():
        system(1)
    for _ in range(rounds):
        for name, system in found.items():
            start = process_time()
            system(story.epochs)
            times[name].append(process_time() - start)
    return times


def table(found: Mapping[Story, Mapping[str, list[float]]]) -> str:
    """A row for each story: our time, and how many times longer each rival takes, medians over rounds."""
    lines = [["training", "deltarule", *RIVALS], ["---", "---:", *["---:"] * len(RIVALS)]]
    for story, times in found.items():
        own = times[OURS]
        slower = {name: median(other / ours for other, ours in zip(series, own, strict=True)) for name, series in times.items()}
        cells = (f"{slower[name]:.3g}" if name in slower else "not installed" for name in RIVALS)
        lines.append([story.title, f"{median(own):.3g} s", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()

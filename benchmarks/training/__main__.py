"""Whole trainings by emitted modules beside naive NumPy, PyTorch and JAX; see benchmarks/README.md.

Run from the repository: python -m benchmarks.training
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
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

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
    options = parser.parse_args()
    print(f"{machine()}.")
    for name in options.stories:
        print(name, file=sys.stderr, flush=True)
        story = STORIES[name]
        print(f"\n{story.title}\n\n{table(measured(story, options.rounds))}")


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
    """Seconds of the whole training by each system, in every round."""
    check_agreement(story)
    found = systems(story)
    times: dict[str, list[float]] = {name: [] for name in found}
    for system in found.values():
        system(1)
    for _ in range(rounds):
        for name, system in found.items():
            start = perf_counter()
            system(story.epochs)
            times[name].append(perf_counter() - start)
    return times


def table(times: Mapping[str, list[float]]) -> str:
    """Our time, and how many times longer each rival takes: medians over rounds."""
    lines = ["| system | seconds | times ours |", "|---|---:|---:|"]
    for name, series in times.items():
        slower = median(other / own for other, own in zip(series, times[OURS], strict=True))
        lines.append(f"| {name} | {median(series):.3g} | {slower:.3g} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

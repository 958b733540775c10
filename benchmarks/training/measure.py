"""Whole trainings of several systems timed in turn, after they were seen to agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from time import process_time

import numpy as np

from benchmarks.training.stories import Story
from benchmarks.training.systems import RIVALS, System, by_deltarule

OURS = "deltarule"
AGREEMENT = 1e-3
SHORT = 1000
"""Patterns, or steps of all patterns, after which every system must have the same parameters."""


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

"""Decisions by measurement, on the machine that will run the module: ``deltarule emit --tune``.

Every form of the module makes the same steps in one process, in turn, so that what else the machine does falls on all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from codegen.certificate import loaded
from codegen.decisions import Decisions

ROUNDS, FEWEST, LONGEST = 40, 7, 10.0
"""So many rounds; after this many seconds no further one, once there are a few."""
BURST = 0.002
"""Seconds that a form runs without pause: short enough to fall between two interruptions."""
CLEARLY = 0.97
"""Another form is chosen over one named before it where it takes at most this share of its time."""


def tuned(texts: Mapping[Decisions, str], batch: int) -> Decisions:
    """The decisions of the fastest module among ``texts``; of those about as fast, the first.

    What beats the first must do so again with other memory: where arrays happen to lie can make a form some per cent faster or slower.
    """

    def found(chosen: Iterable[Decisions]) -> Decisions:
        return fastest(measured({decisions: _step(texts[decisions], batch) for decisions in chosen}))

    return found(dict.fromkeys((next(iter(texts)), found(texts))))


def fastest(times: Mapping[Decisions, Sequence[float]]) -> Decisions:
    """The decisions whose times, round by round, are clearly below those of all named before."""
    best = next(iter(times))
    for decisions, own in times.items():
        ratios = [time / other for time, other in zip(own, times[best], strict=True)]
        undisturbed = quantiles(own, n=4)[0] / quantiles(times[best], n=4)[0]
        if max(median(ratios), undisturbed) < CLEARLY:
            best = decisions
    return best


def measured(steps: Mapping[Decisions, Callable[[], Any]]) -> dict[Decisions, list[float]]:
    """Seconds of a step of each in every round; a round is one burst of each."""
    counts = {decisions: max(1, int(BURST / _once(step))) for decisions, step in steps.items()}
    times: dict[Decisions, list[float]] = {decisions: [] for decisions in steps}
    begin = perf_counter()
    for done in range(ROUNDS):
        if done >= FEWEST and perf_counter() - begin > LONGEST:
            break
        for decisions, step in steps.items():
            start = perf_counter()
            for _ in range(counts[decisions]):
                step()
            times[decisions].append((perf_counter() - start) / counts[decisions])
    return times


def _once(step: Callable[[], Any]) -> float:
    """Seconds of a step that has been made before."""
    step()
    start = perf_counter()
    step()
    return max(perf_counter() - start, 1e-7)


def _step(text: str, batch: int) -> Callable[[], Any]:
    module = loaded(text)
    workspace = module.Workspace(batch)
    parameters, x, t = module._random_point(batch)
    workspace.set_parameters(parameters)
    return lambda: workspace.step(x, t)

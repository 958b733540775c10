"""Steps of several systems timed in turn, in one process on one core, after they were seen to agree."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter, process_time

import numpy as np

from benchmarks.speed.cases import Case
from benchmarks.speed.ours import by_deltarule
from benchmarks.speed.products import products_alone
from benchmarks.speed.rivals import RIVALS
from benchmarks.speed.system import System

OURS, PRODUCTS = "deltarule", "products alone"
FEWEST_ROUNDS = 11
BURST = 0.002
"""Seconds that a system runs before it is the next one's turn, at least one step."""
AGREEMENT = 1e-4
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_core() -> None:
    """One thread, on one core; to be called before anything that counts is imported."""
    for name in THREADS:
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def systems(case: Case) -> dict[str, System]:
    """Ours first, then every rival that is installed."""
    found = {OURS: by_deltarule(case)}
    for name, make in RIVALS.items():
        try:
            found[name] = make(case)
        except ImportError:
            continue
    return found


def check_agreement(found: Mapping[str, System]) -> None:
    """Raise ValueError unless all systems have one loss and one gradient for every parameter."""
    loss, gradients = found[OURS].result()
    wanted = [np.array(gradient) for gradient in gradients]
    for name, system in found.items():
        other, others = system.result()
        pairs = zip((loss, *wanted), (other, *others), strict=True)
        if any(_error(left, right) > AGREEMENT for left, right in pairs):
            raise ValueError(f"{name} does not agree with {OURS}")


def _error(left: float | np.ndarray, right: float | np.ndarray) -> float:
    """The largest difference, in units of the largest number."""
    a, b = np.asarray(left), np.asarray(right)
    return float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30))


def measured(case: Case, seconds: float) -> dict[str, list[float]]:
    """Processor seconds of a step of each system, and of its products of matrices alone, in every round."""
    found = systems(case)
    check_agreement(found)
    return in_turn({**{name: system.step for name, system in found.items()}, PRODUCTS: products_alone(case)}, seconds)


def in_turn(steps: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, list[float]]:
    """Processor seconds of each step in every round; a round is a burst of each."""
    counts = {name: max(1, int(BURST / _once(step))) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    start = perf_counter()
    while perf_counter() - start < seconds or min(map(len, times.values())) < FEWEST_ROUNDS:
        for name, step in steps.items():
            times[name].append(_burst(step, counts[name]))
    return times


def _burst(step: Callable[[], object], count: int) -> float:
    """Processor seconds of one of several steps: time in which it waits for its turn on the core does not count."""
    start = process_time()
    for _ in range(count):
        step()
    return (process_time() - start) / count


def _once(step: Callable[[], object]) -> float:
    """Seconds of one step, the shortest of three."""
    return max(min(_burst(step, 1) for _ in range(3)), 1e-7)


def ratios(times: Mapping[str, Sequence[float]], base: str = OURS) -> dict[str, float]:
    """How many times longer than one system each of the others takes: the median over rounds."""
    own = times[base]
    return {name: median(t / o for t, o in zip(series, own, strict=True)) for name, series in times.items() if name != base}

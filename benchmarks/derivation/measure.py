"""One case in a process of its own: ``python -m benchmarks.derivation.measure METHOD SIZES LIMIT`` prints JSON.

Time is processor time, so that other work on the machine does not show in it.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec

MEMORY = 4 * 2**30
"""Bytes that a case may use; beyond that it has failed."""

PATIENCE = 10
"""A busy machine may take this many times as long as the processor needs."""


@dataclass(frozen=True)
class Measurement:
    """``seconds`` and ``operations`` of a case, or ``failure``: why there are none."""

    seconds: float | None = None
    operations: int | None = None
    failure: str | None = None


def measured(method: str, sizes: tuple[int, ...], limit: float) -> Measurement:
    """Derive in a child process, ended after ``limit`` seconds of processor time; counting is not timed, but under the same limit."""
    command = [sys.executable, "-m", __name__, method, "-".join(map(str, sizes)), str(limit)]
    over = Measurement(failure=f"> {limit:g} s")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * limit, check=False)
    except subprocess.TimeoutExpired:
        return over
    if done.returncode == -signal.SIGXCPU:
        return over
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        return Measurement(failure=last.partition(":")[0])
    return Measurement(**json.loads(done.stdout))


def main(name: str, sizes: str, limit: str) -> None:
    """Measure in this very process; what it imports is not timed."""
    from benchmarks.derivation.methods import METHODS

    method = METHODS[name]
    if not _is_there(method.needs):
        print(json.dumps({"failure": "not installed"}))
        return
    start = time.process_time()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(start + float(limit)), resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(100_000)
    found = method.derive(tuple(map(int, sizes.split("-"))))
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "operations": method.operations(found)}))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])

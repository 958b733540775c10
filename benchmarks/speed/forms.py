"""The form that sizes decide and the one that ``--tune`` finds, beside the plain one: neither may be more than 5 % slower.

Run from the repository: python -m benchmarks.speed.forms
"""

from __future__ import annotations

from benchmarks.speed.measure import in_turn, one_core, ratios

one_core()

import argparse  # noqa: E402
import sys  # noqa: E402
from collections.abc import Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from tempfile import TemporaryDirectory  # noqa: E402

import deltarule  # noqa: E402
from benchmarks.speed.cases import CASES, ENTROPY, HALF, Case, case  # noqa: E402
from benchmarks.speed.ours import by_deltarule  # noqa: E402

PLAIN, DECIDED, TUNED = "plain", "decided", "tuned"
SLOWEST = 0.95
"""The time of the plain form in units of that of another one, below which the other one should not have been chosen."""
MORE = (
    case("a", (20, 30, 4), "tanh", "softmax", ENTROPY, 16),
    case("b", (13, 64, 64, 1), "relu", "linear", HALF, 64),
    case("c", (100, 200, 100, 50, 10), "sigmoid", "softmax", ENTROPY, 100),
    case("d", (256, 256, 256, 256, 256, 10), "relu", "softmax", ENTROPY, 64),
    case("e", (10,) * 31, "tanh", "tanh", HALF, 20),
    case("f", (784, 300, 100, 10), "sigmoid", "sigmoid", HALF, 10),
)
"""Sizes between those of the other cases."""


def compared(asked: Case, seconds: float) -> dict[str, float]:
    """How many times as long as each chosen form the plain one takes."""
    network = deltarule.network(asked.spec, loss=asked.loss)
    with TemporaryDirectory() as folder:
        decisions = Path(folder, "tuned.decisions.toml")
        decisions.write_text(str(network.tune(dtype="float32", batch=asked.batch)), encoding="utf-8")
        forms = {PLAIN: {"plain": True}, DECIDED: {"style": "vectorised"}, TUNED: {"decisions": decisions}}
        steps = {name: by_deltarule(asked, **options).step for name, options in forms.items()}
    times = in_turn(steps, seconds)
    return {name: ratios(times, base=name)[PLAIN] for name in (DECIDED, TUNED)}


def row(asked: Case, found: Mapping[str, float]) -> str:
    """A case with both ratios, and a mark where one is too small."""
    slow = [name for name in (DECIDED, TUNED) if found[name] < SLOWEST]
    return f"| {asked.name}: {asked.title} | {found[DECIDED]:.3f} | {found[TUNED]:.3f} | {', '.join(slow) or 'good'} |"


def main() -> int:
    """Print a row for each case; exit status 1 where a chosen form is more than 5 % slower than the plain one."""
    known = (*CASES, *MORE)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="".join(asked.name for asked in known), help="letters of the cases to run")
    parser.add_argument("--seconds", type=float, default=4, help="for each case")
    options = parser.parse_args()
    print("| case | plain / decided | plain / tuned | |\n| --- | ---: | ---: | --- |")
    status = 0
    for asked in known:
        if asked.name in options.cases:
            found = compared(asked, options.seconds)
            print(row(asked, found), flush=True)
            status |= min(found.values()) < SLOWEST
    return status


if __name__ == "__main__":
    sys.exit(main())

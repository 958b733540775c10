"""Fuzzing for as long as wanted: ``python -m tests.fuzz.run --minutes 10 [GRAMMAR ...]``; the first text that is not refused ends it.

Each round has another seed, so that no two runs are alike; ``--seed N`` repeats one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.attempt import Grammar, TooSlow, attempt
from tests.fuzz.grammars import GRAMMARS

ROUND = 300


def fuzz(grammar: Grammar, folder: Path, number: int, examples: int) -> tuple[int, int]:
    """How many texts were tried and accepted; raises for the first, made as short as it gets, that is not refused properly."""
    counts = [0, 0]

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink)
    )
    @given(grammar.texts)
    def one(text: str) -> None:
        counts[0] += 1
        counts[1] += attempt(grammar, text, folder)

    one()
    return counts[0], counts[1]


def main() -> int:
    """Fuzz each grammar in turn."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("grammars", nargs="*", metavar="GRAMMAR", help=f"of {', '.join(GRAMMARS)}; default all")
    options.add_argument("--minutes", type=float, default=10.0, help="for each grammar")
    options.add_argument("--seed", type=int, default=None)
    asked = options.parse_args()
    for name in asked.grammars or GRAMMARS:
        number = random.SystemRandom().randrange(10**9) if asked.seed is None else asked.seed
        end, tried, accepted = time.monotonic() + 60 * asked.minutes, 0, 0
        with tempfile.TemporaryDirectory() as folder:
            while time.monotonic() < end:
                print(f"\r{name}: seed {number}, {tried} texts, {accepted} accepted", end="", flush=True)
                try:
                    more = fuzz(GRAMMARS[name], Path(folder), number, ROUND)
                except (Exception, TooSlow) as error:
                    print("", *traceback.format_exception(error, limit=-6), *getattr(error, "__notes__", ()), sep="\n")
                    return 1
                tried, accepted, number = tried + more[0], accepted + more[1], number + 1
        print(f"\r{name}: {tried} texts, {accepted} accepted, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())

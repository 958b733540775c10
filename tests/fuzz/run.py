"""Fuzzing for as long as wanted: ``python -m tests.fuzz.run --minutes 10 [GRAMMAR ...]``; the first text that is not refused ends it.

Each round has another seed, so that no two runs are alike; ``--seed N`` repeats one. With ``--engine atheris`` texts that reach new lines
of the tool are looked for (``pip install '.[fuzz]'``).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import traceback
from importlib.util import find_spec
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


def by_chance(name: str, minutes: float, number: int) -> bool:
    """Whether nothing was found among texts drawn by hypothesis."""
    end, tried, accepted = time.monotonic() + 60 * minutes, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            print(f"\r{name}: seed {number}, {tried} texts, {accepted} accepted", end="", flush=True)
            try:
                more = fuzz(GRAMMARS[name], Path(folder), number, ROUND)
            except (Exception, TooSlow) as error:
                print("", *traceback.format_exception(error, limit=-6), *getattr(error, "__notes__", ()), sep="\n")
                return False
            tried, accepted, number = tried + more[0], accepted + more[1], number + 1
    print(f"\r{name}: {tried} texts, {accepted} accepted, nothing found")
    return True


def by_coverage(name: str, minutes: float, number: int) -> bool:
    """Whether nothing was found among texts that atheris led to new lines."""
    return not subprocess.run([sys.executable, "-m", "tests.fuzz.guided", name, str(60 * minutes), str(number)], check=False).returncode


ENGINES = {"hypothesis": by_chance, "atheris": by_coverage}


def main() -> int:
    """Fuzz each grammar in turn."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("grammars", nargs="*", metavar="GRAMMAR", help=f"of {', '.join(GRAMMARS)}; default all")
    options.add_argument("--minutes", type=float, default=10.0, help="for each grammar")
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--engine", choices=ENGINES, default="hypothesis", help="what makes the texts")
    asked = options.parse_args()
    for name in asked.grammars:
        if name not in GRAMMARS:
            options.error(f"unknown grammar {name}; known: {', '.join(GRAMMARS)}")
    if find_spec(asked.engine) is None:
        options.error(f"{asked.engine} is not installed: pip install '.[fuzz]' (it has wheels for Linux and Python up to 3.13)")
    for name in asked.grammars or GRAMMARS:
        number = random.SystemRandom().randrange(10**9) if asked.seed is None else asked.seed
        if not ENGINES[asked.engine](name, asked.minutes, number):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

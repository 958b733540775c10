"""Fuzzing guided by coverage: atheris finds bytes that reach new lines of ``derive``, hypothesis makes texts of a grammar from them.

Started by ``python -m tests.fuzz.run --engine atheris`` in a process for each grammar, since libFuzzer ends the process it runs in.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["derive"]):
    from hypothesis import HealthCheck, given, settings

    from tests.fuzz.attempt import TooSlow, attempt
    from tests.fuzz.grammars import GRAMMARS
    from tests.fuzz.run import fuzz

FOUND = 1
WARM_UP, EVERY = 20, 200
"""How many texts are tried before the guidance begins; after how many the counts are shown."""
OPTIONS = ("-timeout=0", "-handle_alrm=0", "-rss_limit_mb=4096", "-max_len=4096", "-len_control=0", "-verbosity=0")
"""Of libFuzzer: time is watched by the tries themselves."""


def guided(name: str, seconds: float, seed: int) -> None:
    """Try texts of a grammar for some time, then end the process: status 1, with the text, for one that is not refused properly."""
    grammar = GRAMMARS[name]
    folder = tempfile.TemporaryDirectory()
    tried, accepted, text = 0, 0, ""

    def show(closing: str = "") -> None:
        print(f"\r{name}: seed {seed}, {tried} texts, {accepted} accepted{closing}", end="", flush=True)

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(grammar.texts)
    def one(drawn: str) -> None:
        nonlocal tried, accepted, text
        text = drawn
        accepted += attempt(grammar, drawn, Path(folder.name))
        tried += 1

    def from_bytes(data: bytes) -> None:
        try:
            one.hypothesis.fuzz_one_input(data)
        except (Exception, TooSlow):
            show("\n")
            traceback.print_exc(limit=-6)
            print(f"text {text!r}", flush=True)
            folder.cleanup()
            os._exit(FOUND)
        if tried % EVERY == 0:
            show()
        if time.monotonic() > end:
            show(", nothing found\n")
            folder.cleanup()
            os._exit(0)

    with atheris.instrument_imports(include=["derive"]):
        fuzz(grammar, Path(folder.name), seed, WARM_UP)  # a reader imports what it needs when it is first used
    end = time.monotonic() + seconds
    atheris.Setup([sys.argv[0], *OPTIONS, f"-seed={seed}", f"-artifact_prefix={folder.name}/"], from_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    guided(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))

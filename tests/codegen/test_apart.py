"""What is judged in a process of its own cannot stop, crash or fill the one that judges."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest

import deltarule
from codegen.apart import Ended, apart
from codegen.verify_module import verify_module

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are copied on Linux only")


def test_the_answer_is_what_was_computed() -> None:
    assert apart(lambda: [1, 2.5, "three", None, {"four": [True]}]) == [1, 2.5, "three", None, {"four": [True]}]
    assert apart(lambda: os.getpid()) != os.getpid()


def test_a_long_answer_comes_whole() -> None:
    assert apart(lambda: "x" * 3_000_000) == "x" * 3_000_000


def test_code_that_cannot_be_interrupted_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(Ended, match="1 s of processor time"):
        apart(lambda: 7 ** (10**10) % 3, cpu_seconds=1)
    with pytest.raises(Ended, match=r"longer than 0\.5 s"):
        apart(lambda: time.sleep(100), wall_seconds=0.5)
    assert time.monotonic() - start < 60


def test_a_crash_and_a_silent_end_are_told() -> None:
    with pytest.raises(Ended, match="SIGTERM"):
        apart(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Ended, match="exit status 3"):
        apart(lambda: os._exit(3))


def test_memory_is_limited() -> None:
    def greedy() -> str:
        try:
            return str(np.ones(2 * 10**9).sum())
        except MemoryError:
            return "refused"

    assert apart(greedy) == "refused"
    assert apart(lambda: float(np.ones(10**6).sum())) == 1e6


def test_what_a_module_says_of_itself_is_not_believed() -> None:
    network = deltarule.network("2-3:relu-2:linear")
    text = str(network.emit())
    specification = network.model.specification.hash
    for old, new, words in (
        (f'SPEC_HASH = "{specification}"', 'SPEC_HASH = "0"', "SPEC_HASH is not that of this specification"),
        ("DTYPE = np.float64", "DTYPE = np.float32", "DTYPE is float32, the title says otherwise"),
    ):
        assert old in text
        report = verify_module(text.replace(old, new), network.results)
        assert words in [statement.detail for statement in report.statements if not statement.ok]


def test_a_module_that_takes_all_memory_is_wrong() -> None:
    network = deltarule.network("2-3:relu-2:linear")
    report = verify_module(str(network.emit()) + "\nfull = np.ones((10 ** 6, 10 ** 6))\n", network.results)
    assert not report.ok
    assert "MemoryError" in report.statements[0].detail

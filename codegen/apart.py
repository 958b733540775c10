"""Judging in a process of its own: code that does not end, or takes all memory, ends that process and nothing else."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

CPU_SECONDS, WALL_SECONDS = 600, 900
MEMORY = 4 * 2**30
"""What is judged may take so much memory beside what is in use already."""


class Ended(Exception):
    """The process ended without an answer; the message says why."""


def apart(compute: Callable[[], Any], cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, memory: int = MEMORY) -> Any:
    """What ``compute`` returns, made of what JSON has, computed in a copy of this process with limits.

    Without effect where processes cannot be copied. Raises ``Ended`` where the copy ends without an answer.
    """
    if not sys.platform.startswith("linux"):  # elsewhere a copy of a process with libraries loaded is not safe to use
        return compute()
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(compute, writing, cpu_seconds, memory)
    os.close(writing)
    try:
        answer = _read(reading, wall_seconds)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(reading)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer is None:
        raise Ended(f"it ran longer than {wall_seconds:g} s")
    try:
        return json.loads(answer)
    except ValueError:
        raise Ended(_reason(status, cpu_seconds)) from None


def _reason(status: int, cpu_seconds: int) -> str:
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it took more than {cpu_seconds} s of processor time, or more memory than there is"
    return f"it ended the process ({signal.Signals(-status).name if status < 0 else f'exit status {status}'})"


def _read(pipe: int, wall_seconds: float) -> bytes | None:
    """Everything that is written to a pipe; None where its end does not come in time."""
    found, end = bytearray(), time.monotonic() + wall_seconds
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return None
        piece = os.read(pipe, 1 << 16)
        if not piece:
            return bytes(found)
        found += piece


def _answer(compute: Callable[[], Any], pipe: int, cpu_seconds: int, memory: int) -> NoReturn:
    status = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        _limit(cpu_seconds, memory)
        data = json.dumps(compute()).encode()
        with os.fdopen(pipe, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)  # nothing of what this process was started for happens twice


def _limit(cpu_seconds: int, memory: int) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    wanted = {
        resource.RLIMIT_AS: pages * os.sysconf("SC_PAGE_SIZE") + memory,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

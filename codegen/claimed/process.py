"""A claimed function in a child process of its own: called from here, judged here, limited there."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np

CHILD = Path(__file__).with_name("child.py")
GIB = 2**30
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Each thread of a library reserves memory of its own, which would count against the limit."""


@dataclass(frozen=True)
class Limits:
    """What the function may use: seconds of the processor in all, seconds of the clock for a call, bytes of memory."""

    cpu_seconds: float = 20.0
    wall_seconds: float = 10.0
    memory: int = 4 * GIB


@dataclass(frozen=True)
class Returned:
    """What a call returned: ``value`` is the message of the child, ``changed`` are the arguments that the function wrote to."""

    value: Mapping[str, Any]
    changed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stopped:
    """A call without an answer, and why; ``lost`` where the process is gone with it."""

    reason: str
    refused: tuple[str, ...] = ()
    lost: bool = False


class Missing(Exception):
    """There is no such function in the file."""


class Unloaded(Exception):
    """The file cannot be loaded: running it raised an error."""


class Child:
    """A process with one function; use it as a context. Raises ``Missing`` or ``Unloaded`` when it is entered."""

    def __init__(self, path: Path, function: str, limits: Limits) -> None:
        self.path, self.function, self.limits = path, function, limits
        self.lost: Stopped | None = None

    def __enter__(self) -> Self:
        environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        limits = {"cpu_seconds": self.limits.cpu_seconds, "memory": self.limits.memory}
        try:
            said = self._asked({"path": str(self.path), "function": self.function, **limits}, 1 << 16)
        except BaseException:  # an interrupt: nothing is left that goes on
            self.__exit__()
            raise
        if isinstance(said, Stopped):
            return self
        if "missing" in said or "unloaded" in said:
            self.__exit__()
            if "missing" in said:
                raise Missing(_text(said["missing"]))
            if said.get("refused"):
                self.lost = Stopped(f"while the file was loaded: {_text(said['unloaded'])}", _texts(said.get("refused")), lost=True)
                return self
            raise Unloaded(_text(said["unloaded"]))
        return self

    def __exit__(self, *ignored: object) -> None:
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # already gone
                assert pipe is not None
                pipe.close()

    def call(self, parameters: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray], together: bool) -> Returned | Stopped:
        """Call the function; ``together`` gives the inputs as one NamedTuple. After the process is lost every call says so."""
        if self.lost is not None:
            return self.lost
        most = 4 * sum(value.size for value in (*parameters.values(), *inputs.values())) + 4096
        request = {
            "parameters": {name: _packed(value) for name, value in parameters.items()},
            "inputs": {name: _packed(value) for name, value in inputs.items()},
            "together": together,
            "most": most,
        }
        said = self._asked(request, 12 * most + (1 << 20))
        if isinstance(said, Stopped):
            return said
        refused = _texts(said.get("refused"))
        if "returned" in said and isinstance(said["returned"], dict):
            return Returned(said["returned"], _texts(said.get("changed")), refused)
        return Stopped(f"it stops with {_text(said.get('raised', 'an answer that makes no sense'))}", refused)

    def _asked(self, request: Mapping[str, Any], most: int) -> dict[str, Any] | Stopped:
        """One request and its answer; where none comes in time, or none that can be read, the process is lost."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def too_late() -> None:
            late.set()
            self._kill()

        timer = threading.Timer(self.limits.wall_seconds, too_late)
        timer.start()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline(most)
        except OSError:
            line = b""
        finally:
            timer.cancel()
        try:
            said = json.loads(line) if line.endswith(b"\n") else None
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            return said
        self.lost = Stopped(self._end(late.is_set(), bool(line)), lost=True)
        return self.lost

    def _end(self, late: bool, said_something: bool) -> str:
        """Why there is no answer."""
        if late:
            return f"it does not come to an end within {self.limits.wall_seconds:g} s"
        if said_something:
            return "its answer makes no sense"
        self._kill_after(2.0)
        status = self._process.returncode
        if status == -getattr(signal, "SIGXCPU", 0):
            return f"it does not come to an end within {self.limits.cpu_seconds:g} s of processor time"
        if status is not None and status < 0:
            return f"it crashes the interpreter ({signal.Signals(-status).name})"
        return f"it ends the process (exit status {status}) instead of returning"

    def _kill_after(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()

    def _kill(self) -> None:
        """End the process and what it may have started."""
        with suppress(OSError):  # already gone
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


def _packed(value: np.ndarray) -> dict[str, Any]:
    own = np.ascontiguousarray(value)
    return {"shape": list(value.shape), "dtype": own.dtype.name, "data": base64.b64encode(own.tobytes()).decode()}


def array_of(packed: Mapping[str, Any]) -> np.ndarray | None:
    """The array in an answer, None where it is none; nothing that the child says is believed."""
    shape, data = packed.get("shape"), packed.get("data")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size >= 0 for size in shape) or not isinstance(data, str):
        return None
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    if len(shape) > 16 or len(raw) != 8 * prod(shape):
        return None
    return np.frombuffer(raw, dtype=np.float64).reshape(shape)


def _text(value: Any) -> str:
    """Words of the child on one line, printable."""
    words = " ".join(str(value)[:600].split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value[:20])) if isinstance(value, list) else ()

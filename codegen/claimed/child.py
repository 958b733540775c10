"""The program of the child process: runs a function that someone else wrote, under limits, and answers calls of it.

It is started as a script and imports nothing of the tool. Requests and answers are lines of JSON on the pipes that were standard input
and output when it started; whatever the function prints goes nowhere. Arrays are base64 of float64 in row-major order. The audit hook
and the limits keep honest mistakes from doing harm; they are no security boundary (``SECURITY.md``).
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

REFUSED = (
    *("subprocess.", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.startfile/2"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime"),
    *("os.kill", "os.killpg", "os.setxattr", "os.removexattr", "os.chflags", "os.lchflags"),
    *(
        "socket.",
        "ctypes.",
        "shutil.",
        "tempfile.",
        "pty.spawn",
        "signal.pthread_kill",
        "ftplib.",
        "http.",
        "smtplib.",
        "urllib.",
        "webbrowser.",
    ),
    *("sqlite3.connect", "winreg.", "msvcrt.", "resource.setrlimit", "resource.prlimit", "_winapi.", "cpython._PySys_ClearAuditHooks"),
)
"""Audit events that are refused, and with a dot at the end all that begin so. Files opened for writing are refused as well."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEEPEST, LONGEST = 6, 200
"""How deep gradients may be nested, and how much of a message is passed on."""


def limit(cpu_seconds: float, memory: int) -> None:
    """Limit processor time, memory and files, where the system can; a child that uses too much is ended by it."""
    try:
        import resource
    except ImportError:  # not on every system; the clock of the parent still counts there
        return
    seconds = max(1, round(cpu_seconds))
    wanted = ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0))
    for what, most in wanted:
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (allowed, allowed + 2 if what == resource.RLIMIT_CPU and allowed == most else allowed))
        except (OSError, ValueError):  # a system that knows the limit but not this one
            continue


def watch(refused: list[str]) -> None:
    """Refuse what no gradient needs, from here to the end of the process; names of what was refused are appended."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        known = any(event.startswith(name) if name.endswith(".") else event == name for name in REFUSED)
        if known or (event == "open" and _writes(arguments)):
            what = f"writing to {str(arguments[0])[:80]!r}" if event == "open" else event
            refused.append(what)
            raise PermissionError(f"refused: {what}")

    sys.addaudithook(hook)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = (*arguments, None, None)[1:3]
    return (isinstance(mode, str) and any(letter in mode for letter in "wax+")) or (isinstance(flags, int) and bool(flags & WRITING))


class Parameters(tuple):  # type: ignore[type-arg]
    """What the function is given: a tuple with names, that also answers to ``parameters["W1"]``, ``keys``, ``items`` and ``values``."""

    _fields: tuple[str, ...]

    @staticmethod
    def of(named: Mapping[str, Any]) -> Parameters:
        made = Parameters(named.values())
        made._fields = tuple(named)
        return made

    def __getitem__(self, key: Any) -> Any:
        return self._asdict()[key] if isinstance(key, str) else tuple(self)[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(f"there is no parameter {name!r}; there are {', '.join(self._fields)}")
        return self[name]

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, tuple(self), strict=True))

    def _replace(self, **new: Any) -> Parameters:
        return Parameters.of({**self._asdict(), **new})

    def keys(self) -> tuple[str, ...]:
        return self._fields

    def values(self) -> tuple[Any, ...]:
        return tuple(self)

    def items(self) -> tuple[tuple[str, Any], ...]:
        return tuple(self._asdict().items())


def function_of(path: str, name: str) -> Any:
    """The function of a file, which is run for it. Raises whatever the file raises, and ``LookupError`` where it has no such function."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    sys.path.append(os.path.dirname(os.path.abspath(path)))
    module = type(sys)("claimed")
    module.__file__ = path
    sys.modules["claimed"] = module  # dataclasses and pickles look their module up
    exec(compile(text, path, "exec"), module.__dict__)
    if name not in module.__dict__:
        known = ", ".join(
            n for n, value in module.__dict__.items() if callable(value) and not n.startswith("_") and not isinstance(value, type)
        )
        raise LookupError(f"has no function {name}" + (f"; it has {known[:LONGEST]}" if known else ""))
    if not callable(module.__dict__[name]):
        raise LookupError(f"{name} is a {type(module.__dict__[name]).__name__}, not a function")
    return module.__dict__[name]


def packed(value: Any, most: int) -> dict[str, Any]:
    """What was returned, as JSON: an array, a number, a list or a mapping of such. ``most`` numbers are passed on."""
    return _packed(value, [most], 0)


def _packed(value: Any, room: list[int], depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {"fault": "nested too deeply"}
    inner = _named(value)
    if inner is not None:
        return {"names": [str(key)[:LONGEST] for key in inner], "parts": [_packed(part, room, depth + 1) for part in inner.values()]}
    if isinstance(value, list | tuple) and not _is_numeric(value):
        return {"parts": [_packed(part, room, depth + 1) for part in value]}
    return _array(value, room)


def _named(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, tuple(value), strict=False))
    if value is None or isinstance(value, str | bytes | int | float | complex | list | tuple | np.generic | np.ndarray):
        return None
    if hasattr(value, "__array__") or hasattr(value, "detach"):
        return None
    return vars(value) if getattr(value, "__dict__", None) else None


def _is_numeric(value: Any) -> bool:
    """Whether nested lists are one array: rows of numbers, all of them alike."""
    if not len(value) or any(not isinstance(part, int | float | np.number | list | tuple) for part in _leaves(value, 0)):
        return False
    try:
        return np.asarray(value).dtype.kind in "fiub"
    except ValueError:
        return False


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    for part in value:
        if isinstance(part, list | tuple) and depth < DEEPEST:
            yield from _leaves(part, depth + 1)
        else:
            yield part


def _array(value: Any, room: list[int]) -> dict[str, Any]:
    if value is None or isinstance(value, str | bytes):
        return {"fault": f"a {type(value).__name__} where an array was expected"}
    try:
        array = np.asarray(value.detach() if hasattr(value, "detach") else value)
        if array.dtype.kind not in "fiub":
            kind = "complex numbers" if array.dtype.kind == "c" else f"a {type(value).__name__}"
            return {"fault": f"{kind} where real numbers were expected"}
        real = np.ascontiguousarray(array, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        return {"fault": f"a {type(value).__name__} that is no array ({str(error)[:LONGEST]})"}
    room[0] -= real.size
    shape = list(array.shape)
    return {"shape": shape, "data": base64.b64encode(real.tobytes()).decode()} if room[0] >= 0 else {"shape": shape}


def unpacked(value: Mapping[str, Any]) -> Any:
    """An array of a request."""
    flat = np.frombuffer(base64.b64decode(value["data"]), dtype=value.get("dtype", "float64"))
    return flat.reshape(value["shape"]).copy()


def answer(function: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """One call of the function: what it returned or how it stopped, and which arguments it changed."""
    parameters = {name: unpacked(value) for name, value in request["parameters"].items()}
    inputs = {name: unpacked(value) for name, value in request["inputs"].items()}
    given = {**parameters, **inputs}
    before = {name: value.copy() for name, value in given.items()}
    try:
        with np.errstate(all="ignore"):
            arguments = (Parameters.of(inputs),) if request["together"] else tuple(inputs.values())
            returned = packed(function(Parameters.of(parameters), *arguments), request["most"])
    except BaseException as error:  # SystemExit and KeyboardInterrupt are answers as well
        return {"raised": described(error)}
    changed = [name for name, value in given.items() if not np.array_equal(value, before[name], equal_nan=True)]
    return {"returned": returned, "changed": changed}


def described(error: BaseException) -> str:
    """The kind of an error, the line of the file where it was raised, and its message."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "claimed":
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = " ".join(str(error).split())[:LONGEST]
    except BaseException:  # an error that cannot even say what it is
        message = ""
    if isinstance(error, MemoryError) and not message:
        message = "more memory than allowed"
    return f"{type(error).__name__}" + (f" in line {line}" if line else "") + (f": {message}" if message else "")


def main() -> NoReturn:
    """Answer requests until there are no more."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    refused: list[str] = []

    def say(what: Mapping[str, Any]) -> None:
        answers.write(json.dumps({**what, "refused": refused[:5]}).encode() + b"\n")
        answers.flush()

    first = json.loads(requests.readline())
    sys.dont_write_bytecode = True
    limit(first["cpu_seconds"], first["memory"])
    watch(refused)
    try:
        function = function_of(first["path"], first["function"])
    except LookupError as error:
        say({"missing": str(error.args[0]) if type(error) is LookupError and error.args else described(error)})
        os._exit(0)
    except BaseException as error:
        say({"unloaded": described(error)})
        os._exit(0)
    say({"ready": True})
    for line in requests:
        say(answer(function, json.loads(line)))
    os._exit(0)  # whatever threads the function has left


if __name__ == "__main__":
    main()

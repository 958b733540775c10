"""One try of a text: it is read, or refused with an ``InputError`` of one line, in time, and nothing dangerous happens."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from derive.errors import InputError

ROOT = Path(__file__).parents[2]
EQUATIONS = ROOT / "tests" / "derive" / "equations"
SECONDS, WAITING = 20.0, 6.0
"""What one text may take of the processor; and how many times that on the clock of a machine that is busy."""


class TooSlow(BaseException):
    """A text takes too long. Nothing that reads catches it, and hypothesis does not look for a shorter one."""


PYTHON = "__import__('os').system('true')"
NASTY = (
    *(
        "\\write18{touch pwned}",
        "\\input{/etc/passwd}",
        "\\catcode`\\@=11",
        "^^5cinput",
        "\\end{document}",
        "\\csname",
        "%",
        "#",
        "&",
        "$",
        "$$",
    ),
    *("~", "_", "^", "{", "}", "\\", "\\\\", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]>", "&amp;", "\"'>", "-->"),
    *(PYTHON, "{{7*7}}", "{% raw %}", "${x}", "\x00", "\x1b[31m", "\n", "\r", "\t", "\u202e", "\ud800", "é", "你", "🙂"),
    *(
        "(" * 200,
        "[" * 200,
        "{" * 200,
        "-" * 200,
        "[" * 5000,
        "x = " + "[" * 5000,
        "{a=" * 3000,
        "9" * 400,
        "1e999",
        "0.1" * 50,
        "nan",
        "inf",
        "True",
        "None",
        "../../etc/passwd",
        "a" * 5000,
    ),
)


@dataclass(frozen=True)
class Grammar:
    """One kind of user text: ``texts`` makes it, ``read`` uses it; ``folder`` is where files may be written."""

    texts: st.SearchStrategy[str]
    read: Callable[[str, Path], Any]


def attempt(grammar: Grammar, text: str, folder: Path) -> bool:
    """Whether ``text`` was accepted. Raises whatever is not a proper refusal."""
    before = set(folder.rglob("*"))
    try:
        with in_time():
            grammar.read(text, folder)
    except TooSlow as slow:
        raise TooSlow(f"{slow}: {text!r}") from slow
    except InputError as error:
        message = str(error)
        if not message or "\n" in message or not message.isprintable():
            raise AssertionError(f"not one printable line: {message!r}") from error
        accepted = False
    else:
        accepted = True
    strange = {path for path in set(folder.rglob("*")) - before if path.stem != "text"}
    if strange:
        raise AssertionError(f"written: {sorted(map(str, strange))}")
    return accepted


@contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """Raise ``TooSlow`` where the body takes longer; and ``RuntimeError`` where it does what reading never does.

    The alarm is repeated: what is raised while memory is tidied up is lost.
    """

    def late(number: int, frame: object) -> None:
        raise TooSlow(f"more than {seconds:g} s of processor time, or {WAITING * seconds:g} s in all")

    _watch()
    _watched.append(True)
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a module imported late is no file that a text writes
    old = [signal.signal(number, late) for number in (signal.SIGALRM, signal.SIGVTALRM)]
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
    signal.setitimer(signal.ITIMER_REAL, WAITING * seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        for number, handler in zip((signal.SIGALRM, signal.SIGVTALRM), old, strict=True):
            signal.signal(number, handler)
        sys.dont_write_bytecode = writes_bytecode
        _watched.pop()


_watched: list[bool] = []
FORBIDDEN = ("os.system", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "os.remove", "os.rename", "shutil.")


@cache
def _watch() -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if _watched and event.startswith(FORBIDDEN):
            raise RuntimeError(f"{event} {arguments}")
        if _watched and event == "compile" and PYTHON in str(arguments[0]):
            raise RuntimeError("text is compiled as Python")

    sys.addaudithook(hook)


def mixed(seeds: tuple[str, ...], pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Texts that look right: seeds with pieces put in, taken out or exchanged, pieces alone, and anything at all."""
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(NASTY), st.text(max_size=4))

    def edited(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(seeds))
        for _ in range(draw(st.integers(0, 5))):
            start = draw(st.integers(0, len(text)))
            end = min(len(text), start + draw(st.sampled_from((0, 0, 1, 2, 5, 20))))
            text = text[:start] + draw(piece) + text[end:]
        return text

    return st.one_of(st.composite(edited)(), st.composite(edited)(), st.lists(piece, max_size=30).map("".join), st.text(max_size=60))


def file_of(text: str, folder: Path, name: str = "text.toml") -> Path:
    """The text as a file; what cannot be written in UTF-8 is written in another way."""
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path

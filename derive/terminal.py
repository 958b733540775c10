"""How a command reads its options and how it answers: in one line, with an exit status, and never half."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, NoReturn

import click

from derive.errors import InputError, unknown
from derive.files import write

GOOD, NO, WRONG_QUESTION, INTERRUPTED = 0, 1, 2, 130
_SPELLINGS = {"optimizers": "optimisers", "vectorized": "vectorised"}
_LONGEST_LINE = 600
_FORMULA = re.compile(r"-(?![-o]).*[\\=]", re.DOTALL)
"""An argument that begins with a minus sign and is no option: it has a command of LaTeX or a relation in it."""
_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_SELDOM = (100_000, 20, 20)
"""How often garbage in circles is looked for: a command makes many nodes that refer to each other, and is soon over."""


def one_of(names: Sequence[str]) -> dict[str, Any]:
    """What a click parameter needs to accept a few names and to answer a misspelling with the nearest."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        name = spelled(value)
        if name is None or name in names:
            return name
        raise unknown(str(param.name).replace("_", " "), value, names)

    return {"metavar": "|".join(names), "callback": check}


def spelled(name: str | None) -> str | None:
    """The spelling that the tool uses of a name that is also spelled otherwise."""
    return None if name is None else _SPELLINGS.get(name, name)


class Commands(click.Group):
    """Commands in the order they are read about; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            raise unknown("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


class Claiming(click.Command):
    """A command one of whose arguments is a formula, which may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        formulas = [own for own in args if _FORMULA.match(own)] if "--" not in args else []
        return super().parse_args(ctx, [*(own for own in args if own not in formulas), *(("--", *formulas) if formulas else ())])


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator."""
    return lambda function: reduce(lambda inner, decorator: decorator(inner), reversed(decorators), function)


def deliver(content: str | bytes, output: Path | None) -> None:
    """Write to the file asked for, else print."""
    if output is not None:
        write(output, content)
    else:
        sys.stdout.buffer.write(content if isinstance(content, bytes) else content.encode())


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Name what is being worked on while it lasts, on standard error where that is a terminal."""
    visible = sys.stderr.isatty()
    if visible:
        click.echo(f"\r{what} ...", nl=False, err=True)
    try:
        yield
    finally:
        if visible:
            click.echo(f"\r{' ' * (len(what) + 4)}\r", nl=False, err=True)


class _Ended(BaseException):
    """A signal that ends the process arrived: everything that is open is tidied up on the way out."""


def run(commands: click.Group, name: str, arguments: Sequence[str] | None) -> NoReturn:
    """Run a command line; whatever is wrong with the question becomes one line on standard error and status 2."""
    gc.set_threshold(*_SELDOM)
    _fill_closed_streams()
    try:
        with _ended_by_signals():
            status = _status(commands, name, arguments)
            sys.stdout.flush()
    except _Ended as ended:
        if ended.args == (signal.SIGINT,):
            refuse("interrupted", INTERRUPTED)
        sys.exit(128 + ended.args[0])
    except click.ClickException as error:
        refuse(error.format_message(), WRONG_QUESTION)
    except InputError as error:
        refuse(str(error), WRONG_QUESTION)
    except BrokenPipeError:  # the reader has what it wants, as in `deltarule notes ... | head`
        _forget_output()
        sys.exit(GOOD)
    except OSError as error:
        if error.filename is None:
            _forget_output()
        refuse(f"cannot write {error.filename or 'standard output'}: {error.strerror or error}", WRONG_QUESTION)
    sys.exit(status or GOOD)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let what ends a process be an exception, so that no temporary file or process is left; the second time it ends at once."""

    def end(number: int, frame: object) -> NoReturn:
        for own in ours:
            signal.signal(own, signal.SIG_DFL)
        raise _Ended(number)

    before = {number: signal.getsignal(number) for number in _ENDING}
    ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup ignores, and so do we
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _status(commands: click.Group, name: str, arguments: Sequence[str] | None) -> int | None:
    """The answer of a command. Raises BrokenPipeError where its reader has left: click ends the process then, with another stream."""
    output = sys.stdout
    try:
        return commands.main(arguments, prog_name=name, standalone_mode=False)
    except SystemExit:
        if sys.stdout is output:
            raise
        sys.stdout = output
        raise BrokenPipeError from None


def _fill_closed_streams() -> None:
    """Give the numbers of closed standard streams to the null device, so that no other file gets them; printing there is refused."""
    while (number := os.open(os.devnull, os.O_RDONLY)) <= _STANDARD_ERROR:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = os.fdopen(_STANDARD_OUTPUT, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives


def _forget_output() -> None:
    """Send what standard output still holds nowhere, so that it is not tried again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refuse(message: str, status: int) -> NoReturn:
    """End with one printable line on standard error."""
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in line)
    short = printable if len(printable) <= _LONGEST_LINE else f"{printable[:300]} ... {printable[-250:]}"
    try:
        click.echo(f"deltarule: {short}", err=True)
    except OSError:  # nobody can be told; the status says it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(status)

"""How a command reads its options and how it answers: in one line, with an exit status, and never half."""

from __future__ import annotations

import gc
import os
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


def run(commands: click.Group, name: str, arguments: Sequence[str] | None) -> NoReturn:
    """Run a command line; whatever is wrong with the question becomes one line on standard error and status 2."""
    gc.set_threshold(*_SELDOM)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that a temporary file is removed
    try:
        status = commands.main(arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        refuse("interrupted", INTERRUPTED)
    except click.ClickException as error:
        refuse(error.format_message(), WRONG_QUESTION)
    except InputError as error:
        refuse(str(error), WRONG_QUESTION)
    except BrokenPipeError:  # the reader has what it wants, as in `deltarule notes ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(GOOD)
    except OSError as error:
        refuse(f"cannot write {error.filename or 'standard output'}: {error.strerror or error}", WRONG_QUESTION)
    sys.exit(status or GOOD)


def refuse(message: str, status: int) -> NoReturn:
    """End with one printable line on standard error."""
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in line)
    short = printable if len(printable) <= _LONGEST_LINE else f"{printable[:300]} ... {printable[-250:]}"
    click.echo(f"deltarule: {short}", err=True)
    sys.exit(status)

"""From a network to its derivation, lecture notes, NumPy code and the proofs that they agree.

The command line and the Python interface; the only place that knows both rooms, ``derive`` and ``codegen``. Both are
imported where they are needed, so that help and refusals come at once.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import click

__version__ = "0.1.0"

KINDS = ("notations", "layers", "activations", "losses", "styles", "optimisers")
FORMATS = ("html", "tex", "pdf", "md")
REDUCTIONS = ("mean", "sum")
DTYPES = ("float64", "float32")


# ---------------------------------------------------------------------------------------------------- writing files


def write(path: Path, content: str | bytes) -> None:
    """Write a file so that at every moment the old one or the new one stands there whole.

    Missing parents are made. What is no regular file (a pipe, a device) is written to as it is.
    """
    data = content.encode() if isinstance(content, str) else content
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file() and not target.is_dir():
        target.write_bytes(data)
        return
    if target.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".deltarule-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ------------------------------------------------------------------------------------------------- the command line


def _one_of(names: Sequence[str], spellings: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a click parameter needs to accept a few names and to answer a misspelling with the nearest."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        name = (spellings or {}).get(value, value) if value is not None else None
        if name is None or name in names:
            return name
        where = f"{param.opts[-1]}: " if isinstance(param, click.Option) else ""
        raise click.UsageError(f"{where}got {value!r}, expected {', '.join(names)}{_nearest(str(value), names)}")

    return {"metavar": "|".join(names), "callback": check}


class Commands(click.Group):
    """Commands in the order they are read about; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            names = list(self.commands)
            raise click.UsageError(f"unknown command {args[0]!r}, expected {', '.join(names)}{_nearest(args[0], names)}")
        return super().resolve_command(ctx, args)


def _nearest(given: str, names: Sequence[str]) -> str:
    close = get_close_matches(given, names, n=1)
    return f"; nearest: {close[0]}" if close else ""


def _options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


SPEC = click.argument("spec", metavar="SPEC")
NETWORK = _options(
    click.option("--loss", metavar="NAME", help="Loss, instead of the one SPEC states."),
    click.option("--batch-reduction", **_one_of(REDUCTIONS), help="Patterns are averaged or summed."),
)
NOTATION = click.option("--notation", metavar="NAME|FILE.toml", default="nielsen", show_default=True, help="Convention of the notes.")
CODE = _options(
    click.option("--style", **_one_of(("vectorised", "loops"), {"vectorized": "vectorised"}), default="vectorised", show_default=True),
    click.option("--dtype", **_one_of(DTYPES), default="float64", show_default=True),
    click.option("--input-gradient", is_flag=True, help="Also emit loss_gradients_and_dx."),
)


def _output(metavar: str, required: bool = False) -> Callable[[Any], Any]:
    text = "Folder for the five files." if required else "Write there instead of to standard output."
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar=metavar, required=required, help=text)


@click.group(cls=Commands, invoke_without_command=False, no_args_is_help=False)
@click.version_option(__version__, prog_name="deltarule", message="%(prog)s %(version)s")
def cli() -> None:
    r"""Derive backpropagation for a network: lecture notes, NumPy code and the proofs that they agree.

    SPEC is a line such as 784-128:relu-10:softmax (sizes, each with an optional activation) or a TOML file.

    \b
    Examples:
      deltarule build 2-2:relu-1:linear -o out       notes, figure, code and report
      deltarule notes 4-10:tanh-3:softmax -o n.html  lecture notes
      deltarule emit network.toml --dtype float32    a NumPy module on standard output
      deltarule verify 2-2-1                         every statement, and how it was checked
      deltarule list activations                     what SPEC may name

    Exit status: 0 good; 1 a check failed; 2 the question is wrong (one line says why).
    """


@cli.command("list")
@click.argument("kind", **_one_of(KINDS, {"optimizers": "optimisers"}))
def list_names(kind: str) -> int:
    """Print the names that a SPEC or an option may use, one a line."""
    for name in names(kind):
        click.echo(name)
    return 0


def names(kind: str) -> tuple[str, ...]:
    """The names of a kind in ``KINDS``, in the order they are listed."""
    return ()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; whatever is wrong with the question becomes one line on standard error and status 2."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that a temporary file is removed
    try:
        status = cli.main(arguments, prog_name="deltarule", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        _refuse("interrupted", 130)
    except click.ClickException as error:
        _refuse(error.format_message(), 2)
    except BrokenPipeError:  # the reader has what it wants, as in `deltarule notes ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _refuse(f"cannot write {error.filename or 'standard output'}: {error.strerror or error}", 2)
    sys.exit(status or 0)


def _refuse(message: str, status: int) -> NoReturn:
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in line)
    short = printable if len(printable) <= 600 else f"{printable[:300]} ... {printable[-250:]}"
    click.echo(f"deltarule: {short}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()

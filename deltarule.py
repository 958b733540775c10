"""From a network to its derivation, lecture notes, NumPy code and the proofs that they agree.

The command line; from Python, ``deltarule.network(spec)`` gives the same (``codegen.interface``).
"""

from __future__ import annotations

if __name__ == "__main__":  # `python -m deltarule` is the installed command
    from derive import start

    start.main()

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from codegen.interface import DTYPES, KINDS, MIME, Network, names, network
from derive import __version__
from derive.display import Text
from derive.files import write
from derive.terminal import GOOD, NO, Claiming, Commands, deliver, one_of, options, progress, refuse, run, spelled

if TYPE_CHECKING:
    from derive.claims.document import DocumentReport
    from derive.claims.verdict import Verdict

__all__ = ["Network", "__version__", "main", "names", "network"]

FORMATS = (*MIME, "pdf")
LEVELS = ("brief", "lecture", "every-step")
PAGES = ("slides", "handout")  # LaTeX sources, compiled where the file is to be a PDF
REDUCTIONS = ("mean", "sum")


def _of_network(command: Callable[..., int]) -> Callable[..., int]:
    """A command about one SPEC: what it does is given the network."""

    @click.argument("spec", metavar="SPEC")
    @click.option("--loss", metavar="NAME", help="Loss, instead of the one SPEC states.")
    @click.option("--batch-reduction", **one_of(REDUCTIONS), help="Patterns are averaged or summed.")
    @wraps(command)
    def of_spec(spec: str, loss: str | None, batch_reduction: str | None, **rest: Any) -> int:
        return command(network(spec, loss=loss, batch_reduction=batch_reduction), **rest)

    return of_spec


NOTES = options(
    click.option("--notation", metavar="NAME|FILE.toml", default="nielsen", show_default=True, help="Convention of the notes."),
    click.option("--beside", metavar="NAME|FILE.toml", help="A second convention, side by side with the first."),
    click.option("--level", **one_of(LEVELS), default="lecture", show_default=True, help="How much of each derivation is shown."),
    click.option("--language", metavar="CODE|FILE.toml", default="en", show_default=True, help="Words of the notes."),
    click.option(
        "--numbers",
        metavar="FILE.toml",
        is_flag=False,
        flag_value="simple",
        help="Work out one step with numbers: those of FILE, written like derive/worked/mazur.toml, or without FILE simple ones.",
    ),
    click.option(
        "--exercises",
        **one_of(("easy", "medium", "hard")),
        help="Blanks to fill in, solutions at the end; the answers also go to FILE's name with .answers.toml.",
    ),
    click.option(
        "--variant", type=click.IntRange(1, 9999), metavar="N", default=1, show_default=True, help="Which simple numbers and blanks."
    ),
    click.option("--title", metavar="TEXT", help="Title of the notes, instead of one made from SPEC."),
    click.option("--author", metavar="TEXT", help="Author, below the title."),
    click.option("--date", metavar="TEXT", help="Date, below the title, in any form."),
)
CODE = options(
    click.option(
        "--style",
        metavar="NAME",
        default="auto",
        show_default=True,
        callback=lambda ctx, param, name: spelled(name),
        help="How the module computes: one of `deltarule list styles`.",
    ),
    click.option("--dtype", **one_of(DTYPES), default="float64", show_default=True),
    click.option("--batch", type=click.IntRange(min=1), metavar="N", help="How many patterns a step will see."),
    click.option("--input-gradient", is_flag=True, help="Also emit loss_gradients_and_dx."),
    click.option("--optimiser", "--optimizer", "optimiser", metavar="NAME", help="Also emit train, with this update rule."),
    click.option("--plain", is_flag=True, help="Without what only saves time, for people who read."),
    click.option("--tune", is_flag=True, help="Measure here which form is fastest and write NAME.decisions.toml."),
    click.option("--decisions", metavar="FILE", type=click.Path(path_type=Path), help="The form that --tune once found, on any machine."),
    click.option("--report", is_flag=True, help="Print what each pass does instead of the module (with -o: beside it)."),
)


def _file(_context: click.Context, _option: click.Parameter, output: Path | None) -> Path | None:
    """The file to write; ``-`` is standard output, as elsewhere."""
    return None if output == Path("-") else output


_folder = click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", required=True, help="Folder for the five files.")
_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", callback=_file, help="Write there instead of to standard output."
)


@click.group(cls=Commands, invoke_without_command=False, no_args_is_help=False)
@click.version_option(__version__, prog_name="deltarule", message="%(prog)s %(version)s")
def cli() -> None:
    """Derive backpropagation for a network: lecture notes, NumPy code and the proofs that they agree.

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


@cli.command()
@_of_network
@NOTES
@CODE
@_folder
def build(net: Network, output: Path, **asked: Any) -> int:
    """Write notes, figure, module and report.

    The files are notes.html, notes.tex, figure.svg, NAME.py and report.json; TeX is never needed.

    \b
    Example:
      deltarule build 2-2:relu-1:linear -o out
    """
    from derive.notes import Options

    of_notes = {field.name: asked.pop(field.name) for field in fields(Options) if field.name in asked}
    net = replace(net, input_gradient=asked["input_gradient"])  # so that code and notes number alike
    files: dict[str, str | bytes] = {}
    with progress("code"):
        asked, told = _formed(net, output.parent, **asked)
        module = files[f"{net.name}.py"] = _emitted(net, **asked)
    with progress("notes"):
        files["notes.html"] = net.notes(**of_notes, format="html", code=module)
        files["notes.tex"] = net.notes(**of_notes, format="tex")
        files["figure.svg"] = net.figure(**of_notes)
        if of_notes["exercises"]:
            files["notes.answers.toml"] = net.answers(**of_notes)
    with progress("verification"):
        report = net.verify(code=module)
    files["report.json"] = report.as_measured_json()
    for name, content in files.items():
        write(output / name, content)
    deliver(told, None)
    return GOOD if report.ok else NO


@cli.command()
@_of_network
@NOTES
@click.option("--format", **one_of(FORMATS), help="Default: what FILE ends with, else html. A PDF needs pdfLaTeX.")
@_output
def notes(net: Network, format: str | None, output: Path | None, **asked: Any) -> int:
    """Print lecture notes.

    They hold the network, every derivation step by step and the algorithms.
    Slides and handout are LaTeX (beamer), compiled where FILE ends with .pdf;
    a fragment is LaTeX to be read by a document with amsmath and tikz.
    A notebook (ipynb) has the module and its checks in cells that run.

    \b
    Example:
      deltarule notes 4-10:tanh-3:softmax --format html -o notes.html
    """
    suffix = output.suffix[1:] if output is not None else ""
    format = format or (suffix if suffix in FORMATS else FORMATS[0])
    with progress("notes"):
        text = net.notes(**asked, format=format, code=_emitted(net) if format == "ipynb" else None)
        if format in PAGES and suffix == "pdf":
            from derive.notes import compiled

            text = compiled(str(text))
    if format == "pdf" and output is None:
        output = Path(f"{net.name}.pdf")
    deliver(text, output)
    if asked["exercises"] and output is not None:
        write(output.with_name(f"{output.stem}.answers.toml"), net.answers(**asked))
    return GOOD


@cli.command()
@_of_network
@CODE
@_output
def emit(net: Network, output: Path | None, **code: Any) -> int:
    """Print a NumPy module.

    It has forward pass, loss, gradients and a workspace without allocations.

    \b
    Example:
      deltarule emit 64-32:relu-10:softmax --dtype float32 -o digits.py
    """
    with progress("code"):
        code, told = _formed(net, output.parent if output else Path(), **code)
        module = _emitted(net, **code)
    if output or not told:
        deliver(module, output)
    deliver(told, None)
    return GOOD


@cli.command()
@_of_network
@click.option("--code", metavar="FILE.py", type=click.Path(path_type=Path), help="Judge this module, edited or not, as code of SPEC.")
@click.option("--notes", metavar="FILE.md", type=click.Path(path_type=Path), help="Judge these notes, edited or not, as notes of SPEC.")
@click.option(
    "--notation", metavar="NAME|FILE.toml", help="With --notes: the convention they are written in, instead of the one that fits."
)
@click.option("--json", is_flag=True, help="Print the report as JSON.")
@_output
def verify(net: Network, code: Path | None, notes: Path | None, notation: str | None, json: bool, output: Path | None) -> int:
    """Check every statement, and say how.

    A statement is proved, checked (evaluated at 40 digits) or cross-checked.
    Where FILE ends with .html the report is a page, else text or JSON.

    \b
    Example:
      deltarule verify 2-2:relu-1:linear --json
    """
    if notation is not None and notes is None:
        raise click.UsageError("verify: --notation goes with --notes")
    with progress("verification"):
        report = net.verify(code=code, notes=notes, notation=notation)
    text = str(report)
    if output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        text = re.sub(r"^WRONG", click.style("WRONG", fg="red"), text, flags=re.MULTILINE)
    if output is not None and output.suffix == ".html":
        from derive.verification.page import page

        text = page(report, net.name)
    deliver(report.as_measured_json() if json else text, output)
    return GOOD if report.ok else NO


@cli.command(cls=Claiming)
@_of_network
@click.argument("claim", metavar="CLAIM", required=False)
@click.option(
    "--document", metavar="FILE", type=click.Path(path_type=Path), help="Judge every displayed formula of a LaTeX or Markdown file."
)
@click.option("--key", metavar="FILE.toml", type=click.Path(path_type=Path), help="With --document: answers and their points.")
@click.option("--notation", metavar="NAME|FILE.toml", default="nielsen", show_default=True, help="The convention of the claim.")
@click.option("--json", is_flag=True, help="Print the verdict as JSON.")
@_output
def check(net: Network, claim: str | None, document: Path | None, key: Path | None, notation: str, json: bool, output: Path | None) -> int:
    r"""Say whether a claim is right, and if not, why.

    CLAIM is an equation or a chain of them in LaTeX, an algorithm in
    pseudocode, a file of published numbers (.toml or .csv), or
    file.py:function, which returns gradients.
    The answer is right, wrong or right up to something, with the family
    of the mistake, what should stand there and a counter-example.

    \b
    Examples:
      deltarule check 2-3-1 '\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1}'
      deltarule check 2-3-1 --document notes.tex
    """
    if (claim is None) == (document is None):
        raise click.UsageError("check: expected a CLAIM or --document FILE" + (", not both" if claim else ""))
    if key is not None and document is None:
        raise click.UsageError("check: --key goes with --document")
    with progress("verdict"):
        verdict = _verdict(net, claim, document, key, notation)
    deliver(verdict.as_json() if json else str(verdict), output)
    return GOOD if verdict.ok else NO


@cli.command()
@_of_network
@click.option("--notation", metavar="NAME|FILE.toml", default="nielsen", show_default=True, help="The convention of the formulas.")
@click.option("--json", is_flag=True, help="Print the gallery as JSON.")
@_output
def mutate(net: Network, notation: str, json: bool, output: Path | None) -> int:
    """Make the classic mistakes and show which checks catch each.

    Every formula of the network is spoiled in every classic way. Checks of
    shapes, the evaluation of both sides and the verdict on it as a claim
    are tried on each; status 1 if a wrong formula slips through.

    \b
    Example:
      deltarule mutate 3-3-3
    """
    with progress("mistakes"):
        gallery = net.mutate(notation=notation)
    deliver(gallery.as_json() if json else str(gallery), output)
    return GOOD if gallery.ok else NO


@cli.command("list")
@click.argument("kind", **one_of(tuple(KINDS)))
def list_names(kind: str) -> int:
    """Print the names that a SPEC may use.

    One name a line.

    \b
    Example:
      deltarule list activations
    """
    for name in names(kind):
        click.echo(name)
    return GOOD


def _formed(net: Network, folder: Path, *, tune: bool, report: bool, **code: Any) -> tuple[dict[str, Any], Text | str]:
    """What ``emit`` needs and the report, empty where none is asked for; decisions are measured and written first."""
    from codegen.forms import only_one, vectorised_only

    only_one(tune=tune, plain=code["plain"], decisions=code["decisions"])
    vectorised_only(code["style"], tune=tune, report=report)
    of_form = {key: code[key] for key in ("dtype", "batch", "input_gradient")}
    if tune:
        code["decisions"] = folder / f"{net.name}.decisions.toml"
        write(code["decisions"], net.tune(**of_form))
    return code, net.report(**of_form, plain=code["plain"], decisions=code["decisions"]) if report else ""


def _verdict(net: Network, claim: str | None, document: Path | None, key: Path | None, notation: str) -> Verdict | DocumentReport:
    """The verdict on a claim, or the report on a document."""
    if claim is not None:
        return net.check(claim, notation=notation)
    assert document is not None
    return net.check_document(document, notation=notation, key=key)


def _emitted(net: Network, **code: Any) -> Text:
    """The module; where it does not pass its own checks, that is the answer and nothing is written."""
    from codegen.certificate import CertificateError

    try:
        return net.emit(**code)
    except CertificateError as error:
        refuse(f"{net.name} is not emitted: {error}", NO)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line with ``arguments``, by default those of the process."""
    run(cli, "deltarule", arguments)

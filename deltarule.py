"""From a network to its derivation, lecture notes, NumPy code and the proofs that they agree.

The command line and the Python interface; the only place that knows both rooms, ``derive`` and ``codegen``. Both are
imported where they are needed, so that help and refusals come at once.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from derive.display import Text
from derive.errors import unknown
from derive.files import read, write
from derive.terminal import GOOD, NO, Commands, deliver, one_of, options, progress, refuse, run, spelled

if TYPE_CHECKING:
    from codegen.forms import Forms
    from derive.claims.document import DocumentReport
    from derive.claims.gallery import Gallery
    from derive.claims.verdict import Verdict
    from derive.network import Network as Model
    from derive.results import Results
    from derive.specifications.read_specification import Source
    from derive.verification.statements import Report

__version__ = "0.1.0"

KINDS = {  # where the names of each kind are found
    "notations": "derive.notation:names",
    "layers": "derive.layers:layer_types",
    "activations": "derive.functions.activations:activation_names",
    "losses": "derive.functions.losses:loss_names",
    "styles": "codegen.emit:STYLES",
    "optimisers": "derive.optimisers:optimiser_names",
}
MIME = {
    "html": "text/html",
    "tex": "text/x-tex",
    "fragment": "text/x-tex",
    "md": "text/markdown",
    "ipynb": "application/json",
    "slides": "text/x-tex",
    "handout": "text/x-tex",
}
FORMATS = (*MIME, "pdf")
LEVELS = ("brief", "lecture", "every-step")
PAGES = ("slides", "handout")  # LaTeX sources, compiled where the file is to be a PDF
REDUCTIONS = ("mean", "sum")
DTYPES = ("float64", "float32")


# ------------------------------------------------------------------------------------------------------ from Python


def network(spec: Source, *, loss: str | None = None, batch_reduction: str | None = None) -> Network:
    """The network that a spec describes: a line such as ``"2-2:relu-1"``, the path of a TOML file, or a dict of the same keys.

    Raises:
        derive.errors.InputError: the spec cannot be used; the message says why, in one line.

    """
    from derive.network import network as model

    return Network(model(spec, loss=loss, batch_reduction=batch_reduction))


def names(kind: str) -> tuple[str, ...]:
    """All names of a kind in ``KINDS``, in the order in which they are listed."""
    module, _, function = KINDS[kind].partition(":")
    found = getattr(import_module(module), function)
    return tuple(found() if callable(found) else found)


@dataclass(frozen=True)
class Network:
    """A network and everything that follows from its equations."""

    model: Model
    input_gradient: bool = False

    @property
    def name(self) -> str:
        """What files and modules are called."""
        return self.model.name

    @cached_property
    def results(self) -> Results:
        """Every formula, derived and numbered."""
        from derive.results import results_of

        return results_of(self.model, input_gradient=self.input_gradient)

    def derivation(self, **options: Any) -> Text:
        """Every delta and gradient, one line a step with its reason, as Markdown; the options are those of ``notes``."""
        from derive.notes import Options, derivation

        return Text(derivation(self.results, Options(**options)), "text/markdown")

    def notes(self, *, code: str | None = None, **options: Any) -> Text | bytes:
        """Lecture notes, as text or as the bytes of a PDF; the options are the fields of ``derive.notes.Options``.

        ``code`` is a module that ``emit`` returned, to be shown in the notes; a notebook has one in any case.

        Raises:
            derive.errors.InputError: an option names something that does not exist, or a program is missing.
            codegen.certificate.CertificateError: a notebook was asked for, and the module does not pass its checks.

        """
        from codegen.notebook import cells
        from derive.notes import Options, notes

        chosen = Options(**options)
        shown = cells(code or self.emit()) if chosen.format == "ipynb" else (code,) if code else ()
        content = notes(self.results, chosen, shown)
        return content if isinstance(content, bytes) else Text(content, MIME[chosen.format])

    def answers(self, **options: Any) -> Text:
        """The answers to the exercises that notes with the same options have, as TOML.

        Raises:
            derive.errors.InputError: an option names something that does not exist.

        """
        from derive.notes import Options, answers

        return Text(answers(self.results, Options(**options)), "application/toml")

    def figure(self, **options: Any) -> Text:
        """The network drawn, as SVG; the options are those of ``notes``."""
        from derive.notes import Options, figure

        return Text(figure(self.results, Options(**options)), "image/svg+xml")

    def emit(
        self,
        *,
        style: str = "auto",
        dtype: str = "float64",
        batch: int | None = None,
        input_gradient: bool = False,
        plain: bool = False,
        decisions: Path | None = None,
        optimiser: str | None = None,
    ) -> Text:
        """The source of a NumPy module that computes the network, its loss and its gradients.

        ``batch`` is how many patterns a step will see, where that is known. ``plain`` leaves out what only saves time; ``decisions`` is a
        file that ``tune`` has made. With an ``optimiser`` the module can train.

        Raises:
            derive.errors.InputError: unknown style, dtype or optimiser, or a decisions file that is for something else.

        """
        from codegen.emit import emit
        from codegen.forms import PLAIN, only_one, vectorised_only

        for kind, value, known in (("style", style, names("styles")), ("dtype", dtype, DTYPES)):
            if value not in known:
                raise unknown(kind, value, known)
        only_one(plain=plain, decisions=decisions)
        vectorised_only(style, plain=plain, decisions=decisions)
        results = replace(self, input_gradient=input_gradient).results if input_gradient != self.input_gradient else self.results
        form = PLAIN if plain else None if decisions is None else self._forms(dtype, batch, input_gradient).read(decisions)
        source = emit(
            self.model,
            results.batch_sweep,
            style="vectorised" if form else style,
            dtype=dtype,
            batch=batch,
            number=results.number,
            version=__version__,
            decisions=form,
            optimiser=optimiser,
        )
        return Text(source, "text/x-python")

    def tune(self, *, dtype: str = "float64", batch: int | None = None, input_gradient: bool = False) -> Text:
        """A decisions file: which form of the vectorised module is fastest on this machine, by measurement."""
        forms = self._forms(dtype, batch, input_gradient)
        return Text(forms.text(forms.tuned()), "text/plain")

    def report(
        self,
        *,
        dtype: str = "float64",
        batch: int | None = None,
        input_gradient: bool = False,
        plain: bool = False,
        decisions: Path | None = None,
    ) -> Text:
        """What each pass leaves of the vectorised program, and every line with its share of the time."""
        from codegen.forms import PLAIN

        forms = self._forms(dtype, batch, input_gradient)
        form = PLAIN if plain else forms.decided() if decisions is None else forms.read(decisions)
        return Text(forms.report(form), "text/plain")

    def _forms(self, dtype: str, batch: int | None, input_gradient: bool) -> Forms:
        from codegen.forms import Forms

        results = replace(self, input_gradient=input_gradient).results
        return Forms(self.model, results.batch_sweep, dtype, batch, results.number)

    def verify(self, *, code: Path | Text | None = None, notes: Path | None = None) -> Report:
        """What holds and how that is known, of every displayed line and of the module.

        ``code`` is a module (a file, or as ``emit`` returned it) and ``notes`` are notes (a Markdown file) to judge, edited or not.

        Raises:
            derive.errors.InputError: a file cannot be read.

        """
        from codegen.certificate import CertificateError
        from codegen.verify_module import verify_module
        from derive.reader.notes import verify_notes
        from derive.verification.statements import CHECKED, Report, Statement, joined
        from derive.verification.verify import verify

        formulas = verify(self.results) if notes is None else verify_notes(read(notes), self.results)
        try:
            source = self.emit() if code is None else code if isinstance(code, Text) else read(code)
        except CertificateError as error:
            return joined([formulas, Report((Statement("", "", CHECKED, False, f"no module is emitted: {error}"),))])
        with_dx = "def loss_gradients_and_dx(" in source
        whole = self if with_dx == self.input_gradient else replace(self, input_gradient=with_dx)
        return joined([formulas, verify_module(source, whole.results)])

    def check(self, claim: str, *, notation: str | Path = "nielsen") -> Verdict:
        """Whether a claim about this network is right, and if not, why.

        A claim is a formula or a chain in LaTeX in a notation, or ``"file.py:function"``, a function that returns gradients.

        Raises:
            derive.errors.InputError: the claim cannot be read; the message says where and what was expected there.

        """
        from derive.claims.check import check_claim

        if ".py" in claim:
            from codegen.claimed import check_code, is_code_claim
            from derive.notation import load

            if is_code_claim(claim):
                return check_code(claim, self.results, load(notation))
        return check_claim(claim, self.model, notation)

    def check_document(self, path: str | Path, *, notation: str | Path = "nielsen", key: Path | None = None) -> DocumentReport:
        """What is right, wrong or not understood among the displayed formulas of a LaTeX or Markdown file; with a key, points.

        Raises:
            derive.errors.InputError: a file cannot be read.

        """
        from derive.claims.check import check_file

        return check_file(Path(path), self.model, notation, key)

    def mutate(self, *, notation: str | Path = "nielsen") -> Gallery:
        """The classic mistakes made in every formula of this network, and which checks catch each."""
        from derive.claims.gallery import gallery_of
        from derive.notation import load

        return gallery_of(self.model, load(notation))

    def __repr__(self) -> str:
        specification = self.model.specification
        return f"<Network {self.name}{f': {specification.architecture}' if specification else ''}>"

    def _repr_mimebundle_(self, **ignored: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "image/svg+xml": str(self.figure())}


# ------------------------------------------------------------------------------------------------- the command line


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


def _output(metavar: str, required: bool = False) -> Callable[[Any], Any]:
    text = "Folder for the five files." if required else "Write there instead of to standard output."
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar=metavar, required=required, help=text)


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
@_output("DIR", required=True)
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
@_output("FILE")
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
@_output("FILE")
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
@click.option("--json", is_flag=True, help="Print the report as JSON.")
@_output("FILE")
def verify(net: Network, code: Path | None, notes: Path | None, json: bool, output: Path | None) -> int:
    """Check every statement, and say how.

    A statement is proved, checked (evaluated at 40 digits) or cross-checked.
    Where FILE ends with .html the report is a page, else text or JSON.

    \b
    Example:
      deltarule verify 2-2:relu-1:linear --json
    """
    with progress("verification"):
        report = net.verify(code=code, notes=notes)
    text = str(report)
    if output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        text = re.sub(r"^WRONG", click.style("WRONG", fg="red"), text, flags=re.MULTILINE)
    if output is not None and output.suffix == ".html":
        from derive.verification.page import page

        text = page(report, net.name)
    deliver(report.as_measured_json() if json else text, output)
    return GOOD if report.ok else NO


@cli.command()
@_of_network
@click.argument("claim", metavar="CLAIM", required=False)
@click.option(
    "--document", metavar="FILE", type=click.Path(path_type=Path), help="Judge every displayed formula of a LaTeX or Markdown file."
)
@click.option("--key", metavar="FILE.toml", type=click.Path(path_type=Path), help="With --document: answers and their points.")
@click.option("--notation", metavar="NAME|FILE.toml", default="nielsen", show_default=True, help="The convention of the claim.")
@click.option("--json", is_flag=True, help="Print the verdict as JSON.")
@_output("FILE")
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
@_output("FILE")
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


if __name__ == "__main__":
    main()

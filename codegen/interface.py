"""The Python interface: a network and everything that follows from its equations.

Both rooms are imported where they are needed, so that a refusal comes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive import __version__
from derive.display import Text
from derive.errors import unknown
from derive.files import read

if TYPE_CHECKING:
    from codegen.forms import Forms
    from derive.claims.document import DocumentReport
    from derive.claims.gallery import Gallery
    from derive.claims.verdict import Verdict
    from derive.network import Network as Model
    from derive.results import Results
    from derive.specifications.read_specification import Source
    from derive.verification.statements import Report

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
DTYPES = ("float64", "float32")


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
            fingerprint=results.fingerprint,
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

    def verify(self, *, code: Path | Text | None = None, notes: Path | None = None, notation: str | Path | None = None) -> Report:
        """What holds and how that is known, of every displayed line and of the module.

        ``code`` is a module (a file, or as ``emit`` returned it) and ``notes`` are notes (a Markdown file) to judge, edited or not,
        in ``notation``, or in the one of those that ship that fits best.

        Raises:
            derive.errors.InputError: a file cannot be read.

        """
        from codegen.certificate import CertificateError
        from codegen.verify_module import verify_module
        from derive.verification.statements import CHECKED, Report, Statement, joined

        formulas = self._verified() if notes is None else self._verified_notes(read(notes), notation)
        try:
            source = self.emit() if code is None else code if isinstance(code, Text) else read(code)
        except CertificateError as error:
            return joined([formulas, Report((Statement("", "", CHECKED, False, f"no module is emitted: {error}"),))])
        with_dx = "def loss_gradients_and_dx(" in source
        whole = self if with_dx == self.input_gradient else replace(self, input_gradient=with_dx)
        return joined([formulas, verify_module(source, whole.results)])

    def _verified(self) -> Report:
        from derive.verification.verify import verify

        return verify(self.results)

    def _verified_notes(self, text: str, notation: str | Path | None) -> Report:
        from derive.claims.notes import verify_notes  # what reads LaTeX is large, and only judged notes need it

        return verify_notes(text, self.results, notation)

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

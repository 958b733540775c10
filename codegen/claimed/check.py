"""A claim ``file.py:function``: a hand-written function that returns gradients, judged against the derived ones.

The function runs in a child process (``codegen.claimed.process``). It is called as ``function(parameters, x, t)``, or for an equation
file as ``function(parameters, inputs)``, at several points; what it returns is compared with the derived formulas, evaluated here.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from codegen.claimed.arrays import NoValue
from codegen.claimed.diagnosis import Cause, cause_of
from codegen.claimed.evidence import Evidence
from codegen.claimed.layout import COLUMNS, ONE, ROWS, Layout, layouts, single_layouts
from codegen.claimed.places import Place, clear_number, declared_sizes, has_free_sizes, kink_places, other_sizes, place, small_sizes
from codegen.claimed.process import Child, Limits, Missing, Stopped, Unloaded
from codegen.claimed.returned import Nonsense, given
from codegen.claimed.values import Formulas
from derive.claims.verdict import CHECKED, RIGHT, RIGHT_UP_TO, WRONG, Verdict
from derive.equations import System
from derive.errors import InputError, quoted_path
from derive.files import read
from derive.network import BATCH
from derive.notation import View, latex_equation
from derive.notation.profile import Notation
from derive.results import Results
from derive.specifications.equation_specification import EquationSpecification

LARGEST_FILE = 1_000_000
MOST_SHOWN = 40
"""Numbers of a counter-example that are shown."""
MANY = 200_000
"""Parameters above which a network is looked at in fewer points."""
MOST_LAYOUTS = 3
"""Layouts in which a mistake is looked for, where several give as many right gradients."""
UNSTEADY = "called again with the same arguments it returns something else"
_CLAIM = re.compile(r"(?P<path>.+\.py):(?P<name>[^\W\d]\w*)", re.DOTALL)


def is_code_claim(claim: str) -> bool:
    """Whether a claim has the form of this room: a Python file and the name of a function in it."""
    return _CLAIM.fullmatch(claim) is not None or (claim.endswith((".py", ".py:")) and "\n" not in claim and "=" not in claim)


def check_code(claim: str, results: Results, notation: Notation, limits: Limits | None = None) -> Verdict:
    """The verdict on ``file.py:function`` as gradients of a network.

    The function is called with ``(parameters, x, t)``: parameters by attribute (``parameters.W1``), key (``parameters["W1"]``), place or in
    order, W as (n_out, n_in), b as (n_out,); x as (batch, n_in) and t as (batch, n_out), both turned round where that does not fit, t as
    class numbers where targets sum to one, one pattern at a time where no batch can be given. For an equation file it is called with
    ``(parameters, inputs)``. It returns gradients or ``(loss, gradients)``; ``codegen.claimed.returned`` says in which forms.

    Raises InputError where there is no such file or function, or where the file is no Python or cannot be loaded.
    """
    path, name = _parsed(claim)
    formulas = Formulas(results.batch_sweep)
    is_equations = isinstance(results.network.specification, EquationSpecification)
    try:
        with Child(path, name, limits or Limits()) as child:
            trial = Trial(child, formulas, is_equations)
            return _judged(trial, notation)
    except Missing as error:
        raise InputError(f"{quoted_path(path)}: {error}") from None
    except Unloaded as error:
        raise InputError(f"{quoted_path(path)}: cannot be loaded: {error}") from None
    except NoValue as error:
        raise InputError(f"{results.network.name}: no point to judge the function at: {error}") from None


def _parsed(claim: str) -> tuple[Path, str]:
    """The file and the function. Raises InputError where the claim names none or the file is no Python."""
    match = _CLAIM.fullmatch(claim)
    if match is None:
        raise InputError(f"claim {quoted_path(claim)}: expected file.py:function, got no name of a function")
    path = Path(match["path"])
    text = read(path)
    if len(text) > LARGEST_FILE:
        raise InputError(f"{quoted_path(path)}: {len(text)} characters, at most {LARGEST_FILE} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"{quoted_path(path)}: line {error.lineno}: no Python: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise InputError(f"{quoted_path(path)}: no Python: {error or type(error).__name__}") from None
    return path, match["name"]


@dataclass
class Trial:
    """A function with the places at which it is called and what was found there."""

    child: Child
    formulas: Formulas
    is_equations: bool
    refused: dict[str, None] = field(default_factory=dict)

    @property
    def system(self) -> System:
        return self.formulas.sweep.system

    def called(self, layout: Layout, at: Place) -> Evidence | Stopped:
        """What the function returns at a place, sorted out."""
        shapes = {name: at.work.gradient(name).shape for name in self.formulas.gradients}
        answer = self.child.call(layout.parameters(at, self.system), layout.inputs(at, self.system), layout.together)
        self.refused |= dict.fromkeys(answer.refused)
        if isinstance(answer, Stopped):
            return answer
        try:
            found = given(answer.value, self.system.parameters, shapes)
        except Nonsense as error:
            return Stopped(str(error), answer.refused)
        arrays = {name: layout.restored(name, value, shapes[name]) for name, value in found.arrays.items()}
        return Evidence(at, arrays, found.loss, found.absent, answer.changed, answer.refused)

    def evidence(self, layout: Layout, at: Iterable[Place]) -> list[Evidence]:
        """What was returned at those places where something was."""
        answers = (self.called(layout, own) for own in at)
        return [answer for answer in answers if isinstance(answer, Evidence)]


def _judged(trial: Trial, notation: Notation) -> Verdict:
    formulas, system = trial.formulas, trial.system
    few = sum(int(np.prod([axis.size for axis in tensor.axes])) for tensor in system.parameters) > MANY
    many = clear_number(system)
    probe = place(formulas, declared_sizes(system, many), 1, "crisp" if _has_assumption(system) else "")
    answers = _answers(trial, probe)
    chosen = _best(answers)
    if chosen is None:
        return _stopped(trial, answers, notation)
    batches = (1,) if chosen.patterns == ONE else (many,) if few else (many, 1)
    kinds = ("crisp",) if chosen.labels else ("", "crisp") if _has_assumption(system) else ("",)
    seeds = (2, 3) if few else (2, 3, 4)
    places = [place(formulas, declared_sizes(system, b), seed, kind) for b in batches for seed in seeds for kind in kinds]
    own: list[Evidence] = []
    for at in places:
        answer = trial.called(chosen, at)
        if isinstance(answer, Stopped):
            return _verdict(Cause("other", f"{answer.reason}, at {at.where}"), trial, chosen, [], notation)
        own.append(answer)
    if all(evidence.ok for evidence in own):
        return _right(trial, chosen, own, batches[0], notation)
    soft = [evidence for evidence in own if not evidence.ok]
    if all(evidence.place.kind != "crisp" for evidence in soft) and any(evidence.place.kind == "crisp" for evidence in own):
        cause = Cause("condition", "it is right for targets of zeros and a one, not for others that sum to one", only_up_to=True)
        return _verdict(cause, trial, chosen, own, notation)
    if _differs(trial.called(chosen, own[0].place), own[0]):
        return _verdict(Cause("other", UNSTEADY), trial, chosen, own, notation)
    candidates = [layout for layout in answers if layout == chosen or _is_as_good(answers, layout, chosen)][:MOST_LAYOUTS]
    explained = [(layout, _explained(trial, layout, own if layout == chosen else [], batches)) for layout in candidates]
    layout, (cause, found) = next((pair for pair in explained if pair[1][0].family != "other"), explained[0])
    return _verdict(cause, trial, layout, found, notation)


def _explained(trial: Trial, layout: Layout, own: Sequence[Evidence], batches: Sequence[int]) -> tuple[Cause, list[Evidence]]:
    """The cause of wrong gradients in one layout, and the calls it was found from: at the network's own sizes and at others."""
    system = trial.system
    kind = "crisp" if layout.labels else ""
    first = list(own) or trial.evidence(
        layout, [place(trial.formulas, declared_sizes(system, b), seed, kind) for seed, b in enumerate(batches, 2)]
    )
    others = other_sizes(system, batches[0]) if has_free_sizes(system) and not trial.is_equations else ()
    extra = trial.evidence(layout, [place(trial.formulas, sizes, seed, kind) for seed, sizes in enumerate(others, 5)])
    found = [*first, *extra]
    if not any(evidence.wrong or not evidence.loss_is_right for evidence in found):
        return Cause("other", "it is not right in this layout"), found
    return cause_of([evidence for evidence in found if not layout.labels or evidence.place.kind == "crisp"], trial.formulas), found


def _has_assumption(system: System) -> bool:
    return bool(system.assumptions)


def _answers(trial: Trial, probe: Place) -> dict[Layout, Evidence | Stopped]:
    """What each layout gives at a place, until one gives what is right; one pattern at a time where a batch cannot be given."""
    found: dict[Layout, Evidence | Stopped] = {}
    for layout in layouts(trial.system, trial.is_equations):
        found[layout] = answer = trial.called(layout, probe)
        if trial.child.lost is not None or (isinstance(answer, Evidence) and answer.ok):
            return found
    if not trial.is_equations and not any(isinstance(answer, Evidence) and answer.fits for answer in found.values()):
        one = place(trial.formulas, declared_sizes(trial.system, 1), 1, probe.kind)
        for layout in single_layouts(dict.fromkeys(found, True)):
            answer = trial.called(layout, one)
            if isinstance(answer, Evidence) and answer.fits:
                found[layout] = answer
    return found


def _score(answer: Evidence | Stopped) -> tuple[int, ...]:
    if isinstance(answer, Stopped):
        return (-1, 0)
    right = len(answer.place.work.formulas.gradients) - len(answer.wrong)
    return (right, int(answer.fits))


def _best(answers: Mapping[Layout, Evidence | Stopped]) -> Layout | None:
    """The layout with the most gradients right, the first of several; None where nothing is returned in any."""
    best = max(answers, key=lambda layout: _score(answers[layout]))
    return None if isinstance(answers[best], Stopped) else best


def _is_as_good(answers: Mapping[Layout, Evidence | Stopped], layout: Layout, chosen: Layout) -> bool:
    return _score(answers[layout]) == _score(answers[chosen])


def _stopped(trial: Trial, answers: Mapping[Layout, Evidence | Stopped], notation: Notation) -> Verdict:
    """Nothing was returned in any layout: the reason, and with equal widths perhaps the mistake behind it."""
    first = next(answer for answer in answers.values() if isinstance(answer, Stopped))
    lost = trial.child.lost
    if lost is None and has_free_sizes(trial.system) and not trial.is_equations:
        sizes = other_sizes(trial.system, clear_number(trial.system))[1]
        equal = place(trial.formulas, sizes, 7, "crisp" if _has_assumption(trial.system) else "")
        found = {layout: trial.called(layout, equal) for layout in layouts(trial.system, False)}
        best = _best(found)
        if best is not None and trial.child.lost is None:
            more = [place(trial.formulas, {**sizes, BATCH: n}, seed, equal.kind) for seed, n in ((8, sizes[BATCH]), (9, 1), (10, 2))]
            evidence = [e for e in (found[best], *(trial.called(best, at) for at in more)) if isinstance(e, Evidence)]
            if any(not e.ok for e in evidence):
                cause = cause_of(evidence, trial.formulas)
                text = f"{first.reason}; where all widths are equal, {cause.text}"
                return _verdict(replace(cause, text=text, only_up_to=False), trial, best, evidence, notation)
    reason = (lost or first).reason
    return _verdict(Cause("other", reason), trial, Layout(together=trial.is_equations), [], notation)


def _right(trial: Trial, layout: Layout, own: Sequence[Evidence], patterns: int, notation: Notation) -> Verdict:
    """Right at every ordinary point; what remains are kinks, repetition and the layout itself."""
    formulas, system = trial.formulas, trial.system
    if _differs(trial.called(layout, own[0].place), own[0]):
        return _verdict(Cause("other", UNSTEADY), trial, layout, own, notation)
    kind = "crisp" if layout.labels else ""
    kinks = [] if kind else trial.evidence(layout, kink_places(formulas, declared_sizes(system, patterns), 3))
    wrong = [evidence for evidence in kinks if not evidence.ok]
    if wrong:
        cause = Cause("kink", f"it is right except exactly on a kink, {wrong[0].place.kind}", only_up_to=True)
        return _verdict(cause, trial, layout, wrong, notation)
    if layout.transposed:
        cause = Cause("transpose", f"it is right with {layout}", only_up_to=True)
        return _verdict(cause, trial, layout, [], notation)
    return Verdict(RIGHT, None, _evidence_text(trial, layout, [*own, *kinks]) + _elsewhere(trial, layout, kind), certainty=CHECKED)


def _differs(again: Evidence | Stopped, first: Evidence) -> bool:
    """Whether the same call gives something else the second time; what is not finite is not compared."""
    if isinstance(again, Stopped) or again.absent != first.absent:
        return True
    pairs = ((value, first.arrays[name]) for name, value in again.arrays.items())
    return any(value.shape != old.shape or not np.allclose(value, old, rtol=1e-6, atol=1e-9, equal_nan=True) for value, old in pairs)


def _elsewhere(trial: Trial, layout: Layout, kind: str) -> str:
    """What is to be said about other widths, for which the function need not be right."""
    if trial.is_equations or not has_free_sizes(trial.system):
        return ""
    patterns = 1 if layout.patterns == ONE else clear_number(trial.system)
    answers = [trial.called(layout, place(trial.formulas, sizes, 9, kind)) for sizes in other_sizes(trial.system, patterns)]
    if all(isinstance(answer, Evidence) and answer.ok for answer in answers):
        return "; right at other widths too"
    return "; at the widths of this network only"


def _evidence_text(trial: Trial, layout: Layout, own: Sequence[Evidence]) -> str:
    worst = max(evidence.error(name) for evidence in own for name in evidence.arrays)
    what = "loss and gradients agree" if own[0].loss is not None else "gradients agree"
    notes = [f"{what} with the derived formulas at {len(own)} points, error {_size_of(worst)}", str(layout)]
    changed = sorted({name for evidence in own for name in evidence.changed})
    notes += [f"it writes to its argument {', '.join(changed)}"] if changed else []
    notes += [f"refused meanwhile: {', '.join(trial.refused)}"] if trial.refused else []
    return "; ".join(notes)


def _size_of(error: float) -> str:
    bound = 1e-12
    while error >= bound:
        bound *= 10
    return f"< {bound:.0e}"


def _verdict(cause: Cause, trial: Trial, layout: Layout, found: Sequence[Evidence], notation: Notation) -> Verdict:
    """The verdict with a counter-example, the smallest that there is."""
    expected = None
    if cause.about is not None:
        equation = next(equation for equation in trial.formulas.equations if equation.tensor == cause.about)
        expected = latex_equation(equation, notation, View(batch=True))
    named = f" ({layout})" if found and layout not in (Layout(), Layout(together=True)) and str(layout) not in cause.text else ""
    example = _counterexample(trial, layout, found) if any(not evidence.ok for evidence in found) else None
    return Verdict(RIGHT_UP_TO if cause.only_up_to else WRONG, cause.family, cause.text + named, expected, example)


def _counterexample(trial: Trial, layout: Layout, found: Sequence[Evidence]) -> dict[str, Any] | None:
    """Concrete sizes and numbers at which the function is wrong: the smallest tried."""
    for evidence in (*_smaller(trial, layout, found), *sorted(found, key=lambda evidence: sum(evidence.place.sizes.values()))):
        if not evidence.ok:
            return _example(evidence, trial.system)
    return None


def _smaller(trial: Trial, layout: Layout, found: Sequence[Evidence]) -> Iterator[Evidence]:
    special = any(evidence.place.kind not in ("", "crisp") for evidence in found)
    if special or trial.is_equations or not has_free_sizes(trial.system):
        return
    kind = "crisp" if layout.labels else ""
    for seed, sizes in enumerate(small_sizes(trial.system), 20):
        if sum(sizes.values()) < min(sum(evidence.place.sizes.values()) for evidence in found) and (
            layout.patterns != ONE or sizes[BATCH] == 1
        ):
            yield from trial.evidence(layout, [place(trial.formulas, sizes, seed, kind)])


def _example(evidence: Evidence, system: System) -> dict[str, Any]:
    """One wrong number beside the right one, and the numbers that lead to it where they are few."""
    at = evidence.place
    arrays = at.given((*system.inputs, *system.parameters))
    shown = (
        {name: np.round(value, 4).tolist() for name, value in arrays.items()} if sum(v.size for v in arrays.values()) <= MOST_SHOWN else {}
    )
    entry: dict[str, Any] = {
        "at": "loss",
        "expected": _short(at.work.cost),
        "got": None if evidence.loss is None else _short(evidence.loss),
    }
    for name in evidence.wrong:
        right, value = evidence.right(name), evidence.arrays.get(name)
        if value is None or value.shape != right.shape:
            got = "nothing" if value is None else f"shape {tuple(map(int, value.shape))}"
            entry = {"at": f"d{name}", "expected": f"shape {tuple(map(int, right.shape))}", "got": got}
        else:
            errors = np.where(np.isfinite(value), np.abs(value - right), np.inf)
            worst = tuple(int(n) for n in np.unravel_index(int(np.argmax(errors)), right.shape))
            entry = {"at": f"d{name}[{', '.join(map(str, worst))}]", "expected": _short(right[worst]), "got": _short(value[worst])}
        break
    return {
        "sizes": dict(sorted(at.sizes.items())),
        **entry,
        **({"values": shown} if shown else {}),
        **({"where": at.kind} if at.kind not in ("", "crisp") else {}),
    }


def _short(value: Any) -> float | str:
    """A number of six digits; JSON has no word for what is not finite."""
    return float(f"{value:.6g}") if np.isfinite(value) else str(float(value))


__all__ = ["COLUMNS", "ROWS", "Limits", "check_code", "is_code_claim"]

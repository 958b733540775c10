"""Every slip of a formula: each mistake wherever it can be made."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from derive.calculus.pattern import pattern_of
from derive.chain_rule import Sweep
from derive.equations import Equation
from derive.expressions import Tensor
from derive.slips.mistakes import MISTAKES
from derive.slips.scene import Scene
from derive.slips.slip import Slip


def slips_of(equation: Equation, sweep: Sweep, kinds: Collection[str] = MISTAKES) -> Iterator[Slip]:
    """The formula with one mistake, for each mistake of these ``kinds`` and each place; no formula comes twice, nor the right one.

    ``equation`` is one of the forward equations of ``sweep`` or of its derived ones. Whether a slip is wrong in value is another
    question: ``derive.slips.refute`` answers it.
    """
    scene = Scene(equation, sweep.system, tensors_of_sweep(sweep))
    seen = {_text(equation)}
    for kind, (family, mistake) in MISTAKES.items():
        for wrong in mistake(scene) if kind in kinds else ():
            slip = Slip(kind, family, equation, wrong)
            text = _text(slip.mistaken)
            if text not in seen:
                seen.add(text)
                yield slip


def tensors_of_sweep(sweep: Sweep) -> tuple[Tensor, ...]:
    """Everything that has a value: given, computed forwards, derived."""
    system = sweep.system
    return (*system.inputs, *system.parameters, *system.definitions, *(d.left.tensor for d in sweep.derivations))


def _text(equation: Equation) -> str:
    """What a formula says up to the names of its indices."""
    pattern, named = pattern_of((equation.left, equation.right))
    return f"{pattern} {named}"

"""Why gradients are wrong: the one mistake that reproduces the numbers that were returned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from codegen.claimed.arrays import NoValue
from codegen.claimed.evidence import Evidence, Relation, agrees, relation
from codegen.claimed.suspects import Suspect, is_typed, suspects
from codegen.claimed.values import Formulas
from derive.expressions import Tensor

TRIED = 2
"""Points at which every suspect is tried; what reproduces the numbers there is tried at all others."""


@dataclass(frozen=True)
class Cause:
    """``family`` and ``text`` as a verdict says them; ``about`` is the tensor whose formula should be looked at.

    ``only_up_to`` says that the claim is right up to this.
    """

    family: str
    text: str
    about: Tensor | None = None
    only_up_to: bool = False


def cause_of(found: Sequence[Evidence], formulas: Formulas) -> Cause:
    """The mistake behind some evidence of which at least one piece is wrong."""
    names = tuple(formulas.gradients)
    wrong = tuple(name for name in names if any(name in evidence.wrong for evidence in found))
    if not wrong:
        return _of_loss(found)
    parameters = {tensor.name: tensor for tensor in formulas.sweep.system.parameters}
    biases = [name for name in names if parameters[name].role == "bias"]
    absent = [name for name in names if any(name in evidence.absent for evidence in found)]
    if absent:
        text = f"no gradient of {', '.join(absent)} is returned"
        return Cause("bias" if set(absent) <= set(biases) else "other", text, formulas.gradients[absent[0]])
    simple = {name: relation(name, name in biases, found) for name in wrong}
    whole = _of_all(wrong, names, simple, found, formulas)
    if whole is not None:
        return whole
    first = _first(wrong, formulas)
    return (
        _of_suspects(wrong, found, formulas)
        or _of_one(first, simple[first], wrong, formulas)
        or _of_suspects((first,), found, formulas, others=wrong)
        or _unexplained(first, found, formulas)
    )


def _of_all(
    wrong: Sequence[str], names: Sequence[str], simple: dict[str, Relation | None], found: Sequence[Evidence], formulas: Formulas
) -> Cause | None:
    """One simple relation for all that are wrong; where everything is off by it, the claim is right up to it."""
    relations = set(simple.values())
    if len(relations) != 1 or None in relations:
        return None
    only = next(known for known in simple.values() if known is not None)
    about = formulas.gradients[_first(wrong, formulas)]
    matrices = [name for name in names if any(len(set(e.right(name).shape) - {1}) > 1 or _is_square(e.right(name)) for e in found)]
    everything = set(wrong) == set(names) or (only.family == "transpose" and set(wrong) >= set(matrices))
    if everything and only.family in ("factor", "reduction", "transpose") and "summed" not in only.text:
        told = any(evidence.loss is not None for evidence in found)
        other_loss = told and _same_as_loss(found)
        if only.family == "transpose" or other_loss or not told:
            what = "every matrix is transposed" if only.family == "transpose" else f"every gradient {only.text}"
            return Cause(only.family, what + (", and so is the loss" if other_loss else ""), about, only_up_to=True)
        return Cause(only.family, f"every gradient {only.text}, but the loss is not", about)
    what = "every gradient" if everything else f"{'d' + ', d'.join(wrong)}"
    return Cause(only.family, f"{what} {only.text}" if everything or len(wrong) == 1 else f"each of {what} {only.text}", about)


def _is_square(value: np.ndarray) -> bool:
    return value.ndim == 2 and value.shape[0] == value.shape[1] > 1


def _same_as_loss(found: Sequence[Evidence]) -> bool:
    """Whether the loss that is returned is off by the factor of the gradients."""
    for evidence in found:
        if evidence.loss is None or not evidence.arrays:
            return False
        name = max(evidence.arrays, key=lambda name: float(np.abs(evidence.right(name)).max()))
        right, cost = evidence.right(name), evidence.place.work.cost
        ratio = float(np.vdot(evidence.arrays[name], right) / np.vdot(right, right))
        if not agrees(np.asarray(evidence.loss), np.asarray(ratio * cost)):
            return False
    return True


def _of_loss(found: Sequence[Evidence]) -> Cause:
    """The gradients are right, the loss that is returned is not."""
    pairs = [(e.place, e.loss / e.place.work.cost) for e in found if e.loss is not None and e.place.work.cost]
    ratios = [ratio for _, ratio in pairs]
    for family, text, expected in (
        ("sign", "has the other sign", [-1.0] * len(pairs)),
        ("reduction", "is not divided by the number of patterns", [float(place.patterns) for place, _ in pairs]),
        ("reduction", "is divided by the number of patterns", [1.0 / place.patterns for place, _ in pairs]),
    ):
        if ratios and np.allclose(ratios, expected, rtol=1e-6):
            return Cause(family, f"the gradients are right, but the loss {text}")
    if ratios and np.allclose(ratios, ratios[0], rtol=1e-6):
        return Cause("factor", f"the gradients are right, but the loss is {ratios[0]:.6g} times what is right")
    return Cause("other", "the gradients are right, but the loss is not")


def _first(wrong: Sequence[str], formulas: Formulas) -> str:
    """The wrong gradient that is computed first, nearest to the loss."""
    order = [equation.tensor for equation in formulas.equations]
    return min(wrong, key=lambda name: order.index(formulas.gradients[name]))


def _of_one(name: str, simple: Relation | None, wrong: Sequence[str], formulas: Formulas) -> Cause | None:
    if simple is None:
        return None
    return Cause(simple.family, f"d{name} {simple.text}{_too(wrong, name)}", formulas.gradients[name])


def _too(wrong: Sequence[str], name: str) -> str:
    rest = [f"d{other}" for other in wrong if other != name]
    return f"; {', '.join(rest)} {'is' if len(rest) == 1 else 'are'} wrong too" if rest else ""


def _unexplained(name: str, found: Sequence[Evidence], formulas: Formulas) -> Cause:
    evidence = next(e for e in found if name in e.wrong)
    value, right = evidence.arrays[name], evidence.right(name)
    if value.shape != right.shape:
        text = f"d{name} has shape {tuple(map(int, value.shape))} where {tuple(map(int, right.shape))} was expected"
    else:
        text = f"d{name} is wrong, and no single known mistake gives these numbers"
    changed = sorted({name for e in found for name in e.changed})
    if changed:
        text += f"; it writes to {', '.join(changed)}, which later lines may read"
    return Cause("other", text, formulas.gradients[name])


def _of_suspects(wrong: Sequence[str], found: Sequence[Evidence], formulas: Formulas, others: Sequence[str] = ()) -> Cause | None:
    """The first suspect that gives the wrong gradients as they were returned, and leaves those right that are."""
    bad = [e for e in found if set(wrong) & set(e.wrong) and all(e.arrays[name].shape == e.right(name).shape for name in wrong)]
    usable = sorted(bad, key=lambda e: (not e.fits, -e.place.patterns))
    if not usable:
        return None
    places = _suspicious(wrong, [n for n in formulas.gradients if n not in wrong and n not in others], formulas)
    single = _suspicious((_first(wrong, formulas),), (), formulas)
    for suspect in suspects(formulas, places, single):
        typed = [e for e in usable if all(is_typed(value, e.place.sizes) for value in suspect.changed.values())]
        if typed and all(_reproduces(suspect, wrong, others, evidence) for evidence in _spread(typed)):
            rest = _too(others, wrong[0]) if others else ""
            return Cause(suspect.family, f"the numbers are those of a mistake {suspect.text}{rest}", next(iter(suspect.changed)))
    return None


def _spread(found: Sequence[Evidence]) -> Iterator[Evidence]:
    yield from found[:TRIED]
    yield from found[TRIED:]


def _suspicious(wrong: Sequence[str], right: Sequence[str], formulas: Formulas) -> list[Tensor]:
    """Formulas that act on a wrong gradient and on no right one, from the loss backwards; then forward ones."""
    reach: dict[Tensor, set[Tensor]] = {}
    readers: dict[Tensor, list[Tensor]] = {}
    for equation in formulas.equations:
        for tensor in formulas.reads(equation.right):
            readers.setdefault(tensor, []).append(equation.tensor)
    for equation in reversed(formulas.equations):
        own = {equation.tensor}
        for reader in readers.get(equation.tensor, ()):
            own |= reach.get(reader, {reader})
        reach[equation.tensor] = own
    bad, good = ({formulas.gradients[name] for name in names} for names in (wrong, right))
    kept = [e.tensor for e in formulas.equations if reach[e.tensor] & bad and not reach[e.tensor] & good]
    forward = [tensor for tensor in kept if tensor in formulas.sweep.system.definitions]
    return [*(tensor for tensor in kept if tensor not in forward), *forward]


def _reproduces(suspect: Suspect, wrong: Sequence[str], others: Sequence[str], evidence: Evidence) -> bool:
    try:
        values = evidence.place.work.with_other(suspect.changed)
    except (NoValue, ValueError, IndexError, KeyError, FloatingPointError):
        return False
    same = (agrees(evidence.arrays[name], value) for name, value in values.items() if name in wrong or name not in others)
    return all(same)

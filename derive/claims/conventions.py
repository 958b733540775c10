"""Other conventions under which a claim would be right: another sign of delta, another constant of the loss, mean or sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from derive.claims.judging import Layers, compared, readings
from derive.claims.networks import Grounds, Stage
from derive.claims.rewritten import speaks_of_delta
from derive.errors import InputError
from derive.expressions import Entry
from derive.functions.losses import loss_names
from derive.network import Network, batched, pattern_system
from derive.notation.layout import Symbol
from derive.notation.printing import latex_equation
from derive.notation.profile import Notation
from derive.notation.view import View
from derive.reader.judging import mentions
from derive.reader.names import spelled
from derive.reader.rewriting import places
from derive.reader.syntax import Syntax
from derive.specifications.specification import REDUCTIONS, Specification

Trials = Sequence[tuple[Stage, Layers]]
_SIGNS = {"positive": "negative", "negative": "positive"}


@dataclass(frozen=True)
class Convention:
    """Another convention: the family of the difference, and what it is in words."""

    family: str
    said: str


def up_to_sign(sides: Sequence[Syntax], role: str, trials: Trials, notation: Notation) -> Convention | None:
    """The other sign of delta, where the whole chain holds with it."""
    if not any(speaks_of_delta(part, notation) for side in sides for _, part in places(side)):
        return None
    other = _SIGNS[notation.delta_sign]
    flipped = replace(notation, delta_sign=other)
    if _holds(sides, role, [(stage.noted(flipped), layers) for stage, layers in trials[:1]]):
        return Convention("sign", f"a delta of the other sign ({other})")
    return None


def up_to_loss(sides: Sequence[Syntax], role: str, grounds: Grounds) -> Convention | None:
    """Another constant of the loss, or the other reduction of a batch, with which the whole chain holds."""
    for convention, other in _other_losses(grounds):
        if _holds(sides, role, _trials(sides, other)):
            return convention
    return None


def _other_losses(grounds: Grounds) -> Iterator[tuple[Convention, Grounds]]:
    notation, network = grounds.notation, grounds.network
    own = network.specification
    if not isinstance(own, Specification):
        return
    for name in loss_names():
        if name != own.loss and "squared" in name and "squared" in own.loss:
            family = "reduction" if ("mean" in name) != ("mean" in own.loss) else "factor"
            yield Convention(family, f"the loss {name}"), Grounds(_with(network, replace(own, loss=name)), notation)
    for reduction in REDUCTIONS:
        if reduction != own.batch_reduction:
            other = _with(network, replace(own, batch_reduction=reduction))
            yield Convention("reduction", f"the {reduction} over patterns"), Grounds(other, notation)


def _with(network: Network, specification: Specification) -> Network:
    pattern = pattern_system(specification)
    return Network(network.name, specification, pattern, batched(pattern, specification.batch_reduction, specification.l2))


def _holds(sides: Sequence[Syntax], role: str, trials: Trials) -> bool:
    for stage, layers in trials:
        try:
            if all(compared((sides[0], side), stage, layers, role).ok for side in sides[1:]):
                return True
        except InputError:
            continue
    return False


def _trials(sides: Sequence[Syntax], grounds: Grounds) -> Trials:
    general = mentions(sides, spelled(Symbol(grounds.notation.general_layer)))
    varied = (grounds.varied, grounds.varied_batch) if general else (None, None)
    stages = (varied[0] or grounds.pattern, varied[1] or grounds.batch)
    return [(stage, tuple(range(stage.depth + 1)) if general else (None,)) for stage in stages]


def derived_formula(left: Syntax, grounds: Grounds) -> str | None:
    """What the network's own derivation says about a left side, in the notation of the claim."""
    from derive.conventions.results import in_convention
    from derive.results import results_of

    general = mentions((left,), spelled(Symbol(grounds.notation.general_layer)))
    stage = grounds.pattern
    layers: Layers = tuple(range(stage.depth + 1)) if general else (None,)
    for layer in layers:
        try:
            reading = next(iter(readings((left, left), stage, layer)))
        except InputError:
            continue
        entry = getattr(reading.entries[0], "by", reading.entries[0])
        if not isinstance(entry, Entry):
            return None
        tensor = entry.tensor
        results, notation = in_convention(results_of(grounds.network), grounds.notation)
        for result in results.of_pattern:
            members = [member.tensor for member in result.members]
            if (
                tensor in members
                or any(member.of is not None and tensor in (member.of, member) for member in members)
                or any(member.of is not None and tensor.of == member.of for member in members if tensor.of is not None)
            ):
                return latex_equation(result.equation, notation, View(general=result.layer))
        return None
    return None

"""What symbols mean in a claim: looser than in notes, because authors write small letters for arrays and leave out layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from derive.claims.marks import DIFFERENTIAL
from derive.equations import System
from derive.expressions import Size, Tensor
from derive.functions.scalar import FUNCTIONS
from derive.indices import Axis
from derive.notation.layout import Layout
from derive.notation.profile import Notation
from derive.notation.view import has_patterns, is_pattern_axis
from derive.reader.derivatives import adjoint_of
from derive.reader.names import ARRAY, ENTRY, SINGLE, THIN, Meaning, Names, deltas_of, names_from, names_with, spelled
from derive.traversal import walk

_MARKED_ROLES = ("weight", "bias", "pre_activation", "output", "delta")
_OUTPUT_LETTER = "y"
"""The outputs of the network, where a notation uses this letter for nothing else."""
NEW = "new "
"""Before a symbol that is given a new value."""

Spelling = tuple[str, str]


def claim_names(system: System, notation: Notation) -> Names:
    """The symbols of a system as claims may use them; those of an equation file are its own names."""
    if not any(tensor.role == "pre_activation" for tensor in system.definitions):
        return names_from((system.inputs, system.parameters, tuple(system.definitions)), system, notation)
    found: dict[Spelling, dict[Meaning, None]] = {}
    for spelling, meaning in _every_spelling(system, notation):
        found.setdefault(spelling, {})[meaning] = None
    return names_with({key: tuple(meanings) for key, meanings in found.items()}, system, notation)


def _every_spelling(system: System, notation: Notation) -> Iterator[tuple[Spelling, Meaning]]:
    taken: set[str] = set()
    for tensor in (*system.inputs, *system.parameters, *system.definitions, *deltas_of(system)):
        for base, mark in _spellings(tensor, tensor.role, notation):
            taken.add(base)
            of_pattern = _own_patterns(tensor, base, system, notation)
            for meaning in meanings_of(tensor, notation):
                yield (base, mark), replace(meaning, of_pattern=of_pattern)
        if tensor.role == "input" and tensor.layer is not None:
            for base, mark in _spellings(tensor, "output", notation):
                for meaning in meanings_of(tensor, notation):
                    yield (base, mark), meaning
    yield from _differentials(system, notation, taken)
    outputs = [tensor for tensor in (*system.inputs, *system.definitions) if tensor.role in ("input", "output")]
    yield from _by_role(system, outputs, notation)
    targets = (spelled(table["target"]) for table in (notation.symbols, notation.matrices))
    for letter in dict.fromkeys((_OUTPUT_LETTER, *(f"\\hat{{{target}}}" for target in targets))):
        if letter not in taken and outputs:
            for meaning in meanings_of(outputs[-1], notation):
                yield (letter, ""), meaning
    if notation.derivation == "replayed":
        for tensor in (*deltas_of(system), *map(adjoint_of, outputs)):
            for meaning in meanings_of(tensor, notation):
                for overwritten in ("", NEW):
                    yield (f"{overwritten}{spelled(notation.symbols['delta'])}", ""), meaning
    totals = [tensor for tensor in system.definitions if tensor.role == "total_loss"]
    for tensor in totals:
        yield (spelled(notation.symbols["loss"]), ""), Meaning(tensor, ENTRY)
    if not totals:  # of one pattern, both are its loss
        for tensor in system.definitions:
            if tensor.role == "loss":
                yield (spelled(notation.symbols["total_loss"]), ""), Meaning(tensor, ENTRY)


def _differentials(system: System, notation: Notation, taken: set[str]) -> Iterator[tuple[Spelling, Meaning]]:
    """``dW`` for the derivative of the loss by ``W``; by what belongs to one pattern, of the loss of that pattern."""
    if DIFFERENTIAL in taken:
        return
    for tensor in (*system.inputs, *system.parameters, *system.definitions):
        if tensor.role in ("target", "loss", "total_loss"):
            continue
        patterns = next((axis for axis in tensor.axes if is_pattern_axis(axis)), None)
        patterns = patterns if patterns is not None and _is_mean(system, patterns) else None
        for base, mark in _spellings(tensor, tensor.role, notation):
            for meaning in meanings_of(tensor, notation):
                yield (f"{DIFFERENTIAL}{base}", mark), replace(meaning, tensor=adjoint_of(tensor), of_pattern=patterns)


def _own_patterns(tensor: Tensor, base: str, system: System, notation: Notation) -> Axis | None:
    """The patterns, where the small letter of a delta is the derivative of each pattern's own loss and not of their mean."""
    patterns = next((axis for axis in tensor.axes if is_pattern_axis(axis)), None)
    if tensor.role != "delta" or patterns is None or base == spelled(notation.batch["delta"]) or not _is_mean(system, patterns):
        return None
    return patterns


def _is_mean(system: System, patterns: Axis) -> bool:
    """Whether the total loss divides by the number of patterns."""
    return any(isinstance(node, Size) and node.axis == patterns for node in walk(system.definitions[system.loss].right))


def _spellings(tensor: Tensor, role: str, notation: Notation) -> Iterator[Spelling]:
    """Base and mark of a tensor; the general letters of entries and arrays mean the same."""
    tables = [notation.symbols, notation.matrices, *([notation.batch] if has_patterns(tensor) else [])]
    letters: list[Layout] = [table[role] for table in tables if role in table]
    mark = _mark(tensor, role, notation)
    for letter in dict.fromkeys(letters):
        yield spelled(letter), mark
        if mark.isdigit():
            yield spelled(letter), f"({mark})"
        if role in ("weight", "bias") and notation.layer_mark == "letters":
            yield spelled(letter), ""
        if notation.layer_mark in ("none", "letters") and role in _MARKED_ROLES and tensor.layer is not None:
            yield spelled(letter), f"({tensor.layer + notation.first_layer})"  # where letters do not tell the layer


def _mark(tensor: Tensor, role: str, notation: Notation) -> str:
    if role not in _MARKED_ROLES or tensor.layer is None:
        return ""
    if notation.layer_mark in ("superscript", "parenthesised"):
        return str(tensor.layer + notation.first_layer)
    if notation.layer_mark == "letters" and role in ("weight", "bias") and 0 < tensor.layer <= len(notation.layer_letters):
        return notation.layer_letters[tensor.layer - 1]
    return ""


def _by_role(system: System, outputs: list[Tensor], notation: Notation) -> Iterator[tuple[Spelling, Meaning]]:
    """Letters for the outputs of the layer before, of this one and of the next: each may be any layer's; under a hat, the targets."""
    targets = [tensor for tensor in system.inputs if tensor.role == "target"]
    for letter in notation.role_outputs:
        base = spelled(letter)
        for spelling in (base, f"\\mathbf{{{base}}}"):
            for tensor in outputs:
                for meaning in meanings_of(tensor, notation):
                    yield (spelling, ""), meaning
        for tensor in targets:
            for meaning in meanings_of(tensor, notation):
                yield (f"\\hat{{{base}}}", ""), meaning


def with_single_units(names: Names, sizes: Mapping[str, int]) -> Names:
    """The same names, an array of one entry also being a number, and a matrix of one row or column also a row or column."""
    found: dict[Spelling, tuple[Meaning, ...]] = {}
    for key, meanings in names.tensors.items():
        single = [
            Meaning(own.tensor, SINGLE) for own in meanings if own.kind == ARRAY and all(sizes.get(a.name) == 1 for a in own.tensor.axes)
        ]
        found[key] = (*meanings, *single, *(thin for own in meanings for thin in _thin(own, sizes)))
    functions = {**names.functions, "step": (FUNCTIONS["relu"].prime,)}
    return replace(names, tensors=found, functions=functions)


def _thin(meaning: Meaning, sizes: Mapping[str, int]) -> Iterator[Meaning]:
    axes = meaning.tensor.axes
    single = tuple(number for number, axis in enumerate(axes) if sizes.get(axis.name) == 1)
    if meaning.kind == ARRAY and len(axes) == 2 and len(single) == 1:
        yield replace(meaning, kind=THIN, order=single)


def meanings_of(tensor: Tensor, notation: Notation) -> Iterator[Meaning]:
    """A tensor as an entry and as an array."""
    axes = tuple(range(len(tensor.axes)))
    swapped = tensor.role == "weight" and notation.weight_order == "from,to" and len(axes) == 2
    yield Meaning(tensor, ENTRY, axes[::-1] if swapped else axes)
    if axes:
        yield Meaning(tensor, ARRAY)

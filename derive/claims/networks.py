"""The networks that a claim is tested on: the one it is about, and for a general layer a chain in which no two layers are alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from derive.calculus.substitute import Renaming
from derive.claims.names import claim_names, with_single_units
from derive.conventions.forward import rewritten
from derive.equations import Equation, System
from derive.expressions import Apply, Entry
from derive.functions.activations import activation
from derive.indices import Axis
from derive.network import Network, batched, pattern_system
from derive.notation.profile import Notation
from derive.notation.view import unit_layer
from derive.reader.ground import on_kink_everywhere
from derive.reader.names import Names, pattern_axis
from derive.reader.scope import Scope, scope_of
from derive.specifications.specification import INPUT, LayerSpecification, Specification
from derive.traversal import walk
from derive.verification.points import Kink, Point, draw, kinks_of, small_sizes
from derive.verification.primitives import EvaluationError

DIGITS = 40
VARIED = ("tanh", "softplus", "sigmoid", "silu", "softsign")
"""Activations of hidden layers, pairwise different and smooth."""
WIDTHS = (3, 4, 2, 5)
SEEDS = (0, 1)
_KINKED = 6
PATTERNS, MOST_UNITS = 2, 10


@dataclass
class Stage:
    """A system with its names in a notation, and points of it, made when they are needed."""

    system: System
    notation: Notation
    sizes: Mapping[str, int] | None = None
    found: dict[int, Point] = field(default_factory=dict)
    scopes: dict[int | None, Scope] = field(default_factory=dict)

    def scope(self, layer: int | None) -> Scope:
        """The scope in which the general letter stands for a layer."""
        if layer not in self.scopes:
            self.scopes[layer] = scope_of(self.names, layer)
        return self.scopes[layer]

    def noted(self, notation: Notation) -> Stage:
        """The same system and points in another notation."""
        return Stage(self.system, notation, self.sizes, self.found)

    @cached_property
    def blurred(self) -> Stage:
        """The same with two units along every axis, all axes being one: there no shape is wrong, so that numbers must tell."""
        axes = [axis for axis in self.system.axes if unit_layer(axis) is not None]
        rename = Renaming({axis: Axis("n0", 2) for axis in axes})
        old = self.system

        def renamed(equation: Equation) -> Equation:
            return Equation(rename(equation.left), rename(equation.right))

        system = System(
            old.name,
            tuple(map(rename, old.inputs)),
            tuple(map(rename, old.parameters)),
            tuple(map(renamed, old.equations)),
            tuple(map(renamed, old.assumptions)),
            {rename(tensor): rename(value) for tensor, value in old.outside.items()},
        )
        return Stage(system, self.notation, {axis.name: 2 for axis in system.axes})

    @cached_property
    def names(self) -> Names:
        return with_single_units(claim_names(self.system, self.notation), self.sizes or {})

    @property
    def depth(self) -> int:
        return self.names.depth

    def point(self, seed: int) -> Point:
        """A point of the system. Raises ``EvaluationError`` where none is found."""
        if seed not in self.found:
            self.found[seed] = draw(self.system, seed, DIGITS, self._sizes(seed))
        return self.found[seed]

    def _sizes(self, seed: int) -> Mapping[str, int] | None:
        """Sizes of a point; not every point has equally many patterns, so that no number stands for how many there are."""
        patterns = pattern_axis(self.system)
        if patterns is None:
            return self.sizes
        sizes = dict(self.sizes if self.sizes is not None else small_sizes(self.system, seed))
        return sizes | {patterns.name: sizes[patterns.name] + seed % 2}

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Where claims are evaluated: more points where functions have branches, so that each is seen."""
        return tuple(self.point(seed) for seed in (range(_KINKED) if self.kinks else SEEDS))

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        """Each kink of each function, at every tensor that it is applied to."""
        found: dict[Kink, None] = {}
        for equation in self.system.equations:
            for node in walk(equation.right):
                if isinstance(node, Apply) and isinstance(node.argument, Entry) and node.argument.tensor in self.system.definitions:
                    found.update({Kink(node.argument.tensor, node.function, place): None for place in kinks_of(node.function.body)})
        return tuple(found)

    @cached_property
    def kink_points(self) -> tuple[Point, ...]:
        """Points with every unit of one layer exactly on a kink; only derivatives hold there."""
        try:
            return tuple(on_kink_everywhere(self.point(0), kink) for kink in self.kinks)
        except EvaluationError:
            return ()


@dataclass
class Grounds:
    """Where a claim about a network is tested."""

    network: Network
    notation: Notation

    @cached_property
    def written(self) -> Network:
        """The network with its equations as the author of the notation writes them: weights from, to; patterns as columns."""
        return _written(self.network, self.notation)

    @cached_property
    def pattern(self) -> Stage:
        """One pattern, sizes different from those declared."""
        return Stage(self.written.pattern, self.notation)

    @cached_property
    def batch(self) -> Stage:
        """A batch of patterns."""
        return Stage(self.written.batch, self.notation)

    @cached_property
    def declared(self) -> Stage:
        """One pattern with the sizes of the specification, of large layers only so many units that single ones can be spoken of."""
        return Stage(self.written.pattern, self.notation, {axis.name: min(axis.size, MOST_UNITS) for axis in self.written.pattern.axes})

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Symbols of several letters, as they are spelled."""
        found = dict.fromkeys(base for stage in (self.pattern, self.batch) for base in stage.names.bases)
        return tuple(sorted(base for base in found if base.startswith(("\\mathit{", "\\mathrm{"))))

    @cached_property
    def varied(self) -> Stage | None:
        """A chain of four layers with pairwise different widths and activations; None where the network is no chain."""
        return None if self._chain is None else Stage(self._chain.pattern, self.notation, _sizes(self._chain.pattern))

    @cached_property
    def varied_batch(self) -> Stage | None:
        """The same for a batch of patterns."""
        return None if self._chain is None else Stage(self._chain.batch, self.notation, _sizes(self._chain.batch))

    @cached_property
    def _chain(self) -> Network | None:
        own = _varied(self.network)
        if own is None:
            return None
        pattern = pattern_system(own)
        network = Network("chain", own, pattern, batched(pattern, own.batch_reduction, own.l2, PATTERNS))
        return _written(network, self.notation)


def _written(network: Network, notation: Notation) -> Network:
    return rewritten(network, notation) if isinstance(network.specification, Specification) else network


def _sizes(system: System) -> dict[str, int]:
    return {axis.name: axis.size for axis in system.axes}


def _varied(network: Network) -> Specification | None:
    own = network.specification
    if not isinstance(own, Specification) or not own.is_chain:
        return None
    last = own.layers[-1]
    names = [name for name in VARIED if last.activation is None or name != last.activation.name]
    bias = any(layer.bias for layer in own.layers)
    layers: list[LayerSpecification] = []
    above = INPUT
    for number, (name, width) in enumerate(zip(names[:3], WIDTHS, strict=False), 1):
        layers.append(LayerSpecification("dense", f"hidden{number}", (above,), width, activation(name), bias))
        above = f"hidden{number}"
    layers.append(replace(last, name="output", inputs=(above,), units=WIDTHS[3], bias=bias))
    return replace(own, name="chain", inputs=6, layers=tuple(layers))

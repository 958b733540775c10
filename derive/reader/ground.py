"""A system with what is needed to judge formulas about it: its names and the points at which they are evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from derive.chain_rule import Sweep
from derive.equations import System
from derive.expressions import Apply, Entry
from derive.notation.profile import Notation
from derive.reader.names import Names, names_of
from derive.reader.scope import Scope, scope_of
from derive.traversal import walk
from derive.verification.points import Kink, Point, draw, kinks_of
from derive.verification.valuation import Valuation
from derive.verification.verify import points_of

_TRIED, _ENOUGH = 24, 2
"""Of so many points those are kept that show a unit on a side of a kink where it has been seen less often than this."""


@dataclass
class Ground:
    """A system with its points and names, made when they are needed."""

    sweep: Sweep
    notation: Notation
    scopes: dict[tuple[int | None, bool], Scope] = field(default_factory=dict)

    @property
    def system(self) -> System:
        return self.sweep.system

    @cached_property
    def names(self) -> Names:
        return names_of(self.system, self.notation)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Points with small sizes, most of them different."""
        return points_of(self.sweep)

    @cached_property
    def declared(self) -> tuple[Point, ...]:
        """Points with the sizes of the specification, for formulas that speak of single units; each unit on each side of its kinks."""
        sizes = {axis.name: axis.size for axis in self.system.axes}
        drawn = (draw(self.system, seed, sizes=sizes) for seed in range(_TRIED))
        return tuple(self._telling(drawn)) if self._kinks else (next(drawn), next(drawn))

    def _telling(self, points: Iterator[Point]) -> Iterator[Point]:
        seen: dict[tuple[str, tuple[int, ...], bool], int] = {}
        for point in points:
            sides = [
                (f"{kink.tensor.name} {kink.place}", position, value > point.valuation.evaluate(kink.place, {}))
                for kink in self._kinks
                for position, value in point.valuation.array(kink.tensor).items()
            ]
            if any(seen.get(side, 0) < _ENOUGH for side in sides):
                seen.update({side: seen.get(side, 0) + 1 for side in sides})
                yield point

    @cached_property
    def on_kinks(self) -> tuple[Point, ...]:
        """Points with every unit of one layer exactly on a kink. Only derivatives hold there: the forward values are shifted."""
        return tuple(on_kink_everywhere(self.points[0], kink) for kink in self._last_kinks)

    @cached_property
    def declared_on_kinks(self) -> tuple[Point, ...]:
        """The same with the sizes of the specification."""
        return tuple(on_kink_everywhere(self.declared[0], kink) for kink in self._kinks)

    @cached_property
    def _kinks(self) -> tuple[Kink, ...]:
        """Each kink of each function, at every tensor that it is applied to."""
        found: dict[Kink, None] = {}
        for equation in self.system.equations:
            for node in walk(equation.right):
                if isinstance(node, Apply) and isinstance(node.argument, Entry) and node.argument.tensor in self.system.definitions:
                    found.update({Kink(node.argument.tensor, node.function, place): None for place in kinks_of(node.function.body)})
        return tuple(found)

    @property
    def _last_kinks(self) -> tuple[Kink, ...]:
        """Of a function that is applied in several layers, the last."""
        return tuple({(kink.function, kink.place): kink for kink in self._kinks}.values())

    def scope(self, layer: int | None, variable: bool = False) -> Scope:
        """The scope in which the general letter stands for a layer."""
        if (layer, variable) not in self.scopes:
            self.scopes[layer, variable] = scope_of(self.names, layer, variable=variable)
        return self.scopes[layer, variable]


def on_kink_everywhere(point: Point, kink: Kink) -> Point:
    """The same point with every entry of a tensor on a kink; the equations are shifted by constants, which no derivative notices."""
    old = point.valuation
    valuation = Valuation(point.system, old.sizes, old.digits)
    for given in (*point.system.inputs, *point.system.parameters):
        valuation.give(given, list(old.array(given).values()))
    for position in old.array(kink.tensor):
        valuation.pin(kink.tensor, position, valuation.evaluate(kink.place, {}))
    valuation.run()
    return Point(point.system, point.seed, valuation, kink)

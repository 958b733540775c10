"""What every section of the notes needs: the results, the notation, the words, and which layer stands for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sympy import Basic

from derive.equations import System
from derive.expressions import Tensor
from derive.indices import Axis, Index
from derive.network import Network
from derive.notation.layout import Digits, Layout, Sign, Symbol, joined, row
from derive.notation.letters import Letters
from derive.notation.printing import page_for
from derive.notation.profile import Notation
from derive.notation.symbols import layer_mark
from derive.notation.typeset import Page, layout
from derive.notation.view import View, unit_layer
from derive.notes.options import DEFAULT, Options
from derive.results import Result, Results
from derive.specifications.specification import Specification
from derive.traversal import walk
from derive.words import Math, Reference, Sentence, Words
from derive.words.catalogue import Value


@dataclass(frozen=True)
class Story:
    """The material of the notes of one network, and what the reader asked for; ``code`` is text of programs to be shown with them."""

    results: Results
    notation: Notation
    words: Words
    options: Options = DEFAULT
    code: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        return self.results.network

    @property
    def layers(self) -> Specification | None:
        """The specification of a network of layers; None for equations that speak for themselves."""
        specification = self.network.specification
        return specification if isinstance(specification, Specification) else None

    @property
    def has_batch(self) -> bool:
        """Whether a batch has equations of its own."""
        return self.network.batch is not self.network.pattern

    @cached_property
    def depth(self) -> int:
        """The number of the output layer, the input layer being 0."""
        return max((t.layer for t in self.network.pattern.definitions if t.layer is not None), default=0)

    def say(self, key: str, **places: Value) -> Sentence:
        """The sentence under ``key``."""
        return self.words.say(key, **places)

    def plain_view(self, batch: bool = False, general: int | None = None, last: int | None = None) -> View:
        """A view with the words of this language."""
        return View(general, last, batch, self.words["cases.if"], self.words["cases.otherwise"])

    def view(self, result: Result) -> View:
        """How a result is shown: a family as the general layer l, the output layer as L, the only hidden layer as l as well."""
        batch = self.has_batch and result.system is self.network.batch
        if result.layer is not None:
            return self.plain_view(batch, general=result.layer)
        layer = result.equation.tensor.layer
        if layer is None and result.kind == "loss":
            layer = self.depth
        if layer is None or not self._is_local(result, layer):
            return self.plain_view(batch)
        if layer == self.depth:
            return self.plain_view(batch, last=layer)
        return self.plain_view(batch, general=layer) if self._is_only_hidden(result) else self.plain_view(batch)

    def _is_only_hidden(self, result: Result) -> bool:
        own = result.equation.tensor
        alike = [r for r in self._of(result.system) if r.equation.tensor.role == own.role]
        hidden = sum(r.equation.tensor.layer not in (None, self.depth) for r in alike)
        return hidden == 1 and all(r.layer is None for r in alike)

    def _of(self, system: System) -> tuple[Result, ...]:
        return self.results.of_batch if system is self.network.batch else self.results.of_pattern

    @staticmethod
    def _is_local(result: Result, layer: int) -> bool:
        """Whether a formula speaks of its own layer and its neighbours only."""
        return all(abs(other - layer) <= 1 for other in layers_in((result.equation.left, result.equation.right)))

    def page(self, formulas: Sequence[Basic], view: View, given: Letters | None = None) -> Page:
        """A page for a chain of formulas."""
        return page_for(formulas, self.notation, view, given)

    def set(self, value: Basic, page: Page) -> Layout:
        """A formula on a page."""
        return layout(value, page)

    def layer_number(self, layer: int) -> Layout:
        """A layer by its number."""
        return Digits(str(layer + self.notation.first_layer))

    def range_of(self, result: Result) -> Layout | None:
        """``l = 2, ..., L-1``: the layers that a result speaks of; None where it speaks of one layer that needs no letter."""
        view = self.view(result)
        if view.general is None:
            return None
        return self.layer_range(sorted(member.tensor.layer for member in result.members if member.tensor.layer is not None))

    def layer_range(self, layers: Sequence[int]) -> Layout:
        """``l = 2``, ``l = 2, 3``, ``l = 2, ..., L-1`` or, downwards, ``l = L-1, ..., 2``."""
        letter = Symbol(self.notation.general_layer)
        steps = {b - a for a, b in pairwise(layers)}
        comma = row(Sign(","))
        if len(layers) > 3 and steps in ({1}, {-1}):
            shown = joined((self._end(layers[0]), Sign("dots"), self._end(layers[-1])), comma)
        else:
            shown = joined(tuple(self.layer_number(layer) for layer in layers), comma)
        return row(letter, Sign("="), shown)

    def _end(self, layer: int) -> Layout:
        last = self.depth if self.depth - layer <= 1 else None
        return layer_mark(layer, self.notation, View(last=last))

    def reference(self, tensor: Tensor, batch: bool = False) -> Reference | None:
        """The number of the formula that defines a tensor of the pattern or batch system."""
        for result in self._of(self.network.batch if batch else self.network.pattern):
            if any(member.tensor == tensor for member in result.members):
                return Reference(str(result.number))
        return None

    def math(self, value: Basic, view: View) -> Math:
        """A formula by itself, in the line."""
        return Math(layout(value, self.page([value], view)))

    def fresh(self, tensor: Tensor) -> tuple[Index, ...]:
        """An index for each axis of a tensor."""
        return tuple(Index(_letter(axis), axis) for axis in tensor.axes)


def layers_in(values: Sequence[Basic]) -> tuple[int, ...]:
    """The layers that formulas show, on tensors and sizes, in increasing order."""
    found: set[int] = set()
    for value in values:
        for node in walk(value):
            if isinstance(node, Tensor) and node.layer is not None and node.role != "target":
                found.add(node.layer)
            if isinstance(node, Axis):
                layer = unit_layer(node)
                found |= {layer} if layer is not None and value is not node else set()
    return tuple(sorted(found))


def _letter(axis: Axis) -> str:
    return axis.name.rstrip("0123456789_") or axis.name

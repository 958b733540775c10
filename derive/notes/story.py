"""What every section of the notes needs: the results, the notation, the words, and which layer stands for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from sympy import Basic

from derive.equations import Equation, System
from derive.expressions import Apply, Tensor
from derive.indices import Axis, Index
from derive.induction import Induction, inductions
from derive.network import Network
from derive.notation.layout import Digits, Layout, Sign, Symbol, joined, row
from derive.notation.printing import page_for
from derive.notation.profile import Notation
from derive.notation.roles import is_fixed
from derive.notation.symbols import layer_mark
from derive.notation.typeset import Page, layout
from derive.notation.view import View, unit_layer
from derive.notes.options import DEFAULT, Options
from derive.results import Result, Results
from derive.specifications.specification import Specification
from derive.steps import Derivation
from derive.traversal import walk
from derive.words import Math, Reference, Sentence, Words
from derive.words.catalogue import Value


@dataclass(frozen=True)
class Story:
    """The material of the notes of one network, and what the reader asked for.

    ``code`` is text of programs to be shown with them, ``fingerprint`` that of the results before any convention.
    """

    results: Results
    notation: Notation
    words: Words
    options: Options = DEFAULT
    code: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def network(self) -> Network:
        return self.results.network

    @property
    def layers(self) -> Specification | None:
        """The specification of a network of layers; None for equations that speak for themselves."""
        specification = self.network.specification
        return specification if isinstance(specification, Specification) else None

    @cached_property
    def inductions(self) -> dict[Tensor, Induction]:
        """The derivatives that are found by induction over an index."""
        return inductions([result.equation for result in self.results.results if result.derivation is not None])

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
        """A view with the words of this language; one pattern wears its mark where the notation has one."""
        one_pattern = self.has_batch and not batch
        return View(general, last, batch, self.words["cases.if"], self.words["cases.otherwise"], pattern=one_pattern)

    def view(self, result: Result) -> View:
        """How a result is shown: a family as the general layer l, the output layer as L, the only hidden layer as l as well."""
        batch = self.has_batch and result.system is self.network.batch
        if result.kind == "loss":
            last = None if is_fixed(self.notation) or not self._is_local(result, self.depth) else self.depth
            return replace(self.plain_view(batch, last=last), loss=True)
        if result.layer is not None:
            every = any(member.tensor.layer == self.depth for member in result.members)
            if is_fixed(self.notation) and not (every and self.notation.generic_letters):
                return self.plain_view(batch)
            return replace(self.plain_view(batch, general=result.layer), generic=every)
        layer = result.equation.tensor.layer
        if is_fixed(self.notation):
            return self.plain_view(batch)
        if layer is None or not self._is_local(result, layer):
            return self.plain_view(batch)
        if layer == self.depth:
            return self.plain_view(batch, last=layer)
        return self.plain_view(batch, general=layer) if self._is_only_hidden(result) else self.plain_view(batch)

    def view_of(self, layer: int) -> View:
        """How formulas about a layer and its neighbours are shown."""
        if is_fixed(self.notation):
            return self.plain_view()
        return self.plain_view(last=layer) if layer == self.depth else self.plain_view(general=layer)

    def faces(self, result: Result) -> tuple[tuple[Equation, View], ...]:
        """The equations that show a result, each with its view: mostly one, for the general layer.

        Each layer has its own where letters belong to layers and none of them stands for any unit; so have hidden layers and the output
        layer where their activations have different names.
        """
        view, members = self.view(result), result.members
        if len(members) > 1 and is_fixed(self.notation) and not view.generic:
            return tuple((self._face(result, member), view) for member in members)
        if len(members) > 1 and self._names_by_role(result):
            hidden = max((m for m in members if m.tensor.layer != self.depth), key=lambda member: member.tensor.layer or 0)
            last = next(member for member in members if member.tensor.layer == self.depth)
            of_hidden = replace(view, general=hidden.tensor.layer, generic=False)
            return (self._face(result, hidden), of_hidden), (last, self.plain_view(view.batch, last=self.depth))
        return ((result.equation, view),)

    def members_by_letters(self, result: Result) -> tuple[tuple[Equation, View], ...]:
        """Beside a derivative shown for any unit, each layer in letters of its own."""
        if not self.view(result).generic or not is_fixed(self.notation) or result.derivation is None:
            return ()
        return tuple((self._face(result, member), self.plain_view(self.view(result).batch)) for member in result.members)

    def _face(self, result: Result, member: Equation) -> Equation:
        return result.equation if member.tensor == result.equation.tensor else member

    def _names_by_role(self, result: Result) -> bool:
        """Whether a family of activations has one name in hidden layers and another one in the output layer."""
        if self.notation.activation_name != "role" or all(member.tensor.layer != self.depth for member in result.members):
            return False
        return any(isinstance(node, Apply) for node in walk(result.equation.right))

    def derivation(self, result: Result, equation: Equation) -> Derivation | None:
        """The derivation of a member of a result."""
        if result.derivation is None or equation.tensor == result.derivation.left.tensor:
            return result.derivation
        sweep = self.results.batch_sweep if result.system is self.network.batch else self.results.pattern_sweep
        return next(own for own in sweep.derivations if own.left.tensor == equation.tensor)

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

    def page(self, formulas: Sequence[Basic], view: View, apart: Sequence[tuple[Index, Index]] = ()) -> Page:
        """A page for a chain of formulas, in which some indices are named apart from each other."""
        return page_for(formulas, self.notation, view, None, apart)

    def set(self, value: Basic, page: Page) -> Layout:
        """A formula on a page."""
        return layout(value, page)

    def layer_number(self, layer: int) -> Layout:
        """A layer by its number."""
        return Digits(str(layer + self.notation.first_layer))

    def range_of(self, result: Result) -> Layout | None:
        """``l = 2, ..., L-1``: the layers that a result speaks of; None where it speaks of one layer that needs no letter."""
        if self.view(result).general is None or is_fixed(self.notation):
            return None
        return self.layer_range(sorted(member.tensor.layer for member in result.members if member.tensor.layer is not None))

    def layers_of(self, result: Result, equation: Equation, view: View) -> Layout | None:
        """The layers that one of the equations of a result speaks of, where they need to be said."""
        if view.general is None or is_fixed(self.notation):
            return None
        alone = any(face is not equation for face, _ in self.faces(result))
        layers = [m.tensor.layer for m in result.members if m.tensor.layer is not None and not (alone and m.tensor.layer == self.depth)]
        return self.layer_range(sorted(layers))

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

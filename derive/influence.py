"""Through which equations a value acts on the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from derive.calculus.contract import contract
from derive.calculus.differentiate import carry_out
from derive.calculus.substitute import inline
from derive.calculus.tidy import tidy
from derive.equations import Equation, System
from derive.expressions import BINDERS, Apply, Entry, Expression, Partial, Tensor
from derive.indices import Index
from derive.manner import TEXTBOOK, Manner
from derive.traversal import entries_of, tensors_of, walk


class Influence:
    """The graph of a system as the chain rule sees it.

    A value that is a function of one other value, entry by entry, is inlined unless the loss reads it: it needs no adjoint of its
    own. One that reads the other value in two places has one, lest formulas double with each such step. Values that the loss reads
    linearly (the losses of single patterns) are written out in the loss. A value that is read outside the ranges of its axes is never
    written out, because its definition does not hold there.
    """

    def __init__(self, system: System, wanted: Sequence[Tensor], manner: Manner = TEXTBOOK) -> None:
        self.system = system
        self.keeps = manner.keeps
        self.wanted = tuple(wanted)
        self.loss, folded = _flat_loss(system)
        self.equations = (*(e for e in system.equations if e.tensor != system.loss and e.tensor not in folded), self.loss)

    @cached_property
    def readers(self) -> dict[Tensor, tuple[Equation, ...]]:
        """The equations that read each tensor, in order."""
        found: dict[Tensor, list[Equation]] = {}
        for equation in self.equations:
            for tensor in tensors_of(equation.right):
                found.setdefault(tensor, []).append(equation)
        return {tensor: tuple(equations) for tensor, equations in found.items()}

    @cached_property
    def active(self) -> frozenset[Tensor]:
        """Everything that depends on what is wanted."""
        return self._reached_from(self.wanted)

    @cached_property
    def inlined(self) -> dict[Tensor, Equation]:
        """The values without an adjoint of their own."""
        return {equation.tensor: equation for equation in self.equations if self._is_inlined(equation)}

    def has_adjoint(self, equation: Equation) -> bool:
        """Whether the derivative with respect to this value is one of the results."""
        tensor = equation.tensor
        return tensor != self.system.loss and tensor not in self.inlined and tensor in self.active

    def users(self, tensor: Tensor) -> tuple[Equation, ...]:
        """The equations through which ``tensor`` acts on the loss, as functions of it, with inlined values written out.

        A user may read several inlined values, some of them through others: each is written out all the way to ``tensor``.
        """
        between = {equation.tensor: equation for equation in self.written_out(tensor)}
        ends = {end.tensor: end for end in self.ends(tensor)}
        return tuple(Equation(end.left, _in_terms_of(end.right, between)) for end in ends.values())

    def ends(self, tensor: Tensor) -> Iterator[Equation]:
        """The equations that are not inlined and read ``tensor``, or an inlined value through which it acts."""
        for reader in self.readers.get(tensor, ()):
            yield from self.ends(reader.tensor) if reader.tensor in self.inlined else (reader,)

    def written_out(self, tensor: Tensor) -> tuple[Equation, ...]:
        """The inlined values through which ``tensor`` acts on its users."""
        direct = tuple(reader for reader in self.readers.get(tensor, ()) if reader.tensor in self.inlined)
        return (*direct, *(further for reader in direct for further in self.written_out(reader.tensor)))

    def entangled(self, users: Sequence[Equation]) -> bool:
        """Whether one of the users depends on another one (or on itself, in a recurrence)."""
        if len(users) < 2 and not self._is_recurrent:
            return False
        reached = self._reached_from([user.tensor for user in users])
        return any(tensor in reached for user in users for tensor in tensors_of(user.right))

    def indices(self, tensor: Tensor) -> tuple[Index, ...]:
        """Fresh free indices, with the letters that the tensor's own definition or its first reader gives them."""
        if tensor in self.system.definitions:
            return tuple(index.fresh() for index in self.system.definitions[tensor].indices)
        read = next(e for e in entries_of(self.readers[tensor][0].right) if e.tensor == tensor)
        letters = (p.letter if isinstance(p, Index) else axis.name[:1] for p, axis in zip(read.positions, tensor.axes, strict=True))
        return tuple(Index(letter, axis) for letter, axis in zip(letters, tensor.axes, strict=True))

    @cached_property
    def _kept(self) -> frozenset[Tensor]:
        """What is never inlined, whatever it reads."""
        return frozenset((self.system.loss, *self.wanted, *self.system.outside))

    def _is_inlined(self, equation: Equation) -> bool:
        if equation.tensor in self._kept or self.keeps(equation.tensor):
            return False
        if any(isinstance(node, BINDERS) for node in walk(equation.right)):
            return False
        read = [node for node in walk(equation.right) if isinstance(node, Entry)]
        return (
            len(read) == 1
            and read[0].positions == equation.indices
            and read[0].tensor in self.system.definitions
            and all(reader.tensor != self.system.loss for reader in self.readers.get(equation.tensor, ()))
        )

    def _reached_from(self, tensors: Sequence[Tensor]) -> frozenset[Tensor]:
        """What depends on ``tensors``, themselves among it."""
        reached, new = set(tensors), list(tensors)
        while new:
            found = [reader.tensor for reader in self.readers.get(new.pop(), ()) if reader.tensor not in reached]
            reached.update(found)
            new.extend(found)
        return frozenset(reached)

    @cached_property
    def _is_recurrent(self) -> bool:
        """Whether some value depends on itself at another step."""
        place = {equation.tensor: at for at, equation in enumerate(self.equations)}
        return any(place.get(t, -1) >= at for at, e in enumerate(self.equations) for t in tensors_of(e.right))


def _in_terms_of(right: Expression, between: Mapping[Tensor, Equation]) -> Expression:
    """``right`` with these values written out, and what they read of one another."""
    while read := {tensor: between[tensor] for tensor in tensors_of(right) if tensor in between}:
        right = inline(right, read)
    return right


def _flat_loss(system: System) -> tuple[Equation, tuple[Tensor, ...]]:
    """The loss with the values that it reads linearly written out, and those values: their adjoints are constants."""
    last = system.equations[-1]
    equation, folded = last, list[Tensor]()
    for tensor in tensors_of(last.right):
        definition = system.definitions.get(tensor)
        if definition is None or tensor in system.outside:
            continue
        if system.consumers[tensor] == (last,) and _is_linear(equation.right, tensor):
            equation = Equation(equation.left, inline(equation.right, {tensor: definition}))
            folded.append(tensor)
    return equation, tuple(folded)


def _is_linear(right: Expression, tensor: Tensor) -> bool:
    somewhere = Entry(tensor, *(Index("q", axis) for axis in tensor.axes))
    slope, _ = contract(carry_out(Partial(right, somewhere)))
    return not any(isinstance(node, Entry | Apply) for node in walk(tidy(slope)))

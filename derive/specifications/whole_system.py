"""Whether equations are a system: an order to compute them in, every read in its range, everything reaching the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.equations import Equation, System
from derive.errors import InputError
from derive.expressions import Entry, Expression, Number, Tensor
from derive.specifications.declarations import Written, names_in, places
from derive.specifications.reads import Interval, reads_outside
from derive.specifications.recurrences import CircularDefinition, Recurrence, in_order
from derive.traversal import entries_of, tensors_of

LOSS = "loss"
"""The name of the tensor that the last equation defines."""


@dataclass(frozen=True)
class Whole:
    """Equations that were read, before it is known whether they are a system."""

    where: str
    written: Sequence[Written]
    equations: Sequence[Equation]
    loss: Expression
    initial: Mapping[Tensor, Number]
    pad: Mapping[Tensor, Number]

    @cached_property
    def lines(self) -> dict[Tensor, Written]:
        """How each computed tensor's equation was written."""
        return {equation.tensor: line for equation, line in zip(self.equations, self.written, strict=True)}

    def checked(self, name: str, tensors: Mapping[str, Tensor], assumptions: tuple[Equation, ...]) -> System:
        """The system, in an order in which it can be computed; raises InputError where it is none."""
        try:
            ordered, recurrences = in_order(self.equations)
        except CircularDefinition as circle:
            self._refuse_circle(circle.members)
        loss = Equation(Entry(Tensor(LOSS, (), "loss")), self.loss)
        self._check_ranges((*ordered, loss), recurrences)
        self._check_initial(recurrences)
        self._check_use((*ordered, loss), tensors)
        by_role = {role: tuple(t for t in tensors.values() if t.role == role) for role in ("input", "parameter")}
        return System(name, by_role["input"], by_role["parameter"], (*ordered, loss), assumptions, {**self.pad, **self.initial})

    def _refuse_circle(self, members: tuple[Tensor, ...]) -> None:
        line = self.lines[members[0]]
        place = next(place for place in names_in(line.syntax.right) if place.name in {t.name for t in members})
        names = ", ".join(tensor.name for tensor in members)
        how = f"{names} is defined by itself" if len(members) == 1 else f"{names} define each other"
        line.source.refuse(place.at, f"{how}, and along no axis is every such read one of an earlier step, as h[t-1] is in a recurrence")

    def _check_ranges(self, equations: Sequence[Equation], recurrences: Sequence[Recurrence]) -> None:
        owners = {tensor: recurrence for recurrence in recurrences for tensor in recurrence.tensors}
        for equation in equations:
            for entry, number, (least, greatest) in reads_outside(equation.right):
                before, after = self.pad, self.pad
                recurrence = owners.get(entry.tensor)
                if recurrence is not None and number == recurrence.place(entry.tensor):
                    before, after = (self.initial, self.pad) if recurrence.upwards else (self.pad, self.initial)
                beyond = ((least < 0, before), (greatest >= entry.tensor.axes[number].size, after))
                for given in (values for happens, values in beyond if happens and entry.tensor not in values):
                    self._refuse_read(equation, entry, number, (least, greatest), "initial" if given is self.initial else "pad")
        for tensor in self.initial:
            if tensor in self.pad and self.pad[tensor] != self.initial[tensor]:
                raise InputError(f"{self.where}pad and initial of {tensor.name} differ; outside its ranges a tensor has one value")

    def _refuse_read(self, equation: Equation, entry: Entry, number: int, interval: Interval, key: str) -> None:
        name, axis = entry.tensor.name, entry.tensor.axes[number]
        what = f"{name} is read at {interval[0]} to {interval[1]} along {axis.name}, which has the positions 0 to {axis.size - 1}"
        reason = "before the first step of its recurrence" if key == "initial" else "outside"
        message = f"{what}; say what stands {reason}: {key} = {{ {name} = 0 }}"
        line = self.lines.get(equation.tensor)
        if line is None:
            raise InputError(f"{self.where}loss: {message}")
        same = [own for own in entries_of(equation.right) if own.tensor == entry.tensor]
        found = [place for place in places(line.syntax.right) if place.name == name]
        line.source.refuse(found[min(same.index(entry), len(found) - 1)].at, message)

    def _check_initial(self, recurrences: Sequence[Recurrence]) -> None:
        recurrent = {tensor for recurrence in recurrences for tensor in recurrence.tensors}
        for tensor in self.initial:
            if tensor not in recurrent:
                raise InputError(
                    f"{self.where}initial: {tensor.name} is no recurrence; what stands outside its ranges is pad = {{ {tensor.name} = 0 }}"
                )

    def _check_use(self, equations: Sequence[Equation], tensors: Mapping[str, Tensor]) -> None:
        """Everything that is declared or computed reaches the loss."""
        if not tensors_of(self.loss):
            raise InputError(f"{self.where}loss: it reads nothing that is declared or computed")
        definitions = {equation.tensor: equation for equation in equations}
        reaching = set(tensors_of(self.loss))
        waiting = list(reaching)
        while waiting:
            definition = definitions.get(waiting.pop())
            fresh = set(tensors_of(definition.right)) - reaching if definition else set()
            reaching |= fresh
            waiting.extend(fresh)
        for tensor in tensors.values():
            if tensor in reaching:
                continue
            if tensor.role == "value":
                line = self.lines[tensor]
                line.source.refuse(line.syntax.left.at, f"{tensor.name} does not reach the loss")
            raise InputError(f"{self.where}{tensor.role} {tensor.name} does not reach the loss")
        if not any(tensor.role == "parameter" for tensor in tensors.values()):
            raise InputError(f"{self.where}parameters is missing: there is nothing to differentiate by")

"""The value of every entry of a system at a point, and how entries answer when one of them is perturbed.

The forward equations are all this module knows. An inert derivative is found by overriding one entry, running the
equations downstream of it again, and taking a central difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import product as positions_in
from typing import Any

from mpmath import MPContext

from derive.equations import Equation, System
from derive.expressions import Cases, Entry, Expression, Function, Partial, Tensor
from derive.indices import Axis, Index
from derive.traversal import free_indices, walk
from derive.verification.adjoints import Graph, Summand, confirmed_adjoints
from derive.verification.block import Block
from derive.verification.evaluate import (
    STEP_DIGITS,
    Closure,
    Scalar,
    Scope,
    closure,
    position_of,
    scalar_closure,
    summands,
    zero,
)
from derive.verification.primitives import EvaluationError

OPPOSITE_ROLES = ("negative_delta", "negative_adjoint", "step")
"""Roles of tensors that hold minus a derivative of the loss."""


class Valuation:
    """A system at chosen sizes. ``give`` sets inputs and parameters, ``run`` computes the rest.

    ``digits`` are those that are compared; the arithmetic carries twice as many, and one more for every fourth equation
    because derivatives shrink with depth. ``outside`` adds to the values that the system gives to reads outside a range.
    ``backward`` equations are appended: adjoints named on their left sides are then computed by them.
    """

    def __init__(
        self,
        system: System,
        sizes: Mapping[str, int],
        digits: int = 40,
        outside: Mapping[str, Expression] | None = None,
        backward: tuple[Equation, ...] = (),
    ) -> None:
        self.system, self.sizes, self.digits = system, dict(sizes), digits
        self.equations = (*system.equations, *backward)
        self.context: Any = MPContext()
        self.context.dps = 2 * digits + len(system.equations) // 4
        self._step = self.context.mpf(10) ** -STEP_DIGITS
        self.smallest = self.context.mpf(10) ** -(digits + 5)
        self.outside = {tensor.name: value for tensor, value in system.outside.items()} | dict(outside or {})
        self.blocks: dict[str, Block] = {}
        self.values: list[Any] = []
        self._owners: list[str] = []
        self.closest: Any = self.context.inf
        self.branches: dict[Cases, set[int]] = {}
        self._watching = False
        self._scalars: dict[Function, Scalar] = {}
        self._formulas: dict[int, Closure] = {}
        self._reads: dict[int, tuple[int, ...]] = {}
        self._order: list[int] = []
        self._rank: dict[int, int] = {}
        self._readers: dict[int, list[int]] = {}
        self._known: dict[tuple[int, str, tuple[str, ...]], dict[int, Any]] = {}
        self._accounts: dict[Expression, tuple[str, ...]] = {}
        self._reached: dict[int, set[int]] = {}
        self._bodies: dict[tuple[Expression, tuple[tuple[Index, int], ...], tuple[str, ...]], Summand] = {}
        self._summands: dict[int, tuple[Summand, ...]] = {}
        self._places: dict[int, tuple[Expression, Scope]] = {}
        self._adjoints: dict[int, Any] | None = None
        self._numbers: dict[tuple[Expression, tuple[tuple[Index, int], ...], tuple[str, ...]], Any] = {}
        self._reading: list[int] | None = None
        for tensor in (*system.inputs, *system.parameters, *(equation.tensor for equation in self.equations)):
            self._place(tensor)
        for equation in self.equations:
            self._compile(equation)
        self._sort()

    # Building

    def _place(self, tensor: Tensor) -> None:
        if tensor.name in self.blocks:
            raise EvaluationError(f"{tensor.name} is defined twice")
        block = Block(tensor, tuple(self.size(axis) for axis in tensor.axes), len(self.values))
        self.blocks[tensor.name] = block
        self.values.extend([None] * len(block.slots))
        self._owners.extend([tensor.name] * len(block.slots))

    def _compile(self, equation: Equation) -> None:
        block = self.blocks[equation.tensor.name]
        for slot, position in zip(block.slots, positions_in(*map(range, block.shape)), strict=True):
            self._reading = []
            bindings = dict(zip(equation.indices, position, strict=True))
            self._places[slot] = equation.right, Scope(self, bindings)
            formula = closure(*self._places[slot])
            self._formulas[slot], self._reads[slot] = formula, tuple(dict.fromkeys(self._reading))
        self._reading = None

    def _sort(self) -> None:
        """Each entry after those that it reads; a recurrence is unrolled by this."""
        done: dict[int, bool] = {}
        for start in self._formulas:
            stack = [start]
            while stack:
                slot = stack[-1]
                if done.get(slot):
                    stack.pop()
                    continue
                waiting = [read for read in self._reads[slot] if read in self._formulas and not done.get(read)]
                if waiting and slot in done:
                    raise EvaluationError(f"{self._owners[slot]} depends on itself")
                done[slot] = not waiting
                if waiting:
                    stack.extend(reversed(waiting))
                else:
                    self._rank[slot] = len(self._order)
                    self._order.append(stack.pop())
        for slot in self._order:
            for read in self._reads[slot]:
                self._readers.setdefault(read, []).append(slot)

    # What closures ask for

    def size(self, axis: Axis) -> int:
        if axis.name not in self.sizes:
            raise EvaluationError(f"axis {axis.name} has no size")
        return self.sizes[axis.name]

    def read(self, tensor: Tensor, position: tuple[int, ...]) -> Closure:
        block = self.blocks.get(tensor.name)
        if block is None:
            if tensor.of is None:
                raise EvaluationError(f"{tensor.name} is not a tensor of this system")
            number = self.adjoint(tensor.of, position) * (-1 if tensor.role in OPPOSITE_ROLES else 1)
            return lambda: number
        slot = block.slot(position)
        if slot is None:
            return self._beyond(tensor, position)
        if self._reading is not None:
            self._reading.append(slot)
        values = self.values
        return lambda: values[slot]

    def _beyond(self, tensor: Tensor, position: tuple[int, ...]) -> Closure:
        if tensor.name not in self.outside:
            raise EvaluationError(f"{tensor.name}[{','.join(map(str, position))}] is outside its range")
        return closure(self.outside[tensor.name], Scope(self, {}))

    def scalar(self, function: Function) -> Scalar:
        if function not in self._scalars:
            self._scalars[function] = scalar_closure(self, function)
        return self._scalars[function]

    def compared(self, difference: Any) -> None:
        if self._watching:
            self.closest = min(self.closest, abs(difference))

    def branched(self, node: Cases, branch: int) -> None:
        if self._watching:
            self.branches.setdefault(node, set()).add(branch)

    # Values

    def give(self, tensor: Tensor, numbers: Sequence[Any]) -> None:
        """Give an input or a parameter its values, in row-major order."""
        block = self.blocks[tensor.name]
        for slot, number in zip(block.slots, numbers, strict=True):
            self.values[slot] = self.context.mpf(number)
        self._forget()

    def _forget(self) -> None:
        self._known.clear()
        self._numbers.clear()
        self._bodies.clear()
        self._adjoints = None

    def pin(self, tensor: Tensor, position: tuple[int, ...], number: Any) -> None:
        """Shift the equation of one entry by the constant that gives it this value; derivatives do not notice."""
        self.run()
        self._shift(self._slot(tensor, position), number)

    def _shift(self, slot: int, number: Any) -> None:
        formula, shift = self._formulas[slot], number - self.values[slot]
        self._formulas[slot] = lambda: formula() + shift

    @contextmanager
    def pinned(self, tensor: Tensor, position: tuple[int, ...], number: Any) -> Iterator[None]:
        """With one entry of a point that was run pinned; afterwards everything is as before."""
        slot = self._slot(tensor, position)
        formula, values = self._formulas[slot], list(self.values)
        remembered = dict(self._known), dict(self._numbers), dict(self._bodies), self._adjoints
        try:
            self._shift(slot, number)
            self.run()
            yield
        finally:
            self._formulas[slot], self.values[:] = formula, values
            self._known, self._numbers, self._bodies, self._adjoints = remembered

    def run(self, equations: Sequence[Equation] | None = None) -> None:
        """Compute the entries of these equations, of all without an argument.

        Then ``closest`` says how far the nearest comparison was from a tie, ``branches`` which branches were taken.
        """
        names = None if equations is None else {equation.tensor.name for equation in equations}
        slots = self._order if names is None else self._chosen(names)
        self.closest, self.branches, self._watching = self.context.inf, {}, True
        try:
            for slot in slots:
                self.values[slot] = self._formulas[slot]() + 0 * self.context.one
        except (ZeroDivisionError, ValueError, TypeError) as error:
            raise EvaluationError(f"{self._owners[slot]} has no value here: {error}") from error
        finally:
            self._watching = False
            self._forget()

    def _chosen(self, names: set[str]) -> list[int]:
        slots = [slot for name in names for slot in self.blocks[name].slots]
        return sorted(slots, key=self._rank.__getitem__)

    def array(self, tensor: Tensor) -> dict[tuple[int, ...], Any]:
        """The values of a tensor by position; an adjoint's come from the forward equations."""
        ranges = [range(self.size(axis)) for axis in tensor.axes]
        return {position: self.read(tensor, position)() for position in positions_in(*ranges)}

    def evaluate(self, value: Expression, bindings: Mapping[Index, int], held: tuple[str, ...] | None = None) -> Any:
        """The number that ``value`` is where its free indices stand at ``bindings``.

        Inside a ``Partial`` the tensors ``held`` do not answer to a perturbation; by default those whose own adjoint
        stands in ``value``, since the chain rule counts their influence there.
        """
        if held is None and value not in self._accounts:
            self._accounts[value] = accounted_for(value, self.system.loss)
        fixed = self._accounts[value] if held is None else held
        key = (value, tuple(bindings.items()), fixed)
        if key in self._numbers:
            return self._numbers[key]
        try:
            number = self.context.mpf(closure(value, Scope(self, bindings, fixed))())
        except EvaluationError:
            raise
        except (ZeroDivisionError, ValueError, TypeError, OverflowError) as error:
            raise EvaluationError(str(error) or type(error).__name__) from error
        self._numbers[key] = number
        return number

    # Derivatives from the forward equations

    def adjoint(self, tensor: Tensor, position: tuple[int, ...]) -> Any:
        """The derivative of the loss with respect to ``tensor[position]``."""
        return self._answer(self._slot(self.system.loss, ()), self._slot(tensor, position), ())

    def derivative(self, of: Expression, by: Entry, scope: Scope) -> Any:
        """``of`` differentiated by the entry ``by``: everything downstream answers but the tensors held."""
        slot = self._slot(by.tensor, tuple(position_of(p, scope.bindings) for p in by.positions))
        if isinstance(of, Entry) and of.tensor.name in self.blocks:
            position = tuple(position_of(p, scope.bindings) for p in of.positions)
            if of.tensor.name in self.outside and self.blocks[of.tensor.name].slot(position) is None:
                return self.context.zero
            target = self._slot(of.tensor, position)
            held = () if of.tensor.name == self.system.loss.name else scope.held
            if of.tensor.name == by.tensor.name and of.tensor.name in held:
                return self.context.mpf(int(target == slot))
            return self._answer(target, slot, held)
        return self._local(of, slot, scope)

    def _slot(self, tensor: Tensor, position: tuple[int, ...]) -> int:
        block = self.blocks.get(tensor.name)
        slot = None if block is None else block.slot(position)
        if slot is None:
            raise EvaluationError(f"{tensor.name}[{','.join(map(str, position))}] is not an entry of this system")
        return slot

    def _answer(self, of: int, by: int, held: tuple[str, ...]) -> Any:
        if of == by:
            return self.context.one
        name = self._owners[of]
        if name == self.system.loss.name and not held:
            if self._adjoints is None:
                self._adjoints = self._together()
            if self._adjoints:
                return self._adjoints.get(by, self.context.zero)
        key = (by, name, held)
        if key not in self._known:
            targets = [slot for slot in self.blocks[name].slots if slot in self._rank]
            changed = self._downstream(by, held, set(targets))
            self._known[key] = self._differences(by, changed, targets)
        return self._known[key].get(of, self.context.zero)

    def _together(self) -> dict[int, Any]:
        """The adjoint of every entry; empty where they are not confirmed, so that each has to be found by itself."""
        order = self._order[: self._rank[self._slot(self.system.loss, ())] + 1]
        graph = Graph(self.context, self.values, order, self._formulas.__getitem__, self._summands_of)
        try:
            return confirmed_adjoints(graph) or {}
        except (EvaluationError, ArithmeticError, ValueError, TypeError):
            return {}

    def _summands_of(self, slot: int) -> tuple[Summand, ...]:
        if slot not in self._summands:
            found: list[Summand] = []
            outer, self._reading = self._reading, []
            for part in summands(*self._places[slot]):
                found.append((part, tuple(dict.fromkeys(self._reading))))
                self._reading = []
            self._reading = outer
            self._summands[slot] = tuple(found)
        return self._summands[slot]

    def _downstream(self, by: int, held: tuple[str, ...], targets: set[int]) -> list[int]:
        """The entries to run again, in order: those between ``by`` and the targets; a held one only if it is a target."""
        fixed = {slot for name in held if name in self.blocks for slot in self.blocks[name].slots}
        last = max((self._rank[slot] for slot in targets), default=-1)
        found: set[int] = set()
        waiting = [by]
        while waiting:
            for reader in self._readers.get(waiting.pop(), ()):
                if reader in found or self._rank[reader] > last or (reader in fixed and reader not in targets):
                    continue
                found.add(reader)
                if reader not in fixed:
                    waiting.append(reader)
        return sorted(found - {by}, key=self._rank.__getitem__)

    def _reach(self, by: int) -> set[int]:
        """Every entry that depends on ``by``."""
        if by not in self._reached:
            self._reached[by] = set(self._downstream(by, (), set(self._order)))
        return self._reached[by]

    def _differences(self, by: int, changed: list[int], targets: list[int]) -> dict[int, Any]:
        wanted = sorted(set(targets) & set(changed))
        sides = [[self.values[slot] for slot in wanted] for _ in self._perturbed(by, changed)]
        double_step = 2 * self._step
        return {slot: (up - down) / double_step for slot, up, down in zip(wanted, *sides, strict=True)}

    def _perturbed(self, by: int, changed: list[int]) -> Iterator[None]:
        """Twice: with ``by`` one step up and one step down, and ``changed`` run again."""
        values, step = self.values, self._step
        before = [values[slot] for slot in (by, *changed)]
        work = [(slot, self._formulas[slot]) for slot in changed]
        try:
            for side in (step, -step):
                values[by] = before[0] + side
                for slot, formula in work:
                    values[slot] = formula()
                yield
        finally:
            for slot, value in zip((by, *changed), before, strict=True):
                values[slot] = value

    def _local(self, of: Expression, by: int, scope: Scope) -> Any:
        body, reads = self._read_by(of, scope)
        if body is zero:
            return self.context.zero
        answering = {slot for slot in reads if slot in self._rank and self._owners[slot] not in scope.held}
        if by not in reads and not answering & self._reach(by):
            return self.context.zero
        changed = self._downstream(by, scope.held, answering)
        up, down = (body() for _ in self._perturbed(by, changed))
        return (up - down) / (2 * self._step)

    def _read_by(self, of: Expression, scope: Scope) -> Summand:
        """The closure of an expression and the entries that it reads; a line differentiates one expression by many entries."""
        places = tuple((index, scope.bindings[index]) for index in _free_indices(of) if index in scope.bindings)
        key = (of, places, scope.held)
        if key not in self._bodies:
            outer, self._reading = self._reading, []
            body = closure(of, Scope(self, scope.bindings, scope.held))
            self._bodies[key] = body, tuple(dict.fromkeys(self._reading))
            self._reading = outer
        return self._bodies[key]


@lru_cache(maxsize=1 << 12)
def _free_indices(value: Expression) -> tuple[Index, ...]:
    return free_indices(value)


def accounted_for(value: Expression, loss: Tensor) -> tuple[str, ...]:
    """The tensors whose adjoints stand in an expression, as ``Partial(loss, v)`` or by name."""
    found: dict[str, None] = {}
    for node in walk(value):
        if isinstance(node, Partial) and isinstance(node.of, Entry) and node.of.tensor.name == loss.name and isinstance(node.by, Entry):
            found[node.by.tensor.name] = None
        elif isinstance(node, Entry) and node.tensor.of is not None:
            found[node.tensor.of.name] = None
    return tuple(found)

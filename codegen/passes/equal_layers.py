"""Layers of one size side by side: what is done to each of them alike is done to all in one call.

Slopes of activations do not wait for one another, so those of sixteen layers are one multiplication of sixteen times the size. The arrays
of the layers then lie behind one another in one array. Sums and products keep their order: every number is the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from codegen.program import CONSTANT, JOINED, SCRATCH, VALUE, Buffer, Program, Stack, Statement, View, is_elementwise
from derive.indices import Axis

FEWEST = 3
"""Fewer layers are left as they are."""

Kind = tuple[object, ...]


@dataclass(frozen=True)
class Group:
    """Statements of one kind at these places of a program; ``arrays`` are for each operand, and last the target, its buffers."""

    places: tuple[int, ...]
    arrays: tuple[tuple[str, ...], ...]


def equal_layers(program: Program) -> Program:
    """Statements of the reverse sweep that do the same to arrays of one size, none waiting for another, become one.

    To join some may make others wait for more, so all are looked at again until nothing is left to join.
    """
    while True:
        made = _joined(program)
        if made is program:
            return program
        program = made


def _joined(program: Program) -> Program:
    """The program with every group that can be joined as one statement, the first one first."""
    candidates = _candidates(program)
    concerned: dict[str, list[int]] = {}
    for number, places in enumerate(candidates):
        for name in dict.fromkeys(name for place in places for name in _arrays(program, program.statements[place])):
            concerned.setdefault(name, []).append(number)
    layout = _Places(program)
    waiting = list(range(len(candidates)))
    heapify(waiting)
    queued, done = set(waiting), set[int]()
    while waiting:
        number = heappop(waiting)
        queued.discard(number)
        group = layout.ordered(candidates[number])
        if not layout.is_possible(group):
            continue
        layout.join(group)
        done.add(number)
        for name in dict.fromkeys(name for members in group.arrays for name in members):
            for other in concerned[name]:  # what was impossible may be possible now
                if other not in queued and other not in done:
                    queued.add(other)
                    heappush(waiting, other)
    return layout.program() if done else program


def _candidates(program: Program) -> list[list[int]]:
    """Places of statements of one kind that do not wait for one another, in the order of the first of each."""
    alike: dict[tuple[int, int], list[int]] = {}
    for place, kind, level in _levels(program):
        if place >= program.valued:
            alike.setdefault((kind, level), []).append(place)
    return [places for places in alike.values() if len(places) >= FEWEST]


def _levels(program: Program) -> Iterator[tuple[int, int, int]]:
    """Every statement that has enough others like it: its place, a number for its kind, and how many of them it waits for."""
    numbers: dict[Kind, int] = {}
    found = [_kind(program, statement) for statement in program.statements]
    kinds = [None if kind is None else numbers.setdefault(kind, len(numbers)) for kind in found]
    counts = Counter(kinds[program.valued :])
    waits: dict[str, dict[int, int]] = {}
    for place, (statement, kind) in enumerate(zip(program.statements, kinds, strict=True)):
        own = _together([waits[name] for name in dict.fromkeys(program.read_by(statement)) if name in waits])
        if kind is not None and counts[kind] >= FEWEST:
            yield place, kind, own.get(kind, 0)
            own = {**own, kind: own.get(kind, 0) + 1}
        for name in program.written_by(statement):
            waits[name] = own


def _together(waits: Sequence[dict[int, int]]) -> dict[int, int]:
    """The most of each kind; a table that would be one of those given is that one."""
    if not waits:
        return {}
    most = max(waits, key=len)
    own = most
    for table in waits:
        if table is not most:
            for kind, count in table.items():
                if count > own.get(kind, 0):
                    own = {**most} if own is most else own
                    own[kind] = count
    return own


def _kind(program: Program, statement: Statement) -> Kind | None:
    """What statements that do the same have in common; None where a statement cannot be one of several."""
    views = (*statement.operands, statement.target)
    if not is_elementwise(statement) or statement.scratch or statement.also or not statement.target.places:
        return None
    parts: list[object] = [statement.operation, statement.target.places]
    names = [view.buffer for view in views]
    for view in views:
        buffer = program.buffers[view.buffer]
        if buffer.kind == CONSTANT and not buffer.axes:
            parts.append(buffer.name)
            continue
        if buffer.kind not in (VALUE, SCRATCH) or view != View(view.buffer, tuple(range(len(buffer.axes)))):
            return None
        sizes = tuple(axis if axis == program.batch else axis.size for axis in buffer.axes)
        parts.append((names.index(view.buffer), sizes, buffer.truth))
    return tuple(parts)


def _arrays(program: Program, statement: Statement) -> tuple[str, ...]:
    views = (*statement.operands, statement.target)
    return tuple(view.buffer for view in views if program.buffers[view.buffer].axes)


class _Places:
    """A program while groups of its statements are joined; every statement keeps its place, so that little changes at a time."""

    def __init__(self, program: Program) -> None:
        self._start = program
        self._statements: dict[int, Statement] = dict(enumerate(program.statements))
        self._buffers = dict(program.buffers)
        self._stacks = {stack.members: stack.name for stack in program.stacks}
        self._lying = {name: at for stack in program.stacks for at, name in enumerate(stack.members)}
        self._first_written: dict[str, int] = {}
        self._readers: dict[str, list[int]] = {}
        self._writers: dict[str, list[int]] = {}
        for place, statement in enumerate(program.statements):
            for name in statement.writes:
                self._first_written.setdefault(name, place)
            for found, names in ((self._readers, program.read_by(statement)), (self._writers, program.written_by(statement))):
                for name in dict.fromkeys(names):
                    found.setdefault(name, []).append(place)

    def ordered(self, places: Sequence[int]) -> Group:
        """The group in the order in which its arrays are first written, or already lie."""

        def key(place: int) -> int:
            name = _arrays(self._start, self._statements[place])[0]
            return self._lying.get(name, self._first_written.get(name, 0))

        ordered = tuple(sorted(places, key=key))
        columns = zip(*(_arrays(self._start, self._statements[place]) for place in ordered), strict=True)
        return Group(ordered, tuple(columns))

    def is_possible(self, group: Group) -> bool:
        """Whether nothing that the members read or write is written, or read too early, between the first of them and each."""
        for members in group.arrays:
            if len(set(members)) < len(members) or (members not in self._stacks and any(name in self._lying for name in members)):
                return False
        if any(left != right and set(left) & set(right) for left in group.arrays for right in group.arrays):
            return False
        first = min(group.places)
        for place in group.places:
            own = self._statements[place]
            target = own.target.buffer
            if _any_between(self._readers.get(target, ()), first, place):
                return False
            if any(_any_between(self._writers.get(name, ()), first, place) for name in (*own.reads, target)):
                return False
        return True

    def join(self, group: Group) -> None:
        """A group becomes one statement where its first member stands, its arrays behind one another."""
        for members in group.arrays:
            if members not in self._stacks:
                self._stack(members)
        places = sorted(group.places)
        model = self._statements[group.places[0]]
        whole = {name: self._stacks[members] for name, members in zip(_arrays(self._start, model), group.arrays, strict=True)}
        equation, *also = (self._statements[place].equation for place in places)
        operands = tuple(_all(view, whole) for view in model.operands)
        together = Statement(model.operation, _all(model.target, whole), operands, equation, also=tuple(also))
        for place in places[1:]:
            own = self._statements.pop(place)
            _move(self._readers, own.reads, place, places[0])
            _move(self._writers, own.writes, place, places[0])
        self._statements[places[0]] = together

    def _stack(self, members: tuple[str, ...]) -> None:
        name, one = _name(members, self._buffers), self._buffers[members[0]]
        self._buffers[name] = Buffer(name, (Axis("layers", len(members)), *one.axes), JOINED, one.truth)
        self._stacks[members] = name
        self._lying.update((member, at) for at, member in enumerate(members))

    def program(self) -> Program:
        """The program as it is now."""
        stacks = tuple(Stack(name, members) for members, name in self._stacks.items())
        made = replace(self._start, buffers=self._buffers, stacks=stacks)
        return made.with_statements(self._statements[place] for place in sorted(self._statements))


def _any_between(places: Sequence[int], first: int, end: int) -> bool:
    """Whether one of sorted places is ``first`` or between it and ``end``."""
    at = bisect_left(places, first)
    return at < len(places) and places[at] < end


def _move(found: dict[str, list[int]], names: Sequence[str], old: int, new: int) -> None:
    """What happened to buffers at one place happens at another."""
    for name in dict.fromkeys(names):
        places = found[name]
        places.remove(old)
        if new not in places:
            places.insert(bisect_left(places, new), new)


def _all(view: View, whole: dict[str, str]) -> View:
    """The same view of all layers."""
    return View(whole[view.buffer], tuple(range(len(view.places) + 1))) if view.buffer in whole else view


def _name(members: Sequence[str], taken: dict[str, Buffer]) -> str:
    """``a_layers`` for a1, a2, a3."""
    title = "".join(letter for letter in members[0] if not letter.isdigit()) + "_layers"
    name, count = title, 1
    while name in taken:
        count += 1
        name = f"{title}_{count}"
    return name

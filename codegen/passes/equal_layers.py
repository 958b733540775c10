"""Layers of one size side by side: what is done to each of them alike is done to all in one call.

Slopes of activations do not wait for one another, so those of sixteen layers are one multiplication of sixteen times the size. The arrays
of the layers then lie behind one another in one array. Sums and products keep their order: every number is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    """Statements of the reverse sweep that do the same to arrays of one size, none waiting for another, become one."""
    while True:
        group = next(_groups(program), None)
        if group is None:
            return program
        program = _together(program, group)


def _groups(program: Program) -> Iterator[Group]:
    """Groups that can be computed where their first member stands."""
    alike: dict[tuple[Kind, int], list[int]] = {}
    for place, kind, level in _levels(program):
        if place >= program.valued:
            alike.setdefault((kind, level), []).append(place)
    for places in alike.values():
        if len(places) >= FEWEST:
            group = _ordered(program, places)
            if _is_possible(program, group):
                yield group


def _levels(program: Program) -> Iterator[tuple[int, Kind, int]]:
    """Every statement that may have others like it, with how many of them it waits for."""
    waits: dict[str, dict[Kind, int]] = {}
    for place, statement in enumerate(program.statements):
        own: dict[Kind, int] = {}
        for name in program.read_by(statement):
            for kind, count in waits.get(name, {}).items():
                own[kind] = max(own.get(kind, 0), count)
        found = _kind(program, statement)
        if found is not None:
            yield place, found, own.get(found, 0)
            own = {**own, found: own.get(found, 0) + 1}
        for name in program.written_by(statement):
            waits[name] = own


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


def _ordered(program: Program, places: Sequence[int]) -> Group:
    """The group in the order in which its arrays are first written, or already lie."""
    written: dict[str, int] = {}
    for place, statement in enumerate(program.statements):
        for name in statement.writes:
            written.setdefault(name, place)
    lying = {name: at for stack in program.stacks for at, name in enumerate(stack.members)}

    def key(place: int) -> int:
        name = _arrays(program, program.statements[place])[0]
        return lying.get(name, written.get(name, 0))

    ordered = tuple(sorted(places, key=key))
    columns = zip(*(_arrays(program, program.statements[place]) for place in ordered), strict=True)
    return Group(ordered, tuple(columns))


def _arrays(program: Program, statement: Statement) -> tuple[str, ...]:
    views = (*statement.operands, statement.target)
    return tuple(view.buffer for view in views if program.buffers[view.buffer].axes)


def _is_possible(program: Program, group: Group) -> bool:
    """Whether nothing that the members read or write is written, or read too early, between the first of them and each."""
    stacks = {stack.members for stack in program.stacks}
    taken = {name for members in stacks for name in members}
    for members in group.arrays:
        if len(set(members)) < len(members) or (members not in stacks and taken.intersection(members)):
            return False
    if any(left != right and set(left) & set(right) for left in group.arrays for right in group.arrays):
        return False
    first = min(group.places)
    read: dict[str, int] = {}
    written: dict[str, int] = {}
    for place, between in enumerate(program.statements[first : max(group.places)], first):
        for found, names in ((read, program.read_by(between)), (written, program.written_by(between))):
            for name in names:
                found.setdefault(name, place)
    for place in group.places:
        own = program.statements[place]
        target = own.target.buffer
        if read.get(target, place) < place or any(written.get(name, place) < place for name in (*own.reads, target)):
            return False
    return True


def _together(program: Program, group: Group) -> Program:
    """The program with a group as one statement, its arrays behind one another."""
    stacks, buffers = list(program.stacks), dict(program.buffers)
    for members in group.arrays:
        if not any(stack.members == members for stack in stacks):
            stack = Stack(_name(members, buffers), members)
            one = buffers[members[0]]
            axes = (Axis("layers", len(members)), *one.axes)
            buffers[stack.name] = Buffer(stack.name, axes, JOINED, one.truth)
            stacks.append(stack)
    names = {members: stack.name for stack in stacks for members in (stack.members,)}
    model = program.statements[group.places[0]]
    whole = {buffer: names[members] for buffer, members in zip(_arrays(program, model), group.arrays, strict=True)}
    first = program.statements[min(group.places)].equation
    others = tuple(program.statements[place].equation for place in sorted(group.places)[1:])
    together = Statement(
        model.operation,
        _all(model.target, whole),
        tuple(_all(view, whole) for view in model.operands),
        first,
        also=others,
    )
    statements = [
        together if place == min(group.places) else statement
        for place, statement in enumerate(program.statements)
        if place == min(group.places) or place not in group.places
    ]
    return replace(program, buffers=buffers, stacks=tuple(stacks)).with_statements(statements)


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

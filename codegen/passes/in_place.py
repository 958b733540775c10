"""In place: an intermediate result is kept in the buffer of the value that it becomes."""

from __future__ import annotations

from codegen.program import PRODUCTS, SCRATCH, Program, Statement, View, is_elementwise


def in_place(program: Program) -> Program:
    """An intermediate result of an equation that an elementwise statement turns into another of the same shape takes its name.

    ``add(x_dot_W, b, z)`` becomes ``add(z, b, z)``: one buffer less, and memory that is still in the cache.
    """
    statements = list(program.statements)
    last = {name: place for place, statement in enumerate(statements) for name in statement.reads}
    part = [place >= program.forward for place in range(len(statements))]
    names: dict[str, str] = {}
    made: dict[str, int] = {}
    for place, statement in enumerate(statements):
        made.setdefault(statement.target.buffer, place)
    for place in range(len(statements) - 1, -1, -1):
        statement = statements[place].renamed(names)
        statements[place] = statement
        target = program.buffers[statement.target.buffer]
        if not is_elementwise(statement) or not target.axes or statement.scratch or statement.target.window:
            continue
        for view in sorted(statement.operands, key=lambda view: not _is_product(statements, made.get(view.buffer))):
            operand = program.buffers[view.buffer]
            origin = made.get(view.buffer, -1)
            if (
                statement.operation != "logical_not"  # a truth and its opposite keep names of their own
                and operand.kind == SCRATCH
                and view.buffer not in names
                and (operand.axes, operand.truth) == (target.axes, target.truth)
                and view == View(view.buffer, statement.target.places)
                and last[view.buffer] == place
                and origin >= 0
                and statements[origin].operation != "copyto"  # a copy keeps the name of what it copies
                and statements[origin].equation == statement.equation
                and part[origin] == part[place]
                and not _read_between(program, origin, place, target.name)
            ):
                names[view.buffer] = target.name
                statements[place] = statement.renamed(names)
                break
    return program.with_statements(statement.renamed(names) for statement in statements)


def _is_product(statements: list[Statement], place: int | None) -> bool:
    """Matrix products take the final name first: what the other factors are called says what they are."""
    return place is not None and statements[place].operation in PRODUCTS


def _read_between(program: Program, start: int, end: int, name: str) -> bool:
    """Whether the final buffer is in use while the intermediate result lives."""
    return any(name in (*s.reads, s.target.buffer) for s in program.statements[start:end])

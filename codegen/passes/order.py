"""The forward pass first, then the loss, then the reverse sweep: each part can be run by itself."""

from __future__ import annotations

from dataclasses import replace

from codegen.program import Program, Statement


def forward_first(program: Program) -> Program:
    """The statements that the output needs come first, then those that the loss needs; otherwise the order stays."""
    for_output = _needed(program.statements, program.output)
    for_loss = _needed(program.statements, program.loss) | for_output
    for_loss_only = for_loss - for_output
    places = range(len(program.statements))
    first = [program.statements[place] for place in places if place in for_output]
    second = [program.statements[place] for place in places if place in for_loss_only]
    third = [program.statements[place] for place in places if place not in for_loss]
    ordered = program.with_statements((*first, *second, *third))
    return replace(ordered, forward=len(first), valued=len(first) + len(second))


def _needed(statements: tuple[Statement, ...], name: str) -> set[int]:
    wanted, found = {name}, set()
    for place in range(len(statements) - 1, -1, -1):
        if statements[place].target.buffer in wanted:
            found.add(place)
            wanted.update(statements[place].reads)
    return found

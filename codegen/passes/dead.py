"""Dead statements: what no result reads is not computed."""

from __future__ import annotations

from codegen.program import Program, Statement


def dead_statements(program: Program) -> Program:
    """Without the statements whose target neither a result nor a needed statement reads."""
    wanted = {*program.results, program.output}
    kept: list[Statement] = []
    for statement in reversed(program.statements):
        if statement.target.buffer in wanted:
            kept.append(statement)
            wanted.update(statement.reads)
    return program.with_statements(reversed(kept))

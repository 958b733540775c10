"""What a verification says: statements, how certain each one is, and the report of them all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

PROVED, CHECKED, CROSS_CHECKED = "proved", "checked", "cross-checked"


@dataclass(frozen=True)
class Statement:
    """One displayed formula and what is known about it.

    ``number`` is its number in the notes, ``kind`` one of ``proved`` (a symbolic identity, sizes symbolic), ``checked``
    (evaluated on both sides with many digits) and ``cross-checked`` (finite differences, other programs); ``detail`` says
    what was done, or what is wrong.
    """

    number: str
    latex: str
    kind: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """Every statement about a network."""

    statements: tuple[Statement, ...]

    @property
    def ok(self) -> bool:
        """Whether there is a statement and none is wrong."""
        return bool(self.statements) and all(statement.ok for statement in self.statements)

    @property
    def wrong(self) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if not statement.ok)

    def as_json(self) -> str:
        """``{"ok": ..., "statements": [...]}`` and a line break."""
        return json.dumps({"ok": self.ok, "statements": [asdict(s) for s in self.statements]}, indent=2) + "\n"

    def __str__(self) -> str:
        """One line a statement, the wrong ones marked, and a summary."""
        rows = [f"{'ok   ' if s.ok else 'WRONG'}  {s.kind:13}  ({s.number})  {s.latex}\n{'':22}{s.detail}\n" for s in self.statements]
        counts = ", ".join(f"{self._count(kind)} {kind}" for kind in (PROVED, CHECKED, CROSS_CHECKED) if self._count(kind))
        return "".join(rows) + f"{len(self.statements)} statements: {counts}; {len(self.wrong) or 'none'} wrong\n"

    def _count(self, kind: str) -> int:
        return sum(statement.kind == kind for statement in self.statements)


def joined(reports: Iterable[Report]) -> Report:
    """One report of several."""
    return Report(tuple(statement for report in reports for statement in report.statements))

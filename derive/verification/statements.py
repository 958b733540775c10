"""What a verification says: statements, how certain each one is, and the report of them all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
    seconds: float | None = field(default=None, compare=False)

    @property
    def error(self) -> float | None:
        """The worst relative error that the detail names; 0 for what agrees exactly, None where nothing was evaluated."""
        found = _ERROR.search(self.detail)
        return None if found is None else float(found[1] or found[2] or 0)

    @property
    def seed(self) -> int | None:
        """The seed of the first point at which it was evaluated."""
        found = _SEED.search(self.detail)
        return None if found is None else int(found[1])

    def as_dict(self) -> dict[str, Any]:
        """What is the same whenever it is asked."""
        return {key: getattr(self, key) for key in ("number", "latex", "kind", "ok", "detail")}

    def measured(self) -> dict[str, Any]:
        """With error, seed and the time that it took."""
        seconds = None if self.seconds is None else round(self.seconds, 4)
        return self.as_dict() | {"error": self.error, "seed": self.seed, "seconds": seconds}


_ERROR = re.compile(r"(?:agrees (?:exactly|to (\S+))|error < (\S+?)(?:[,;]|$))")
_SEED = re.compile(r"seed (\d+)")


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
        return json.dumps({"ok": self.ok, "statements": [own.as_dict() for own in self.statements]}, indent=2) + "\n"

    def as_measured_json(self) -> str:
        """The same with the worst error, the seed and the time of each statement, which differ from run to run."""
        return json.dumps({"ok": self.ok, "statements": [own.measured() for own in self.statements]}, indent=2) + "\n"

    def __str__(self) -> str:
        """One line a statement, the wrong ones marked, and a summary."""
        rows = [f"{'ok   ' if s.ok else 'WRONG'}  {s.kind:13}  ({s.number})  {s.latex}\n{'':22}{s.detail}\n" for s in self.statements]
        return "".join(rows) + f"{self.summary}\n"

    def _repr_mimebundle_(self, **ignored: Any) -> dict[str, str]:
        return {"text/plain": str(self)}

    @property
    def summary(self) -> str:
        """How many statements of each kind there are, and how many are wrong."""
        counts = ", ".join(f"{self._count(kind)} {kind}" for kind in (PROVED, CHECKED, CROSS_CHECKED) if self._count(kind))
        return f"{len(self.statements)} statements: {counts}; {len(self.wrong) or 'none'} wrong"

    def _count(self, kind: str) -> int:
        return sum(statement.kind == kind for statement in self.statements)


def joined(reports: Iterable[Report]) -> Report:
    """One report of several."""
    return Report(tuple(statement for report in reports for statement in report.statements))

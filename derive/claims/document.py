"""A whole document, judged: every displayed formula with its line, right, wrong or not understood; with an answer key, points."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derive.claims.definitions import Definition, definition_of, written_out
from derive.claims.displays import Display, displays_of
from derive.claims.formula import best_reading, chain_syntax
from derive.claims.judging import ACTIVATIONS
from derive.claims.networks import Grounds
from derive.claims.source import Statement, Text, statements_in
from derive.claims.verdict import RIGHT, RIGHT_UP_TO, WRONG, Verdict
from derive.errors import InputError, quoted_path
from derive.files import parsed_toml, read
from derive.reader.document import squeezed
from derive.reader.printing import latex_of
from derive.reader.syntax import Chain

UNCLEAR, DEFINED = "not understood", "definition"
MOST_FORMULAS = 2_000
_SHOWN = 100
_AT = re.compile(r"at character (\d+): ")


@dataclass(frozen=True)
class Judgement:
    """One formula of a document: ``status`` is right, wrong, right_up_to, definition or not understood; ``detail`` says why."""

    file: str
    line: int
    latex: str
    status: str
    detail: str = ""
    verdict: Verdict | None = None
    left: str = ""

    def as_dict(self) -> dict[str, Any]:
        own = {"file": self.file, "line": self.line, "latex": self.latex, "status": self.status, "detail": self.detail}
        return own | ({} if self.verdict is None else {"family": self.verdict.family, "expected": self.verdict.expected})


@dataclass(frozen=True)
class Award:
    """An answer that was asked for, with the points it is worth and those that it got."""

    latex: str
    points: float
    got: float
    detail: str


@dataclass(frozen=True)
class DocumentReport:
    """What is said about each displayed formula of a document."""

    judgements: tuple[Judgement, ...]
    awards: tuple[Award, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or right only up to something."""
        return not any(own.status in (WRONG, RIGHT_UP_TO) for own in self.judgements)

    def count(self, status: str) -> int:
        return sum(own.status == status for own in self.judgements)

    def as_json(self) -> str:
        points = {"got": sum(own.got for own in self.awards), "of": sum(own.points for own in self.awards)}
        content: dict[str, Any] = {"ok": self.ok, "formulas": [own.as_dict() for own in self.judgements]}
        if self.awards:
            content["points"] = points | {"answers": [vars(own) for own in self.awards]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        lines = []
        for own in self.judgements:
            family = f" ({own.verdict.family})" if own.verdict is not None and own.verdict.family else ""
            lines.append(f"{own.file}:{own.line}: {own.status.replace('_', ' ')}{family}: {_short(own.latex)}")
            if own.detail and own.status not in (RIGHT, DEFINED):
                lines.append(f"    {own.detail}")
            if own.verdict is not None and own.verdict.expected and own.status != RIGHT:
                lines.append(f"    expected: {own.verdict.expected}")
        kinds = ((RIGHT, "right"), (WRONG, "wrong"), (RIGHT_UP_TO, "right up to something"), (DEFINED, "definitions"), (UNCLEAR, UNCLEAR))
        lines.append(
            f"{len(self.judgements)} formulas: " + ", ".join(f"{self.count(kind)} {word}" for kind, word in kinds if self.count(kind))
        )
        if self.awards:
            lines += [f"{own.got:g} of {own.points:g} points: {_short(own.latex)}: {own.detail}" for own in self.awards]
            lines.append(f"{sum(own.got for own in self.awards):g} of {sum(own.points for own in self.awards):g} points")
        return "\n".join(lines) + "\n"


def _short(latex: str) -> str:
    own = " ".join(latex.split())
    return own if len(own) <= _SHOWN else f"{own[: _SHOWN - 3]}..."


def check_document(path: Path, grounds: Grounds, key: Path | None = None) -> DocumentReport:
    """The report on a LaTeX or Markdown file. Raises ``InputError`` where a file or the key cannot be read."""
    reader = _Reader(grounds)
    judgements = [own for display in displays_of(path) for own in reader.judged(display)]
    if len(judgements) > MOST_FORMULAS:
        raise InputError(f"{quoted_path(path)}: {len(judgements)} formulas; the limit is {MOST_FORMULAS}")
    return DocumentReport(tuple(judgements), () if key is None else tuple(_awards(key, judgements, grounds)))


class _Reader:
    """What has been defined so far in a document."""

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.definitions: dict[str, Definition] = {}
        bases = grounds.pattern.names.bases | grounds.batch.names.bases
        sizes = {base for base, _ in grounds.pattern.names.sizes}
        self.known = frozenset((*bases, *sizes, *ACTIVATIONS, *grounds.pattern.names.functions))

    def judged(self, display: Display) -> list[Judgement]:
        """A judgement for each statement of a display."""
        if display.text is None:
            said = "its commands do not end when they are expanded"
            return [Judgement(display.file, display.line(display.start), display.source, UNCLEAR, said)]
        try:
            found = statements_in(display.text)
        except InputError as error:
            return [Judgement(display.file, display.line(display.start), display.source, UNCLEAR, str(error))]
        return [self._statement(own, display) for own in found]

    def _statement(self, statement: Statement, display: Display) -> Judgement:
        line = display.line(statement.text.place(0))
        text = statement.text.chars
        try:
            chain = chain_syntax(statement, self.grounds)
            if len(chain.sides) < 2:
                return Judgement(display.file, line, text, UNCLEAR, "no equation")
            left = latex_of(chain.sides[0])
            whole = written_out(chain, self.definitions)
            own = definition_of(whole, self.known, self.grounds.notation)
            if own is not None:
                self.definitions[own.name] = own
                return Judgement(display.file, line, text, DEFINED, f"{left} is defined here", None, left)
            verdict = best_reading(statement, self.grounds, lambda other: written_out(other, self.definitions))
        except InputError as error:
            return Judgement(display.file, line, text, UNCLEAR, _at_line(str(error), display))
        return Judgement(display.file, line, text, verdict.verdict, _at_line(verdict.detail, display), verdict, left)


def _at_line(message: str, display: Display) -> str:
    """Places in a document as lines and columns."""

    def place(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        column = at - display.whole.rfind("\n", 0, at)
        return f"line {display.line(at)}, column {column}: "

    return _AT.sub(place, message)


def _awards(path: Path, judgements: Sequence[Judgement], grounds: Grounds) -> list[Award]:
    """The points of each answer of the key: full where the document has a right formula for it, half where it is right up to something."""
    found = []
    for row in _key(path):
        chain: Chain = chain_syntax(Statement(Text.of(row["latex"])), grounds)
        left = squeezed(latex_of(chain.sides[0]))
        own = [judgement for judgement in judgements if squeezed(judgement.left) == left and judgement.status != UNCLEAR]
        best = next((j for status in (RIGHT, RIGHT_UP_TO, WRONG) for j in own if j.status == status), None)
        share = 0.0 if best is None else {RIGHT: 1.0, RIGHT_UP_TO: 0.5}.get(best.status, 0.0)
        said = "not found" if best is None else f"line {best.line}, {best.status.replace('_', ' ')}"
        found.append(Award(row["latex"], row["points"], share * row["points"], said))
    return found


def _key(path: Path) -> list[dict[str, Any]]:
    """The answers of a key: ``[[answer]]`` with ``latex`` and ``points``."""
    try:
        rows = parsed_toml(read(path)).get("answer")
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{quoted_path(path)}: cannot be read: {' '.join(str(error).split())[:100]}") from None
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{quoted_path(path)}: expected [[answer]] tables with latex and points")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("latex"), str) or set(row) - {"latex", "points"}:
            raise InputError(f"{quoted_path(path)}: answer {number}: expected latex = '...' and points = 1")
        points = row.setdefault("points", 1)
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points <= 1000:
            raise InputError(f"{quoted_path(path)}: answer {number}: points must be a number from 0 to 1000")
    return rows

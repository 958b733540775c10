"""What is said about a claim: right, wrong or right up to something, with one family of mistake and a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

RIGHT, WRONG, RIGHT_UP_TO = "right", "wrong", "right_up_to"
FAMILIES = (
    *("sign", "factor", "exponent", "derivative", "transpose", "index", "layer", "captured_index", "reduction", "bias", "path"),
    *("condition", "kink", "other"),
)
CHECKED = "checked"
CONSISTENT = "consistent"


@dataclass(frozen=True)
class Link:
    """One relation of a chain: ``line`` counts from 1, ``latex`` is the right side of the relation.

    ``verdict`` is ``right``, ``wrong`` or ``consistent`` (it follows from an earlier line that is wrong, which ``detail`` names).
    """

    line: int
    latex: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer to a claim, in the words of ``check --json``.

    ``family`` is None or one of ``FAMILIES``; ``expected`` what should stand there, in the notation of the claim; ``counterexample``
    concrete sizes and numbers at which both sides differ; ``certainty`` how it is known.
    """

    verdict: str
    family: str | None = None
    detail: str = ""
    expected: str | None = None
    counterexample: Mapping[str, Any] | None = None
    certainty: str = CHECKED
    links: Sequence[Link] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the claim is right as it stands."""
        return self.verdict == RIGHT

    def as_dict(self) -> dict[str, Any]:
        """The keys of the contract, in its order."""
        return {**asdict(self), "links": [asdict(link) for link in self.links]}

    def as_json(self) -> str:
        """One JSON object and a line break."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        """A few lines for people."""
        head = self.verdict.replace("_", " ") + (f" ({self.family})" if self.family else "")
        lines = [f"{head}: {self.detail}" if self.detail else head]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.counterexample:
            lines.append(f"  counter-example: {_shown(self.counterexample)}")
        links = self.links if len(self.links) > 1 else ()
        lines += [f"  line {link.line}: {link.verdict:10} {link.latex}{f'  ({link.detail})' if link.detail else ''}" for link in links]
        lines.append(f"  certainty: {self.certainty}")
        return "\n".join(lines) + "\n"

    def _repr_markdown_(self) -> str:
        head = f"**{self.verdict.replace('_', ' ')}**" + (f" ({self.family})" if self.family else "")
        expected = f"\n\nexpected: ${self.expected}$" if self.expected else ""
        return f"{head}: {self.detail}{expected}"


def _shown(example: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{name} = {size}" for name, size in example.get("sizes", {}).items())
    parts = [f"sizes {sizes}" if sizes else ""]
    for key, value in example.items():
        if key == "sizes" or value in (None, {}, ""):
            continue
        shown = ", ".join(f"{name} = {own}" for name, own in value.items()) if isinstance(value, Mapping) else value
        parts.append(f"{key} {shown}")
    return "; ".join(part for part in parts if part)

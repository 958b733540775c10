"""One claim, whatever it is written as, judged about one network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.claims.algorithm import check_algorithm, is_algorithm
from derive.claims.formula import check_formula
from derive.claims.networks import Grounds
from derive.claims.verdict import Verdict
from derive.conventions.letters import with_free_letters
from derive.errors import InputError
from derive.network import Network
from derive.notation import load

if TYPE_CHECKING:
    from derive.claims.document import DocumentReport

LONGEST_CLAIM = 20_000


def check_claim(claim: str, network: Network, notation: str | Path = "nielsen") -> Verdict:
    """The verdict on a formula or chain in LaTeX, on an algorithm in pseudocode, or on the numbers of a file.

    Raises ``InputError`` where it cannot be read: the place, what came and what was expected there.
    """
    if len(claim) > LONGEST_CLAIM:
        raise InputError(f"a claim of {len(claim)} characters; the limit is {LONGEST_CLAIM}")
    if _is_table(claim):
        from derive.claims.table import check_table

        return check_table(claim, network, load(notation))
    grounds = _grounds(network, notation)
    return check_algorithm(claim, grounds) if is_algorithm(claim) else check_formula(claim, grounds)


def _grounds(network: Network, notation: str | Path) -> Grounds:
    return Grounds(network, with_free_letters(load(notation), network.pattern))


def _is_table(claim: str) -> bool:
    """Whether a claim is the path of a file of numbers."""
    return claim.endswith((".toml", ".csv")) and "\n" not in claim and "=" not in claim


def check_file(path: Path, network: Network, notation: str | Path = "nielsen", key: Path | None = None) -> DocumentReport:
    """The report on every displayed formula of a LaTeX or Markdown document, with points where there is an answer key."""
    from derive.claims.document import check_document

    return check_document(path, _grounds(network, notation), key)

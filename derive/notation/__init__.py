"""How formulas look: notations (TOML profiles), index letters, and the printers to LaTeX and MathML."""

from __future__ import annotations

from derive.notation.letters import choose_letters
from derive.notation.printing import latex, latex_chain, latex_equation, mathml, mathml_equation, page_for
from derive.notation.profile import Notation, load, names
from derive.notation.typeset import Page, layout
from derive.notation.view import NUMBERED, View

__all__ = [
    "NUMBERED",
    "Notation",
    "Page",
    "View",
    "choose_letters",
    "latex",
    "latex_chain",
    "latex_equation",
    "layout",
    "load",
    "mathml",
    "mathml_equation",
    "names",
    "page_for",
]

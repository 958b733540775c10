"""Expressions as LaTeX and MathML in one call, for those who need no more than that."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic

import derive.notation.typeset_matrix  # noqa: F401 - registers the layouts of matrix expressions
from derive.equations import Equation
from derive.indices import Index
from derive.notation.latex import to_latex
from derive.notation.layout import Layout, Sign, row
from derive.notation.letters import Letters, choose_letters
from derive.notation.mathml import to_mathml
from derive.notation.profile import Notation
from derive.notation.typeset import Page, layout
from derive.notation.view import NUMBERED, View


def page_for(
    formulas: Sequence[Basic],
    notation: Notation,
    view: View = NUMBERED,
    given: Letters | None = None,
    apart: Sequence[tuple[Index, Index]] = (),
) -> Page:
    """A page whose index letters suit a whole chain of formulas, its left side first; see ``choose_letters``."""
    return Page(notation, view, choose_letters(formulas, notation, given, view, apart))


def formula(expression: Basic, notation: Notation, view: View = NUMBERED) -> Layout:
    """The layout of one expression by itself."""
    return layout(expression, page_for([expression], notation, view))


def equation_layout(equation: Equation, notation: Notation, view: View = NUMBERED) -> Layout:
    """``left = right``."""
    page = page_for([equation.left, equation.right], notation, view)
    return row(layout(equation.left, page), Sign("="), layout(equation.right, page))


def latex(expression: Basic, notation: Notation, view: View = NUMBERED) -> str:
    """The LaTeX of an expression, for math mode."""
    return to_latex(formula(expression, notation, view))


def latex_equation(equation: Equation, notation: Notation, view: View = NUMBERED) -> str:
    """The LaTeX of an equation, for math mode."""
    return to_latex(equation_layout(equation, notation, view))


def latex_chain(formulas: Sequence[Basic], notation: Notation, view: View = NUMBERED) -> tuple[str, ...]:
    """The LaTeX of each formula of a chain, index letters agreeing along it."""
    page = page_for(formulas, notation, view)
    return tuple(to_latex(layout(item, page)) for item in formulas)


def mathml(expression: Basic, notation: Notation, view: View = NUMBERED, *, display: bool = False) -> str:
    """The MathML of an expression, with its LaTeX as annotation."""
    return to_mathml(formula(expression, notation, view), display=display)


def mathml_equation(equation: Equation, notation: Notation, view: View = NUMBERED, *, display: bool = False) -> str:
    """The MathML of an equation, with its LaTeX as annotation."""
    return to_mathml(equation_layout(equation, notation, view), display=display)

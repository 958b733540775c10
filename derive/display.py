"""What notebooks show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.equations import Equation
    from derive.notation.layout import Layout
    from derive.results import Result

_NOTATION = "nielsen"


class Text(str):
    """What was made, as a string that notebooks show as what it is."""

    mime: str

    def __new__(cls, content: str, mime: str) -> Text:
        """``content``, of the given media type."""
        text = super().__new__(cls, content)
        text.mime = mime
        return text

    def _repr_mimebundle_(self, **ignored: Any) -> dict[str, str]:
        if self.mime == "text/x-python":
            return {"text/plain": str(self), "text/markdown": f"```python\n{self}```"}
        return {"text/plain": str(self), self.mime: _framed(self) if self.mime == "text/html" else str(self)}


def _framed(page: str) -> str:
    """A page in a frame of its own, so that its style does not reach the notebook."""
    style = "width:100%;height:80vh;border:1px solid #8884;border-radius:6px"
    return f'<iframe srcdoc="{escape(page)}" style="{style}"></iframe>'


def equation_latex(equation: Equation) -> str:
    """An equation as a display, in the usual notation."""
    from derive.notation import load
    from derive.notation.printing import latex_equation

    return f"$$\n{latex_equation(equation, load(_NOTATION))}\n$$"


def result_latex(result: Result) -> str:
    """A result as a display with its number: the formula with indices and, where there is one, the one without."""
    from derive.notation.latex import to_latex

    rows = r" \\ ".join(f"{to_latex(left)} &= {to_latex(right)}" for left, right in _forms(result))
    return f"$$\n\\begin{{aligned}} {rows} \\end{{aligned}}\\tag{{{result.number}}}\n$$"


def results_html(results: Sequence[Result]) -> str:
    """Results as a table: number, formula with indices, formula without."""
    from derive.notation.layout import Sign, row
    from derive.notation.mathml import to_mathml

    rows = []
    for result in results:
        formulas = (to_mathml(row(left, Sign("="), right)) for left, right in _forms(result))
        cells = "".join(f'<td style="text-align:left">{formula}</td>' for formula in formulas)
        rows.append(f"<tr><td>({result.number})</td>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _forms(result: Result) -> list[tuple[Layout, Layout]]:
    """Both sides of the formula, and of the one without indices."""
    from derive.notation import load
    from derive.notation.printing import page_for
    from derive.notation.typeset import layout

    equation, form = result.equation, result.matrix
    page = page_for([equation.left, equation.right], load(_NOTATION))
    sides = [(layout(equation.left, page), layout(equation.right, page))]
    return sides if form is None else [*sides, (layout(form.left, page), layout(form.right, page))]

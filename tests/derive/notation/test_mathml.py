"""Formulas as MathML: well formed, within MathML Core, TeX as annotation."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from derive.expressions import Expression
from derive.notation import latex, load, mathml
from tests.derive.notation.test_latex import A2, SIGMA, Z1, J, K, T, hidden_delta

NIELSEN = load("nielsen")
_TAGS = """
math semantics annotation mrow mi mn mo mtext mspace msub msup msubsup munder mover munderover mfrac msqrt mtable mtr mtd mstyle
"""
CORE = frozenset(_TAGS.split())


@pytest.mark.parametrize("expression", [*hidden_delta(), -(T[K] - A2[K]), SIGMA(Z1[J]) ** 2])
def test_mathml_is_well_formed_and_carries_its_latex(expression: Expression) -> None:
    root = ElementTree.fromstring(mathml(expression, NIELSEN).replace("&#x2061;", ""))
    assert {element.tag for element in root.iter()} <= CORE
    annotation = root.find("./semantics/annotation")
    assert annotation is not None
    assert annotation.text == latex(expression, NIELSEN)


def test_greek_letters_are_characters_and_a_superscript_stands_at_its_bracket() -> None:
    assert "<mi>δ</mi>" in mathml(hidden_delta()[0], NIELSEN)
    assert '<msup><mo form="postfix"' in mathml((A2[K] - T[K]) ** 2, NIELSEN)

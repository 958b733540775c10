"""LaTeX text becomes syntax, or is refused with the place and what was expected there."""

from __future__ import annotations

import re

import pytest

from derive.errors import InputError
from derive.reader.grammar import read_formula
from derive.reader.syntax import text_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"w_{jk}^l\,a_k^{l-1}", r"w^l_{jk} a^{l-1}_k"),
        (r"\Bigl( a + b \Bigr)", r"\left(a+b\right)"),
        (r"\tfrac{1}{2}", r"\frac12"),
        (r"\frac{a}{b}", r"\dfrac{a}{b}"),
        (r"x^\top", r"x^{\top}"),
        (r"\boxed{a + b}", "{a + b}"),
        (r"\hat z_k", r"\hat{z}_k"),
        (r"\mathbf{x}", r"\mathbf x"),
        (r"\lVert a \rVert^2", r"\| a \|^2"),
        (r"a \cdot b", r"a \times b"),
        (r"z^{\prime}", "z'"),
        (r"a_j \leq 0", r"a_j \le 0"),
    ],
)
def test_different_spellings_read_alike(one: str, other: str) -> None:
    assert _without_places(one) == _without_places(other)


def _without_places(text: str) -> str:
    return re.sub(r"at=\d+, ", "", repr(read_formula(text)))


def test_a_sum_extends_to_the_next_term() -> None:
    chain = read_formula(r"\sum_k w_k a_k + b")
    assert type(chain.sides[0]).__name__ == "Terms"


def test_a_sum_is_no_product_with_what_stands_before_it() -> None:
    chain = read_formula(r"\tfrac{1}{2}\sum_j (a_j - y_j)^2")
    assert [type(factor).__name__ for factor in chain.sides[0].factors] == ["Fraction", "Big"]  # type: ignore[attr-defined]


def test_marks_of_layers_have_one_spelling() -> None:
    (side,) = read_formula("a^{ l - 1 }").sides
    assert text_of(side) == "a^l-1"


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a +* b", 4, "unexpected '*'"),
        ("(a", 3, "the formula ends"),
        ("a = ", 5, "the formula ends"),
        (r"\oint a", 1, "unknown command"),
        ("a^1^2", 4, "a second superscript"),
        ("z_j’", 4, "typographic prime"),
        (r"\begin{align} a", 1, "expected cases or a matrix"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", 1, "rows differ"),
        ("a # b", 3, "unexpected '#'"),
        (r"\text{words", 1, "does not end"),
    ],
)
def test_a_refusal_names_the_place(text: str, place: int, hint: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_formula(text)
    assert str(refusal.value).startswith(f"at character {place}: ")
    assert hint in str(refusal.value)


@pytest.mark.parametrize("text", ["(" * 200 + "a" + ")" * 200, "a+" * 20_000 + "a", "9" * 5000, "{" * 5000, "\\", "a_{" * 100])
def test_size_and_depth_are_limited(text: str) -> None:
    with pytest.raises(InputError):
        read_formula(text)

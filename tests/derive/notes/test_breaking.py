"""Long formulas in lines: at relations first, then at terms, then inside parentheses; nothing is lost."""

from __future__ import annotations

from cProfile import Profile
from pathlib import Path

import deltarule
from derive.notation.latex import to_latex
from derive.notation.layout import Branches, Digits, Fraction, Gap, Layout, Sign, Symbol, fenced, row
from derive.notes.breaking import broken
from derive.notes.measure import width

FILES = Path(__file__).parents[1] / "equations"


def terms(count: int) -> Layout:
    parts: list[Layout] = []
    for number in range(count):
        parts += [Sign("+")] if number else []
        parts += [Digits("0.123456"), Sign("cdot"), Symbol("w")]
    return row(*parts)


def joined(lines: tuple[Layout, ...]) -> str:
    return "".join(to_latex(line) for line in lines).replace(" ", "")


def test_a_short_formula_stays_whole() -> None:
    assert broken(terms(2), 40.0) == (terms(2),)


def test_a_chain_breaks_before_its_relations() -> None:
    chain = row(terms(3), Sign("approx"), terms(3), Sign("="), Digits("1"))
    lines = broken(chain, 25.0)
    assert [to_latex(line)[:7] for line in lines[1:]] == [r"\approx"]
    assert to_latex(lines[1]).replace(" ", "").endswith("=1")
    assert joined(lines) == joined((chain,))


def test_a_wide_group_breaks_inside_its_parentheses() -> None:
    whole = row(Digits("2"), fenced(terms(8)))
    lines = broken(whole, 20.0)
    assert len(lines) > 2
    assert all(width(line) <= 20.0 for line in lines)
    assert joined(lines).count("(") == joined(lines).count(")") == 1


def test_what_cannot_be_broken_stays_whole() -> None:
    assert broken(Symbol("x"), 0.1) == (Symbol("x"),)


def test_a_product_breaks_between_its_factors_where_they_fit() -> None:
    factor, thin = fenced(terms(2)), Gap("thin")
    lines = broken(row(factor, thin, factor, thin, Symbol("x")), 1.5 * width(factor))
    first, second = (to_latex(line) for line in lines)
    assert first == to_latex(factor)
    assert second.startswith(r"\times")
    assert second.count(r"\times") == 1


def test_no_line_ends_between_a_derivative_and_what_it_acts_on() -> None:
    partial = Symbol("partial", "upright")
    operator = Fraction(partial, row(partial, Symbol("z")))
    lines = broken(row(Symbol("x"), Gap("thin"), operator, Gap("thin"), fenced(terms(2))), width(fenced(terms(2))))
    assert len(lines) > 1
    assert not any(to_latex(line).endswith(to_latex(operator)) for line in lines)


def test_a_long_product_takes_time_in_proportion_to_its_length() -> None:
    """Calls of the function that measures parts are counted, not seconds."""
    calls = [_measured(count) for count in (100, 200, 400)]
    assert calls[2] - calls[1] < 2.2 * (calls[1] - calls[0])


def _measured(count: int) -> int:
    profile = Profile()
    profile.enable()
    broken(terms(count), 30.0)
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def test_a_wide_case_takes_several_lines_with_its_condition_beside_the_last() -> None:
    cases = Branches(((terms(9), Symbol("p")), (Digits("1"), Symbol("q"))))
    (whole,) = broken(cases, 30.0)
    assert isinstance(whole, Branches)
    assert width(whole) <= 30.0
    conditions = [to_latex(condition) for _, condition in whole.rows]
    assert conditions[-2:] == ["p", "q"]
    assert len(conditions) > 2
    assert not any(conditions[:-2])


def test_no_line_of_a_system_is_too_wide_for_its_paper() -> None:
    """Formulas that no rule can break are made smaller; the named systems have none."""
    for name in ("lstm", "layer_norm", "attention", "mixture"):
        text = str(deltarule.network(FILES / f"{name}.toml").notes(format="tex"))
        assert "resizebox{" not in text.replace("\\resizebox{\\linewidth}", "")

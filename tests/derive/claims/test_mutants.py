"""Mutants and restatements over many networks: every mutant is refused, most with the right family; no restatement is called wrong.

Mutants are the slips of derived formulas whose numbers differ from the truth (``derive.slips``), printed in a notation. Where layers have
equal widths no check of shapes helps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import permutations

import pytest

from derive.claims.formula import check_formula
from derive.claims.networks import Grounds
from derive.network import network
from derive.notation import View, latex_equation, load
from derive.reader.grammar import read_formula
from derive.reader.printing import latex_of
from derive.reader.rewriting import bottom_up
from derive.reader.syntax import Chain, Factors, Letter, Literal, Scripted, Syntax, Terms
from derive.results import results_of
from derive.slips.refute import Ground
from derive.slips.spoil import slips_of

NETWORKS = (
    *("3-3:tanh-3", "3-3:relu-3:sigmoid", "4-3:relu-2:softmax", "2-3:sigmoid-3:tanh-3:linear", "3-4:tanh-5:sigmoid-2", "2-2:relu-1:linear"),
    *(
        "5-4-3-2",
        "3-2:elu-2:tanh",
        "2-4:tanh-3:softmax",
        "3-3-3",
        "2-3:selu-2:linear",
        "4-2:sigmoid-3:sigmoid",
        "3-5:tanh-5:tanh-2:softmax",
    ),
    *("2-2:sigmoid-2:sigmoid-2:sigmoid", "3-4:leaky_relu-2", "1-3:tanh-1:linear", "6-3:tanh-1:sigmoid", "2-3:relu6-3", "3-3:hard_tanh-3"),
    "4-3:tanh-3:tanh-3:tanh-2:linear",
)
NIELSEN = load("nielsen")
FEW = 40


@cache
def _grounds(spec: str) -> Grounds:
    return Grounds(network(spec), NIELSEN)


def _mutants(spec: str) -> Iterator[tuple[str, str]]:
    """The LaTeX of slips that numbers refute, with their families."""
    found = results_of(_grounds(spec).network)
    ground = Ground(found.pattern_sweep)
    for result in found.of_pattern:
        view = View(general=result.layer)
        for slip in slips_of(result.equation, found.pattern_sweep):
            if ground.refuted(slip) is not None:
                yield latex_equation(slip.mistaken, NIELSEN, view), slip.family


def _judged(mutants: list[tuple[str, str, str]]) -> list[tuple[str, str, str, str | None]]:
    verdicts = ((spec, latex, family, check_formula(latex, _grounds(spec))) for spec, latex, family in mutants)
    return [(latex, family, verdict.verdict, verdict.family) for _, latex, family, verdict in verdicts]


def _sample(specs: tuple[str, ...], each: int) -> list[tuple[str, str, str]]:
    chance = random.Random(1)
    found = []
    for spec in specs:
        every = list(_mutants(spec))
        found += [(spec, *own) for own in chance.sample(every, min(each, len(every)))]
    return found


def _assert_refused(judged: list[tuple[str, str, str, str | None]]) -> None:
    assert [own for own in judged if own[2] == "right"] == []
    wrong_family = [own for own in judged if own[1] != own[3]]
    assert len(wrong_family) <= 0.1 * len(judged), wrong_family


def test_mutants_of_a_few_networks_are_refused_with_their_families() -> None:
    _assert_refused(_judged(_sample(("3-3-3", "3-4:tanh-2"), FEW // 2)))


@pytest.mark.slow
def test_three_hundred_mutants_of_twenty_networks_are_refused_with_their_families() -> None:
    mutants = _sample(NETWORKS, 16)
    assert len(mutants) >= 300
    _assert_refused(_judged(mutants))


RIGHT = (
    r"\delta_j^l = \sum_k \delta_k^{l+1} w_{kj}^{l+1} \sigma'(z_j^l)",
    r"\delta_j^L = \frac{\partial J}{\partial a_j^L} \sigma'(z_j^L)",
    r"\frac{\partial J}{\partial w_{jk}^l} = \delta_j^l a_k^{l-1}",
    r"\frac{\partial J}{\partial b_j^l} = \delta_j^l",
    r"z_j^l = \sum_k w_{jk}^l a_k^{l-1} + b_j^l",
    r"\frac{\partial J}{\partial a_k^l} = \sum_p w_{pk}^{l+1} \delta_p^{l+1}",
    r"\frac{\partial J}{\partial w_{jk}^l} = \left(\sum_q w_{qj}^{l+1} \delta_q^{l+1}\right) \sigma'(z_j^l) a_k^{l-1}",
    r"\delta^l = ((W^{l+1})^\top \delta^{l+1}) \odot \sigma'(z^l)",
    r"\frac{\partial J}{\partial W^l} = \delta^l (a^{l-1})^\top",
    r"(\delta^l)^\top = ((\delta^{l+1})^\top W^{l+1}) \odot \sigma'(z^l)^\top",
    r"z^l = W^l a^{l-1} + b^l",
)


def _restatements(text: str) -> Iterator[str]:
    """The same with other letters, factors and terms in other orders, factors taken into sums, a one in front."""
    chain = read_formula(text)
    letters = [letter for letter in "jkpq" if any(letter == part.text for part in _letters(chain))]
    for others in list(permutations("jkpqrsm", len(letters)))[::17]:
        yield latex_of(_renamed(chain, dict(zip(letters, others, strict=True))))
    yield latex_of(bottom_up(chain, _reversed_factors))
    yield latex_of(bottom_up(chain, _reversed_terms))
    left, right = chain.sides
    yield f"{latex_of(left)} = 1 \\cdot {latex_of(right)}" if not isinstance(right, Terms) else f"{latex_of(left)} = 1 ({latex_of(right)})"
    yield (
        f"{latex_of(right)} = {latex_of(left)}"
        if "sum" not in latex_of(right)
        else f"{latex_of(left)} = \\frac{{2}}{{2}} ({latex_of(right)})"
    )


def _letters(chain: Chain) -> list[Letter]:
    found: list[Letter] = []

    def visit(part: Syntax) -> Syntax:
        if isinstance(part, Letter):
            found.append(part)
        return part

    bottom_up(chain, visit)
    return found


def _renamed(chain: Chain, names: dict[str, str]) -> Syntax:
    return bottom_up(chain, lambda part: Letter(part.at, names.get(part.text, part.text)) if isinstance(part, Letter) else part)


def _reversed_factors(part: Syntax) -> Syntax:
    """Factors from last to first, where they are numbers with indices and no sign of differentiation or function stands among them."""
    if isinstance(part, Factors) and all(isinstance(own, Scripted) and own.below and not own.primes for own in part.factors):
        return Factors(part.at, part.signs, part.factors[::-1])
    return part


def _reversed_terms(part: Syntax) -> Syntax:
    if isinstance(part, Terms) and not any(isinstance(own, Literal) for own in part.terms) and set(part.signs) == {"+"}:
        return Terms(part.at, part.signs, part.terms[::-1])
    return part


def test_a_restatement_is_never_called_wrong() -> None:
    for text in RIGHT[:4]:
        for restated in list(_restatements(text))[::6]:
            assert check_formula(restated, _grounds("3-3-3")).verdict == "right", restated


@pytest.mark.slow
def test_three_hundred_restatements_are_never_called_wrong() -> None:
    count = 0
    for number, text in enumerate(RIGHT * 5):
        for restated in _restatements(text):
            spec = NETWORKS[(number + count) % len(NETWORKS)]
            if "softmax" in spec and r"a_j^L} \sigma'" in restated:
                continue
            count += 1
            assert check_formula(restated, _grounds(spec)).verdict == "right", (spec, restated)
    assert count >= 300

"""The notes of a file of equations are judged right, row by row, whatever its values are called; a false warning in them is not."""

from __future__ import annotations

from functools import cache

import pytest

from derive.claims.check import check_claim
from derive.claims.notes import verify_notes
from derive.network import network
from derive.notes.build import notes
from derive.results import Results, results_of

CHAIN = {  # the slip that leaves the softmax out differs from the truth at the last place of five only
    "name": "chain",
    "axes": {"t": 5, "k": 2},
    "inputs": ["s[t,k]"],
    "parameters": ["T[k,k]"],
    "equations": [
        "alpha[t,k] = s[t,k] + cases(t > 0, logsumexp(p, alpha[t-1,p] + T[p,k]), 0)",
        "Z = logsumexp(k, alpha[4,k])",
    ],
    "loss": "Z",
}
TWO_LETTERS = {  # shown l^{(p)}: the letter that stands for any layer in a network of layers
    "name": "mixture",
    "axes": {"b": 3, "k": 2, "d": 2},
    "inputs": ["x[b,d]"],
    "parameters": ["w[k]", "mu[k,d]"],
    "equations": ["lp[b,k] = w[k] - sum(d, (x[b,d] - mu[k,d])**2)/2"],
    "loss": "-sum(b, logsumexp(k, lp[b,k]))/size(b)",
}
CONTRASTIVE = {
    "name": "contrastive",
    "axes": {"b": 4, "d": 2},
    "inputs": ["x[b,d]"],
    "parameters": ["W[d,d]", "tau"],
    "equations": ["u[b,d] = sum(p, W[d,p]*x[b,p])", "S[b,q] = exp(tau)*sum(d, u[b,d]*x[q,d])"],
    "loss": "sum(b, logsumexp(q, S[b,q]) - S[b,b])/size(b)",
}
TAKEN_LETTERS = {  # n_t is a value, so that the number of steps is not; e is a value, so that exponentials are exp
    "name": "energies",
    "axes": {"t": 3, "d": 2},
    "inputs": ["x[t,d]"],
    "parameters": ["w[d]"],
    "equations": ["e[t] = sum(d, w[d]*x[t,d])", "n[t] = exp(-e[t]) + cases(t > 0, n[t-1]/2, 0)"],
    "loss": "sum(t, log(1 + n[t]) + exp(-2*e[t]))/size(t)",
}
WINDOWS = {  # shares among equal maxima are counted by another letter than the window's own
    "name": "windows",
    "axes": {"o": 3, "u": 2, "s": 6},
    "inputs": ["x[s]"],
    "equations": ["z[s] = w*x[s]", "m[o] = max(u, z[2*o+u])"],
    "parameters": ["w"],
    "loss": "sum(o, m[o]**2)/2",
}
MASKED = {  # the mask says the position in the row last: the notes write softmax over s <= t
    "name": "masked",
    "axes": {"t": 3, "s": 3},
    "parameters": ["S[t,s]"],
    "inputs": ["y[t,s]"],
    "equations": ["P[t,s] = [t >= s]*exp(S[t,s])/sum(r, [t >= r]*exp(S[t,r]))"],
    "loss": "sum(t, sum(s, (P[t,s] - y[t,s])**2))/2",
}
SPECIFICATIONS = {
    "masked": MASKED,
    "chain": CHAIN,
    "two letters": TWO_LETTERS,
    "contrastive": CONTRASTIVE,
    "taken letters": TAKEN_LETTERS,
    "windows": WINDOWS,
}


@cache
def _results(name: str) -> Results:
    return results_of(network(SPECIFICATIONS[name]))


@cache
def _text(name: str) -> str:
    return str(notes(_results(name)))


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_untouched_notes_of_equations_are_right_in_every_row(name: str) -> None:
    report = verify_notes(_text(name), _results(name))
    assert report.statements
    assert [(statement.latex, statement.detail) for statement in report.wrong] == []


def test_a_warning_about_the_right_formula_is_wrong() -> None:
    lines = _text("two letters").split("\n")
    at = next(number for number, line in enumerate(lines) if r"&\ne" in line)
    right = next(line for line in lines[at + 1 :] if "&=" in line)
    assert right.partition("&=")[0].strip() in ("", lines[at].partition(r"&\ne")[0].strip())
    lines[at] = lines[at].partition(r"&\ne")[0] + r"&\ne" + right.partition("&=")[2].removesuffix(r"\\").rstrip() + r" \\"
    wrong = verify_notes("\n".join(lines), _results("two letters")).wrong
    assert any("both sides are equal" in statement.detail for statement in wrong)


def test_sizes_and_exponentials_leave_the_letters_of_values_alone() -> None:
    text = _text("taken letters")
    assert r"\frac{1}{N_t}" in text
    assert r"\exp(" in text
    assert "e^{" not in text
    verdict = check_claim(
        r"\frac{\partial J}{\partial n_t} = \frac{1}{N_t}\frac{1}{1 + n_t} + \frac{1}{2}[t < N_t]\frac{\partial J}{\partial n_{t+1}}",
        _results("taken letters").network,
    )
    assert verdict.ok


def test_a_mask_is_shown_from_the_side_of_the_position_in_the_row() -> None:
    shown = str(notes(results_of(network(MASKED))))
    assert r"\operatorname{softmax}_{s \le t}" in shown
    assert r"softmax}_{s \ge t}" not in shown

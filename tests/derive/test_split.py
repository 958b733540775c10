"""A sum reduced to one term, split for students: the term, and the rest, which is zero."""

from __future__ import annotations

from derive.claims.notes import verify_notes
from derive.network import network
from derive.notation import load
from derive.notation.printing import latex
from derive.notes import Options, notes
from derive.results import results_of
from derive.verification.lines import lines_of
from derive.verification.verify import verify

RESULTS = results_of(network("2-3:tanh-2:sigmoid"))
DELTA = next(d for d in RESULTS.pattern_sweep.derivations if d.left.tensor.name == "delta1")
SHOWN = r"\sum_{p \ne j}w_{kp}^{l+1}\,\tanh'(z_p^l) \cdot 0"


def test_the_rest_of_the_sum_leaves_out_the_term() -> None:
    (line,) = (line for line in lines_of(DELTA) if line.step.rule == "split")
    shown = latex(line.value, load("nielsen"))
    assert r"\ne" in shown
    assert r"\cdot 0" in shown


def test_split_sums_are_evaluated_like_any_line() -> None:
    report = verify(RESULTS)
    assert any(r"\ne" in statement.latex for statement in report.statements)
    assert all(statement.ok for statement in report.statements)


def test_a_rest_that_is_not_zero_is_found() -> None:
    text = str(notes(RESULTS, Options(level="every-step")))
    assert SHOWN in text
    for wrong in (SHOWN.replace(r"\cdot 0", r"\cdot 1"), SHOWN.replace(r"\sum_{p \ne j}", r"1 + \sum_{p \ne j}")):
        report = verify_notes(text.replace(SHOWN, wrong), RESULTS)
        assert any(not statement.ok and r"\ne" in statement.latex for statement in report.statements)

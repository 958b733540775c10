"""What reads each kind of text: it returns, or refuses with an InputError."""

from __future__ import annotations

import ast
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from derive.errors import InputError
from tests.fuzz.attempt import file_of
from tests.fuzz.injection import DANGEROUS, elements


def read_one_line(text: str, folder: Path) -> None:
    from derive.specifications.one_line import read_one_line
    from derive.specifications.specification import MOST_PARAMETERS  # noqa: F401 - large networks are refused by their size alone

    rows = read_one_line(text)
    if len(rows["layers"]) <= 30:
        from derive.network import network

        network(rows)


def read_specification(text: str, folder: Path) -> None:
    from derive.network import network

    network(file_of(text, folder))


def derive_equations(text: str, folder: Path) -> None:
    """Whole systems: read, and derived where they are small."""
    from derive.network import network
    from derive.results import results_of

    model = network(file_of(text, folder))
    if len(text) < 1500:
        results_of(model)


def read_equation(text: str, folder: Path) -> None:
    from derive.language.grammar import Source, read_equation, read_formula

    try:
        read_formula(Source(text, "formula"))
    except InputError:
        read_equation(Source(text, "equation"))


def read_own_activation(text: str, folder: Path) -> None:
    """A formula with its derivative, as a layer would use it."""
    from derive.network import network
    from derive.results import results_of

    layers = [{"units": 2, "activation": {"formula": text}}]
    results_of(network({"inputs": 2, "layers": layers}))


@cache
def _results(spec: str) -> Any:
    from derive.network import network
    from derive.results import results_of

    return results_of(network(spec))


def read_notation(text: str, folder: Path) -> None:
    from derive.notation.profile import load

    load(file_of(text, folder))


def write_notation(text: str, folder: Path) -> None:
    """Formulas in a notation that was accepted: no command that the tool does not know itself, unless it is a letter."""
    from derive.notation import View, latex_equation, load

    notation = load(file_of(text, folder))
    results = _results("2-3:tanh-2:softmax")
    for result in results.results:
        found = DANGEROUS.search(latex_equation(result.equation, notation, View(batch=result in results.of_batch)))
        assert not found, found


def read_words(text: str, folder: Path) -> None:
    from derive.words.catalogue import load

    load.__wrapped__(str(file_of(text, folder)))


def read_latex(text: str, folder: Path) -> None:
    from derive.reader.grammar import read_formula

    read_formula(text)


def check_claim(text: str, folder: Path) -> None:
    from derive.claims.check import check_claim

    verdict = check_claim(text, _results("2-3:tanh-2").network)
    assert verdict.as_json()
    assert "\x1b" not in str(verdict)


def check_algorithm(text: str, folder: Path) -> None:
    from derive.claims.algorithm import check_algorithm
    from derive.claims.networks import Grounds
    from derive.notation import load

    assert check_algorithm(text, Grounds(_results("2-3:tanh-2").network, load("nielsen"))).as_json()


def read_document(text: str, folder: Path) -> None:
    from derive.claims.displays import displays_of

    displays_of(file_of(text, folder))


def read_table(text: str, folder: Path) -> None:
    from derive.claims.table import check_table
    from derive.notation import load

    check_table(str(file_of(text, folder, "text.csv")), _results("2-2-2").network, load("nielsen"))


@cache
def _passes(spec: str) -> Any:
    from derive.worked.passes import passes_of

    return passes_of(_results(spec).pattern_sweep)


def read_numbers(text: str, folder: Path) -> None:
    from derive.worked.numbers_file import load_numbers, numbers_of

    numbers_of(load_numbers(str(file_of(text, folder))), _passes("2-2-2"))


LARGEST_WRITTEN = 400
"""Entries of the parameters of a network that notes and a module are made of here; larger ones take their time."""


def write_everything(text: str, folder: Path) -> None:
    """Notes and a module of a specification that was accepted: text of the user is text there."""
    import deltarule
    from codegen.certificate import CertificateError

    net = deltarule.network(str(file_of(text, folder)))
    if sum(prod(axis.size for axis in tensor.axes) for tensor in net.results.pattern_sweep.system.parameters) > LARGEST_WRITTEN:
        return
    found = DANGEROUS.search(str(net.notes(format="fragment", level="brief")))
    assert not found, found
    page = elements(str(net.notes(format="html", level="brief")))
    strange = [name for name in page if name in ("script", "img", "iframe", "object", "embed", "link") or " on" in name]
    assert not strange, strange
    try:
        ast.parse(str(net.emit(style="loops")))
    except CertificateError as error:  # its numbers are not finite, say: the command says so in one line
        raise InputError(" ".join(str(error).split())) from None


def read_module(text: str, folder: Path) -> None:
    """Code that is to be judged: what is not plain NumPy is not run."""
    from codegen.certificate import CertificateError, check_text

    try:
        check_text(text)
    except CertificateError as error:
        raise InputError(" ".join(str(error).split()).encode("ascii", "backslashreplace").decode()) from None
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert not names & {"__import__", "eval", "exec", "compile", "getattr", "globals", "__builtins__"}, names


def read_choices(text: str, folder: Path) -> None:
    """What ``--tune`` found, on another machine."""
    from codegen.decisions import Asked, read_decisions

    spec_hash = _results("2-3:tanh-2").network.specification.hash
    read_decisions(file_of(text.replace("SPEC", spec_hash), folder), Asked(spec_hash, "float64", None))


def judge_document(text: str, folder: Path) -> None:
    """A document with its verdicts, of which the text is also a key to itself."""
    from derive.claims.document import check_document
    from derive.claims.networks import Grounds
    from derive.notation import load

    report = check_document(file_of(text, folder, "text.tex"), Grounds(_results("2-3:tanh-2").network, load("nielsen")))
    assert report.as_json()
    assert "\x1b" not in str(report)


def read_key(text: str, folder: Path) -> None:
    """Answers and their points."""
    from derive.claims.document import _key

    _key(file_of(text, folder))


def judge_notes(text: str, folder: Path) -> None:
    """Notes of the tool, edited: every row has a verdict."""
    from derive.claims.notes import verify_notes

    assert str(verify_notes(text, _results("2-2-2")))

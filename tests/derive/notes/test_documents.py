"""The notes of whole networks: every fragment strict, every format well formed, the seeds' formulas in them, their slips not."""

from __future__ import annotations

import html as html_module
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from derive.network import network
from derive.notation.layout import Symbol
from derive.notes import Options, document, figure, notes, story
from derive.notes.build import WRITERS
from derive.notes.document import Algorithm, AlgorithmLine, Document, Figure, Items, Paragraph, Section, Table
from derive.notes.figures.drawing import Drawing, Label
from derive.results import Results, results_of
from derive.words import Code, Strong, Text
from tests.derive.notes import strict

ROOT = Path(__file__).resolve().parents[3]
RNN = {
    "name": "rnn",
    "axes": {"t": 5, "j": 4, "i": 3},
    "inputs": ["x[t,i]", "y[t,j]"],
    "parameters": ["U[j,j]", "W[j,i]", "b[j]"],
    "equations": ["h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}
SKIP = {
    "name": "skip",
    "inputs": 3,
    "l2": 0.01,
    "layers": [
        {"name": "a", "units": 4, "activation": "relu"},
        {"name": "b", "units": 4, "activation": "tanh"},
        {"type": "add", "name": "c", "from": ["a", "b"]},
        {"units": 2, "activation": "softmax"},
    ],
}
TABLES = {"equations": RNN, "graph": SKIP}
SPECS: tuple[tuple[object, str | None], ...] = (
    ("2-2:relu-1:linear", None),
    ("3-4:sigmoid-2:sigmoid", "half_mean_squared_error"),
    ("4-5:tanh-5:tanh-5:tanh-3:softmax", None),
    ("3-4:mish-2:selu", "squared_error"),
    ("2-2:softmax-2:sigmoid", "binary_cross_entropy"),
    ("784-128:leaky_relu-10:gelu_tanh", "mean_squared_error"),
    ("1-1", None),
    ("equations", None),
    ("graph", None),
)
IDS = [str(spec) for spec, _ in SPECS]


@cache
def results(number: int) -> Results:
    spec, loss = SPECS[number]
    return results_of(network(TABLES.get(str(spec), spec), loss=loss))


@cache
def written(number: int, form: str) -> str:
    text = notes(results(number), Options(format=form))
    assert isinstance(text, str)
    return text


def fragments(number: int) -> Iterator[str]:
    """Every formula of every format."""
    for tex in re.findall(r'application/x-tex">(.*?)</annotation>', written(number, "html")):
        yield html_module.unescape(tex)
    text = written(number, "md")
    yield from re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    yield from re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_every_formula_passes_the_strict_check(number: int) -> None:
    found = list(dict.fromkeys(fragments(number)))
    assert len(found) > 30
    assert [(tex, fault) for tex in found if (fault := strict.fault(tex))] == []


@pytest.mark.skipif(strict.katex() is None, reason="node and katex are not installed")
def test_every_formula_passes_katex_strict() -> None:
    found = list(dict.fromkeys(tex for number in range(len(SPECS)) for tex in fragments(number)))
    assert strict.refused_by_katex(found) == []


@pytest.mark.skipif(strict.katex() is None, reason="node and katex are not installed")
def test_katex_refuses_what_the_seeds_got_wrong() -> None:
    assert len(strict.refused_by_katex(["\\sigma’(z)", r"\textcircled{1}", r"\sigma'(z)"])) == 2


@pytest.mark.parametrize("tex", ["\\sigma’(z)", r"\textcircled{1}", r"\frac{a}{b", r"\input{x}", r"\begin{cases} a", "σ"])
def test_the_strict_check_refuses(tex: str) -> None:
    assert strict.fault(tex)


@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_html_is_one_well_formed_file_without_script_or_network(number: int) -> None:
    text = written(number, "html")
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
    assert "http" not in re.sub(r"<annotation.*?</annotation>", "", text)
    body = re.sub(r"<(!DOCTYPE html|meta [^>]*)>", "", text).replace("&#x2061;", "").replace("&#xa0;", " ")
    root = ElementTree.fromstring(body)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    targets = {element.attrib["href"][1:] for element in root.iter("a")}
    assert targets <= set(ids)
    drawing = root.find(".//svg")
    assert drawing is not None
    assert drawing.find("title") is not None
    assert drawing.find("desc") is not None


@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_every_result_is_shown_with_its_number(number: int) -> None:
    text = written(number, "md")
    tags = [int(tag) for tag in re.findall(r"\\tag\{(\d+)\}", text)]
    assert set(tags) == {result.number for result in results(number).results}


def chains(number: int) -> str:
    return written(number, "md")


def squeezed(tex: str) -> str:
    """LaTeX without what does not show."""
    return re.sub(r"\\[,;]|\s|(?<=[_^])\{([^{}])\}", lambda m: m.group(1) or "", tex)


def test_seed_003_has_its_four_formulas_in_the_notes() -> None:
    """BP1 to BP4 and their derivations in Nielsen's notation, with the captured index (003-c) replaced by a fresh one."""
    text = squeezed(chains(1))
    for formula in (
        r"\delta_j^L&=\frac{\partial J}{\partial z_j^L}",
        r"\sum_{k}\frac{\partial J}{\partial z_k^{l+1}}\frac{\partial z_k^{l+1}}{\partial z_j^l}",
        r"\sum_{k}\delta_k^{l+1}\frac{\partial}{\partial z_j^l}\Bigl(\sum_{p}w_{kp}^{l+1}\sigma(z_p^l)+b_k^{l+1}\Bigr)",
        r"\frac{\partial J}{\partial b_j^l}",
        r"&=\delta_j^l",
        r"&=\delta_j^la_k^{l-1}",
        r"\frac{\partial J}{\partial W^l}&=\delta^l(a^{l-1})^{\top}",
        r"z_j^l&=\sum_{k}w_{jk}^la_k^{l-1}+b_j^l",
    ):
        assert squeezed(formula) in text, formula


def test_seed_002_has_its_nine_derivatives_and_not_its_slip() -> None:
    text = squeezed(chains(0)).replace("&", "")
    entries = [rf"\frac{{\partial J}}{{\partial w_{{{i}{j}}}^2}} &= \delta_{i}^2 x_{j}" for i in (1, 2) for j in (1, 2)]
    entries += [rf"\frac{{\partial J}}{{\partial b_{i}^2}} &= \delta_{i}^2" for i in (1, 2)]
    entries += [rf"\frac{{\partial J}}{{\partial w_{{1{j}}}^3}} &= \delta_1^3 a_{j}^2" for j in (1, 2)]
    entries += [r"\frac{\partial J}{\partial b_1^3} &= \delta_1^3"]
    for entry in entries:
        assert squeezed(entry).replace("&", "") in text, entry
    assert squeezed(r"\frac{\partial J}{\partial W^2} \leftarrow \delta^2 x^{\top}") in text  # 002-a has (h^{(1)})^T here
    assert squeezed(r"\operatorname{ReLU}'(0) = 0") in text


def test_softmax_with_cross_entropy_cites_its_assumption() -> None:
    text = chains(2)
    assert r"assumption: }\sum_{k}y_k = 1" in text
    assert squeezed(r"\delta^L &= a^L - y") in squeezed(text)


def test_algorithms_reach_the_gradients_of_all_layers() -> None:
    """Slip 003-g: read literally, the gradients of layer L are never computed there."""
    blocks = [block for section in document(story(results(2))).sections for block in section.blocks]
    backward = [block for block in blocks if isinstance(block, Algorithm)][1]
    text = written(2, "md").split("Algorithm 2")[1]
    assert text.index(r"\partial W^L} \leftarrow") < text.index("for $l = 4,3,2$ do") < text.index(r"\partial W^l} \leftarrow")
    assert len(backward.lines) == 8


def test_the_figure_stands_alone_and_is_abbreviated() -> None:
    drawing = figure(results(5))
    root = ElementTree.fromstring(drawing)
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert 12 <= len(circles) < 30
    assert "784" in drawing
    assert "prefers-color-scheme" in drawing


HOSTILE = r"<script>alert(1)</script> \input{/etc/passwd} $x$ `a` | # % & ~ ^ _ { } * [b](http://c)"


def hostile() -> Document:
    said = (Text(HOSTILE), Strong(HOSTILE), Code(HOSTILE))
    blocks = (
        Paragraph(said),
        Items((said,)),
        Table((said,), ((said,),)),
        Algorithm(said, (AlgorithmLine(said),)),
        Figure(Drawing(3, 2, (Label((1, 1), Symbol(HOSTILE)),), HOSTILE, HOSTILE), said),
    )
    return Document(said, said, (Section(said, "hostile", blocks),))


def test_no_text_escapes_from_its_format() -> None:
    page = WRITERS["html"](hostile())
    assert isinstance(page, str)
    assert "<script" not in page
    article = WRITERS["tex"](hostile())
    assert isinstance(article, str)
    assert r"\input{" not in article
    assert r"\textbackslash{}input" in article
    text = WRITERS["md"](hostile())
    assert isinstance(text, str)
    assert "<script" not in re.sub(r"`[^`]*`", "", text).replace(r"\<", "")


@pytest.mark.parametrize("seed", ["0", "1"])
def test_same_bytes_under_any_hash_seed(seed: str, tmp_path: Path) -> None:
    code = (
        "from derive.network import network; from derive.results import results_of; from derive.notes import Options, notes, figure\n"
        "r = results_of(network('2-3:tanh-2:softmax'))\n"
        "import sys; sys.stdout.write(''.join(notes(r, Options(format=f)) for f in ('html', 'tex', 'md')) + figure(r))"
    )
    variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    other = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=variables, capture_output=True, check=True)
    own = results_of(network("2-3:tanh-2:softmax"))
    here = "".join(str(notes(own, Options(format=form))) for form in ("html", "tex", "md")) + figure(own)
    assert other.stdout.decode() == here

"""Notes in every convention: judged by what they say, strict in every fragment, and without overfull lines."""

from __future__ import annotations

import html as html_module
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from derive import notation
from derive.claims.notes import verify_notes
from derive.conventions import in_convention
from derive.network import network
from derive.notation import NUMBERED, load, names
from derive.notation.latex import to_latex
from derive.notation.layout import Digits
from derive.notation.symbols import entry_layout
from derive.notes import notes
from derive.notes.options import Options
from derive.results import Results, results_of
from tests.derive.notes import strict

SPECS = ("2-3-2", "4-5:tanh-5:tanh-5:tanh-3:softmax", "2-2:relu-1:linear")


@cache
def results(spec: str) -> Results:
    return results_of(network(spec))


@cache
def written(spec: str, notation: str, form: str = "md") -> str:
    text = notes(results(spec), Options(notation=notation, format=form))
    assert isinstance(text, str)
    return text


SLOW = pytest.mark.slow
SOME = [pytest.param(name, marks=() if name in ("micheli", "soletskyi") else SLOW) for name in names()]
"""One notation without marks of layers and one with tables stand for all in the quick run."""


@pytest.mark.parametrize("notation", SOME)
def test_untouched_notes_are_right_in_every_notation(notation: str) -> None:
    report = verify_notes(written("2-3-2", notation), results("2-3-2"))
    assert not [s for s in report.statements if not s.ok]
    assert len(report.statements) > 150


@pytest.mark.parametrize("notation", [own for own in SOME if own.values != ("nielsen",)])
def test_a_wrong_sign_is_found_in_every_notation(notation: str) -> None:
    text = written("2-3-2", notation)
    tag = re.search(r"\\tag\{7\}", text)
    assert tag is not None
    start = text.rindex("$$", 0, text.rindex("&=", 0, tag.start()))
    place = text.index("&= ", start)
    edited = text[:place] + "&= -" + text[place + 3 :]
    assert [s for s in verify_notes(edited, results("2-3-2")).statements if not s.ok]


def test_notes_in_a_notation_of_ones_own_are_judged_in_it(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text((Path(notation.__file__).parent / "nielsen.toml").read_text().replace('"J"', '"E"').replace('"delta"', '"epsilon"'))
    text = notes(results("2-3-2"), Options(notation=str(own)))
    assert isinstance(text, str)
    assert "\\epsilon_j" in text
    assert verify_notes(text, results("2-3-2"), own).ok
    wrong = text.replace(r"a_j^L}\,\sigma'(z_j^L) &&", r"a_j^L}\,\sigma(z_j^L) &&")
    assert wrong != text
    assert not verify_notes(wrong, results("2-3-2"), own).ok


@pytest.mark.parametrize("notation", names())
@pytest.mark.parametrize("spec", [SPECS[0], *(pytest.param(spec, marks=SLOW) for spec in SPECS[1:])])
def test_every_fragment_is_strict(spec: str, notation: str) -> None:
    for display, inline in re.findall(r"\$\$(.*?)\$\$|\$([^$\n]+)\$", written(spec, notation), re.DOTALL):
        assert not strict.fault(display or inline), display or inline


@pytest.mark.slow
@pytest.mark.skipif(strict.katex() is None, reason="node and katex are not installed")
@pytest.mark.parametrize("notation", names())
def test_katex_accepts_every_fragment(notation: str) -> None:
    fragments = [
        html_module.unescape(tex)
        for spec in SPECS
        for tex in re.findall(r'application/x-tex">(.*?)</annotation>', written(spec, notation, "html"))
    ]
    assert len(fragments) > 500
    assert not strict.refused_by_katex(sorted(set(fragments)))


@pytest.mark.parametrize("notation", names())
def test_symbols_stay_unambiguous_in_deep_networks(notation: str) -> None:
    """No two tensors of the network share an entry with numbers as indices."""
    told, own = in_convention(results(SPECS[1]), load(notation))
    system = told.network.pattern
    seen: dict[str, str] = {}
    for tensor in (*system.inputs, *system.parameters, *system.definitions, *(d.left.tensor for d in told.pattern_sweep.derivations)):
        if tensor.role == "output" and tensor.layer == 0:
            continue
        shown = to_latex(entry_layout(tensor, (Digits("1"),) * len(tensor.axes), own, NUMBERED))
        assert seen.setdefault(shown, tensor.name) == tensor.name, shown


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdfLaTeX is not installed")
@pytest.mark.parametrize("notation", names())
def test_pdf_is_made_in_every_notation(notation: str) -> None:
    content = notes(results("2-3-2"), Options(notation=notation, format="pdf"))
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF")

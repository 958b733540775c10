"""Hostile text, a shortened run: a refusal in one line, nothing run, nothing written, nothing that is more than text in a document.

Ten minutes for each grammar: ``python -m tests.fuzz.run --minutes 10``.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import deltarule
from derive.claims.displays import displays_of
from derive.errors import InputError
from derive.files import write
from derive.notation import load
from tests.fuzz.attempt import NASTY, ROOT, Grammar, attempt, in_time
from tests.fuzz.grammars import GRAMMARS
from tests.fuzz.injection import COMMAND, DANGEROUS, Elements, elements, strange_commands
from tests.fuzz.readers import write_notation
from tests.fuzz.tables import edited_tables

EXAMPLES = {
    "one_line": 60,
    "toml": 60,
    "formulas": 80,
    "latex": 80,
    "notation": 40,
    "words": 20,
    "numbers": 40,
    "activations": 15,
    "equation_files": 20,
    "claims": 15,
    "algorithms": 5,
    "documents": 40,
    "tables": 5,
    "written": 5,
    "modules": 40,
    "choices": 40,
    "judged_documents": 5,
    "keys": 40,
}
SPEC = "2-1:linear"
PLAIN = {"title": "Title", "author": "Author", "date": "Date"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_hostile_text_is_refused_or_read(name, tmp_path):
    grammar = GRAMMARS[name]

    @settings(max_examples=EXAMPLES[name], deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(grammar.texts)
    def one(text):
        attempt(grammar, text, tmp_path)

    one()


@pytest.mark.parametrize("name", ["toml", "notation", "words", "numbers", "equation_files"])
@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 50_000,
        "x = " + "{a=" * 20_000,
        "a" + ".a" * 20_000 + " = 1",
        "[a" + ".a" * 20_000 + "]",
        "x = " + "9" * 5000,
        "x = 1e9999999999",
        "\x00",
        "",
    ],
    ids=["lists", "tables", "key", "header", "integer", "float", "zero", "empty"],
)
def test_what_costs_a_reader_of_toml_dear_is_refused(name, text, tmp_path):
    attempt(GRAMMARS[name], text, tmp_path)


@pytest.mark.parametrize("name", ["formulas", "latex"])
@pytest.mark.parametrize(
    "unit", ["(", "-", "[", "{", "sum(i, ", "exp(", "\\frac{", "x**", "9", "z*", "\\begin{cases}", "_{", "''", "\\left("]
)
def test_long_and_deep_formulas_are_refused_in_time(name, unit, tmp_path):
    for times in (300, 4000):
        attempt(GRAMMARS[name], unit * times, tmp_path)


SHORT = [  # the shortest texts of what was found by long runs
    ("activations", "cases()"),
    ("activations", "cases(z)"),
    ("activations", "logsumexp()"),
    ("equation_files", 'loss = "sum()"\naxes = {}\ninputs = ["x"]\nparameters = ["w"]\nequations = ["y = max()*w*x"]'),
    ("documents", "\\input{\x00}"),
    ("notation_written", 'title = "A"\n[macros]\n"\\u0000" = "w"\n'),
    ("modules", "x = \x00"),
    ("modules", "x = " + "-" * 5000 + "1"),
    ("tables", 'x[0],0.05\n"\x00",1\n'),
]


@pytest.mark.parametrize(("name", "text"), SHORT)
def test_what_was_found_stays_refused(name, text, tmp_path):
    assert not attempt(GRAMMARS[name], text, tmp_path)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_to_itself_is_refused_wherever_it_stands(tmp_path):
    (tmp_path / "loop.tex").symlink_to("loop.tex")
    (tmp_path / "text.tex").write_text("\\input{loop}")
    for name in ("loop.tex", "text.tex"):
        with pytest.raises(InputError, match=r"loop\.tex: cannot be read"):
            displays_of(tmp_path / name)
    with pytest.raises(OSError, match="link to itself"):
        write(tmp_path / "loop.tex", "text")


def test_a_document_reads_nothing_outside_its_folder(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "secret.tex").write_text("$$a = b$$")
    (tmp_path / "below" / "link.tex").symlink_to(tmp_path / "secret.tex")
    for name in ("../secret", "link", str(tmp_path / "secret.tex"), "/etc/passwd", "below/../../secret"):
        (tmp_path / "below" / "text.tex").write_text(f"\\input{{{name}}}")
        with pytest.raises(InputError, match="not below the folder"):
            displays_of(tmp_path / "below" / "text.tex")


def test_a_refusal_is_one_printable_line_whatever_it_quotes():
    assert str(InputError("a\nb\x00\x1b[31m\u202e\ud800 é")) == "a b\\x00\\x1b[31m\\u202e\\ud800 é"


CLAIMS = {
    "a letter many times": "a" * 60,
    "too many letters": "a" * 1000,
    "sums in sums that use every usual letter": "".join(f"\\sum_{x} w_{{{x}j}}^l " for x in "kmnpqrs"),
    "sums in sums": "\\sum_k w_{kj}^l " * 25,
    "sums too deep": "\\sum_k w_{kj}^l " * 100,
    "many equations": "a \\\\ a=b" * 200,
    "powers": "9^{9^{9^{9}}}a_j^l",
}


@pytest.mark.parametrize("case", CLAIMS)
def test_claims_that_are_long_or_deep_are_judged_or_refused_in_time(case, tmp_path):
    attempt(GRAMMARS["claims"], "\\delta_j^l = " + CLAIMS[case], tmp_path)


# What stands in documents


ESCAPED = re.compile(r"\\[<>&]")
NASTY_TITLES = (
    "".join(word for word in NASTY if len(word) < 100 and word.isprintable())[:200],
    r"}{\end{document}\write18{id}\input{x}^^5cinput^^7bx^^7d \\ % ~$_&#^ <script>alert(1)</script> <img src=x onerror=y>\\",
)


@pytest.fixture(scope="module")
def network():
    return deltarule.network(SPEC)


@pytest.mark.parametrize("form", ["tex", "slides", "handout"])
def test_titles_authors_and_dates_are_no_tex(form, network):
    plain = str(network.notes(format=form, level="brief", **PLAIN))
    for text in NASTY_TITLES:
        made = str(network.notes(format=form, level="brief", **dict.fromkeys(PLAIN, text)))
        assert strange_commands(made, plain) == []
        assert made.count("{") - made.count("\\{") == made.count("}") - made.count("\\}")


def test_titles_authors_and_dates_are_no_html(network):
    plain = str(network.notes(format="html", level="brief", **PLAIN))
    for text in NASTY_TITLES:
        made = str(network.notes(format="html", level="brief", **dict.fromkeys(PLAIN, text)))
        assert elements(made) == elements(plain)


def test_markdown_holds_no_html_from_a_title(network):
    plain = str(network.notes(format="md", level="brief", **PLAIN))
    for text in NASTY_TITLES:
        made = str(network.notes(format="md", level="brief", **dict.fromkeys(PLAIN, text)))
        assert elements(ESCAPED.sub("", made)) == elements(ESCAPED.sub("", plain))


@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_symbols_of_a_notation_are_no_tex_programs(data):
    text = data.draw(
        edited_tables(
            [(ROOT / "derive" / "notation" / "nielsen.toml").read_text(encoding="utf-8")],
            ("\\write18{id}", "\\input{x}", "^^5c", "\\catcode", "q"),
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        attempt(Grammar(st.just(text), write_notation), text, Path(folder))


def test_the_checks_of_this_file_can_fail():
    assert DANGEROUS.search(r"a \write18{x}")
    assert strange_commands(r"\input{x}", "")
    assert strange_commands("^^5c", "")
    assert not strange_commands(r"\textbackslash input\{x\}", "")
    assert elements("<p><script>1</script></p>") != elements("<p></p>")
    assert COMMAND.findall(r"\a\{") == ["\\a", "\\{"]
    assert Elements().found.total() == 0

    def crash(text, folder):
        raise KeyError(text)

    with pytest.raises(KeyError):
        attempt(Grammar(st.just(""), crash), "", Path())

    def shout(text, folder):
        raise InputError("")

    with pytest.raises(AssertionError):
        attempt(Grammar(st.just(""), shout), "", Path())


def test_modules_imported_during_a_try_are_no_files_that_it_writes(tmp_path, monkeypatch):
    (tmp_path / "imported_late.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    with in_time():
        importlib.import_module("imported_late")
    assert not (tmp_path / "cache").exists()
    assert not sys.dont_write_bytecode


def test_sentences_of_an_own_language_are_no_programs(network, tmp_path):
    text = (ROOT / "derive" / "words" / "en.toml").read_text(encoding="utf-8")
    hostile = json.dumps("\\write18{id}\\input{x} <script>alert(1)</script> ^^5c $ % & # ")[1:-1].replace("{", "(").replace("}", ")")
    harmless = "words "
    pages = {}
    for name, words in (("hostile", hostile), ("harmless", harmless)):
        (tmp_path / f"{name}.toml").write_text(re.sub(r'^(\w+ = ")', lambda found, words=words: found[1] + words, text, flags=re.MULTILINE))
        pages[name] = {
            form: str(network.notes(format=form, level="brief", language=str(tmp_path / f"{name}.toml"))) for form in ("tex", "html")
        }
    assert not [command for command in strange_commands(pages["hostile"]["tex"], pages["harmless"]["tex"]) if DANGEROUS.match(command)]
    assert elements(pages["hostile"]["html"]) == elements(pages["harmless"]["html"])


WRITER = """
import sys, itertools, pathlib
from derive.files import write
for number in itertools.count():
    for name in "abc":
        write(pathlib.Path(sys.argv[1]) / name, (name + str(number)) * 200_000)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_whenever_a_command_is_ended_every_file_is_the_old_one_or_the_new_one(number, tmp_path):
    for name in "abc":
        (tmp_path / name).write_text("old")
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while (tmp_path / "c").stat().st_size == 3 and time.monotonic() < end:
        time.sleep(0.002)
    process.send_signal(number)
    process.wait()
    for name in "abc":
        text = (tmp_path / name).read_text()
        assert text == "old" or text == text[: len(text) // 200_000] * 200_000, name


@pytest.mark.slow
def test_a_build_that_is_killed_leaves_whole_files(tmp_path):
    command = [sys.executable, "-m", "deltarule", "build", "2-1:linear", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    old = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    process = subprocess.Popen([*command, "--title", "Another"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    end = time.monotonic() + 60
    while process.poll() is None and all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items()) and time.monotonic() < end:
        time.sleep(0.0005)
    process.kill()
    process.wait()
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if not path.name.startswith(".deltarule-")}
    assert set(found) == set(old)
    for name, content in found.items():
        changed = content != old[name]
        assert not changed or (b"Another" in content and len(content) > 0.9 * len(old[name])) or name == "report.json", name


@pytest.mark.parametrize(
    "command", ["input", "write", "InputIfFileExists", "scantokens", "everyjob", "pdfobj", "typein", "openin", "csname", "é", "a b", "w1"]
)
def test_a_command_of_tex_is_no_symbol_of_ones_own(command, tmp_path):
    text = (ROOT / "derive" / "notation" / "nielsen.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(re.sub(r"^\[macros\].*", lambda _: f'[macros]\nweight = "{command}"', text, flags=re.MULTILINE))
    with pytest.raises(InputError, match=r"macros\.weight"):
        load(tmp_path / "own.toml")


@pytest.mark.slow
def test_texts_can_be_guided_by_coverage():
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.fuzz.run", "--engine", "atheris", "--minutes", "0.05", "one_line"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "nothing found" in done.stdout

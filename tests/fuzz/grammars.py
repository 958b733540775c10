"""What is fuzzed: for each kind of user text, how to make some, and what reads it. Only ``InputError`` may be raised, in one line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from derive.errors import InputError
from tests.fuzz.injection import DANGEROUS
from tests.fuzz.tables import edited_tables

ROOT = Path(__file__).parents[2]
EQUATIONS = ROOT / "tests" / "derive" / "equations"
SECONDS = 20.0
"""What one text may take, on a machine that is busy; nothing that is read takes a tenth of it."""

PYTHON = "__import__('os').system('true')"
NASTY = (
    *(
        "\\write18{touch pwned}",
        "\\input{/etc/passwd}",
        "\\catcode`\\@=11",
        "^^5cinput",
        "\\end{document}",
        "\\csname",
        "%",
        "#",
        "&",
        "$",
        "$$",
    ),
    *("~", "_", "^", "{", "}", "\\", "\\\\", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]>", "&amp;", "\"'>", "-->"),
    *(PYTHON, "{{7*7}}", "{% raw %}", "${x}", "\x00", "\x1b[31m", "\n", "\r", "\t", "\u202e", "\ud800", "é", "你", "🙂"),
    *(
        "(" * 200,
        "[" * 200,
        "{" * 200,
        "-" * 200,
        "[" * 5000,
        "x = " + "[" * 5000,
        "{a=" * 3000,
        "9" * 400,
        "1e999",
        "0.1" * 50,
        "nan",
        "inf",
        "True",
        "None",
        "../../etc/passwd",
        "a" * 5000,
    ),
)


@dataclass(frozen=True)
class Grammar:
    """One kind of user text: ``texts`` makes it, ``read`` uses it; ``folder`` is where files may be written."""

    texts: st.SearchStrategy[str]
    read: Callable[[str, Path], Any]


def attempt(grammar: Grammar, text: str, folder: Path) -> bool:
    """Whether ``text`` was accepted. Raises whatever is not a proper refusal."""
    before = set(folder.rglob("*"))
    try:
        with in_time():
            grammar.read(text, folder)
    except InputError as error:
        message = str(error)
        if not message or "\n" in message or not message.isprintable():
            raise AssertionError(f"not one printable line: {message!r}") from error
        accepted = False
    else:
        accepted = True
    strange = {path for path in set(folder.rglob("*")) - before if path.stem != "text"}
    if strange:
        raise AssertionError(f"written: {sorted(map(str, strange))}")
    return accepted


@contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """Raise ``TimeoutError`` where the body takes longer; and ``RuntimeError`` where it does what reading never does."""

    def late(number: int, frame: object) -> None:
        raise TimeoutError(f"more than {seconds:g} s")

    _watch()
    _watched.append(True)
    old = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
        _watched.pop()


_watched: list[bool] = []
FORBIDDEN = ("os.system", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "os.remove", "os.rename", "shutil.")


@cache
def _watch() -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if _watched and event.startswith(FORBIDDEN):
            raise RuntimeError(f"{event} {arguments}")
        if _watched and event == "compile" and PYTHON in str(arguments[0]):
            raise RuntimeError("text is compiled as Python")

    sys.addaudithook(hook)


def mixed(seeds: tuple[str, ...], pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Texts that look right: seeds with pieces put in, taken out or exchanged, pieces alone, and anything at all."""
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(NASTY), st.text(max_size=4))

    def edited(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(seeds))
        for _ in range(draw(st.integers(0, 5))):
            start = draw(st.integers(0, len(text)))
            end = min(len(text), start + draw(st.sampled_from((0, 0, 1, 2, 5, 20))))
            text = text[:start] + draw(piece) + text[end:]
        return text

    return st.one_of(st.composite(edited)(), st.composite(edited)(), st.lists(piece, max_size=30).map("".join), st.text(max_size=60))


def file_of(text: str, folder: Path, name: str = "text.toml") -> Path:
    """The text as a file; what cannot be written in UTF-8 is written in another way."""
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


# The grammars


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

    for read in (read_formula, read_equation):
        try:
            read(Source(text, "formula"))
        except InputError:
            if read is read_equation:
                raise


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


TOML_PIECES = (
    "[[layers]]\n",
    "[layers]\n",
    "= ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'''",
    '"""',
    "units",
    "name",
    "\n",
    ",",
    "1",
    "-1",
    "1e9",
    "true",
    "1979-05-27",
    "#",
)
FORMULA_PIECES = (
    *(
        "x",
        "W[j,i]",
        "h[t-1,j]",
        "sum(i, ",
        "max(j, ",
        ")",
        "(",
        "[",
        "]",
        "+",
        "-",
        "*",
        "/",
        "**",
        "exp(",
        "log(",
        "0",
        "2",
        "0.5",
        ",",
        "1/",
    ),
    *("sigmoid(", "cases(", "<", "<=", "=", "sqrt(", "abs(", "z", "pi", "**2", "**-1", "**0.5", "[i = j]", "2*o + u", "relu(", "softmax("),
)
LATEX_PIECES = (
    *(
        "\\delta",
        "_j",
        "^l",
        "^{l+1}",
        "_{kj}",
        "\\sum_k",
        "\\sum_{k=1}^{n}",
        "w",
        "W",
        "a",
        "z",
        "'",
        "(",
        ")",
        "\\left(",
        "\\right)",
        "=",
    ),
    *(
        "\\frac{",
        "}{",
        "}",
        "{",
        "\\partial",
        "C",
        "\\odot",
        "^T",
        "^\\top",
        "\\sigma",
        "\\begin{cases}",
        "\\end{cases}",
        "\\\\",
        "&",
        "\\text{",
    ),
    *(
        "\\begin{pmatrix}",
        "\\hat{y}",
        "\\mathbf{1}",
        "\\boxed{",
        "\\nabla_{W^{(1)}}",
        "\\tag{1}",
        "\\label{x}",
        "|",
        "\\|",
        "<",
        "\\le",
        "\\dots",
    ),
)
CLAIMS = (
    r"\delta_j^l = \sum_k \delta_k^{l+1} w^{l+1}_{kj} \sigma'(z_j^l)",
    r"\nabla_{W^{(1)}} J = g\,(h^{(0)})^T",
    r"\frac{\partial C}{\partial w_{jk}^l} = a_k^{l-1}\,\delta_j^l",
    r"\delta^L = (a^L - y) \odot \sigma'(z^L)",
    r"\begin{aligned} z_j^l &= \sum_k w_{jk}^l a_k^{l-1} + b_j^l \\ a_j^l &= \sigma(z_j^l) \end{aligned}",
    r"\sigma'(z) = \begin{cases} 1 & z > 0 \\ 0 & \text{otherwise} \end{cases}",
)
FORMULAS = (
    *("sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j]", "cases(z > 0, z, z < 0, -z, 0)", "1/(1 + exp(-z))", "z*sigmoid(1.702*z)"),
    *("h[t,j] = tanh(x[t,j])**2", "y[o] = sum(u, w[u]*x[2*o + u])", "max(j, x[j]) - log(sum(j, exp(x[j])))", "[i = j]*x[i]"),
)
LAYERS = """name = "xor"
inputs = 2
loss = "half_squared_error"
batch_reduction = "mean"
l2 = 0.01
[[layers]]
name = "hidden"
units = 2
activation = { type = "leaky_relu", alpha = 0.2 }
bias = true
from = ["input"]
[[layers]]
type = "add"
from = ["hidden", "input"]
[[layers]]
units = 1
activation = { formula = "z*sigmoid(1.702*z)" }
share = "hidden"
"""


def _files(*paths: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in paths)


def _notations() -> tuple[str, ...]:
    return _files(*sorted((ROOT / "derive" / "notation").glob("*.toml")))


WORDS = (
    *(
        "name",
        "type",
        "units",
        "activation",
        "formula",
        "from",
        "share",
        "bias",
        "input",
        "hidden",
        "dense",
        "add",
        "concatenate",
        "multiply",
        "alpha",
    ),
    *(
        "relu",
        "softmax",
        "tanh",
        "linear",
        "cross_entropy",
        "sum",
        "mean",
        "W1",
        "delta",
        "none",
        "l",
        "\\theta",
        "\\mathbf{W}",
        "w_{jk}",
        *NASTY,
    ),
)


def formulas() -> st.SearchStrategy[str]:
    """Formulas that fit the grammar, or nearly."""
    atoms = st.one_of(
        st.sampled_from(("z", "x[i]", "W[j,i]", "h[t-1,j]", "b[j]", "2", "0.5", "1e-3", "pi", "w[2*o + u]", "(", "0", "-1")),
        st.sampled_from(FORMULA_PIECES),
    )

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, st.sampled_from((" + ", " - ", "*", "/", "**", " ")), inner).map("".join)
        call = st.tuples(st.sampled_from(("exp", "log", "tanh", "sqrt", "abs", "relu", "gelu", "sum", "max", "sin", "elu")), inner)
        bound = st.tuples(st.sampled_from(("sum", "max")), st.sampled_from("ijktz"), inner).map(
            lambda part: f"{part[0]}({part[1]}, {part[2]})"
        )
        cases = st.tuples(inner, st.sampled_from((" > ", " < ", " <= ", " = ")), inner, inner, inner)
        branches = cases.map(lambda part: f"cases({part[0]}{part[1]}{part[2]}, {part[3]}, {part[4]})")
        return st.one_of(
            pair, pair, call.map(lambda part: f"{part[0]}({part[1]})"), bound, branches, inner.map("({})".format), inner.map("-{}".format)
        )

    return st.recursive(atoms, wider, max_leaves=12)


def latex_formulas() -> st.SearchStrategy[str]:
    """LaTeX formulas that fit the grammar, or nearly."""
    atoms = st.one_of(
        st.sampled_from(("\\delta_j^l", "w_{jk}^l", "a_k^{l-1}", "z_j^l", "y_j", "W^l", "b^l", "2", "0.5", "C", "\\delta", "k", "h^{(1)}")),
        st.sampled_from(LATEX_PIECES),
    )

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, st.sampled_from((" + ", " - ", " ", "\\,", "\\odot ", "\\cdot ", " = ", "/")), inner).map("".join)
        around = st.sampled_from(
            (
                *(
                    "\\sum_k {}",
                    "\\sum_{{j=1}}^{{n}} {}",
                    "\\frac{{{}}}{{2}}",
                    "\\frac{{\\partial C}}{{\\partial {}}}",
                    "\\sigma'({})",
                    "\\left({}\\right)",
                ),
                *(
                    "({})^T",
                    "({})^2",
                    "\\boxed{{{}}}",
                    "{{{}}}",
                    "-{}",
                    "\\sqrt{{{}}}",
                    "\\|{}\\|^2",
                    "\\exp({})",
                    "[{} > 0]",
                    "{}'",
                    "\\max_j {}",
                ),
                *(
                    "\\begin{{cases}} {} & z > 0 \\\\ 0 & \\text{{otherwise}} \\end{{cases}}",
                    "\\begin{{pmatrix}} {} \\\\ 1 \\end{{pmatrix}}",
                    "\\prod_i {}",
                ),
            )
        )
        return st.one_of(pair, pair, st.tuples(around, inner).map(lambda part: part[0].format(part[1])))

    return st.recursive(atoms, wider, max_leaves=10)


def _tables(texts: tuple[str, ...], pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.one_of(edited_tables(texts, WORDS), edited_tables(texts, WORDS), mixed(texts, (*TOML_PIECES, *pieces)))


_EQUATION_FILES = _files(*sorted(EQUATIONS.glob("*.toml")))
_LAYERS = (
    LAYERS,
    LAYERS.replace('share = "hidden"', ""),
    'inputs = 2\nloss = "cross_entropy"\n[[layers]]\nunits = 3\nactivation = "softmax"\n',
)
ONE_LINES = ("784-128:relu-10:softmax", "2-2-1", "3-4:tanh-2:softmax")

ALGORITHMS = (
    "repeat\n  for each pattern\n    forward pass\n    for l = L to 2\n      compute delta^l\n      W^l := W^l - eta * dW^l\n"
    "until E < 0.01\n",
    "while E > 0.01 do\n  forward pass; backward pass\n  update all weights\nend\n",
)
DOCUMENTS = (
    r"\newcommand{\w}[2]{w_{#1#2}} $$\delta_j = \w{j}{k} a_k$$ \[ a = b \] % $$c$$"
    + "\n"
    + r"\begin{align*} z &= W a \\ a &= f(z) \end{align*}",
    r"\def\a#1{#1'} \DeclareMathOperator{\sg}{sg} \begin{equation} \a{f}(z) = \sg(z) \end{equation} \verb|$$x$$| \input{more}",
)
TABLES = ("name,value\nx[0],0.05\nx[1],0.10\nt[0],0.01\nt[1],0.99\nW1[0,0],0.15\na1[0],0.593269992\n", "W1[0,0],0.1\nloss,0.298\n")

GRAMMARS: dict[str, Grammar] = {
    "one_line": Grammar(mixed(ONE_LINES, ("-", ":", "2", "10", "relu", "softmax", "99999999", "-1", "0")), read_one_line),
    "toml": Grammar(_tables(_LAYERS, ()), read_specification),
    "equation_files": Grammar(_tables(_EQUATION_FILES, FORMULA_PIECES), derive_equations),
    "formulas": Grammar(st.one_of(formulas(), mixed(FORMULAS, FORMULA_PIECES)), read_equation),
    "activations": Grammar(
        st.one_of(formulas(), mixed(("z*sigmoid(1.702*z)", "cases(z > 0, z, exp(z) - 1)"), FORMULA_PIECES)), read_own_activation
    ),
    "notation": Grammar(_tables(_notations(), ("\\hat{w}", "_j", "{(l)}", "\\mathbf{W}")), read_notation),
    "notation_written": Grammar(edited_tables(_notations(), WORDS), write_notation),
    "words": Grammar(_tables(_files(ROOT / "derive" / "words" / "en.toml"), ("{delta}", "{")), read_words),
    "latex": Grammar(st.one_of(latex_formulas(), mixed(CLAIMS, LATEX_PIECES)), read_latex),
    "claims": Grammar(st.one_of(latex_formulas(), mixed(CLAIMS, LATEX_PIECES)), check_claim),
    "algorithms": Grammar(
        mixed(ALGORITHMS, (*LATEX_PIECES, "for ", "while ", "repeat", "until", "\n", "  ", "end", "l = L-1, ..., 2")), check_algorithm
    ),
    "documents": Grammar(
        mixed(DOCUMENTS, (*LATEX_PIECES, "$$", "\\[", "\\]", "\\def\\a", "\\newcommand{", "#1", "\\input{", "%", "\n")), read_document
    ),
    "tables": Grammar(mixed(TABLES, (",", "\n", "W1", "[0,0]", "0.1", '"', "x[0]", "delta2", "-", "1e5")), read_table),
    "numbers": Grammar(_tables(_files(ROOT / "derive" / "worked" / "mazur.toml"), ("0.15", "1e-400", "[published]")), read_numbers),
}

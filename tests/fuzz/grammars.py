"""The grammars that are fuzzed: seeds, pieces and what reads them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.attempt import EQUATIONS, NASTY, ROOT, Grammar, mixed
from tests.fuzz.readers import (
    check_algorithm,
    check_claim,
    derive_equations,
    judge_document,
    judge_notes,
    read_choices,
    read_document,
    read_equation,
    read_key,
    read_latex,
    read_module,
    read_notation,
    read_numbers,
    read_one_line,
    read_own_activation,
    read_specification,
    read_table,
    read_words,
    write_everything,
    write_notation,
)
from tests.fuzz.tables import edited_tables

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


def one_lines() -> st.SearchStrategy[str]:
    """One-line specifications, or nearly."""
    size = st.one_of(st.integers(1, 40).map(str), st.integers(1, 40).map(str), st.sampled_from(("0", "01", "99999999", "2.5", "")))
    activation = st.one_of(st.just(""), st.just(""), st.sampled_from((":relu", ":tanh", ":softmax", ":linear", ":", ":nope", ":relu:tanh")))
    layer = st.tuples(size, activation).map("".join)
    return st.tuples(size, st.lists(layer, min_size=1, max_size=5)).map(lambda part: "-".join((part[0], *part[1])))


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
NOTES = r"""## Forward pass

$$z_j^l = \sum_k w_{jk}^l\,a_k^{l-1} + b_j^l \tag{1}$$

$$
\begin{aligned}
\delta_j^L &= \frac{\partial C}{\partial a_j^L}\,\sigma'(z_j^L) \\
&= (a_j^L - y_j)\,\sigma'(z_j^L)
\end{aligned} \tag{2}
$$
"""
KEY = "[[answer]]\nlatex = '\\\\delta_j = a'\npoints = 2\n[[answer]]\nlatex = 'a = b'\n"
CHOICES = (
    'specification = "SPEC"\ndtype = "float64"\nbatch = 64\nlayout = "rows"\ntogether = true\nlogarithms = []\nsums = ["h"]\nsigns = []\n'
    "[blocks]\nh = [16, 64]\n"
)
CODE_PIECES = (
    *("eval", "exec", "open('x', 'w')", "import os", "os.system('true')", "getattr(np, 'x')", ".__class__", "__builtins__", "globals()"),
    *("np.ctypeslib", "np.lib", "class A:", "@f", "f'{x}'", "'%s' % x", "'{0.__class__}'.format(x)", "type(x)", "lambda: 0", "yield"),
)
_GIVEN = "".join(
    f"{name},{0.05 * number:.2f}\n"
    for number, name in enumerate(
        (
            *("x[0]", "x[1]", "t[0]", "t[1]", "b1[0]", "b1[1]", "b2[0]", "b2[1]"),
            *(f"W{k}[{j},{i}]" for k in (1, 2) for j in (0, 1) for i in (0, 1)),
        )
    )
)
TABLES = (f"name,value\n{_GIVEN}a1[0],0.593269992\n", f"{_GIVEN}loss,0.298\n")

GRAMMARS: dict[str, Grammar] = {
    "one_line": Grammar(
        st.one_of(one_lines(), mixed(ONE_LINES, ("-", ":", "2", "10", "relu", "softmax", "99999999", "-1", "0"))), read_one_line
    ),
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
    "written": Grammar(edited_tables((*_LAYERS, *_EQUATION_FILES), WORDS, most=2), write_everything),
    "modules": Grammar(
        mixed(_files(ROOT / "generated" / "xor_2_2_1.py"), (*CODE_PIECES, "\n", "    ", "np.", "def f(x):", "(", ")", "lambda: ")),
        read_module,
    ),
    "choices": Grammar(st.one_of(edited_tables((CHOICES,), WORDS, most=1), _tables((CHOICES,), ("[blocks]", "rows"))), read_choices),
    "judged_documents": Grammar(mixed(DOCUMENTS, (*LATEX_PIECES, "$$", "\\[", "\\]", "\\newcommand{\\a}{", "#1", "\n")), judge_document),
    "keys": Grammar(_tables((KEY,), ("[[answer]]", "points", "latex")), read_key),
    "judged_notes": Grammar(mixed((NOTES,), (*LATEX_PIECES, "$$", "\\tag{1}", "\n")), judge_notes),
}

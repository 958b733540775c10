"""Equation files: what they mean, and what is refused, with its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from derive.errors import InputError
from derive.expressions import Entry, Number, Tensor
from derive.indices import Affine, Axis, Index
from derive.network import Network, network
from derive.notation import latex, load
from derive.results import results_of
from derive.specifications.reads import bounds, reads_outside
from derive.verification.points import draw
from derive.verification.verify import verify
from tests.derive.unusual import UNUSUAL

FILES = sorted((Path(__file__).parent / "equations").glob("*.toml"))
RNN: dict[str, Any] = {
    "name": "rnn",
    "axes": {"t": 5, "j": 4, "i": 3},
    "inputs": ["x[t,i]", "y[t,j]"],
    "parameters": ["U[j,j]", "W[j,i]", "b[j]"],
    "equations": ["h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"],
    "initial": {"h": 0},
    "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
}
STEP = "h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"


def changed(**keys: Any) -> dict[str, Any]:
    """The table of the contract with some keys changed, and those left out that become None."""
    return {key: value for key, value in {**RNN, **keys}.items() if value is not None}


def refusal(**keys: Any) -> str:
    with pytest.raises(InputError) as refused:
        network(changed(**keys))
    message = str(refused.value)
    assert "\n" not in message
    assert message.isascii()
    return message


def test_the_example_of_the_contract_is_a_system() -> None:
    read = network(RNN)
    assert read.batch is read.pattern
    assert [(t.name, t.role, tuple(a.name for a in t.axes)) for t in (*read.pattern.inputs, *read.pattern.parameters)] == [
        ("x", "input", ("t", "i")),
        ("y", "input", ("t", "j")),
        ("U", "parameter", ("j", "j")),
        ("W", "parameter", ("j", "i")),
        ("b", "parameter", ("j",)),
    ]
    assert [(e.tensor.name, e.tensor.role, e.tensor.layer) for e in read.pattern.equations] == [
        ("h", "value", None),
        ("loss", "loss", None),
    ]
    assert {tensor.name: value for tensor, value in read.pattern.outside.items()} == {"h": Number(0)}


def test_a_file_without_a_name_is_called_after_the_file(tmp_path: Path) -> None:
    path = tmp_path / "elman.toml"
    path.write_text((FILES[0].parent / "rnn.toml").read_text().replace('name = "rnn"\n', ""))
    assert network(path).name == "elman"
    assert network(changed(name=None)).name == "equations"


def test_the_hash_does_not_depend_on_spaces_but_on_everything_else() -> None:
    spaced = changed(equations=[RNN["equations"][0].replace("*", " * ").replace(",", " , ")])
    assert network(spaced).specification.hash == network(RNN).specification.hash
    assert network(changed(initial={"h": 1})).specification.hash != network(RNN).specification.hash
    assert network(changed(axes={"t": 5, "j": 4, "i": 2})).specification.hash != network(RNN).specification.hash


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_about_an_equation_file_is_right(path: Path) -> None:
    report = verify(results_of(network(path)))
    assert report.ok, "\n".join(f"{s.number}: {s.latex}: {s.detail}" for s in report.wrong)


@pytest.mark.parametrize("name", UNUSUAL)
def test_every_line_about_an_unusual_system_is_right(name: str) -> None:
    report = verify(results_of(network(UNUSUAL[name])))
    assert report.ok, "\n".join(f"{s.number}: {s.latex}: {s.detail}" for s in report.wrong)


# -------------------------------------------------------------------------------------------------- letters and axes


def gram(equation: str, **keys: Any) -> Network:
    return network({"axes": {"j": 3, "i": 2}, "inputs": ["x[i]"], "parameters": ["W[j,i]"], "equations": [equation], **keys})


def test_a_letter_of_the_left_side_that_names_no_axis_takes_the_axis_of_where_it_stands_on_the_right() -> None:
    system = gram("G[j,k] = sum(i, W[j,i]*W[k,i]*x[i])", loss="sum(j, sum(k, G[j,k]**2))").pattern
    assert [axis.name for axis in system.equations[0].tensor.axes] == ["j", "j"]


def test_an_axis_may_follow_from_another_equation_that_stands_below() -> None:
    equations = ["c[k] = d[k]**2", "d[m] = sum(i, W[m,i]*x[i])"]
    system = gram("", equations=equations, loss="sum(k, c[k])").pattern
    assert [(e.tensor.name, [axis.name for axis in e.tensor.axes]) for e in system.equations] == [("d", ["j"]), ("c", ["j"]), ("loss", [])]


def test_equations_are_put_in_an_order_in_which_they_can_be_computed() -> None:
    equations = ["a[j] = exp(b[j])", "c[j] = sum(i, W[j,i]*x[i])", "b[j] = c[j]*c[j]"]
    assert [e.tensor.name for e in gram("", equations=equations, loss="sum(j, a[j])").pattern.equations] == ["c", "b", "a", "loss"]


def test_mutual_recurrences_stand_together_in_the_order_of_one_step() -> None:
    equations = ["h[t,j] = z[t,j]*c[t,j]", "q[j] = b[j]**2", "c[t,j] = c[t-1,j] + z[t,j]", "z[t,j] = tanh(x[t,0]*h[t-1,j] + b[j])"]
    loss = "sum(t, sum(j, h[t,j] + q[j]*y[t,j]))"
    system = network(changed(equations=equations, parameters=["b[j]"], initial={"h": 0, "c": 0}, loss=loss)).pattern
    assert [e.tensor.name for e in system.equations] == ["z", "c", "h", "q", "loss"]


def test_a_recurrence_may_count_downwards() -> None:
    backwards = STEP.replace("t-1", "t+1")
    system = network(changed(equations=[backwards])).pattern
    assert draw(system).valuation.array(system.loss)
    assert "say what stands before the first step of its recurrence" in refusal(equations=[backwards], initial=None)


def test_what_an_equation_reads_under_a_guard_may_lie_outside() -> None:
    guarded = STEP.replace("sum(p, U[j,p]*h[t-1,p])", "sum(p, U[j,p]*cases(t >= 1, h[t-1,p], 1))")
    assert network(changed(equations=[guarded], initial=None)).pattern.outside == {}
    assert "initial" in refusal(equations=[guarded.replace("t >= 1", "t >= 0")], initial=None)
    shifted = STEP.replace("x[t,i]", "[t <= 3]*x[t+1,i]")
    assert network(changed(equations=[shifted])).name == "rnn"
    assert "x is read at 1 to 5 along t" in refusal(equations=[shifted.replace("<= 3", "<= 4")])


def test_softmax_and_logsumexp_are_written_with_an_index() -> None:
    written = network(
        {
            "axes": {"b": 2, "k": 3},
            "inputs": ["y[b,k]"],
            "parameters": ["S[b,k]"],
            "equations": ["P[b,k] = softmax(k, 2*S[b,k])", "l[b] = logsumexp(k, S[b,k])"],
            "loss": "sum(b, l[b] - sum(k, y[b,k]*P[b,k]))",
        }
    ).pattern
    spelled_out = {"P": "exp(2*S[b,k])/sum(q, exp(2*S[b,q]))", "l": "log(sum(q, exp(S[b,q])))"}
    valuation = draw(written).valuation
    for name, formula in spelled_out.items():
        left = "P[b,k]" if name == "P" else "l[b]"
        other = network(
            {
                "axes": {"b": 2, "k": 3},
                "inputs": ["y[b,k]"],
                "parameters": ["S[b,k]"],
                "equations": [f"{left} = {formula}"],
                "loss": f"sum(b, sum(k, {left}*y[b,k]))",
            }
        ).pattern
        same = next(t for t in other.definitions if t.name == name)
        again = draw(other, sizes=valuation.sizes).valuation
        for tensor in (*written.inputs, *written.parameters):
            again.give(tensor, list(valuation.array(tensor).values()))
        again.run()
        ours = next(t for t in written.definitions if t.name == name)
        assert list(again.array(same).values()) == pytest.approx(list(valuation.array(ours).values()), rel=1e-30)


def test_a_position_is_bounded_by_the_ranges_of_its_indices_and_by_guards() -> None:
    o, u = Index("o", Axis("o", 3)), Index("u", Axis("u", 2))
    position = Affine.of(o).scaled(2).plus(Affine.of(u)).plus(Affine(-1))
    assert bounds(position) == (-1, 4)
    assert bounds(position, (position,)) == (0, 4)
    assert bounds(position, (Affine(3).plus(position.scaled(-1)),)) == (-1, 3)
    assert bounds(Affine.of(o).scaled(2).plus(Affine(-2)), (Affine.of(o).plus(Affine(-1)),)) == (0, 2)
    x = Tensor("x", (Axis("s", 5),), "input")
    assert [interval for _, _, interval in reads_outside(Entry(x, position))] == [(-1, 4)]


def test_what_stands_outside_the_ranges_may_be_any_number() -> None:
    system = network(changed(initial={"h": 0.5})).pattern
    (value,) = system.outside.values()
    assert value == Number("1/2")


# ---------------------------------------------------------------------------------------------------------- refusals

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"axs": {}}, "", "unknown key 'axs'; nearest: axes"),
    ({"axes": [1]}, "", "axes must be a table of letters and sizes"),
    ({"axes": {"t": 0, "j": 4, "i": 3}}, "", "axis t must be at least 1, got 0"),
    ({"axes": {"t": 5, "j": 4.0, "i": 3}}, "", "axis j must be a whole number"),
    ({"axes": {"n1": 5}}, "", "means the units of a layer"),
    ({"axes": {"__t": 5}}, "", "must be an ASCII letter"),
    ({"inputs": ["x[t,k]"]}, "input 1, column 5", "unknown axis 'k'"),
    ({"inputs": ["x[t,2*i]"]}, "input 1, column 5", "unknown axis 'a formula'"),
    ({"inputs": "x[t,i]"}, "", "inputs must be a list of texts"),
    ({"inputs": ["x[t,i]", "y[t,j]", "u[j]"]}, "", "input u does not reach the loss"),
    ({"inputs": ["x[t,i]", "y[t,j]", "x[t,j]"]}, "input 3, column 1", "x is defined twice"),
    ({"parameters": ["U[j,j]", "W[j,i]", "b[j]", "c"]}, "", "parameter c does not reach the loss"),
    ({"parameters": ["U[j,j]", "W[j,i]"]}, "equation 1, column 65", "unknown name 'b'"),
    ({"parameters": ["U[j,j]", "W[j,i]", "b[j]", "exp[j]"]}, "parameter 4, column 1", "'exp' is a function or a constant"),
    ({"parameters": ["U[j,j]", "W[j,i]", "b[j]", "dU[j]"]}, "parameter 4, column 1", "dU is the name of the derivative of the loss by U"),
    ({"parameters": ["U[j,j]", "W[j,i]", "b[j]", "np[j]"]}, "parameter 4, column 1", "a name that the emitted module uses itself"),
    ({"parameters": ["U[j,j]", "W[j,i]", "b[j]", "import[j]"]}, "parameter 4, column 1", "a keyword of Python"),
    ({"equations": "h = 1"}, "", "equations must be a list of texts"),
    ({"equations": [STEP, "h[t,j] = x[t,0]"]}, "equation 2, column 1", "h is defined twice"),
    ({"equations": [STEP, "g[t] = h[t,0]"]}, "equation 2, column 1", "g does not reach the loss"),
    ({"equations": ["loss = U[0,0]"]}, "equation 1, column 1", "a name that the emitted module uses itself"),
    ({"equations": ["h[t,j] = U[j,j] +"]}, "equation 1, column 18", "got the end"),
    ({"equations": ["h[t,2] = b[j]"]}, "equation 1, column 5", "plain index letters"),
    ({"equations": ["h[t,t] = b[j]"]}, "equation 1, column 5", "index t stands twice on the left side"),
    ({"equations": ["h[t,q] = b[j]"]}, "equation 1, column 5", "index q names no axis and stands at no position"),
    ({"equations": [STEP.replace("sum(i, W[j,i]*x[t,i])", "W[j,i]*x[t,i]")]}, "equation 1, column 45", "index i is not bound here"),
    ({"equations": [STEP.replace("sum(i,", "sum(j,")]}, "equation 1, column 45", "index j already means something outside this sum"),
    (
        {"equations": [STEP.replace("x[t,i]", "x[i,t]")]},
        "equation 1, column 57",
        "index i runs along axis i (size 3), but here x has",
    ),
    ({"equations": [STEP.replace("h[t-1,p]", "h[t-1]")]}, "equation 1, column 29", "h has 2 axes, got 1 positions"),
    ({"equations": [STEP.replace("U[j,p]", "V[j,p]")]}, "equation 1, column 22", "unknown name 'V'"),
    ({"equations": [STEP.replace("b[j]", "b")]}, "equation 1, column 65", "needs as many positions: b[j]"),
    (
        {"equations": [STEP.replace("sum(p, U[j,p]*h[t-1,p])", "sum(p, W[j,p]*h[t-1,p])")]},
        "equation 1, column 35",
        "index p stands at axis j",
    ),
    ({"equations": [STEP.replace("tanh(", "softmax(")]}, "equation 1, column 10", "softmax(j, u[j])"),
    ({"equations": [STEP.replace("t-1", "t")]}, "equation 1, column 29", "h is defined by itself"),
    ({"equations": [STEP.replace("t-1", "t-1+1")]}, "equation 1, column 29", "h is defined by itself"),
    (
        {"equations": ["h[t,j] = b[j]*h[t-1,j] + h[t+1,j]"]},
        "equation 1, column 15",
        "along no axis is every such read one of an earlier",
    ),
    ({"equations": ["h[t,j] = g[t,j]", "g[t,j] = h[t,j]*b[j]"]}, "equation 1, column 10", "h, g define each other"),
    ({"equations": [STEP.replace("h[t-1,p]", "h[0,p]")]}, "equation 1, column 29", "h is defined by itself"),
    ({"initial": None}, "equation 1, column 29", "h is read at -1 to 3 along t, which has the positions 0 to 4"),
    ({"initial": None, "pad": {"h": 0}}, "equation 1, column 29", "initial = { h = 0 }"),
    ({"initial": {"h": 0, "x": 0}}, "", "x is no recurrence"),
    ({"initial": {"hh": 0}}, "", "initial: unknown name 'hh'; nearest: h"),
    ({"initial": {"h": "zero"}}, "", "initial: h must be a number"),
    ({"initial": 0}, "", "initial must be a table"),
    ({"pad": {"h": 1}}, "", "pad and initial of h differ"),
    ({"pad": {"x": float("nan")}}, "", "pad: x must be a finite number"),
    ({"equations": [STEP.replace("x[t,i]", "x[t+1,i]")]}, "equation 1, column 55", "x is read at 1 to 5 along t"),
    ({"equations": [STEP.replace("x[t,i]", "x[7,i]")]}, "equation 1, column 55", "pad = { x = 0 }"),
    ({"loss": None}, "", "loss is missing"),
    ({"loss": 3}, "", "loss must be a text"),
    ({"loss": "1"}, "loss", "reads nothing"),
    ({"loss": "sum(j, (h[t,j] - y[t,j])**2)"}, "loss, column 11", "the loss is one number, but index t is free"),
    ({"loss": "sum(t, sum(j, (h[t+1,j] - y[t,j])**2))"}, "loss", "h is read at 1 to 5 along t"),
    ({"loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2"}, "loss, column 35", "got the end"),
    ({"loss": "__import__('os')"}, "loss, column 1", "got '_'"),
    ({"assumptions": ["sum(j, y[t,j]) < 1"]}, "assumption 1, column 1", "an assumption is an equation"),
    ({"assumptions": ["sum(j, h[t,j]) = 1"]}, "assumption 1", "speaks of inputs only"),
    ({"name": "lambda"}, "", "keyword"),
    ({"name": "a b"}, "", "must be an ASCII letter"),
    ({"layers": []}, "", "unknown key 'layers'"),
    ({"equations": ["h = 1"] * 1001}, "", "1001 are too many; the limit is 1000"),
    ({"axes": {"t": 100000, "j": 100000, "i": 3}}, "", "y has more entries than the limit"),
]


@pytest.mark.parametrize(("keys", "place", "words"), REFUSED, ids=[words[:40] for _, _, words in REFUSED])
def test_what_is_no_system_is_refused_with_its_place(keys: dict[str, Any], place: str, words: str) -> None:
    message = refusal(**keys)
    assert message.startswith(place)
    assert words in message


def test_the_sum_of_a_letter_takes_the_axis_where_it_stands_or_is_refused() -> None:
    assert "index p stands at axis i" in refusal(equations=[STEP.replace("h[t-1,p]", "x[t,p]")], initial=None)


def test_options_for_layers_are_refused() -> None:
    for option in ({"loss": "squared_error"}, {"batch_reduction": "sum"}):
        with pytest.raises(InputError, match="is for layers; equations state their own loss"):
            network(RNN, **option)


def test_a_fault_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text((FILES[0].parent / "rnn.toml").read_text().replace("U[j,p]", "V[j,p]"))
    with pytest.raises(InputError, match=r"^wrong.toml: equation 1, column 22: unknown name 'V'"):
        network(path)


@pytest.mark.parametrize("command", [["verify"], ["notes", "--format", "md"], ["notes", "--format", "tex"], ["notes"]], ids=" ".join)
def test_the_commands_take_equation_files(command: list[str]) -> None:
    path = FILES[0].parent / "rnn.toml"
    root = Path(__file__).parents[2]
    run = [sys.executable, "-m", "deltarule", command[0], str(path), *command[1:]]
    done = subprocess.run(run, capture_output=True, text=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    assert done.returncode == 0, done.stderr
    assert "rnn" in done.stdout or "none wrong" in done.stdout


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("h", "h_{jp}"),
        ("gamma", r"\gamma_{jp}"),
        ("gate", r"\mathit{gate}_{jp}"),
        ("Wq", "W_{jp}^{(q)}"),
        ("W_xh", r"W_{jp}^{(\mathit{xh})}"),
        ("b1", "b_{jp}^{(1)}"),
        ("alpha_1", r"\alpha_{jp}^{(1)}"),
        ("mu", r"\mu_{jp}"),
        ("W1q", r"\mathit{W1q}_{jp}"),
    ],
)
def test_tensors_are_shown_by_their_names(name: str, shown: str) -> None:
    axes = Axis("j", 2), Axis("p", 2)
    entry = Entry(Tensor(name, axes, "parameter"), Index("j", axes[0]), Index("p", axes[1]))
    assert latex(entry, load("nielsen")) == shown

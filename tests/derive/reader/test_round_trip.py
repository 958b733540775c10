"""What the printer writes, the reader reads: every line of many networks means what it was printed from."""

from __future__ import annotations

import pytest

from derive.calculus.canonical import canonical
from derive.explicit import explicit_adjoints, explicit_forward, explicit_gradients
from derive.functions.activations import activation_names
from derive.functions.losses import loss_names
from derive.notation import NUMBERED, latex
from derive.reader import names_of, read, scope_of
from tests.derive.reader.printed import NIELSEN, inert, printed, reads_back, results


@pytest.mark.parametrize("activation", activation_names())
def test_lines_of_every_activation_read_back(activation: str) -> None:
    for line in printed(results(f"2-3:{activation}")):
        assert reads_back(line), line.text


@pytest.mark.parametrize("loss", loss_names())
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_lines_of_every_loss_read_back(loss: str, reduction: str) -> None:
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(loss, "tanh")
    for line in printed(results(f"2-3:{output}", loss, reduction)):
        assert reads_back(line), line.text


@pytest.mark.parametrize(
    "spec", ["4-3", "3-3:relu-3:relu", "2-3:tanh-2:tanh-4:tanh-2", "2-2:relu-2:relu-2:relu-2:relu-2", "2-3:leaky_relu-2:softmax-2"]
)
def test_lines_of_every_depth_read_back(spec: str) -> None:
    for line in printed(results(spec)):
        assert reads_back(line), line.text


@pytest.mark.parametrize("spec", ["2-2:relu-1:linear", "3-2:softmax-2:tanh", "1-1-1", "12-1:tanh"])
def test_every_single_derivative_reads_back(spec: str) -> None:
    found = results(spec)
    system = found.network.pattern
    scope = scope_of(names_of(system, NIELSEN))
    for item in (*explicit_forward(found), *explicit_adjoints(found), *explicit_gradients(found)):
        for value in item.lines:
            text = f"{latex(item.left, NIELSEN, NUMBERED)} = {latex(value, NIELSEN, NUMBERED)}"
            wanted = [canonical(inert(side, system)) for side in (item.left, value)]
            assert [canonical(inert(side, system)) for side in read(text, scope).entries] == wanted, text

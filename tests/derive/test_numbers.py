"""Numbers of formulas do not depend on whether the gradient of the inputs is asked for: it has the last ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.network import network
from derive.results import results_of

FOLDER = Path(__file__).parent / "equations"
SPECS = ("2-2-1", "3-4:tanh-2:softmax", *(FOLDER / f"{name}.toml" for name in ("attention", "highway", "rnn")))


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_gradient_of_the_inputs_comes_last(spec: str | Path) -> None:
    model = network(spec)
    plain, whole = results_of(model), results_of(model, input_gradient=True)
    numbers = {member.tensor: result.number for result in plain.results for member in result.members}
    assert {tensor: whole.number(tensor) for tensor in numbers} == numbers
    extra = [r for r in whole.results if any(member.tensor not in numbers for member in r.members)]
    assert [r.number for r in extra] == list(range(len(plain.results) + 1, len(whole.results) + 1))
    assert {r.equation.tensor.of for r in extra if r.equation.tensor.of in (*model.pattern.inputs, *model.batch.inputs)}
    assert [r.number for r in whole.results] == list(range(1, len(whole.results) + 1))

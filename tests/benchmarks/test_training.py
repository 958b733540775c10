"""The benchmark of trainings, and weights from elsewhere as the README loads them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import deltarule
from benchmarks.training.measure import OURS, check_agreement, table
from benchmarks.training.stories import PICTURES, XOR
from benchmarks.training.systems import naive

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("story", [replace(XOR, epochs=20), replace(PICTURES, sizes=(20, 8, 5), spec="20-8:relu-5:softmax")])
def test_systems_get_to_the_same_parameters(story, monkeypatch):
    monkeypatch.setattr("benchmarks.training.measure.RIVALS", {"naive": naive})
    check_agreement(story)


def test_the_table_says_what_is_not_installed():
    assert (
        table({XOR: {OURS: [2.0, 4.0], "naive NumPy": [20.0, 48.0]}})
        .splitlines()[2]
        .endswith("| 3 s | 11 | not installed | not installed |")
    )


def test_the_readme_shows_the_trainings_that_were_measured():
    measured = (ROOT / "benchmarks" / "training.md").read_text(encoding="utf-8").split("\n\n")[0]
    assert measured in (ROOT / "README.md").read_text(encoding="utf-8")


def test_weights_of_pytorch_and_keras_are_loaded_as_the_readme_says():
    torch = pytest.importorskip("torch")
    module = ModuleType("digits")
    exec(str(deltarule.network("64-32:relu-10:softmax").emit(dtype="float32")), module.__dict__)
    block = re.search(r"```python\n(torch_model.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    pytorch, keras = block[1].split("\n\n")
    x = np.random.RandomState(0).standard_normal((5, 64)).astype(np.float32)
    names: dict[str, object] = {"torch": torch, "module": module}
    exec(pytorch, names)
    wanted = torch.softmax(names["torch_model"](torch.from_numpy(x)), 1).detach().numpy()
    assert np.allclose(module.forward(names["parameters"], x), wanted, atol=1e-6)
    arrays = [np.asfortranarray(value).T for value in names["parameters"]]  # (inputs, outputs), as Keras has them
    exec(keras, names | {"keras_model": SimpleNamespace(get_weights=lambda: arrays)}, names)
    assert np.allclose(module.forward(names["parameters"], x), wanted, atol=1e-6)

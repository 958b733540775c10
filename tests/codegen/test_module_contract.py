"""What an emitted module promises its users."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from modules import module_of, text_of

from codegen.certificate import loaded

SPEC = "3-4:relu-2:softmax"
STYLES = ("vectorised", "scalar", "loops")


@pytest.fixture(params=STYLES)
def module(request: pytest.FixtureRequest):
    return module_of(SPEC, "cross_entropy", style=request.param)


def point(module, batch=5):
    return module._random_point(batch)


def test_shapes_are_documented_shapes(module):
    assert module.SHAPES == ((4, 3), (4,), (2, 4), (2,))
    assert module.SHAPES._fields == ("W1", "b1", "W2", "b2")
    for value, shape in zip(module.Workspace(3).parameters, module.SHAPES, strict=True):
        assert value.shape == shape


def test_parameters_and_gradients_are_views_of_flat_vectors_without_gaps(module):
    workspace = module.Workspace(3)
    for flat, views in ((workspace.flat_parameters, workspace.parameters), (workspace.flat_gradients, workspace.gradients)):
        assert flat.shape == (4 * 3 + 4 + 2 * 4 + 2,)
        flat[:] = range(len(flat))
        assert sorted(number for view in views for number in view.flat) == list(range(len(flat)))
    cost, _ = module.loss_and_gradients(*point(module, 3))
    assert cost == workspace.loss_and_gradients(*point(module, 3))[0]


def test_initialise_is_frozen_he_and_glorot_uniform(module):
    assert module.initialize is module.initialise
    parameters = module.initialise(seed=7)
    again = np.random.RandomState(7)
    assert np.array_equal(parameters.W1, again.uniform(-1, 1, (4, 3)) * (6 / 3) ** 0.5)  # He: before relu
    assert np.array_equal(parameters.W2, again.uniform(-1, 1, (2, 4)) * (6 / 6) ** 0.5)  # Glorot: before softmax
    assert not parameters.b1.any()


def test_any_strides_give_the_same_result(module):
    parameters, x, t = point(module)
    wanted = module.loss_and_gradients(parameters, x, t)
    strange = module.Parameters(*(np.asfortranarray(np.repeat(p, 2, axis=0)[::2]) for p in parameters))
    found = module.loss_and_gradients(strange, np.asfortranarray(x), np.repeat(t, 3, axis=1)[:, ::3])
    assert found[0] == wanted[0]
    assert all(np.array_equal(left, right) for left, right in zip(found[1], wanted[1], strict=True))


@pytest.mark.parametrize(
    ("change", "error", "name"),
    [
        (lambda p, x, t: (p, x[:, :2], t), ValueError, "x"),
        (lambda p, x, t: (p, x[0], t), ValueError, "x"),
        (lambda p, x, t: (p, x[:0], t[:0]), ValueError, "x"),
        (lambda p, x, t: (p, x.astype("f4"), t), TypeError, "x"),
        (lambda p, x, t: (p, x, t[:2]), ValueError, "t"),
        (lambda p, x, t: (p, x, t.astype("f4")), TypeError, "t"),
        (lambda p, x, t: (p, x, np.array([0, 1, 2, 0, 1])), ValueError, "t"),
        (lambda p, x, t: (p._replace(W2=p.W2.T), x, t), ValueError, "W2"),
        (lambda p, x, t: (p._replace(b1=p.b1.astype("f4")), x, t), TypeError, "b1"),
        (lambda p, x, t: (p[:3], x, t), ValueError, "parameters"),
        (lambda p, x, t: (None, x, t), ValueError, "parameters"),
        (lambda p, x, t: (p._asdict(), x, t), ValueError, "parameters"),
        (lambda p, x, t: (p, [[1.0], [1.0, 2.0]], t), ValueError, "x"),
        (lambda p, x, t: (p, x, [[1.0], [0.0, 1.0]]), ValueError, "t"),
        (lambda p, x, t: (p, x, np.array([0, 1])), ValueError, "t"),
    ],
)
def test_wrong_arguments_are_refused_by_name(module, change, error, name):
    with pytest.raises(error, match=rf"^{name}: expected"):
        module.loss_and_gradients(*change(*point(module)))


def test_a_workspace_takes_no_parameters_of_another_shape(module):
    parameters, _, _ = point(module)
    with pytest.raises(ValueError, match=r"^W1: expected"):
        module.Workspace(2).set_parameters(parameters._replace(W1=parameters.W1[:1]))


def test_a_file_that_save_did_not_write_is_refused_by_its_path(module, tmp_path):
    parameters, _, _ = point(module)
    whole, path = tmp_path / "whole", str(tmp_path / "other.npz")
    module.save(str(whole), parameters)
    for content in (b"", b"text", pickle.dumps({"W1": 1}), whole.read_bytes()[:200], whole.read_bytes().replace(b"descr", b"dexcr")):
        Path(path).write_bytes(content)
        with pytest.raises(ValueError, match=r"other\.npz: not a file that save wrote"):
            module.load(path)
    np.save(tmp_path / "single", parameters.W1)
    with pytest.raises(ValueError, match=r"single\.npy: not a file"):
        module.load(str(tmp_path / "single.npy"))
    with pytest.raises(FileNotFoundError):
        module.load(str(tmp_path / "nowhere.npz"))


def test_class_labels_stand_for_one_hot_targets(module):
    parameters, x, _ = point(module)
    labels = np.array([0, 1, 1, 0, 1])
    wanted = module.loss_and_gradients(parameters, x, np.eye(2)[labels])
    found = module.loss_and_gradients(parameters, x, labels.astype(np.int32))
    assert found[0] == wanted[0]
    assert all(np.array_equal(left, right) for left, right in zip(found[1], wanted[1], strict=True))


def test_save_and_load_return_the_same_parameters(module, tmp_path):
    parameters = module.initialise(3)
    module.save(str(tmp_path / "p.bin"), parameters)
    found = module.load(str(tmp_path / "p.bin"))
    assert all(np.array_equal(left, right) for left, right in zip(found, parameters, strict=True))


def test_load_refuses_another_network(module, tmp_path):
    other = module_of("3-4:tanh-2:softmax", "cross_entropy")
    other.save(str(tmp_path / "p.npz"), other.initialise())
    with pytest.raises(ValueError, match="another specification"):
        module.load(str(tmp_path / "p.npz"))


def test_forward_returns_probabilities_of_its_own(module):
    parameters, x, _ = point(module)
    y = module.forward(parameters, x)
    assert np.allclose(y.sum(1), 1)
    assert y.base is None


def test_loss_is_the_loss_of_loss_and_gradients(module):
    assert module.loss(*point(module)) == module.loss_and_gradients(*point(module))[0]


@pytest.mark.parametrize("batch", [0, -1, 2.5, "3"])
def test_workspace_refuses_a_strange_batch(module, batch):
    with pytest.raises(ValueError, match="batch"):
        module.Workspace(batch)


def test_step_leaves_nothing_allocated():
    module = module_of("30-40:tanh-20:gelu-10:softmax", "cross_entropy")
    workspace = module.Workspace(64)
    parameters, x, t = point(module, 64)
    workspace.set_parameters(parameters)
    for _ in range(3):
        workspace.step(x, t)
    tracemalloc.start()
    workspace.step(x, t)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        workspace.step(x, t)
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert growth < 1024


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("spec", ["3-4:tanh-2:softmax", "3-4:gelu-5:softmax-2:sigmoid", "3-4:mish-5:elu-2:linear"])
def test_everything_is_finite_at_huge_inputs_without_warnings(spec, dtype):
    loss = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}.get(spec.split(":")[-1])
    module = module_of(spec, loss, dtype=dtype)
    parameters, x, t = point(module)
    for scale in (1e4, -1e4):
        with np.errstate(all="raise", under="ignore"):
            cost, gradients = module.loss_and_gradients(parameters, (scale * np.sign(x)).astype(dtype), t)
        assert np.isfinite(cost)
        assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("style", STYLES)
def test_selftest_runs_with_numpy_alone(style, tmp_path: Path):
    path = tmp_path / "emitted.py"
    path.write_text(text_of(SPEC, "cross_entropy", style=style))
    result = subprocess.run([sys.executable, "-I", str(path), "--selftest"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FAIL" not in result.stdout
    wrong = path.read_text().replace("for p in range(4)) + b2[j]", "for p in range(4)) - b2[j]")
    path.write_text(wrong)
    assert wrong != text_of(SPEC, "cross_entropy", style=style)
    assert subprocess.run([sys.executable, "-I", str(path), "--selftest"], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("style", STYLES)
def test_gradient_of_the_inputs_is_there_only_when_asked_for(style) -> None:
    assert not hasattr(module_of(SPEC, "cross_entropy", style=style), "loss_gradients_and_dx")
    text = text_of(SPEC, "cross_entropy", input_gradient=True, style=style)
    module = loaded(text)
    parameters, x, t = point(module)
    cost, gradients, dx = module.loss_gradients_and_dx(parameters, x, t)
    assert cost == module.loss(parameters, x, t)
    assert dx.shape == x.shape
    assert all(np.array_equal(left, right) for left, right in zip(gradients, module.loss_and_gradients(parameters, x, t)[1], strict=True))
    assert module.selftest()
    (line,) = re.findall(r"^\s+dx\[b, p\] = .*$|^\s+delta1\w*dot\(W1.*, dx\)$|^\s+dx_0 = W.*$", text, re.MULTILINE)
    wrong = line.replace("= ", "= -") if " = " in line else line.replace("(W1", "(-W1")
    assert not loaded(text.replace(line, wrong)).selftest()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("width", [88, 100, 140])
def test_text_is_formatted_and_lint_clean(style, width, tmp_path: Path):
    path = tmp_path / "emitted.py"
    path.write_text(text_of("4-5:gelu-3:elu-6:softmax-2:sigmoid", "binary_cross_entropy", style=style))
    for command in (["format", "--check", "--line-length", str(width)], ["check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(path)], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("style", STYLES)
def test_text_is_python_3_9_and_names_are_semantic(style):
    text = text_of(SPEC, "cross_entropy", style=style)
    tree = ast.parse(text, feature_version=(3, 9))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not [name for name in names if "tmp" in name]
    assert "SPDX-License-Identifier: 0BSD" in text
    assert text == text_of.__wrapped__(SPEC, "cross_entropy", style=style)

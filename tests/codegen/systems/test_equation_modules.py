"""Modules of equation files in both styles, against autograd through the same forward pass written from the papers."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd
import numpy as np
import pytest

from codegen.certificate import CertificateError, loaded
from codegen.emit import emit
from codegen.systems.emit import Maker, certify
from codegen.systems.stages import work_of
from codegen.systems.style import automatic
from derive.errors import InputError
from derive.network import Network, network
from derive.results import Results, results_of
from tests.derive import forwards

FOLDER = Path(__file__).parents[2] / "derive" / "equations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
STYLES = ("vectorised", "loops")
ALL_STYLES = (*STYLES, "scalar")
SIZES: list[tuple[str, dict[str, int]]] = [
    *((name, {}) for name in NAMES),
    ("attention", {"t": 4, "s": 5, "d": 3, "e": 1, "i": 2}),
    ("attention", {"t": 1, "s": 1, "d": 1, "e": 1, "i": 1}),
    ("attention_in_one_line", {"t": 5, "s": 5, "d": 1, "e": 2}),
    ("attention_in_one_line", {"t": 1, "s": 1, "d": 1, "e": 1}),
    ("batch_norm", {"b": 5, "j": 1, "k": 4}),
    ("batch_norm", {"b": 2, "j": 3, "k": 1}),
    ("bilinear", {"b": 1, "i": 1, "j": 1, "k": 1}),
    ("bilinear", {"b": 4, "i": 3, "j": 2, "k": 5}),
    ("concatenation", {"i": 1, "k": 1}),
    ("concatenation_by_brackets", {"i": 3, "k": 4}),
    ("convolution_1d", {"o": 4, "s": 8, "c": 1, "d": 3}),
    ("convolution_1d", {"o": 1, "s": 2, "c": 1, "d": 1}),
    ("convolution_2d", {"p": 3, "q": 1, "r": 3, "s": 2, "m": 5, "n": 4, "c": 2, "d": 1, "e": 3}),
    ("convolution_input", {"s": 7}),
    ("convolution_input", {"s": 1}),
    ("embedding", {"t": 1, "v": 1, "j": 1}),
    ("embedding", {"t": 5, "v": 3, "j": 4}),
    ("highway", {"b": 1, "j": 1}),
    ("highway", {"b": 4, "j": 2}),
    ("layer_norm", {"b": 1, "j": 2, "k": 1}),
    ("layer_norm", {"b": 5, "j": 3, "k": 4}),
    ("log_sum_exp", {"b": 1, "j": 1, "i": 1}),
    ("log_sum_exp", {"b": 4, "j": 2, "i": 3}),
    ("lstm", {"t": 1, "j": 1, "i": 1}),
    ("lstm", {"t": 5, "j": 3, "i": 1}),
    ("max_pooling", {"o": 1, "s": 2, "c": 1, "i": 1}),
    ("max_pooling", {"o": 4, "s": 8, "c": 3, "i": 2}),
    ("mixture", {"b": 1, "i": 1, "j": 1}),
    ("mixture", {"b": 4, "i": 3, "j": 2}),
    ("pairs", {"n": 1, "d": 1, "i": 1}),
    ("pairs", {"n": 5, "d": 3, "i": 2}),
    ("rnn", {"t": 1, "j": 1, "i": 1}),
    ("rnn", {"t": 2, "j": 4, "i": 3}),
    ("rnn_with_pre_activation", {"t": 1, "j": 3, "i": 1}),
    ("rnn_with_pre_activation", {"t": 6, "j": 1, "i": 2}),
    ("tied_weights", {"b": 1, "i": 1, "j": 1}),
    ("tied_weights", {"b": 4, "i": 5, "j": 2}),
]


@cache
def read(name: str, sizes: tuple[tuple[str, int], ...] = (), input_gradient: bool = False) -> tuple[Network, Results]:
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    model = network({**table, "axes": {**table["axes"], **dict(sizes)}})
    return model, results_of(model, input_gradient=input_gradient)


@cache
def text_of(name: str, style: str, dtype: str = "float64", input_gradient: bool = False) -> str:
    """A certified module at the sizes of its file."""
    model, results = read(name, (), input_gradient)
    return emit(model, results.batch_sweep, style=style, dtype=dtype, number=results.number)


def module_of(name: str, style: str, sizes: dict[str, int], input_gradient: bool = False) -> ModuleType:
    if not sizes and not input_gradient:
        return loaded(text_of(name, style))
    model, results = read(name, tuple(sizes.items()), input_gradient)
    sweep = results.batch_sweep
    return loaded(Maker(model, style, "float64", "").module(work_of(sweep.system, sweep.derivations, results.number), bare=True))


def point(module: ModuleType, seed: int = 5) -> tuple[Any, Any]:
    random = np.random.RandomState(seed)
    parameters = module.Parameters(*(np.asarray(random.uniform(-1, 1, shape)).astype(module.DTYPE) for shape in module.SHAPES))
    inputs = module.Inputs(*(np.asarray(random.uniform(-1, 1, shape)).astype(module.DTYPE) for shape in module.INPUT_SHAPES))
    return parameters, inputs


def expected(name: str, parameters: Any, inputs: Any, wanted: str) -> Any:
    given = {**parameters._asdict(), **inputs._asdict()}
    rest = {key: value for key, value in given.items() if key != wanted}
    return autograd.grad(lambda value: getattr(forwards, name)(**{wanted: value}, **rest))(given[wanted])


@pytest.mark.parametrize(
    ("style", "name", "sizes"),
    [*((style, *case) for style in STYLES for case in SIZES), *(("scalar", *case) for case in SIZES if case[1])],
    ids=lambda part: part if isinstance(part, str) else "-".join(map(str, part.values())),
)
def test_loss_and_gradients_agree_with_autograd(style: str, name: str, sizes: dict[str, int]) -> None:
    module = module_of(name, style, sizes)
    parameters, inputs = point(module)
    cost, gradients = module.loss_and_gradients(parameters, inputs)
    assert cost == pytest.approx(float(getattr(forwards, name)(**parameters._asdict(), **inputs._asdict())), rel=1e-12)
    assert cost == module.loss(parameters, inputs)
    for field, gradient in gradients._asdict().items():
        np.testing.assert_allclose(gradient, expected(name, parameters, inputs, field), rtol=1e-10, atol=1e-10, err_msg=field)


@pytest.mark.parametrize("name", ["attention", "max_pooling", "tied_weights"])
@pytest.mark.parametrize("style", STYLES)
def test_gradients_of_inputs_are_there_when_asked_for(name: str, style: str) -> None:
    module = module_of(name, style, {}, input_gradient=True)
    parameters, inputs = point(module)
    cost, _, slopes = module.loss_gradients_and_dx(parameters, inputs)
    assert cost == module.loss(parameters, inputs)
    for field, gradient in slopes._asdict().items():
        np.testing.assert_allclose(gradient, expected(name, parameters, inputs, field), rtol=1e-10, atol=1e-10, err_msg=field)
    assert module.selftest()
    assert not hasattr(loaded(text_of(name, style)), "loss_gradients_and_dx")


@pytest.mark.parametrize("name", ["attention", "rnn", "max_pooling"])
def test_single_precision_is_certified(name: str) -> None:
    module = loaded(text_of(name, "vectorised", "float32"))
    parameters, inputs = point(module)
    cost, gradients = module.loss_and_gradients(parameters, inputs)
    assert {gradient.dtype for gradient in gradients} == {np.dtype(np.float32)}
    double = module_of(name, "vectorised", {})
    wide = (double.Parameters(*(p.astype(float) for p in parameters)), double.Inputs(*(x.astype(float) for x in inputs)))
    assert cost == pytest.approx(double.loss(*wide), rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_vectorised_module_loops_over_steps_of_recurrences_only(name: str) -> None:
    text = text_of(name, "vectorised")
    passes = text[text.index("    def run_forward") : text.index("    values = Values(")]
    loops = [line.strip() for line in passes.splitlines() if line.strip().startswith("for ")]
    assert all(loop.startswith("for t in") for loop in loops)
    assert len(loops) == (2 if name in ("lstm", "rnn", "rnn_with_pre_activation") else 0)


def test_a_workspace_can_be_used_again_and_again() -> None:
    module = module_of("lstm", "vectorised", {})
    workspace = module.Workspace()
    for seed in (1, 2, 1):
        parameters, inputs = point(module, seed)
        workspace.set_parameters(parameters)
        cost, gradients = module.loss_and_gradients(parameters, inputs)
        assert workspace.step(inputs) == cost
        assert all(np.array_equal(own, other) for own, other in zip(workspace.gradients, gradients, strict=True))
        values = module.forward(parameters, inputs)
        assert all(np.array_equal(own, other) for own, other in zip(workspace.forward(inputs), values, strict=True))
    assert values._fields == ("i", "f", "o", "g", "c", "h")


def test_arguments_are_checked_and_files_are_read_back(tmp_path: Path) -> None:
    module = module_of("rnn", "vectorised", {})
    parameters, inputs = module.initialise(3), point(module)[1]
    assert tuple(p.shape for p in parameters) == module.SHAPES
    assert all(np.abs(p).max() <= 1 / p.shape[-1] ** 0.5 for p in parameters)
    with pytest.raises(ValueError, match=r"x: expected shape \(4, 2\), got \(3, 2\)"):
        module.loss(parameters, inputs._replace(x=inputs.x[:3]))
    with pytest.raises(TypeError, match="W: expected dtype float64"):
        module.loss_and_gradients(parameters._replace(W=parameters.W.astype("float32")), inputs)
    with pytest.raises(ValueError, match="inputs: expected x, y, got 1 arrays"):
        module.loss(parameters, inputs[:1])
    strided = inputs._replace(x=np.repeat(inputs.x, 2, axis=0)[::2])
    assert module.loss(parameters, strided) == module.loss(parameters, inputs)
    module.save(str(tmp_path / "p.npz"), parameters)
    assert all(np.array_equal(a, b) for a, b in zip(module.load(str(tmp_path / "p.npz")), parameters, strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_the_selftest_runs_with_numpy_alone_and_finds_faults(style: str, tmp_path: Path) -> None:
    path = tmp_path / "emitted.py"
    path.write_text(text_of("rnn", style))
    result = subprocess.run([sys.executable, "-I", str(path), "--selftest"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    wrong = text_of("rnn", style).replace("reversed(range(4))", "range(4)")
    assert wrong != text_of("rnn", style)
    assert not loaded(wrong).selftest()


@pytest.mark.parametrize("name", ["file", "allow_pickle", "spec_hash"])
def test_a_name_under_which_files_keep_something_else_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' is a name that the emitted module uses itself"):
        network({"axes": {"j": 2}, "parameters": [f"{name}[j]"], "loss": f"sum(j, {name}[j]**2)"})


@pytest.mark.parametrize("name", ["attention", "max_pooling", "lstm"])
def test_a_scalar_module_is_the_same_in_other_ways(name: str) -> None:
    """Inputs' derivatives, single precision and every value of the forward pass are those of the loop form."""
    scalar, loops = (module_of(name, style, {}, input_gradient=True) for style in ("scalar", "loops"))
    parameters, inputs = point(scalar)
    for one, other in zip(scalar.forward(parameters, inputs), loops.forward(parameters, inputs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    _, _, slopes = scalar.loss_gradients_and_dx(parameters, inputs)
    for one, other in zip(slopes, loops.loss_gradients_and_dx(parameters, inputs)[2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    single = loaded(text_of(name, "scalar", "float32"))
    narrow = (single.Parameters(*(p.astype("f4") for p in parameters)), single.Inputs(*(x.astype("f4") for x in inputs)))
    cost, gradients = single.loss_and_gradients(*narrow)
    assert cost == pytest.approx(scalar.loss(parameters, inputs), rel=1e-5)
    assert {gradient.dtype for gradient in gradients} == {np.dtype(np.float32)}


def test_a_system_that_is_too_large_to_write_out_is_refused_in_one_line() -> None:
    message = r"^style scalar: more than 20000 scalar operations; use style vectorised$"
    for sizes in ((("t", 50), ("v", 60), ("j", 40)), (("t", 10**4), ("v", 10**4), ("j", 10**4))):
        model, results = read("embedding", sizes)
        with pytest.raises(InputError, match=message):
            Maker(model, "scalar", "float64", "").module(work_of(results.batch_sweep.system, results.batch_sweep.derivations))


def test_a_straight_line_takes_tuples_as_inputs_are_indexed_and_refuses_others() -> None:
    module = loaded(text_of("rnn", "scalar"))
    parameters, inputs = point(module)
    flat, given = module.flatten(parameters), [value.tolist() for value in inputs]
    cost, slopes = module.straight_line(flat, given)
    assert cost == module.loss(parameters, inputs)
    wanted = loaded(text_of("rnn", "loops")).loss_and_gradients(parameters, inputs)[1]
    for one, other in zip(module.unflatten(slopes), wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    for wrong in (given[:1], [given[0][:3], given[1]], [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"^inputs: expected floats, shapes Inputs\(x=\(4, 2\), y=\(4, 3\)\)$"):
            module.straight_line(flat, wrong)


@pytest.mark.parametrize(
    ("name", "sizes", "style"),
    [
        *((name, {}, "scalar") for name in ("attention", "lstm", "pairs")),
        ("rnn", {"t": 15}, "scalar"),  # nothing is saved by arrays of three numbers, however many steps there are
        ("rnn", {"t": 500}, "vectorised"),  # but nobody reads so long a module
        ("rnn", {"j": 12}, "vectorised"),
        ("highway", {"b": 6, "j": 6}, "vectorised"),
        ("embedding", {"t": 8, "v": 8}, "vectorised"),
        ("embedding", {"t": 500, "v": 800, "j": 100}, "vectorised"),
    ],
)
def test_the_style_is_chosen_by_counting_operations_and_calls(name: str, sizes: dict[str, int], style: str) -> None:
    _, results = read(name, tuple(sizes.items()))
    assert automatic(work_of(results.batch_sweep.system, results.batch_sweep.derivations)) == style


def test_a_size_of_batches_is_refused_for_equations() -> None:
    model, results = read("rnn")
    with pytest.raises(InputError, match=r"^--batch: expected a network of layers, got equations: rnn has the sizes of its axes$"):
        emit(model, results.batch_sweep, batch=4)
    assert text_of("rnn", "auto") == text_of("rnn", "scalar")


def test_a_large_system_is_certified_with_smaller_axes() -> None:
    model, results = read("embedding", (("t", 50), ("v", 60), ("j", 40)))
    text = emit(model, results.batch_sweep)
    assert "(same equations, smaller" in " ".join(text.split())
    assert loaded(text).SHAPES.W == (60, 40)


def test_a_wrong_statement_is_not_certified() -> None:
    model, results = read("attention")
    sweep = results.batch_sweep
    work, maker = work_of(sweep.system, sweep.derivations), Maker(model, "vectorised", "float64", "")
    text = maker.module(work)
    for old, new in (("subtract(O, y, ", "multiply(O, y, "), ("inside = np.array(np.arange(3)", "inside = np.array(1 + np.arange(3)")):
        assert old in text
        with pytest.raises(CertificateError), np.errstate(all="ignore"):
            certify(work, maker, text.replace(old, new))
    line = "        multiply(half, loss_product, loss)\n"
    with pytest.raises(CertificateError, match="allocates"):
        certify(work, maker, text.replace(line, f"        half.dot(loss_product)\n{line}"))


@pytest.mark.parametrize("style", ALL_STYLES)
def test_the_same_equations_give_the_same_bytes(style: str) -> None:
    results = results_of(network(FOLDER / "rnn.toml"))
    again = emit(results.network, results.batch_sweep, style=style, number=results.number)
    assert again == text_of("rnn", style)


def test_nothing_is_divided_by_a_number_that_may_be_zero_where_a_condition_says_more() -> None:
    """A largest value is equal to one of those compared: there is one to be counted."""
    assert "_over(" not in text_of("max_pooling", "scalar")


def test_equal_largest_values_share_the_adjoint_in_every_style() -> None:
    for style in ALL_STYLES:
        module = module_of("max_pooling", style, {})
        parameters, inputs = point(module)
        inputs = inputs._replace(x=np.ones_like(inputs.x), y=np.zeros_like(inputs.y))
        _, (slope,) = module.loss_and_gradients(parameters, inputs)
        m = parameters.W.sum(1)
        np.testing.assert_allclose(slope, np.repeat(3 * m[:, None], 2, axis=1), rtol=1e-12)

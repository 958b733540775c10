"""Training in modules of equation files: the rules of PyTorch, one pattern or many, resuming, stopping."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from codegen.certificate import CertificateError, check_selftest, loaded
from codegen.emit import emit
from codegen.verify_module import verify_module
from derive.network import network
from derive.optimisers import optimiser_names
from derive.results import Results, results_of

FOLDER = Path(__file__).parents[2] / "derive" / "equations"
STYLES = ("vectorised", "scalar", "loops")


@cache
def results_for(name: str) -> Results:
    return results_of(network(FOLDER / f"{name}.toml"))


@cache
def text_of(name: str, optimiser: str, style: str = "vectorised", dtype: str = "float64") -> str:
    results = results_for(name)
    return emit(results.network, results.batch_sweep, style=style, dtype=dtype, number=results.number, optimiser=optimiser)


def trained(name: str, optimiser: str, style: str = "vectorised", dtype: str = "float64") -> ModuleType:
    return loaded(text_of(name, optimiser, style, dtype))


def many(module: ModuleType, count: int, seed: int = 7) -> tuple[Any, Any]:
    """Parameters, and inputs of so many patterns."""
    random = np.random.RandomState(seed)
    parameters = module.Parameters(*(np.asarray(random.uniform(-1, 1, shape)).astype(module.DTYPE) for shape in module.SHAPES))
    return parameters, module.Inputs(*(random.uniform(-1, 1, (count, *shape)).astype(module.DTYPE) for shape in module.INPUT_SHAPES))


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


TORCH = {
    ("sgd", 0.0): lambda torch, p: torch.optim.SGD(p, lr=0.1),
    ("momentum", 0.0): lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    ("adam", 0.3): lambda torch, p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
    ("rprop", 0.0): lambda torch, p: torch.optim.Rprop(p, lr=0.1),
}


def loss_in_torch(torch: Any, parameters: list[Any], x: Any, y: Any) -> Any:
    """Elman's network, one sequence or many."""
    u, w, b = parameters
    h, total = torch.zeros((*x.shape[:-2], 3), dtype=torch.float64), 0.0
    for t in range(x.shape[-2]):
        h = torch.tanh(h @ u.T + x[..., t, :] @ w.T + b)
        total = total + ((h - y[..., t, :]) ** 2).sum(-1) / 2
    return total


@pytest.mark.parametrize(
    ("optimiser", "decay", "style"), [*((*rule, style) for rule in TORCH for style in STYLES[:2]), ("adam", 0.3, "loops")]
)
def test_a_recurrent_network_trains_as_in_torch(optimiser: str, decay: float, style: str) -> None:
    torch = pytest.importorskip("torch")
    module = trained("rnn", optimiser, style)
    parameters, inputs = many(module, 5)
    for patterns in (5, None):  # the mean over five sequences, and one sequence alone
        given = inputs if patterns else module.Inputs(*(value[0] for value in inputs))
        theirs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in parameters]
        rule = TORCH[optimiser, decay](torch, theirs)
        for _ in range(8):
            rule.zero_grad()
            loss_in_torch(torch, theirs, *map(torch.tensor, given)).mean().backward()
            rule.step()
        batch = {"batch": patterns} if patterns else {}
        own, history, state = module.train(parameters, given, epochs=8, learning_rate=0.1, weight_decay=decay, **batch)
        assert state.step == len(history["loss"]) == 8
        for found, wanted in zip(own, theirs, strict=True):
            assert np.abs(found - wanted.detach().numpy()).max() < 1e-10


@pytest.mark.parametrize("style", STYLES)
def test_an_epoch_takes_every_pattern_once_in_the_order_of_the_seed(style: str) -> None:
    module = trained("attention", "sgd", style)
    parameters, inputs = many(module, 5)
    own, history, _ = module.train(parameters, inputs, epochs=2, batch=2, learning_rate=0.1, seed=4)
    for epoch in range(2):
        order, total = np.random.RandomState([4, epoch]).permutation(5), 0.0
        for rows in (order[:2], order[2:4], order[4:]):
            made = [module.loss_and_gradients(parameters, module.Inputs(*(value[k] for value in inputs))) for k in rows]
            slopes = [np.mean([gradients[place] for _, gradients in made], axis=0) for place in range(len(parameters))]
            parameters = module.Parameters(*(value - 0.1 * slope for value, slope in zip(parameters, slopes, strict=True)))
            total += sum(cost for cost, _ in made)
        assert history["loss"][epoch] == pytest.approx(total / 5, rel=1e-12)
    assert all(np.allclose(found, wanted, rtol=1e-12, atol=1e-14) for found, wanted in zip(own, parameters, strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_one_pattern_needs_no_axis_and_no_batch(style: str) -> None:
    module = trained("rnn", "adam", style)
    parameters, inputs = many(module, 1)
    alone = module.Inputs(*(value[0] for value in inputs))
    wanted = module.train(parameters, alone, epochs=3, learning_rate=0.1)
    for options in ({}, {"batch": 32, "seed": 9}):
        for given in (alone, inputs):
            found = module.train(parameters, given, epochs=3, learning_rate=0.1, **options)
            assert same(found[0], wanted[0])
            assert found[1] == wanted[1]


@pytest.mark.parametrize(
    ("name", "optimiser", "style", "dtype"),
    [
        *(("convolution_1d", name, "vectorised", "float32") for name in optimiser_names()),  # parameters with margins
        ("rnn", "adam", "scalar", "float32"),
        ("max_pooling", "quickprop", "scalar", "float64"),
    ],
)
def test_training_goes_on_bit_for_bit(name: str, optimiser: str, style: str, dtype: str, tmp_path: Path) -> None:
    module = trained(name, optimiser, style, dtype)
    parameters, inputs = many(module, 5)
    options = {"batch": 2, "learning_rate": lambda step: 0.05 / (1 + step), "seed": 5, "clip_norm": 1.0, "weight_decay": 0.01}
    whole, history, state = module.train(parameters, inputs, epochs=4, **options)
    half, first, left = module.train(parameters, inputs, epochs=1, **options)
    module.save(str(tmp_path / "half.npz"), half, left)
    again, kept = module.load(str(tmp_path / "half.npz"))
    rest, second, end = module.train(again, inputs, epochs=3, state=kept, **options)
    assert same(rest, whole)
    assert first["loss"] + second["loss"] == history["loss"]
    assert end[:4] == state[:4] == (12, 4, np.inf, 0)
    assert all(same(one, other) for one, other in zip(end[4:], state[4:], strict=True))


def test_a_loss_that_is_no_number_ends_training_with_one_line() -> None:
    for style in STYLES:
        module = trained("attention", "sgd", style)
        parameters, inputs = many(module, 2)
        with pytest.raises(FloatingPointError, match=r"^train: the loss is (nan|inf) in step 2$"), np.errstate(all="ignore"):
            module.train(parameters, inputs, epochs=1, batch=1, learning_rate=lambda step: 1e300)


def test_patience_returns_the_best_parameters_by_the_mean_over_other_patterns() -> None:
    module = trained("rnn", "sgd")
    parameters, inputs = many(module, 4)
    other = inputs._replace(y=-inputs.y)
    own, history, state = module.train(parameters, inputs, epochs=50, batch=4, learning_rate=0.9, validation=other, patience=2)
    judged = history["validation"]
    assert len(judged) == judged.index(min(judged)) + 3 < 50
    losses = [module.loss(own, module.Inputs(*(value[k] for value in other))) for k in range(4)]
    assert np.mean(losses) == pytest.approx(min(judged), rel=1e-14)
    assert state.best == min(judged)


CLASHING = {
    "name": "clashing",
    "axes": {"j": 2},
    "parameters": ["a[j]", "b[j]", "slopes", "mean_a[j]"],
    "loss": "sum(j, (a[j]*b[j] - 1)**2 + mean_a[j]**2)*(1 + slopes**2)",
}


@pytest.mark.parametrize("style", STYLES)
def test_equations_without_inputs_train_whatever_their_parameters_are_called(style: str) -> None:
    results = results_of(network(CLASHING))
    text = emit(results.network, results.batch_sweep, style=style, number=results.number, optimiser="adam")
    assert verify_module(text, results).ok
    module = loaded(text)
    own, history, _ = module.train(module.initialise(3), module.Inputs(), epochs=400, learning_rate=0.05)
    assert history["loss"][-1] < 1e-6 < history["loss"][0]
    np.testing.assert_allclose(own.a * own.b, 1, atol=1e-2)


def test_patterns_that_do_not_fit_are_refused_by_name() -> None:
    module = trained("rnn", "sgd")
    parameters, inputs = many(module, 3)
    options: dict[str, Any] = {"epochs": 1, "learning_rate": 0.1}
    with pytest.raises(ValueError, match=r"y: expected shape \(3, 4, 3\), got \(2, 4, 3\)"):
        module.train(parameters, inputs._replace(y=inputs.y[:2]), **options)
    with pytest.raises(ValueError, match=r"x: expected shape \(4, 2\), got \(1, 3, 4, 2\)"):
        module.train(parameters, inputs._replace(x=inputs.x[None]), **options)
    with pytest.raises(ValueError, match="x: expected at least one pattern, got none"):
        module.train(parameters, module.Inputs(inputs.x[:0], inputs.y[:0]), **options)
    with pytest.raises(ValueError, match="inputs: expected x, y, got 1 arrays"):
        module.train(parameters, inputs[:1], **options)


@pytest.mark.parametrize("style", ["vectorised", "scalar"])
def test_a_wrong_update_is_not_certified_and_not_verified(style: str) -> None:
    text = text_of("rnn", "momentum", style)
    if style == "vectorised":
        wrong = text.replace("subtract(parameters, ", "np.add(parameters, ")
    else:
        start = text.index("def _updated(")
        wrong = text[:start] + text[start:].replace("next_b_2 = b_2 - ", "next_b_2 = b_2 + ")
    assert wrong != text
    with pytest.raises(CertificateError, match="four steps of train"):
        check_selftest(loaded(wrong))
    assert verify_module(text, results_for("rnn")).ok
    assert not verify_module(wrong, results_for("rnn")).ok


def test_gradients_are_views_of_one_vector() -> None:
    for style in STYLES:
        module = trained("convolution_1d", "rprop", style)
        workspace = module.Workspace()
        parameters, inputs = many(module, 1)
        workspace.set_parameters(parameters)
        workspace.step(module.Inputs(*(value[0] for value in inputs)))
        for flat, arrays in ((workspace.flat_parameters, workspace.parameters), (workspace.flat_gradients, workspace.gradients)):
            assert np.array_equal(flat, np.concatenate([value.reshape(-1) for value in arrays]))
            assert all(np.shares_memory(flat, value) for value in arrays)

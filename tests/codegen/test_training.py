"""Training in emitted modules: update rules against PyTorch and the literature, batches, resuming, stopping."""

from __future__ import annotations

import sys
import tracemalloc
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from modules import module_of, text_of

from codegen.certificate import CertificateError, check_selftest, loaded
from derive.optimisers import optimiser_names

SPEC = "2-3:tanh-1:linear"
STYLES = ("vectorised", "scalar", "loops")


def trained(optimiser: str, style: str = "vectorised", **options: Any) -> ModuleType:
    return module_of(SPEC, "squared_error", style=style, optimiser=optimiser, **options)


def data(module: ModuleType, patterns: int = 7) -> tuple[Any, np.ndarray, np.ndarray]:
    return module._random_point(patterns)


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


TORCH = {
    ("sgd", 0.0): lambda torch, p: torch.optim.SGD(p, lr=0.1),
    ("momentum", 0.0): lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    ("adam", 0.0): lambda torch, p: torch.optim.Adam(p, lr=0.1),
    ("adam", 0.3): lambda torch, p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
    ("rprop", 0.0): lambda torch, p: torch.optim.Rprop(p, lr=0.1),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("optimiser", "decay"), TORCH)
def test_update_rules_are_those_of_torch(optimiser: str, decay: float, style: str) -> None:
    torch = pytest.importorskip("torch")
    module = trained(optimiser, style)
    parameters, x, t = data(module)
    theirs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in parameters]
    rule = TORCH[optimiser, decay](torch, theirs)
    for _ in range(12):
        present = module.Parameters(*(value.detach().numpy() for value in theirs))
        for value, slope in zip(theirs, module.loss_and_gradients(present, x, t)[1], strict=True):
            value.grad = torch.tensor(slope.copy())
        rule.step()
    own, _, state = module.train(parameters, x, t, epochs=12, batch=7, learning_rate=0.1, seed=0, weight_decay=decay)
    assert state.step == 12
    for found, wanted in zip(own, theirs, strict=True):
        assert np.abs(found - wanted.detach().numpy()).max() < 1e-10


def quickprop(slope: float, previous: float, change: float, rate: float) -> float:
    """The next change of a weight as in Fahlman's own program of 1988, where slopes are those of minus the error."""
    s, p, d, growth = -slope, -previous, change, 1.75
    shrink = growth / (1 + growth)
    step = 0.0
    if d > 0:
        step += rate * s if s > 0 else 0.0
        step += growth * d if s >= shrink * p else d * s / (p - s)
    elif d < 0:
        step += rate * s if s < 0 else 0.0
        step += growth * d if s <= shrink * p else d * s / (p - s)
    else:
        step += rate * s
    return step


@pytest.mark.parametrize("style", STYLES)
def test_quickprop_is_fahlmans(style: str) -> None:
    module = trained("quickprop", style)
    parameters, x, t = data(module)
    state = None
    past = [np.zeros_like(value) for value in parameters]
    change = [np.zeros_like(value) for value in parameters]
    for _ in range(10):
        slopes = [slope.copy() for slope in module.loss_and_gradients(parameters, x, t)[1]]
        known = zip(slopes, past, change, strict=True)
        change = [np.vectorize(quickprop)(slope, before, moved, 0.05) for slope, before, moved in known]
        wanted = [value + moved for value, moved in zip(parameters, change, strict=True)]
        parameters, _, state = module.train(parameters, x, t, epochs=1, batch=7, learning_rate=0.05, seed=0, state=state)
        assert all(np.allclose(found, value, rtol=1e-9, atol=1e-12) for found, value in zip(parameters, wanted, strict=True))
        past = slopes


@pytest.mark.parametrize(
    ("optimiser", "style", "dtype"),
    [*((name, "vectorised", "float32") for name in optimiser_names()), ("adam", "scalar", "float32"), ("rprop", "scalar", "float64")],
)
def test_training_goes_on_bit_for_bit(optimiser: str, style: str, dtype: str, tmp_path: Any) -> None:
    module = trained(optimiser, style, dtype=dtype)
    parameters, x, t = data(module)
    options = {"batch": 3, "learning_rate": lambda step: 0.05 / (1 + step), "seed": 5, "clip_norm": 1.0, "weight_decay": 0.01}
    whole, history, state = module.train(parameters, x, t, epochs=5, **options)
    half, first, left = module.train(parameters, x, t, epochs=2, **options)
    module.save(str(tmp_path / "half.npz"), half, left)
    again, kept = module.load(str(tmp_path / "half.npz"))
    rest, second, end = module.train(again, x, t, epochs=3, state=kept, **options)
    assert same(rest, whole)
    assert first["loss"] + second["loss"] == history["loss"]
    assert end[:4] == state[:4] == (15, 5, np.inf, 0)
    assert all(same(one, other) for one, other in zip(end[4:], state[4:], strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_an_epoch_takes_every_pattern_once_in_the_order_of_the_seed(style: str) -> None:
    module = trained("sgd", style)
    parameters, x, t = data(module)
    own, history, _ = module.train(parameters, x, t, epochs=2, batch=3, learning_rate=0.1, seed=4)
    for epoch in range(2):
        total = 0.0
        order = np.random.RandomState([4, epoch]).permutation(7)
        for rows in (order[:3], order[3:6], order[6:]):
            cost, slopes = module.loss_and_gradients(parameters, x[rows], t[rows])
            parameters = module.Parameters(*(value - 0.1 * slope for value, slope in zip(parameters, slopes, strict=True)))
            total += cost * len(rows)
        assert history["loss"][epoch] == pytest.approx(total / 7, rel=1e-12)
    assert all(np.allclose(found, wanted, rtol=1e-12, atol=1e-14) for found, wanted in zip(own, parameters, strict=True))


def test_a_long_gradient_is_clipped_to_its_norm() -> None:
    for style in STYLES:
        module = trained("sgd", style)
        parameters, x, t = data(module)
        own, _, _ = module.train(parameters, x, t, epochs=1, batch=7, learning_rate=1.0, seed=0, clip_norm=1e-3)
        moved = np.concatenate([(before - after).ravel() for before, after in zip(parameters, own, strict=True)])
        assert np.linalg.norm(moved) == pytest.approx(1e-3)


@pytest.mark.parametrize("style", STYLES)
def test_a_loss_that_is_no_number_ends_training_with_one_line(style: str) -> None:
    module = trained("sgd", style)
    parameters, x, t = data(module)
    with pytest.raises(FloatingPointError, match=r"^train: the loss is (nan|inf) in step 2$"), np.errstate(all="ignore"):
        module.train(parameters, x, t, epochs=1, batch=4, learning_rate=lambda step: 1e300, seed=0)


def test_patience_returns_the_best_parameters() -> None:
    module = trained("sgd")
    parameters, x, t = data(module)
    options = {"batch": 7, "learning_rate": 0.9, "seed": 0, "validation": (x, -t)}
    own, history, state = module.train(parameters, x, t, epochs=50, patience=2, **options)
    judged = history["validation"]
    assert len(judged) == judged.index(min(judged)) + 3 < 50
    assert state.waited == 2
    assert module.loss(own, x, -t) == min(judged) == state.best
    longer, _, _ = module.train(parameters, x, t, epochs=50, **options)
    assert not same(longer, own)
    going_on = module.train(own, x, t, epochs=1, state=state, **options)[1]  # from where it stopped, not from the best
    assert going_on["loss"] == [module.loss(state.parameters, x, t)]


@pytest.mark.parametrize("style", ["vectorised", "scalar"])
def test_class_labels_train_like_one_hot_targets(style: str) -> None:
    module = module_of("2-3:tanh-3:softmax", "cross_entropy", style=style, optimiser="adam")
    parameters, x, _ = data(module)
    labels = np.array([0, 1, 2, 1, 0, 2, 1])
    options = {"epochs": 2, "batch": 3, "learning_rate": 0.1, "seed": 1}
    assert same(module.train(parameters, x, labels, **options)[0], module.train(parameters, x, np.eye(3)[labels], **options)[0])


def test_progress_is_shown_with_tqdm_and_not_needed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = trained("sgd")
    parameters, x, t = data(module)
    options = {"epochs": 2, "batch": 7, "learning_rate": 0.1, "seed": 0}
    wanted = module.train(parameters, x, t, **options)[0]
    assert "epochs: 100%" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    without = loaded(text_of(SPEC, "squared_error", style="vectorised", optimiser="sgd"))
    assert same(without.train(parameters, x, t, **options)[0], wanted)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("optimiser", optimiser_names())
def test_an_update_allocates_nothing(optimiser: str) -> None:
    module = module_of("30-40:relu-10:linear", "squared_error", style="vectorised", optimiser=optimiser)
    parameters, x, t = data(module, 20)
    state = module._state(parameters, None, 0.1)
    advance, _ = module._training(state, x, t, 8, numbers_of(module))
    rows = np.arange(8)
    for step in (1, 2):
        advance(rows, 0.1, step, 1.0, 0.1)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for step in (3, 4, 5):
        advance(rows, 0.1, step, 1.0, 0.1)
    growth = tracemalloc.get_traced_memory()[0] - before
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert growth < 1024
    if optimiser in ("sgd", "momentum", "adam"):  # truths are spread in NumPy's own buffers
        assert peak < parameters[0].nbytes  # no array of the size of the parameters, not for a moment


def numbers_of(module: ModuleType) -> tuple[float, ...]:
    """The constants of the module's optimiser: the last arguments of train."""
    known = module.train.__kwdefaults__
    place = list(known).index("weight_decay")
    return tuple(known.values())[place + 1 :]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": -1}, "epochs: expected a whole number from 0"),
        ({"batch": 0}, "batch: expected a whole number from 1"),
        ({"batch": 2.0}, "batch: expected a whole number from 1"),
        ({"patience": 1}, "patience: expected a number from 1, and validation"),
        ({"clip_norm": 0.0}, "clip_norm: expected a number above 0"),
        ({"learning_rate": -0.1}, "learning_rate: expected a number from 0"),
        ({"learning_rate": float("nan")}, "learning_rate: expected a number from 0"),
        ({"state": {"step": 3}}, "state: expected a State of sgd"),
    ],
)
def test_wrong_arguments_of_train_are_refused_by_name(changed: dict[str, Any], message: str) -> None:
    module = trained("sgd")
    parameters, x, t = data(module)
    with pytest.raises((TypeError, ValueError), match=message):
        module.train(parameters, x, t, **{"epochs": 1, "batch": 3, "learning_rate": 0.1, "seed": 0, **changed})


def test_a_state_goes_with_its_parameters_and_its_optimiser(tmp_path: Any) -> None:
    module, other = trained("adam"), trained("momentum")
    parameters, x, t = data(module)
    options = {"epochs": 1, "batch": 7, "learning_rate": 0.1, "seed": 0}
    own, _, state = module.train(parameters, x, t, **options)
    with pytest.raises(ValueError, match="parameters: expected those that train returned with this state"):
        module.train(parameters, x, t, state=state, **options)
    path = str(tmp_path / "adam.npz")
    module.save(path, own, state)
    with pytest.raises(ValueError, match=r"adam\.npz: expected arrays"):
        other.load(path)
    module.save(path, own)
    assert same(module.load(path), own)


def test_no_epochs_change_nothing() -> None:
    module = trained("adam")
    parameters, x, t = data(module)
    own, history, state = module.train(parameters, x, t, epochs=0, batch=3, learning_rate=0.1, seed=0)
    assert same(own, parameters)
    assert history == {"loss": [], "validation": []}
    assert state.step == state.epoch == 0


@pytest.mark.parametrize(
    ("style", "right", "wrong"),
    [
        ("vectorised", "subtract(parameters, gradients, parameters)", "add(parameters, gradients, parameters)"),
        ("vectorised", "1.0 - beta1**n", "1.0 - beta2**n"),
        ("scalar", "next_b2_0 = b2_0 + ", "next_b2_0 = b2_0 - "),
    ],
)
def test_the_certificate_sees_a_wrong_update(style: str, right: str, wrong: str) -> None:
    text = text_of(SPEC, "squared_error", style=style, optimiser="adam")
    if style == "vectorised":
        text = text.replace("    subtract = np.subtract\n", "    subtract = np.subtract\n    add = np.add\n")
    place = text.index(right)
    with pytest.raises(CertificateError, match="four steps of train"):
        check_selftest(loaded(text[:place] + wrong + text[place + len(right) :]))


def test_the_training_of_a_large_network_is_checked_with_smaller_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    from codegen import emit
    from codegen.updates.vector import vector_update

    def wrong(rule: Any, indent: int = 8) -> Any:
        update = vector_update(rule, indent)
        return replace(update, lines=tuple(line.replace("subtract(", "multiply(") for line in update.lines))

    monkeypatch.setattr(emit, "MOST_CHECKED", 10)
    monkeypatch.setattr("codegen.updates.record.vector_update", wrong)
    with pytest.raises(CertificateError, match="four steps of train"):
        text_of.__wrapped__("5-6-4", style="vectorised", optimiser="sgd")

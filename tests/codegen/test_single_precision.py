"""Single precision all the way: no array, no number of a step and no intermediate result of a module in float32 is anything else."""

from __future__ import annotations

import sys
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
from modules import text_of

SPECS = [
    ("3-4:gelu-3:softmax", "cross_entropy"),
    ("3-4:elu-3:mish-2:sigmoid", "binary_cross_entropy"),
    ("5-4:hard_tanh-3:softmax-2:linear", "half_mean_squared_error"),
]


class Watched:
    """A NumPy function that looks at the type of everything that it is given and returns."""

    def __init__(self, function: Any, seen: set[str]) -> None:
        self.function, self.seen = function, seen

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        result = self.function(*arguments, **options)
        self.seen.update(
            value.dtype.name for value in (*arguments, *options.values(), result) if isinstance(value, np.ndarray | np.generic)
        )
        return result

    def __getattr__(self, name: str) -> Any:
        return Watched(getattr(self.function, name), self.seen)


class Numpy:
    """NumPy, its functions watched."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        return Watched(found, self.seen) if isinstance(found, np.ufunc) or name == "copyto" else found


def watched(text: str) -> tuple[ModuleType, Numpy]:
    """The module of a text, and what its NumPy functions see."""
    module, numpy = ModuleType("emitted"), Numpy()
    module.__dict__["np"] = numpy
    exec(compile(text.replace("\nimport numpy as np\n", "\n"), "emitted", "exec"), module.__dict__)
    return module, numpy


def locals_of(run: Any) -> dict[str, Any]:
    """Every array and NumPy number that has a name in a pass while ``run`` is called."""
    found: dict[str, Any] = {}

    def look(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != "emitted":
            return None
        arrays = {k: v for k, v in frame.f_locals.items() if isinstance(v, np.ndarray | np.generic) and k not in ("rows", "order")}
        found.update({f"{frame.f_code.co_name}: {name}": value for name, value in arrays.items()})
        return look

    sys.settrace(look)
    try:
        run()
    finally:
        sys.settrace(None)
    return found


@pytest.mark.parametrize("style", ["vectorised", "loops"])
@pytest.mark.parametrize(("spec", "loss"), SPECS)
def test_a_step_sees_single_precision_only(spec: str, loss: str, style: str) -> None:
    module, numpy = watched(text_of(spec, loss, style=style, dtype="float32", input_gradient=True))
    parameters, x, t = module._random_point(4)
    workspace = module.Workspace(4)
    workspace.set_parameters(parameters)
    numpy.seen.clear()
    named = locals_of(lambda: (workspace.step(x, t), workspace.forward(x)))
    assert len(named) > 10
    assert {name: value.dtype.name for name, value in named.items() if value.dtype.name not in ("float32", "bool")} == {}
    assert numpy.seen <= {"float32", "bool"}
    if style == "vectorised":
        assert "float32" in numpy.seen
    assert {value.dtype.name for value in (*workspace.parameters, *workspace.gradients, workspace.dx)} == {"float32"}


@pytest.mark.parametrize("optimiser", ["momentum", "adam", "rprop", "quickprop"])
def test_an_update_sees_single_precision_only(optimiser: str) -> None:
    module, numpy = watched(text_of("3-4:relu-2:softmax", "cross_entropy", style="vectorised", dtype="float32", optimiser=optimiser))
    parameters, x, _ = module._random_point(7)
    labels = np.array([0, 1, 1, 0, 1, 0, 1])
    state = module._state(parameters, None, 0.1)
    numbers = tuple(module.train.__kwdefaults__.values())[list(module.train.__kwdefaults__).index("weight_decay") + 1 :]
    advance, _ = module._training(state, x, labels, 3, numbers)
    numpy.seen.clear()
    named = locals_of(lambda: [advance(np.array(rows), 0.1, n, 1.0, 0.1) for n, rows in ((1, [0, 1, 2]), (2, [3]))])
    own = {name: value.dtype.name for name, value in named.items() if value.dtype.kind != "i"}
    assert len(own) > 10
    assert set(own.values()) <= {"float32", "bool"}
    assert numpy.seen <= {"float32", "bool", "int64"}
    left = module.train(parameters, x, labels, epochs=2, batch=3, learning_rate=0.1, seed=0)
    assert {value.dtype.name for group in (left[0], *left[2][4:]) for value in group} == {"float32"}


def test_double_precision_among_single_is_seen() -> None:
    text = text_of(*SPECS[0], style="vectorised", dtype="float32")
    wrong = text.replace("one = np.array(1.0, DTYPE)", "one = np.array(1.0)")
    assert wrong != text
    module, numpy = watched(wrong)
    parameters, x, t = module._random_point(4)
    module.loss_and_gradients(parameters, x, t)
    assert "float64" in numpy.seen

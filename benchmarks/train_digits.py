"""Train the emitted 64-32-10 classifier on scikit-learn's handwritten digits, with plain gradient descent.

    python benchmarks/train_digits.py [--dtype float64|float32] [--epochs N] [--seed N]

Emits the module of ``generated/specs/digits_64_32_10.toml`` in the wanted precision, trains it through
``Workspace.step`` and prints the accuracy on digits it has not seen (at least 96 %). Takes a few seconds. Needs the
``test`` extra for the digits; shows progress where tqdm is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that this works in a copy of the repository that is not installed
SPEC = ROOT / "generated" / "specs" / "digits_64_32_10.toml"

import deltarule  # noqa: E402


def emitted(dtype: str) -> ModuleType:
    """The classifier's module, emitted in one precision and imported."""
    network = deltarule.network(SPEC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{network.name}.py"
        path.write_text(network.emit(dtype=dtype), encoding="utf-8")
        specification = importlib.util.spec_from_file_location(network.name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
    return module


def digits(dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures (n, 64) scaled to 0..1 and one-hot targets (n, 10): three quarters to learn from, one quarter to test with."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pictures, labels = load_digits(return_X_y=True)
    x, t = (pictures / 16.0).astype(dtype), np.eye(10, dtype=dtype)[labels]
    x_train, x_test, t_train, t_test = train_test_split(x, t, test_size=0.25, random_state=0, stratify=labels)
    return x_train, t_train, x_test, t_test


def progress(epochs: int) -> Iterable[int]:
    """0, 1, ..., epochs - 1, with a bar on a terminal where tqdm is installed."""
    try:
        from tqdm import trange
    except ImportError:
        return range(epochs)
    bar: Iterable[int] = trange(epochs, desc="epochs", disable=not sys.stderr.isatty())
    return bar


def train(dtype: str = "float64", epochs: int = 60, batch: int = 16, rate: float = 0.1, seed: int = 0) -> tuple[list[float], float]:
    """Mean loss of each epoch, and the accuracy on the test digits, between 0 and 1."""
    classifier = emitted(dtype)
    x, t, x_test, t_test = digits(dtype)
    workspace = classifier.Workspace(batch)
    for own, start in zip(workspace.parameters, classifier.initialise(seed), strict=True):
        own[...] = start
    shuffle = np.random.default_rng(seed)
    losses = []
    for _ in progress(epochs):
        order = shuffle.permutation(len(x))[: len(x) // batch * batch].reshape(-1, batch)
        total = 0.0
        for rows in order:
            total += workspace.step(x[rows], t[rows])
            for own, gradient in zip(workspace.parameters, workspace.gradients, strict=True):
                own -= rate * gradient
        losses.append(total / len(order))
    right = classifier.forward(workspace.parameters, x_test).argmax(axis=1) == t_test.argmax(axis=1)
    return losses, float(right.mean())


def main() -> None:
    """Train and print the losses and the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    losses, accuracy = train(options.dtype, options.epochs, seed=options.seed)
    print(f"loss: {losses[0]:.4f} in the first epoch, {losses[-1]:.4f} in the last")
    print(f"accuracy on digits it has not seen: {100 * accuracy:.1f} %")


if __name__ == "__main__":
    main()

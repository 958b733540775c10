"""Nothing that derives, recognises, lowers or prints knows what a layer, an activation or a loss is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from derive.functions.activations import activation_names
from derive.functions.losses import loss_names
from derive.layers import layer_types
from derive.verification.primitives import PRIMITIVES

ROOT = Path(__file__).parents[1]
GENERAL = (
    "derive/calculus",
    "derive/chain.py",
    "derive/chain_rule.py",
    "derive/influence.py",
    "derive/matrices",
    "derive/rules",
    "codegen/branches.py",
    "codegen/contraction.py",
    "codegen/layout.py",
    "codegen/lower.py",
    "codegen/operations.py",
    "codegen/passes",
    "codegen/scalar",
    "codegen/systems",
    "codegen/targets",
    "codegen/unfold.py",
)
KINDS = {"batch_norm", "conv", "convolution", "lstm", "rnn", "gru", "attention", "pooling", "embedding", "layer_norm", "softmax", "highway"}


def names() -> frozenset[str]:
    """Names of layers, activations and losses; a few are also those of elementary functions, operations of NumPy or roles of tensors."""
    every = {*layer_types(), *activation_names(), *loss_names(), *KINDS}
    mathematical = {name for name in every if hasattr(np, name)} | {*PRIMITIVES, "activation", "linear"}
    return frozenset(every - mathematical)


def files() -> list[Path]:
    """The Python files and templates of the general rooms."""
    paths = (ROOT / place for place in GENERAL)
    return sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.suffix in (".py", ".j2"))


def words_of(text: str) -> Iterator[str]:
    """Every word, also those that a longer name is made of."""
    for word in re.findall(r"\w+", text):
        yield word.lower()
        yield from word.lower().split("_")


def code_of(path: Path) -> str:
    """The code of a file without comments and docstrings, which may give examples."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        return re.sub(r"(?s)\{#.*?#\}", "", text)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def test_the_general_rooms_are_all_there() -> None:
    assert all((ROOT / place).exists() for place in GENERAL)
    assert len(files()) > 60
    assert {"relu", "sigmoid", "softmax", "dense", "cross_entropy", "squared_error"} <= names()


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_layer_activation_or_loss_is_named(path: Path) -> None:
    assert not names() & set(words_of(code_of(path)))


def test_a_name_would_be_found() -> None:
    assert names() & set(words_of("if function.name == 'leaky_relu': slope_of_sigmoid(z)"))

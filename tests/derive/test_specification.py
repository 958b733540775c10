"""Specifications: every way to write one, and every refusal: one line that says what came, what was expected and where."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from derive.errors import InputError
from derive.specifications.read_specification import read_specification
from derive.specifications.specification import LARGEST_SIZE, MOST_LAYERS

XOR = """
name = "xor"
inputs = 2
loss = "half_squared_error"
l2 = 0.001
[[layers]]
name = "hidden"
units = 2
activation = { type = "leaky_relu", alpha = 0.2 }
[[layers]]
units = 1
activation = "linear"
bias = false
"""


def refusal(spec: Any, **options: str) -> str:
    with pytest.raises(InputError) as error:
        read_specification(spec, **options)
    message = str(error.value)
    assert "\n" not in message
    assert message.isascii()
    assert len(message) < 300
    return message


def layer(**keys: Any) -> dict[str, Any]:
    return {"inputs": 2, "layers": [{"units": 1, **keys}]}


def top(**keys: Any) -> dict[str, Any]:
    return {"inputs": 2, "layers": [{"units": 1}], **keys}


def test_one_line_fills_in_every_default() -> None:
    specification = read_specification("3-4:relu-2")
    assert specification.name == "net_3_4_2"
    assert specification.loss == "half_squared_error"
    assert specification.batch_reduction == "mean"
    assert specification.l2 == 0
    assert [(one.name, one.type, one.inputs, one.units, one.activation.name, one.bias) for one in specification.layers] == [
        ("dense1", "dense", ("input",), 4, "relu", True),
        ("dense2", "dense", ("dense1",), 2, "sigmoid", True),
    ]
    assert specification.architecture == "3-4:relu-2:sigmoid"


def test_a_toml_file_says_the_same_as_its_table(tmp_path: Path) -> None:
    (tmp_path / "xor.toml").write_text(XOR, encoding="utf-8")
    from_file = read_specification(tmp_path / "xor.toml")
    from_table = read_specification(
        {
            "name": "xor",
            "inputs": 2,
            "loss": "half_squared_error",
            "l2": 0.001,
            "layers": [
                {"name": "hidden", "units": 2, "activation": {"type": "leaky_relu", "alpha": 0.2}},
                {"units": 1, "activation": "linear", "bias": False},
            ],
        }
    )
    assert from_file == from_table == read_specification(str(tmp_path / "xor.toml"))
    assert from_file.hash == from_table.hash
    assert from_file.architecture == "2-2:leaky_relu(alpha=1/5)-1:linear"


def test_the_hash_tells_specifications_apart() -> None:
    lines = ["2-2-1", "2-2:tanh-1", "2-3-1", "2-2:relu-1", "2-2:relu-1:softmax"]
    assert len({read_specification(line).hash for line in lines}) == len(lines)
    assert read_specification("2-2-1").hash == read_specification("2-2:sigmoid-1:sigmoid").hash
    assert read_specification("2-2-1", batch_reduction="sum").hash != read_specification("2-2-1").hash


def test_the_hash_is_the_sha256_of_the_canonical_text() -> None:
    import hashlib

    specification = read_specification("2-2:elu-1")
    assert "activation elu alpha=1" in specification.text
    assert specification.hash == hashlib.sha256(specification.text.encode()).hexdigest()


def test_softmax_output_takes_cross_entropy_and_options_override() -> None:
    assert read_specification("2-3:softmax").loss == "cross_entropy"
    assert read_specification("2-3:softmax", loss="squared_error").loss == "squared_error"
    assert read_specification(top(batch_reduction="mean"), batch_reduction="sum").batch_reduction == "sum"


def test_a_user_s_formula_with_its_parameters() -> None:
    specification = read_specification(layer(activation={"formula": "z*sigmoid(beta*z)", "beta": 1.702}))
    assert specification.layers[0].activation.parameters[0][0] == "beta"
    assert str(specification.layers[0].activation.parameters[0][1]) == "851/500"


def test_several_formulas_have_several_names() -> None:
    formulas = ["z*sigmoid(z)", "sin(z)", "z*sigmoid(z)"]
    specification = read_specification({"inputs": 2, "layers": [{"units": 2, "activation": {"formula": formula}} for formula in formulas]})
    assert [one.activation.name for one in specification.layers] == ["f1", "f2", "f1"]
    assert specification.architecture.startswith("2-2:z*sigmoid(z)-2:sin(z)-")


def test_graphs_name_their_layers() -> None:
    specification = read_specification(
        {
            "inputs": 3,
            "layers": [
                {"name": "a", "units": 3},
                {"name": "b", "share": "a", "activation": "tanh"},
                {"type": "add", "from": ["a", "b", "input"]},
                {"type": "activation", "activation": "relu"},
            ],
        }
    )
    assert [one.units for one in specification.layers] == [3, 3, 3, 3]
    assert specification.layers[1].share == "a"
    assert specification.layers[2].inputs == ("a", "b", "input")


def test_a_long_network_is_named_after_its_ends() -> None:
    assert read_specification("-".join(["8"] * 17)).name == "net_8_to_8_depth_16"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2-0-1", "position 3: a size is at least 1"),
        ("2-000-1", "position 3: a size is at least 1"),
        ("0-1", "position 1: a size is at least 1"),
        ("2--1", "position 3: expected a size, got '-'"),
        ("2-2.5-1", "position 4: expected '-' or ':', got '.'"),
        ("2-2:rleu-1", "position 5: unknown activation 'rleu'; nearest: relu"),
        ("2-2:relu:tanh-1", "position 9: expected '-', got ':'"),
        ("10:relu-2", "position 3"),
        ("2", "position 2"),
        ("2-", "position 3: expected a size, got the end"),
        ("2-1:", "position 5: expected an activation"),
        ("2 - 1", "position 2: expected '-', got ' '"),
        ("", "position 1: expected a size"),
        ("network", "position 1: expected a size, got 'n'"),
        ("2-²-1", "position 3: expected a size, got '\\xb2'"),
        ("2-٣-1", "position 3"),
        ("2-2-1; import os", "position 6"),
        ("2-2:<b>-1", "position 5: expected an activation, got '<'"),
        (f"2-{LARGEST_SIZE + 1}-1", f"the limit is {LARGEST_SIZE}"),
        ("2-" + "9" * 5000 + "-1", f"the limit is {LARGEST_SIZE}"),
        ("1000000-1000000-2", "more parameters than the limit"),
        ("a\0b", "position 1"),
        ("2-2\n-1", "position 4"),
    ],
)
def test_a_malformed_line_is_refused_with_its_position(line: str, words: str) -> None:
    assert words in refusal(line)


def test_a_million_layers_are_refused_at_once_naming_the_limit(tmp_path: Path) -> None:
    start = time.perf_counter()
    assert f"the limit is {MOST_LAYERS}" in refusal("-".join(["2"] * 1_000_001))
    path = tmp_path / "deep.toml"
    path.write_text("inputs = 2\n" + "[[layers]]\nunits = 2\n" * 1_000_000, encoding="utf-8")
    assert f"has 1000000 layers; the limit is {MOST_LAYERS}" in refusal(path)
    assert f"the limit is {MOST_LAYERS}" in refusal({"inputs": 2, "layers": [{"units": 2}] * 1_000_000})
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "inputs is missing"),
        ({"inputs": 2}, "layers is missing"),
        (top(layers=[]), "layers is missing"),
        (top(layers={"units": 1}), "layers must be a list of tables"),
        (top(layers=["dense"]), "layers must be a list of tables"),
        (top(inputs=0), "inputs must be at least 1, got 0"),
        (top(inputs=-3), "inputs must be at least 1, got -3"),
        (top(inputs=2.0), "inputs must be a whole number"),
        (top(inputs=True), "inputs must be a whole number"),
        (top(inputs="2"), "inputs must be a whole number"),
        (top(inputs=10**30), f"inputs is too large; the limit is {LARGEST_SIZE}"),
        (top(los="x"), "unknown key 'los'; nearest: loss"),
        (top(loss="cross_entrop"), "unknown loss 'cross_entrop'; nearest: cross_entropy"),
        (top(loss=["x"]), "loss must be a name"),
        (top(loss="cross_entropy"), "cross_entropy needs a softmax output, but the last layer has activation sigmoid"),
        (top(batch_reduction="average"), "unknown batch_reduction 'average'; known: mean, sum"),
        (top(l2=-1), "l2 must not be negative"),
        (top(l2=float("nan")), "l2 must be a finite number"),
        (top(l2=float("inf")), "l2 must be a finite number"),
        (top(l2="small"), "l2 must be a number"),
        (layer(units=0), "layer 1: units must be at least 1"),
        (layer(unit=3), "layer 1: unknown key 'unit'; nearest: units"),
        (layer(type="dens"), "layer 1: type: unknown layer type 'dens'; nearest: dense"),
        (layer(type="concatenation"), "unknown layer type 'concatenation'; nearest: concatenate"),
        (top(layers=[{"units": 1}, {"type": "concatenate", "from": ["dense1"]}]), "concatenate reads at least 2 layers, got 1"),
        (layer(bias=1), "layer 1: bias must be true or false"),
        (layer(activation="tahn"), "layer 1: unknown activation 'tahn'; nearest: tanh"),
        (layer(activation=3), "layer 1: activation must be a name or a table"),
        (layer(activation={"type": "elu", "aplha": 1}), "unknown parameter 'aplha'; nearest: alpha"),
        (layer(activation={"type": "elu", "alpha": "x"}), "alpha must be a number"),
        (layer(activation={"type": "elu", "formula": "z"}), "either type or formula"),
        (layer(activation={}), "either type or formula"),
        (layer(activation={"formula": "z*sigmod(z)"}), "column 3: unknown function 'sigmod'; nearest: sigmoid"),
        (layer(activation={"formula": 3}), "is a text"),
        (layer(activation={"formula": "b*z", "b": 1e300 * 1e300}), "b must be a finite number"),
        (layer(activation={"formula": "b*z", "b": Decimal("1e301")}), "b must be a finite number"),
        (layer(activation={"formula": "1e301*z"}), "column 1: the number '1e301' is out of range"),
        (layer(activation={"formula": "0.001e-300*z"}), "is out of range"),
        (layer(activation={"formula": "z", "b": 1}), "there is no b in it"),
        (layer(activation={"formula": "1"}), "does not depend on z"),
        (layer(activation={"formula": "z - z + 0*tanh(z)"}), "does not depend on z"),
        (layer(activation={"formula": "log(0)*z"}), "no real value"),
        (layer(activation={"formula": "sqrt(-1)*z"}), "no real value"),
        (layer(activation={"formula": "exp(1000)*z"}), "no real value"),
        (top(l2=Decimal("1e301")), "l2 must be a finite number"),
        ({"inputs": 2, "layers": [{}]}, "layer 1: units is missing"),
        (layer(**{"from": ["inptu"]}), "layer 1: from: unknown layer 'inptu'; nearest: input"),
        (layer(**{"from": "input"}), "from must be a list"),
        (layer(**{"from": []}), "dense reads 1 layer, got 0"),
        (layer(**{"from": ["input", "input"]}), "dense reads 1 layer, got 2"),
        (layer(share="h"), "share: unknown layer with parameters 'h'"),
        (top(layers=[{"units": 1}, {"type": "add", "from": ["dense1"]}]), "add reads at least 2 layers, got 1"),
        (top(layers=[{"units": 1}, {"type": "add", "from": ["dense1", "input"]}]), "dense1 has 1, input has 2"),
        (top(layers=[{"units": 1}, {"units": 1, "from": ["input"]}]), "layer 1: dense1 does not reach the output"),
        (top(layers=[{"units": 2, "name": "h"}, {"units": 1, "name": "h"}]), "layer 2: name 'h' is taken"),
        (top(layers=[{"units": 2}, {"units": 3, "share": "dense1"}]), "units must be 2 as in dense1"),
        (top(layers=[{"units": 3}, {"share": "dense1"}]), "which reads 2 values, but reads 3"),
        (layer(name="input"), "means the network's inputs"),
    ],
)
def test_a_table_that_cannot_be_built_is_refused(table: dict[str, Any], words: str) -> None:
    assert words in refusal(table)


def test_binary_cross_entropy_needs_a_sigmoid_output() -> None:
    assert "binary_cross_entropy needs a sigmoid output" in refusal("2-2:softmax", loss="binary_cross_entropy")
    assert "has no activation" in refusal(
        top(loss="binary_cross_entropy", layers=[{"units": 2}, {"type": "add", "from": ["dense1", "input"]}])
    )


@pytest.mark.parametrize(
    "name",
    [
        "lambda", "class", "match", "None", "print", "eval", "__init__", "__import__('os')", "_x", "x y", "1st", "", "a-b", "a.b", "../x",
        "ﬁ", "naïve", "Ꭺ", "x\n", "x;import os", "\\input{x}", "<script>", "$x$", "a" * 61, "forward", "Workspace", "W1", "b12", "delta2",
        "dW1", "numpy", "np", "json", "random", "loss", "initialise", "DTYPE", "self", "SPEC_HASH", "NamedTuple", "run_step",
    ],
)  # fmt: skip
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    assert "name" in refusal(top(name=name))


@pytest.mark.parametrize("name", ["lambda", "print", "__x__", "a b", "ﬁ", "<b>", 3])
def test_layer_names_are_plain_words_too(name: Any) -> None:
    assert "layer 1: name" in refusal(layer(name=name))


@pytest.mark.parametrize("name", ["xor", "digits", "mazur_2_2_2", "Net", "W", "delta", "d2x"])
def test_a_plain_word_is_a_name(name: str) -> None:
    assert read_specification(top(name=name)).name == name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00\x01", "not text in UTF-8"),
        (b"\x00\x01\x02", "not TOML"),
        (b"inputs = ", "not TOML"),
        (b"inputs = 2\ninputs = 3", "not TOML"),
        (b"a = " + b"[" * 100_000, "specification"),
        (b"inputs = " + b"9" * 5000, "specification"),
        (b"l2 = 1e999999999\ninputs = 2\n[[layers]]\nunits = 1\n", "l2 must be a finite number"),
        (b"# " + b"x" * 2_000_000, "too large"),
        (b"", "inputs is missing"),
        (b"inputs = 2\n[[layers]]\nunits = 1\nactvation = 'relu'", "broken.toml: layer 1: unknown key 'actvation'; nearest: activation"),
        (b"inputs = 2\nl2 = nan\n[[layers]]\nunits = 1", "broken.toml: l2 must be"),
    ],
)
def test_a_file_that_is_no_specification_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    assert words in refusal(path)
    assert "broken.toml" in refusal(path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_bytes(b"\xef\xbb\xbfinputs = 2\r\n[[layers]]\r\nunits = 2\r\n")
    assert read_specification(tmp_path / "spec.toml") == read_specification("2-2")


def test_a_missing_file_a_folder_and_an_unusable_path_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal("nowhere.toml")
    assert "does not exist" in refusal(tmp_path / "nowhere.toml")
    assert "is not a file" in refusal(tmp_path)
    assert "is not a file" in refusal("/dev/zero")
    assert "cannot be read" in refusal("x" * 10_000 + ".toml")
    assert "cannot be read" in refusal("a\0.toml")
    assert "a line, a path or a table" in refusal(7)  # type: ignore[arg-type]


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "closed.toml"
    path.write_text(XOR, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in refusal(path)


def test_a_line_is_a_line_even_where_a_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "2-2-1").mkdir()
    monkeypatch.chdir(tmp_path)
    assert read_specification("2-2-1").architecture == "2-2:sigmoid-1:sigmoid"

"""Conventions of textbooks that do not ship, as changes of the commented example: data, and not a line of code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import derive.notation.profile as profile

NIELSEN = (Path(profile.__file__).parent / "nielsen.toml").read_text(encoding="utf-8")

BISHOP = {  # C. M. Bishop, "Pattern Recognition and Machine Learning" (2006), section 5.3
    "title": '"Bishop"',
    "symbols.target": '"t"',
    "symbols.pre_activation": '"a"',
    "symbols.output": '"z"',
    "symbols.loss": '"E"',
    "symbols.total_loss": '"E"',
    "symbols.rate": '"eta"',
    "matrices.target": '{ letter = "t", style = "bold" }',
    "matrices.pre_activation": '{ letter = "a", style = "bold" }',
    "matrices.output": '{ letter = "z", style = "bold" }',
    "matrices.input": '{ letter = "x", style = "bold" }',
    "matrices.delta": '{ letter = "delta", style = "bold" }',
    "matrices.loss": '"E"',
    "matrices.total_loss": '"E"',
    "batch.target": '"T"',
    "batch.pre_activation": '"A"',
    "batch.output": '"Z"',
    "batch.loss": '"E"',
    "batch.total_loss": '"E"',
    "layers.mark": '"none"',
    "indices.units": '["j", "k", "i", "p", "q", "r", "s", "m"]',
    "indices.pattern": '["n", "c"]',
    "roles.letters": '["i", "j", "k"]',
    "roles.three_layers": "true",
    "patterns.mark": '"subscript"',
    "patterns.on": '"loss"',
    "sizes.layer": '"M"',
    "style.hidden_delta": '"outside"',
    "style.sum_limits": '"none"',
    "order.gradient": '"delta,value"',
    "activation.name": '"role"',
    "activation.letter": '"h"',
    "activation.output": '"o"',
    "activation.hidden": '"h"',
    "activation.argument": '"a"',
}
HASTIE = {  # T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning" (2009), section 11.4: targets y, R for the error
    "title": '"Hastie, Tibshirani, Friedman"',
    "symbols.weight": '"beta"',
    "symbols.bias": '"alpha"',
    "symbols.loss": '"R"',
    "symbols.total_loss": '"R"',
    "symbols.rate": '"gamma"',
    "symbols.delta": '"s"',
    "symbols.pre_activation": '"T"',
    "symbols.output": '"Z"',
    "matrices.weight": '{ letter = "beta", style = "bold" }',
    "matrices.bias": '"alpha"',
    "matrices.loss": '"R"',
    "matrices.total_loss": '"R"',
    "matrices.delta": '"s"',
    "matrices.pre_activation": '"T"',
    "matrices.output": '"Z"',
    "batch.weight": '{ letter = "beta", style = "bold" }',
    "batch.bias": '"alpha"',
    "batch.loss": '"R"',
    "batch.total_loss": '"R"',
    "batch.delta": '"S"',
    "batch.pre_activation": '{ letter = "T", style = "bold" }',
    "batch.output": '{ letter = "Z", style = "bold" }',
    "indices.units": '["k", "m", "l", "p", "q", "r", "h", "u", "v"]',
    "indices.pattern": '["i", "c"]',
    "layers.general": '"d"',
    "layers.last": '"D"',
    "patterns.mark": '"subscript"',
    "patterns.on": '"loss"',
    "order.bias": '"first"',
    "order.residual": '"target,output"',
    "style.derivation": '"numbered"',
    "style.sum_limits": '"none"',
    "style.loss_derivative": '"inserted"',
    "activation.argument": '"v"',
}
COLUMNS = {  # I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning" (2016), with one pattern in each column
    "title": '"Deep Learning, columns"',
    "layers.mark": '"parenthesised"',
    "layers.first": "0",
    "style.samples": '"columns"',
    "style.gradient": '"nabla"',
    "style.derivation": '"replayed"',
}
TEXTBOOKS: Mapping[str, Mapping[str, str]] = {"bishop": BISHOP, "hastie": HASTIE, "columns": COLUMNS}


def toml_of(changes: Mapping[str, str]) -> str:
    """The commented example with other values; a key that is not there is an error."""
    table, lines, left = "", [], dict(changes)
    for line in NIELSEN.splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            table = header.group(1)
        if key := re.match(r"(\w+) = ", line):
            name = f"{table}.{key.group(1)}" if table else key.group(1)
            if name in left:
                line = f"{key.group(1)} = {left.pop(name)}"
        lines.append(line)
    assert not left, f"no such keys: {', '.join(left)}"
    return "\n".join(lines) + "\n"


def written_to(folder: Path, name: str) -> Path:
    """The notation of a textbook as a file."""
    path = folder / f"{name}.toml"
    path.write_text(toml_of(TEXTBOOKS[name]), encoding="utf-8")
    return path

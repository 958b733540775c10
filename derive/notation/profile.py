"""A notation is data: which letter each role wears, how layers are marked, which signs and orders an author prefers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import InputError, quoted, unknown
from derive.files import parsed_toml, read
from derive.notation import schema
from derive.notation.layout import Layout, Symbol
from derive.notation.places import Source, source_of
from derive.notation.schema import FORMS, FREE_TABLES, ROLES, TABLES

__all__ = ["ROLES", "Notation", "OwnSpecification", "load", "names", "notation"]


@dataclass(frozen=True)
class OwnSpecification:
    """What an author computes with: the ``loss``, how the losses of a batch are combined (``none``: no batch), whether there is a bias."""

    loss: str
    batch_reduction: str
    bias: bool


@dataclass(frozen=True)
class Notation:
    """One author's convention; each field is a key of the TOML file, ``nielsen.toml`` explains them one by one.

    Symbols: ``symbols`` are for entries, ``matrices`` for whole arrays, ``batch`` for arrays of patterns, ``functions`` for functions.
    Layers: ``layer_mark`` (superscript, parenthesised, letters, none), ``layer_letters`` (of tables of weights), ``first_layer``,
    ``general_layer``, ``last_layer``. Indices: ``unit_letters``, ``pattern_letters``, ``weight_order`` ("to,from"), ``separator``.
    Roles: ``role_letters`` of the layer before, of the layer itself and of the layer after; ``role_outputs``, the letters of their
    outputs; ``three_layers``, whether they are input, hidden and output in a network of three layers; ``generic_letters`` of any unit and
    one that it reads; ``bound_letters`` for sums where the role's letter is taken. Sizes: ``layer_size``, ``batch_size``, ``output_size``
    ("" for none), ``size_index`` (layer: n_l, letter: n_j). Patterns: ``pattern_mark`` and ``pattern_on`` (values, loss).
    Order: ``pre_activation_order``, ``chain_order``, ``gradient_order``, ``residual_order``, ``bias_place``.
    Style: ``derivation``, ``route``, ``delta_sign``, ``derivative``, ``loss_derivative``, ``hidden_delta``, ``gradient``, ``product``,
    ``bias`` (vector, column), ``samples`` (rows, columns), ``sum_limits``, ``update``, ``update_by``. Activation: ``activation_name``
    (own, layer, unit, role), ``activation_letter``, ``output_activation``, ``hidden_activation``,
    ``argument`` (of a function by itself). The whole network: ``network_output`` and
    ``loss_function`` ("" for none); ``input_letter`` says whose letter the input wears (input, output). The chain rule as it is stated
    beforehand: ``chain_rule_form`` (values, composition, operator), ``chain_rule_functions``, ``chain_rule_values``.
    ``macros``: commands by role.

    No keys: ``depth``, the number of the output layer of the network that is spoken of, None where that is not known, and ``exponential``
    (power: e^x, function: exp(x)), which depends on the letters of its values.
    """

    name: str
    title: str
    specification: OwnSpecification
    symbols: Mapping[str, Layout]
    matrices: Mapping[str, Layout]
    batch: Mapping[str, Layout]
    functions: Mapping[str, str]
    macros: Mapping[str, str]
    layer_mark: str
    layer_letters: tuple[str, ...]
    first_layer: int
    general_layer: str
    last_layer: str
    unit_letters: tuple[str, ...]
    pattern_letters: tuple[str, ...]
    weight_order: str
    separator: str
    role_letters: tuple[str, ...]
    role_outputs: tuple[Layout, ...]
    three_layers: bool
    generic_letters: tuple[str, ...]
    bound_letters: tuple[str, ...]
    layer_size: str
    batch_size: str
    output_size: str
    size_index: str
    pattern_mark: str
    pattern_on: str
    pre_activation_order: str
    chain_order: str
    gradient_order: str
    residual_order: str
    bias_place: str
    derivation: str
    route: str
    delta_sign: str
    derivative: str
    loss_derivative: str
    hidden_delta: str
    gradient: str
    product: str
    bias: str
    samples: str
    sum_limits: str
    update: str
    update_by: str
    activation_name: str
    activation_letter: str
    output_activation: str
    hidden_activation: str
    argument: str
    network_output: str
    loss_function: str
    input_letter: str
    chain_rule_form: str
    chain_rule_functions: tuple[str, ...]
    chain_rule_values: tuple[str, ...]
    depth: int | None = None
    exponential: str = "power"


def names() -> tuple[str, ...]:
    """The notations that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


def load(name: str | Path) -> Notation:
    """The notation that ships under ``name``, or the one in the TOML file at that path.

    Raises ``InputError``: unknown name, unreadable file, unknown, missing or clashing key, with its line.
    """
    text = str(name)
    shipped = Path(__file__).parent / f"{text}.toml"
    if text in names():
        return _read(shipped)
    if not text.endswith(".toml"):
        raise unknown("notation", text, names())
    return _read(Path(text))


def _read(path: Path) -> Notation:
    try:
        text = read(path)
        data = parsed_toml(text)
    except tomllib.TOMLDecodeError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"notation {quoted(path)}: cannot be read: {reason[:100]}") from None
    return notation(data, path.stem, source_of(str(path), text))


def notation(data: Mapping[str, Any], name: str, where: str | Source) -> Notation:
    """The notation that the tables of a TOML file describe; ``where`` names the file, and the lines of its keys, in messages."""
    source = Source(where) if isinstance(where, str) else where
    checked = _checked(data, source)
    for form in FORMS:
        told_apart = ("parameter", *(("total_loss",) if checked["patterns.mark"] != "none" else ()))
        _check_different({role: checked[f"{form}.{role}"] for role in TABLES[form] if role not in told_apart}, form, source)
    kinds = dict(zip(FREE_TABLES, (schema.name, schema.command), strict=True))
    free = {table: {key: check(value, f"{table}.{key}", source) for key, value in data[table].items()} for table, check in kinds.items()}
    _check_macros(free["macros"], source)
    found = Notation(
        name=name,
        title=schema.title(data["title"], "title", source),
        specification=OwnSpecification(*(checked[f"specification.{key}"] for key in TABLES["specification"])),
        symbols={role: checked[f"symbols.{role}"] for role in TABLES["symbols"]},
        matrices={role: checked[f"matrices.{role}"] for role in ROLES},
        batch={role: checked[f"batch.{role}"] for role in ROLES},
        functions=free["functions"],
        macros=free["macros"],
        **{field: checked[key] for field, key in FIELDS.items()},
    )
    _check_letters(found, source)
    return found


FIELDS: Mapping[str, str] = {
    "layer_mark": "layers.mark",
    "layer_letters": "layers.letters",
    "first_layer": "layers.first",
    "general_layer": "layers.general",
    "last_layer": "layers.last",
    "unit_letters": "indices.units",
    "pattern_letters": "indices.pattern",
    "weight_order": "indices.weight",
    "separator": "indices.separator",
    "role_letters": "roles.letters",
    "role_outputs": "roles.outputs",
    "three_layers": "roles.three_layers",
    "generic_letters": "roles.generic",
    "bound_letters": "roles.bound",
    "layer_size": "sizes.layer",
    "batch_size": "sizes.batch",
    "output_size": "sizes.outputs",
    "size_index": "sizes.index",
    "pattern_mark": "patterns.mark",
    "pattern_on": "patterns.on",
    "pre_activation_order": "order.pre_activation",
    "chain_order": "order.chain",
    "gradient_order": "order.gradient",
    "residual_order": "order.residual",
    "bias_place": "order.bias",
    "derivation": "style.derivation",
    "route": "style.route",
    "delta_sign": "style.delta_sign",
    "derivative": "style.derivative",
    "loss_derivative": "style.loss_derivative",
    "hidden_delta": "style.hidden_delta",
    "gradient": "style.gradient",
    "product": "style.product",
    "bias": "style.bias",
    "samples": "style.samples",
    "sum_limits": "style.sum_limits",
    "update": "style.update",
    "update_by": "style.update_by",
    "activation_name": "activation.name",
    "activation_letter": "activation.letter",
    "output_activation": "activation.output",
    "hidden_activation": "activation.hidden",
    "argument": "activation.argument",
    "network_output": "whole.output",
    "loss_function": "whole.loss",
    "input_letter": "layers.input",
    "chain_rule_form": "chain_rule.form",
    "chain_rule_functions": "chain_rule.functions",
    "chain_rule_values": "chain_rule.values",
}
"""Which key of the file each field of a notation holds."""


def _checked(data: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Every value of the tables by its key, checked by itself."""
    _exact(data, ("title", *TABLES, *FREE_TABLES), source, "")
    for table in (*TABLES, *FREE_TABLES):
        if not isinstance(data[table], dict):
            raise source.refuse(table, f"{table} must be a table, got {quoted(data[table])}")
    for table, keys in TABLES.items():
        _exact(data[table], tuple(keys), source, f"{table}.")
    return {
        f"{table}.{key}": check(data[table][key], f"{table}.{key}", source) for table, keys in TABLES.items() for key, check in keys.items()
    }


def _exact(data: Mapping[str, Any], keys: tuple[str, ...], source: Source, prefix: str) -> None:
    for key in data:
        if key not in keys:
            raise source.unknown(f"{prefix}{key}", tuple(f"{prefix}{known}" for known in keys))
    for key in keys:
        if key not in data:
            raise source.refuse(f"{prefix}{key}", f"missing key {prefix}{key}")


def _check_different(letters: Mapping[str, Layout], table: str, source: Source) -> None:
    seen: dict[Layout, str] = {}
    for role, letter in letters.items():
        if letter in seen:
            raise source.refuse(f"{table}.{role}", f"{table}: {seen[letter]} and {role} have the same symbol")
        seen[letter] = role


def _check_macros(macros: Mapping[str, str], source: Source) -> None:
    """A macro belongs to a role and is a command of letters, as TeX wants it, that no other role uses."""
    for role, command in macros.items():
        key = f"macros.{role}"
        if role not in TABLES["symbols"]:
            raise source.unknown(key, tuple(f"macros.{known}" for known in TABLES["symbols"]))
        other = next((own for own, name in macros.items() if name == command and own != role), None)
        if other is not None:
            raise source.refuse(key, f"macros: {other} and {role} have the same command")


def _check_letters(own: Notation, source: Source) -> None:
    """An index letter that is also a quantity, or marks both units and patterns, would be read wrongly."""
    units = dict.fromkeys((*own.unit_letters, *own.role_letters, *own.generic_letters), "indices.units")
    for letter in own.pattern_letters:
        if letter in units:
            raise source.refuse("indices.pattern", f"indices.pattern and indices.units share the letter {quoted(letter)}")
    quantities: dict[str, str] = {}
    for role, symbol in own.symbols.items():
        if isinstance(symbol, Symbol) and role != "parameter":
            quantities[symbol.name] = f"symbols.{role}"
    for place, symbol in enumerate(own.role_outputs):
        if isinstance(symbol, Symbol) and quantities.setdefault(symbol.name, f"roles.outputs[{place}]") in _OTHERS:
            raise source.refuse("roles.outputs", f"roles.outputs: {quoted(symbol.name)} is also {quantities[symbol.name]}")
    for key in ("general_layer", "last_layer"):
        letter = getattr(own, key)
        stands = FIELDS[key]
        if letter in units or letter in own.pattern_letters:
            raise source.refuse(stands, f"{stands} is also an index letter: {quoted(letter)}")
    for letter in (*units, *own.pattern_letters):
        if letter in quantities:
            raise source.refuse(quantities[letter].partition("[")[0], f"{quantities[letter]} is also an index letter: {quoted(letter)}")
    if own.role_outputs and not own.role_letters:
        raise source.refuse("roles.outputs", "roles.outputs needs roles.letters")


_OTHERS = tuple(f"symbols.{role}" for role in ("target", "weight", "bias", "pre_activation", "loss", "total_loss", "delta", "rate", "step"))

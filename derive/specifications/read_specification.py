"""Reads a specification: one line, a TOML file or a table; everything that cannot be built is refused here, by name."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from derive.errors import InputError, quoted, quoted_path, unknown
from derive.files import parsed_toml
from derive.functions.activations import Activation, activation, own_activation
from derive.functions.losses import default_loss, loss, loss_names
from derive.layers import LayerType, layer_types
from derive.specifications import fields
from derive.specifications.names import check_module_name, check_word
from derive.specifications.one_line import read_one_line
from derive.specifications.specification import (
    INPUT,
    MOST_LAYERS,
    MOST_PARAMETERS,
    REDUCTIONS,
    LayerSpecification,
    Specification,
    default_name,
)

KEYS = ("name", "inputs", "loss", "batch_reduction", "l2", "layers")
LARGEST_FILE = 1_000_000
STARTS_A_LINE = re.compile(r"[0-9]+[-:]")
DEFAULT_TYPE, DEFAULT_ACTIVATION = "dense", "sigmoid"

Source = str | os.PathLike[str] | Mapping[str, Any]


def read_specification(spec: Source, *, loss: str | None = None, batch_reduction: str | None = None) -> Specification:
    """The normalised specification of a one-line text, a path to a TOML file or a table.

    ``loss`` and ``batch_reduction`` override what the specification says. Raises InputError with one clear line.
    """
    return specification_of(*read_rows(spec), loss=loss, batch_reduction=batch_reduction)


def specification_of(where: str, rows: Mapping[str, Any], *, loss: str | None = None, batch_reduction: str | None = None) -> Specification:
    """The specification of a table that was read; ``where`` begins every message about it."""
    given = {"loss": loss, "batch_reduction": batch_reduction}
    return _specification({**rows, **{key: value for key, value in given.items() if value is not None}}, where)


def read_rows(spec: Source) -> tuple[str, Mapping[str, Any]]:
    """The table that a line, a path or a table gives, and what messages about it begin with: the file's name, if any."""
    if isinstance(spec, Mapping):
        return "", spec
    if isinstance(spec, str) and not _is_path(spec):
        return "", read_one_line(spec)
    if not isinstance(spec, str | os.PathLike):
        raise InputError(f"a specification is a line, a path or a table, got {quoted(spec)}")
    path = Path(os.fspath(spec))
    return f"{ascii(path.name)[1:-1][:60]}: ", read_file(path)


def _is_path(text: str) -> bool:
    """Whether a text names a file rather than a network."""
    if text.endswith(".toml") or "/" in text or os.sep in text:
        return True
    if STARTS_A_LINE.match(text):
        return False
    try:
        return len(text) < 256 and os.path.exists(text)
    except ValueError:
        return False


def read_file(path: Path) -> Mapping[str, Any]:
    """The tables of a TOML file; raises InputError where it is missing, unreadable, too large or not TOML."""
    where = quoted_path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"specification {where} is not a file")
        with path.open("rb") as stream:
            content = stream.read(50 * LARGEST_FILE)
    except FileNotFoundError:
        raise InputError(f"specification {where} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"specification {where} cannot be read: {reason}") from None
    if content.count(b"[[layers]]") > MOST_LAYERS:
        raise InputError(f"specification {where} has {content.count(b'[[layers]]')} layers; the limit is {MOST_LAYERS}")
    if len(content) > LARGEST_FILE:
        raise InputError(f"specification {where} is too large; the limit is {LARGEST_FILE} bytes")
    try:
        return parsed_toml(content.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise InputError(f"specification {where} is not text in UTF-8 (byte {error.start + 1})") from None
    except (tomllib.TOMLDecodeError, InvalidOperation, ValueError) as error:
        raise InputError(f"specification {where} is not TOML: {_one_line(error)}") from None


def _one_line(error: Exception) -> str:
    return ascii(" ".join(str(error).split()))[1:-1][:200]


def _specification(rows: Mapping[str, Any], where: str) -> Specification:
    fields.check_keys(rows, KEYS, where)
    if "inputs" not in rows:
        raise InputError(f"{where}inputs is missing: the number of inputs")
    inputs = fields.size(rows["inputs"], f"{where}inputs")
    layers = _layers(rows.get("layers", ()), inputs, where)
    _check_reach(layers, where)
    last = layers[-1]
    output = last.activation.name if last.activation else None
    chosen = fields.choice(rows.get("loss", default_loss(output or "")), loss_names(), "loss", f"{where}loss")
    loss(chosen).check_output(output)
    reduction = fields.choice(rows.get("batch_reduction", "mean"), REDUCTIONS, "batch_reduction", f"{where}batch_reduction")
    l2 = fields.number(rows.get("l2", 0), f"{where}l2")
    if l2 < 0:
        raise InputError(f"{where}l2 must not be negative, got {quoted(rows['l2'])}")
    own = rows.get("name")
    name = default_name([inputs, *(layer.units for layer in layers)]) if own is None else check_module_name(own, f"{where}name")
    return Specification(name, inputs, layers, chosen, reduction, l2)


def _layers(rows: Any, inputs: int, where: str) -> tuple[LayerSpecification, ...]:
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(f"{where}layers must be a list of tables, [[layers]]")
    if not rows:
        raise InputError(f"{where}layers is missing: a network has at least one layer, [[layers]]")
    if len(rows) > MOST_LAYERS:
        raise InputError(f"{where}{len(rows)} layers are too many; the limit is {MOST_LAYERS}")
    built: dict[str, LayerSpecification] = {}
    units = {INPUT: inputs}
    parameters = 0
    for number, row in enumerate(rows, 1):
        place = f"{where}layer {number}"
        layer = _layer(row, number, built, units, place)
        built[layer.name] = layer
        units[layer.name] = layer.units
        if layer.share is None and "units" in layer_types()[layer.type].keys:
            parameters += layer.units * (units[layer.inputs[0]] + layer.bias)
        if parameters > MOST_PARAMETERS:
            raise InputError(f"{place}: more parameters than the limit of {MOST_PARAMETERS}")
    return _with_distinct_formulas(tuple(built.values()))


def _with_distinct_formulas(layers: tuple[LayerSpecification, ...]) -> tuple[LayerSpecification, ...]:
    """Several formulas of the user's own are called ``f1``, ``f2``, ... in file order; a single one stays ``f``."""
    own = list(dict.fromkeys(layer.activation for layer in layers if layer.activation is not None and layer.activation.is_own))
    if len(own) < 2:
        return layers
    named = {activation: replace(activation, name=f"{activation.name}{number}") for number, activation in enumerate(own, 1)}
    return tuple(replace(layer, activation=named.get(layer.activation, layer.activation)) for layer in layers)  # type: ignore[arg-type]


def _layer(
    row: Mapping[str, Any], number: int, above: Mapping[str, LayerSpecification], widths: Mapping[str, int], place: str
) -> LayerSpecification:
    kind = layer_types()[fields.choice(row.get("type", DEFAULT_TYPE), tuple(layer_types()), "layer type", f"{place}: type")]
    fields.check_keys(row, ("type", "name", "from", *kind.keys), f"{place}: ")
    name = _layer_name(row.get("name", f"{kind.name}{number}"), widths, place)
    sources = _sources(row, kind, list(widths), place)
    shared = _shared(row, sources, above, widths, place)
    units = _units(row, kind, sources, shared, widths, place)
    own = _activation(row.get("activation", DEFAULT_ACTIVATION), place) if "activation" in kind.keys else None
    bias = row.get("bias", shared.bias if shared else "bias" in kind.keys)
    if not isinstance(bias, bool):
        raise InputError(f"{place}: bias must be true or false, got {quoted(bias)}")
    if shared and bias != shared.bias:
        raise InputError(f"{place}: bias must be as in {shared.name}, whose parameters it shares")
    return LayerSpecification(kind.name, name, sources, units, own, bias, shared.name if shared else None)


def _shared(
    row: Mapping[str, Any], sources: tuple[str, ...], above: Mapping[str, LayerSpecification], widths: Mapping[str, int], place: str
) -> LayerSpecification | None:
    """The layer whose parameters this one uses again: the owner itself, not another sharer."""
    if "share" not in row:
        return None
    owners = [name for name, layer in above.items() if "share" in layer_types()[layer.type].keys]
    name = fields.choice(row["share"], tuple(owners), "layer with parameters", f"{place}: share")
    owner = above[above[name].share or name]
    (needed,), (given,) = ([widths[source] for source in layer] for layer in (owner.inputs, sources))
    if needed != given:
        raise InputError(f"{place}: shares {owner.name}, which reads {needed} values, but reads {given}")
    return owner


def _layer_name(name: Any, taken: Mapping[str, int], place: str) -> str:
    if name == INPUT:
        raise InputError(f"{place}: name {quoted(name)} means the network's inputs")
    word = check_word(name, f"{place}: name")
    if word in taken:
        raise InputError(f"{place}: name {quoted(word)} is taken by a layer above")
    return word


def _sources(row: Mapping[str, Any], kind: LayerType, above: list[str], place: str) -> tuple[str, ...]:
    given = row.get("from", [above[-1]])
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(source, str) for source in given):
        raise InputError(f"{place}: from must be a list of names of layers above, got {quoted(given)}")
    for source in given:
        if source not in above:
            raise unknown("layer", source, above, f"{place}: from")
    if len(given) < kind.fewest or (kind.most is not None and len(given) > kind.most):
        wanted = f"{kind.fewest}" if kind.fewest == kind.most else f"at least {kind.fewest}"
        raise InputError(f"{place}: {kind.name} reads {wanted} layer{'s' if kind.fewest != 1 else ''}, got {len(given)}")
    return tuple(given)


def _units(
    row: Mapping[str, Any],
    kind: LayerType,
    sources: tuple[str, ...],
    shared: LayerSpecification | None,
    widths: Mapping[str, int],
    place: str,
) -> int:
    """The width of the output: of the sources where it runs along or joins them, of the sharer's owner, or what the row says."""
    if kind.along_sources:
        for source in sources[1:]:
            if widths[source] != widths[sources[0]]:
                pair = f"{sources[0]} has {widths[sources[0]]}, {source} has {widths[source]}"
                raise InputError(f"{place}: {kind.name} needs layers of one width; {pair}")
        return widths[sources[0]]
    if kind.joins_sources:
        return fields.size(sum(widths[source] for source in sources), f"{place}: the width of all its sources together")
    if "units" not in row and shared is None:
        raise InputError(f"{place}: units is missing: the number of units")
    units = fields.size(row["units"], f"{place}: units") if "units" in row else cast(LayerSpecification, shared).units
    if shared is not None and units != shared.units:
        raise InputError(f"{place}: units must be {shared.units} as in {shared.name}, whose parameters it shares, got {units}")
    return units


def _activation(given: Any, place: str) -> Activation:
    try:
        if isinstance(given, str):
            return activation(given)
        if not isinstance(given, Mapping):
            raise InputError(f"activation must be a name or a table, got {quoted(given)}")
        if ("type" in given) == ("formula" in given):
            raise InputError('an activation table has either type or formula, such as { type = "leaky_relu", alpha = 0.2 }')
        values = {check_word(key, "parameter"): fields.number(value, key) for key, value in given.items() if key not in ("type", "formula")}
        text = given.get("type", given.get("formula"))
        if not isinstance(text, str):
            raise InputError(f"the type or formula of an activation is a text, got {quoted(text)}")
        return activation(text, values) if "type" in given else own_activation(text, values)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _check_reach(layers: tuple[LayerSpecification, ...], where: str) -> None:
    """Raise InputError for a layer that the output does not depend on."""
    reaching = {layers[-1].name}
    for number, layer in reversed(list(enumerate(layers, 1))):
        if layer.name not in reaching:
            raise InputError(f"{where}layer {number}: {layer.name} does not reach the output, the last layer")
        reaching.update(layer.inputs)

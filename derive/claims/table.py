"""Published numbers: a TOML file as for worked numbers, or a CSV file; each digit is compared with the exact value."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from derive.claims.verdict import CHECKED, RIGHT, WRONG, Link, Verdict
from derive.conventions.results import in_convention
from derive.errors import InputError, quoted, quoted_path
from derive.expressions import Entry, Tensor
from derive.files import read
from derive.indices import Affine
from derive.network import Network
from derive.notation.profile import Notation
from derive.results import results_of
from derive.worked.digits import TRUNCATED, judged, printed, written
from derive.worked.digits import WRONG as WRONG_DIGITS
from derive.worked.example import Example, example, passes_for
from derive.worked.ledger import places_of
from derive.worked.numbers_file import NumbersFile, load_numbers, numbers_of
from derive.worked.passes import Passes
from derive.worked.published import Comparison, compared

_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*(?:\[\s*(\d+)\s*\]|\[\s*(\d+)\s*(?:,|\]\s*\[)\s*(\d+)\s*\])?")
_FACTORS = (Fraction(2), Fraction(1, 2), Fraction(4), Fraction(1, 4))
_HEADER = ("name", "value")
_PLACES = 12


def check_table(path: str, network: Network, notation: Notation) -> Verdict:
    """The verdict on the numbers of a file. Raises ``InputError`` where it cannot be read."""
    results, _ = in_convention(results_of(network), notation)
    file = _from_csv(path, passes_for(results, None)) if path.endswith(".csv") else load_numbers(path)
    passes = passes_for(results, file.patterns)
    step = example(passes, numbers_of(file, passes))
    found = compared(step)
    if not found:
        raise InputError(f"{quoted_path(path)}: no published numbers; they stand in [published]")
    links = tuple(_link(number, own) for number, own in enumerate(found, 1))
    wrong = next((own for own in found if own.verdict == WRONG_DIGITS), None)
    counts = f"{len(found)} numbers, {sum(own.verdict == TRUNCATED for own in found)} of them cut off instead of rounded"
    if wrong is None:
        return Verdict(RIGHT, None, f"{counts}; every digit is right", certainty=CHECKED, links=links)
    family, said = _why(wrong, step)
    detail = f"{_name(wrong)}: {wrong.text} is wrong from its digit {wrong.digit}{said}"
    example_of = {"sizes": {}, "at": {_name(wrong): wrong.text}, "right": written(wrong.exact, _PLACES)}
    return Verdict(WRONG, family, detail, f"{_name(wrong)} = {written(wrong.exact, _PLACES)}", example_of, CHECKED, links)


def _link(line: int, own: Comparison) -> Link:
    verdict = WRONG if own.verdict == WRONG_DIGITS else RIGHT
    detail = "" if own.verdict != TRUNCATED else "cut off instead of rounded"
    return Link(line, f"{_name(own)} = {own.text}", verdict, f"exact {written(own.exact, _PLACES)}" if verdict == WRONG else detail)


def _name(own: Comparison) -> str:
    positions = ",".join(str(Affine.of(position).constant) for position in own.entry.positions)
    return f"{own.entry.tensor.name}{f'[{positions}]' if positions else ''}{' after the step' if own.after else ''}"


def _why(own: Comparison, step: Example) -> tuple[str, str]:
    """The family of a wrong number: what simple mistake gives its digits."""
    if own.hasty:
        return "other", "; it comes out where weights change before the layers below have read them"
    for family, value, said in _others(own, step):
        if judged(own.text, value) != WRONG_DIGITS:
            return family, f"; it is {said}"
    return "other", ""


def _others(own: Comparison, step: Example) -> Iterator[tuple[str, Fraction, str]]:
    yield "sign", -own.exact, "the value with the other sign"
    for factor in _FACTORS:
        yield "factor", own.exact * factor, f"the value times {factor}"
    for axis in own.entry.tensor.axes:
        if axis.size > 1:
            yield "reduction", own.exact / axis.size, f"the value divided by {axis.size}"
            yield "reduction", own.exact * axis.size, f"the value times {axis.size}"
    if own.after:
        return
    for entry, value in _entries(own.entry.tensor, step):
        if entry != own.entry:
            turned = entry.positions == own.entry.positions[::-1]
            yield "transpose" if turned else "index", value, "the value at another position"


def _entries(tensor: Tensor, step: Example) -> Iterator[tuple[Entry, Fraction]]:
    for place in places_of(tensor):
        yield Entry(tensor, *(Affine(position) for position in place)), step.before.at(tensor, place)


def _from_csv(path: str, passes: Passes) -> NumbersFile:
    """The same tables as of a TOML file: inputs, targets and parameters are given, every other name is published."""
    text = read(Path(path))
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{quoted_path(path)}: cannot be read: {error}") from None
    if rows and tuple(cell.strip().lower() for cell in rows[0]) == _HEADER:
        rows = rows[1:]
    values: dict[str, dict[tuple[int, ...], str]] = {}
    for number, row in enumerate(rows, 1):
        *names, value = (cell.strip() for cell in row)
        found = _NAME.fullmatch(",".join(names))  # a name holds a comma, and need not stand in quotes
        if found is None:
            raise InputError(f"{quoted_path(path)}, row {number}: expected a name such as W1[0,1] and a value, got {quoted(','.join(row))}")
        place = tuple(int(part) for part in found.groups()[1:] if part is not None)
        try:
            printed(value)
        except ValueError:
            raise InputError(f"{quoted_path(path)}, row {number}: expected a decimal number, got {quoted(value)}") from None
        values.setdefault(found[1], {})[place] = value
    system = passes.system
    given = {tensor.name for tensor in (*system.inputs, *system.parameters)}
    tensors = {tensor.name: tensor for tensor in passes.tensors}
    tables: dict[str, Any] = {name: _nested(tensors[name], own, name in given) for name, own in values.items() if name in tensors}
    unknown = next((name for name in values if name not in tensors), None)
    if unknown is not None:
        raise InputError(f"{quoted_path(path)}: unknown name {quoted(unknown)}; known: {', '.join(tensors)}")
    x, t = (tensor.name for tensor in system.inputs)
    rows_of = {"inputs": tables.pop(x, None), "targets": tables.pop(t, None)}
    parameters = {tensor.name: tables.pop(tensor.name) for tensor in system.parameters if tensor.name in tables}
    return NumbersFile(path, text, {**{k: v for k, v in rows_of.items() if v is not None}, "parameters": parameters, "published": tables})


def _nested(tensor: Tensor, values: dict[tuple[int, ...], str], given: bool) -> Any:
    def at(place: tuple[int, ...]) -> Any:
        text = values.get(place, "")
        if not given:
            return text
        try:
            return Decimal(text)
        except InvalidOperation:
            raise InputError(f"{tensor.name}[{','.join(map(str, place))}] has no value") from None

    return _filled(at, [axis.size for axis in tensor.axes])


def _filled(at: Any, shape: Sequence[int], place: tuple[int, ...] = ()) -> Any:
    if len(place) == len(shape):
        return at(place)
    return [_filled(at, shape, (*place, number)) for number in range(shape[len(place)])]

"""Reads a system of equations from the table of an equation file; what cannot be derived is refused, with its place.

Nothing in a text is evaluated as Python: ``grammar.py`` reads it and ``scope.py`` gives it its meaning; ``declarations.py`` has the
names and ``whole_system.py`` checks that the whole is a system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from derive.equations import Equation, System
from derive.errors import InputError, quoted, unknown
from derive.expressions import Entry, Expression, Number, Tensor
from derive.functions.scalar import FUNCTIONS, vector_formulas
from derive.indices import Axis, Index
from derive.language.grammar import Call, Name, Place, Source, Syntax, parts_of, read_formula, read_statement
from derive.language.scope import Reader, Scope
from derive.specifications import fields
from derive.specifications.declarations import Written, computed_tensors, declare, read_left
from derive.specifications.equation_specification import EquationSpecification
from derive.specifications.names import check_axis_name, check_module_name
from derive.specifications.specification import MOST_PARAMETERS
from derive.specifications.whole_system import Whole
from derive.traversal import tensors_of

KEYS = ("name", "axes", "inputs", "parameters", "equations", "initial", "pad", "loss", "assumptions")
DEFAULT_NAME = "equations"
MOST_EQUATIONS = 1_000


def is_equation_table(rows: Mapping[str, Any]) -> bool:
    """Whether a table is an equation file and not a specification of layers."""
    return any(key in rows for key in ("equations", "axes", "parameters"))


def read_equations(rows: Mapping[str, Any], where: str = "", name: str = DEFAULT_NAME) -> tuple[EquationSpecification, System]:
    """The specification and the system that the table of an equation file describes.

    ``where`` begins every message, ``name`` is the name of a system that has none. Raises InputError, one clear line.
    """
    fields.check_keys(rows, KEYS, where)
    own = check_module_name(rows["name"], f"{where}name") if "name" in rows else name
    axes = _axes(rows.get("axes", {}), where)
    declared = {role: _texts(rows.get(key, ()), f"{where}{key}") for role, key in (("input", "inputs"), ("parameter", "parameters"))}
    texts = _texts(rows.get("equations", ()), f"{where}equations")
    assumptions = _texts(rows.get("assumptions", ()), f"{where}assumptions")
    if not isinstance(rows.get("loss"), str):
        got = f"must be a text, got {quoted(rows['loss'])}" if "loss" in rows else "is missing"
        raise InputError(f'{where}loss {got}: a formula for one number, such as "sum(j, (h[j] - y[j])**2)/2"')
    tensors: dict[str, Tensor] = {}
    for role, found in declared.items():
        for number, text in enumerate(found, 1):
            declare(Source(text, f"{where}{role} {number}"), role, axes, tensors)
    written = [read_left(Source(text, f"{where}equation {number}"), axes) for number, text in enumerate(texts, 1)]
    tensors |= computed_tensors(written, axes, tensors)
    _check_sizes(tensors, where)
    scope = Scope(tensors, {}, axes, {}, FUNCTIONS, vector_formulas())
    equations = [_equation(line, scope) for line in written]
    loss = _loss(Source(_one_line(rows["loss"]), f"{where}loss"), scope)
    outside = {key: _outside(rows.get(key, {}), f"{where}{key}", tensors) for key in ("initial", "pad")}
    specification = EquationSpecification(
        own,
        tuple((letter, axis.size) for letter, axis in axes.items()),
        inputs=tuple(map(_compact, declared["input"])),
        parameters=tuple(map(_compact, declared["parameter"])),
        equations=tuple(map(_compact, texts)),
        loss=_compact(rows["loss"]),
        initial=tuple((tensor.name, number.value) for tensor, number in outside["initial"].items()),
        pad=tuple((tensor.name, number.value) for tensor, number in outside["pad"].items()),
        assumptions=tuple(map(_compact, assumptions)),
    )
    system = Whole(where, written, equations, loss, outside["initial"], outside["pad"])
    facts = tuple(_assumption(Source(text, f"{where}assumption {number}"), scope) for number, text in enumerate(assumptions, 1))
    return specification, system.checked(own, tensors, facts)


def _axes(given: Any, where: str) -> dict[str, Axis]:
    if not isinstance(given, Mapping):
        raise InputError(f"{where}axes must be a table of letters and sizes, such as {{ t = 5, j = 4 }}, got {quoted(given)}")
    found = {}
    for letter, size in given.items():
        name = check_axis_name(letter, f"{where}axis")
        found[name] = Axis(name, fields.size(size, f"{where}axis {name}"))
    return found


def _texts(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(text, str) for text in given):
        raise InputError(f"{where} must be a list of texts, got {quoted(given)}")
    if len(given) > MOST_EQUATIONS:
        raise InputError(f"{where}: {len(given)} are too many; the limit is {MOST_EQUATIONS}")
    return tuple(map(_one_line, given))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _compact(text: str) -> str:
    return "".join(text.split())


def _check_sizes(tensors: Mapping[str, Tensor], where: str) -> None:
    for tensor in tensors.values():
        if prod(axis.size for axis in tensor.axes) > MOST_PARAMETERS:
            raise InputError(f"{where}{tensor.name} has more entries than the limit of {MOST_PARAMETERS}")


def _equation(line: Written, scope: Scope) -> Equation:
    tensor = scope.tensors[line.name]
    indices = {letter.name: Index(letter.name, axis) for letter, axis in zip(line.letters, tensor.axes, strict=True)}
    inner = Scope(scope.tensors, indices, scope.axes, scope.values, scope.functions, scope.vectors)
    return Equation(Entry(tensor, *indices.values()), Reader(line.source).expression(line.syntax.right, inner))


def _loss(source: Source, scope: Scope) -> Expression:
    syntax = read_formula(source)
    free = next(_free_letters(syntax, scope, ()), None)
    if free is not None:
        source.refuse(free.at, f"the loss is one number, but index {free.name} is free: sum over it")
    return Reader(source).expression(syntax, scope)


def _free_letters(syntax: Syntax, scope: Scope, bound: tuple[str, ...]) -> Iterator[Name]:
    """The letters in positions that no sum binds."""
    if isinstance(syntax, Place):
        for part in syntax.positions:
            yield from (name for name in _letter_names(part) if name.name in scope.axes and name.name not in bound)
        return
    if isinstance(syntax, Call) and len(syntax.arguments) > 1:
        bound = (*bound, *(part.name for part in syntax.arguments[:-1] if isinstance(part, Name)))
    for part in parts_of(syntax):
        yield from _free_letters(part, scope, bound)


def _letter_names(syntax: Syntax) -> Iterator[Name]:
    if isinstance(syntax, Name):
        yield syntax
    for part in parts_of(syntax):
        yield from _letter_names(part)


def _outside(given: Any, where: str, tensors: Mapping[str, Tensor]) -> dict[Tensor, Number]:
    if not isinstance(given, Mapping):
        raise InputError(f"{where} must be a table of names and numbers, such as {{ h = 0 }}, got {quoted(given)}")
    found = {}
    for name, value in given.items():
        if name not in tensors:
            raise unknown("name", name, tensors, where)
        found[tensors[name]] = Number(fields.number(value, f"{where}: {name}"))
    return found


def _assumption(source: Source, scope: Scope) -> Equation:
    syntax = read_statement(source)
    if syntax.sign != "=":
        source.refuse(syntax.at, f"an assumption is an equation, got {quoted(syntax.sign)}")
    letters = dict.fromkeys(name.name for side in (syntax.left, syntax.right) for name in _free_letters(side, scope, ()))
    indices = {letter: Index(letter, scope.axes[letter]) for letter in letters}
    inner = Scope(scope.tensors, indices, scope.axes, scope.values, scope.functions, scope.vectors)
    left, right = (Reader(source).expression(side, inner) for side in (syntax.left, syntax.right))
    if any(tensor.role != "input" for side in (left, right) for tensor in tensors_of(side)):
        source.refuse(0, "an assumption speaks of inputs only")
    return Equation(left, right)

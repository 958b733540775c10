"""The names of an equation file: what is declared, what the left sides define, and along which axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.errors import InputError, quoted, unknown
from derive.expressions import Tensor
from derive.functions.scalar import FUNCTIONS, vector_formulas
from derive.indices import Axis
from derive.language.grammar import EquationSyntax, Name, Place, Source, Syntax, parts_of, read_declaration, read_equation
from derive.language.scope import FORMS, letters_in
from derive.specifications.names import check_axis_name, check_tensor_name


@dataclass(frozen=True)
class Written:
    """One equation as it was written: its text, its syntax, and the letters of its left side."""

    source: Source
    syntax: EquationSyntax

    @property
    def name(self) -> str:
        return self.syntax.left.name

    @property
    def letters(self) -> tuple[Name, ...]:
        left = self.syntax.left
        return left.positions if isinstance(left, Place) else ()  # type: ignore[return-value]


def declare(source: Source, role: str, axes: Mapping[str, Axis], tensors: dict[str, Tensor]) -> None:
    """Add the tensor that ``W[j,i]`` declares: each of its positions names an axis."""
    syntax = read_declaration(source)
    own = []
    for part in syntax.positions if isinstance(syntax, Place) else ():
        if not isinstance(part, Name) or part.name not in axes:
            shown = part.name if isinstance(part, Name) else "a formula"
            source.refuse(part.at, str(unknown("axis", shown, axes)))
        own.append(axes[part.name])
    _check_new(source, syntax, tensors)
    tensors[syntax.name] = Tensor(syntax.name, tuple(own), role)


def _check_new(source: Source, syntax: Name | Place, tensors: Mapping[str, object]) -> None:
    name = syntax.name
    try:
        check_tensor_name(name, "name")
    except InputError as error:
        source.refuse(syntax.at, str(error))
    if name in FUNCTIONS or name in vector_formulas() or name in FORMS or name == "pi":
        source.refuse(syntax.at, f"name {quoted(name)} is a function or a constant; take another")
    if name in tensors:
        source.refuse(syntax.at, f"{name} is defined twice")
    for other in tensors:
        if name in (f"d{other}", other.removeprefix("d")) and name != other:
            first, second = sorted((name, other), key=len)
            source.refuse(syntax.at, f"{second} is the name of the derivative of the loss by {first}; take another name than {name}")


def read_left(source: Source, axes: Mapping[str, Axis]) -> Written:
    """An equation whose left side has plain, different index letters."""
    syntax = read_equation(source)
    seen: set[str] = set()
    for part in syntax.left.positions if isinstance(syntax.left, Place) else ():
        if not isinstance(part, Name):
            source.refuse(part.at, "the left side of an equation has plain index letters, such as h[t,j]")
        if part.name in seen:
            source.refuse(part.at, f"index {part.name} stands twice on the left side; an equation gives every entry of its tensor a value")
        if part.name not in axes:
            _check_letter(source, part)
        seen.add(part.name)
    return Written(source, syntax)


def _check_letter(source: Source, letter: Name) -> None:
    try:
        check_axis_name(letter.name, "index")
    except InputError as error:
        source.refuse(letter.at, str(error))


def computed_tensors(written: Sequence[Written], axes: Mapping[str, Axis], declared: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of the left sides. A letter that names no axis takes its axis from where it stands on the right."""
    found: dict[str, list[Axis | None]] = {}
    for line in written:
        _check_new(line.source, line.syntax.left, {**declared, **found})
        found[line.name] = [axes.get(letter.name) for letter in line.letters]
    while True:
        known = {name: list[Axis | None](tensor.axes) for name, tensor in declared.items()} | found
        missing = [(line, place) for line in written for place, axis in enumerate(found[line.name]) if axis is None]
        guesses = [(line, place, _axis_of(line.letters[place].name, line.syntax.right, known)) for line, place in missing]
        for line, place, axis in guesses:
            found[line.name][place] = axis
        if all(axis is None for _, _, axis in guesses):
            break
    for line, place in missing:
        letter = line.letters[place]
        line.source.refuse(letter.at, f"index {letter.name} names no axis and stands at no position, so its axis is unknown")
    return {name: Tensor(name, tuple(axis for axis in own if axis), "value") for name, own in found.items()}


def _axis_of(letter: str, syntax: Syntax, known: Mapping[str, Sequence[Axis | None]]) -> Axis | None:
    """The axis of the first plain position where a letter stands, else of the first position that it alone moves along."""
    for alone in (True, False):
        for place in places(syntax):
            for part, axis in zip(place.positions, known.get(place.name, ()), strict=False):
                plain = isinstance(part, Name) and part.name == letter
                if axis is not None and (plain if alone else list(letters_in(part)) == [letter]):
                    return axis
    return None


def places(syntax: Syntax) -> Iterator[Place]:
    """Every entry that is read in a piece of syntax."""
    if isinstance(syntax, Place):
        yield syntax
    for part in parts_of(syntax):
        yield from places(part)


def names_in(syntax: Syntax) -> Iterator[Place | Name]:
    """Everything that is read in a piece of syntax, with positions or without."""
    if isinstance(syntax, Place | Name):
        yield syntax
    for part in parts_of(syntax):
        yield from names_in(part)

"""Syntax rebuilt with other parts, and every place in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from derive.reader.syntax import Syntax

Part = TypeVar("Part", bound=Syntax)
Path = tuple[str | int, ...]


def rebuilt(value: Part, change: Callable[[Syntax], Syntax]) -> Part:
    """The same syntax with ``change`` applied to each part directly inside it."""
    found = {field.name: _changed(getattr(value, field.name), change) for field in fields(value) if field.name != "at"}
    return replace(value, **found)


def _changed(part: Any, change: Callable[[Syntax], Syntax]) -> Any:
    if isinstance(part, Syntax):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_changed(own, change) for own in part)
    return part


def bottom_up(value: Syntax, change: Callable[[Syntax], Syntax]) -> Syntax:
    """``change`` applied to every part, the innermost first."""
    return change(rebuilt(value, lambda part: bottom_up(part, change)))


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Syntax]]:
    """Every part with the way to it, parents first."""
    if isinstance(value, Syntax):
        yield path, value
        for field in fields(value):
            if field.name != "at":
                yield from places(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, tuple):
        for number, own in enumerate(value):
            yield from places(own, (*path, number))


def placed(value: Any, path: Path, part: Syntax) -> Any:
    """The same syntax with ``part`` at a place."""
    if not path:
        return part
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return (*value[:step], placed(value[step], rest, part), *value[step + 1 :])
    return replace(value, **{step: placed(getattr(value, step), rest, part)})


def at_place(value: Any, path: Path) -> Any:
    """What stands at a place."""
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value

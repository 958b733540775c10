"""Symbols that may mean several quantities, as where a formula writes no layers: each is decided in turn, every way is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from derive.reader.names import Meaning
from derive.reader.slots import Misfit, misfit

MOST_ATTEMPTS = 600
"""So many partial decisions are looked at before a formula counts as too ambiguous."""

Found = TypeVar("Found")


class Open(Exception):
    """A symbol that has not been decided yet, and what it may mean."""

    def __init__(self, key: str, options: tuple[Meaning, ...]) -> None:
        super().__init__(key)
        self.key, self.options = key, options


class Choices:
    """What symbols have been decided to mean; one spelling means the same throughout a formula."""

    def __init__(self, made: Mapping[str, Meaning] | None = None) -> None:
        self.made: dict[str, Meaning] = dict(made or {})

    def choose(self, key: str, options: tuple[Meaning, ...], at: int) -> Meaning:
        """The meaning of a symbol. Raises ``Open`` where several are left, ``Misfit`` where none is."""
        if key in self.made:
            if self.made[key] not in options:
                misfit(at, "no quantity that this symbol can stand for fits here")
            return self.made[key]
        if not options:
            misfit(at, "no quantity that this symbol can stand for fits here")
        if len(options) > 1:
            raise Open(key, options)
        self.made[key] = options[0]
        return options[0]


def every_way(attempt: Callable[[Choices], Found]) -> Iterator[Found]:
    """What ``attempt`` gives for every consistent decision. Raises the first ``Misfit`` where no decision fits."""
    waiting: list[dict[str, Meaning]] = [{}]
    fault: Misfit | None = None
    found = False
    for _ in range(MOST_ATTEMPTS):
        if not waiting:
            break
        made = waiting.pop()
        try:
            yield attempt(Choices(made))
            found = True
        except Open as question:
            waiting += [made | {question.key: option} for option in reversed(question.options)]
        except Misfit as error:
            fault = fault or error
    if not found and fault is not None:
        raise fault

"""What a scalar program needs for its results: values in no particular order, and how often each is read."""

from __future__ import annotations

from collections.abc import Iterable

from codegen.scalar.values import Value


def reached(roots: Iterable[Value]) -> dict[Value, int]:
    """Every value that the roots need, in no particular order, and how often it is read."""
    counts: dict[Value, int] = {}
    waiting = list(roots)
    for root in waiting:
        counts.setdefault(root, 0)
    done: set[Value] = set()
    while waiting:
        value = waiting.pop()
        if value in done:
            continue
        done.add(value)
        twice = 2 if value.operation in ("largest", "smallest") and len(value.arguments) == 2 else 1
        for argument in value.arguments:
            counts[argument] = counts.get(argument, 0) + twice
            waiting.append(argument)
    return counts

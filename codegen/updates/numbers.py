"""An update rule as straight-line Python on floats, parameter by parameter; and as it stands, for checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.scalar.expand import Place, expanded
from codegen.scalar.reached import reached
from codegen.scalar.values import Value, Values
from codegen.targets.loops import loop_lines
from codegen.targets.python_scalar import FROM_MATH
from codegen.targets.python_scalar.lines import Assignments, Needs, bracketed, unconditional
from codegen.targets.python_scalar.text import text
from codegen.updates.formulas import EVERY, Formulas, cited_update
from derive.expressions import Entry
from derive.optimisers import GRADIENT, LEARNING_RATE, PARAMETER, STEP, Optimiser
from derive.traversal import tensors_of

RESERVED = ("flat_parameters", "slopes", "memory", "numbers", "updated", "math", *FROM_MATH)


@dataclass(frozen=True)
class NumberUpdate:
    """The body of a function of ``flat_parameters``, ``slopes``, ``memory`` and ``numbers``, and what it needs of its module."""

    lines: tuple[str, ...]
    needs: Needs


def number_names(rule: Optimiser, names: Sequence[str]) -> list[str]:
    """Names of parameters beside which an update finds names for everything else: these ones, or where they clash plain numbers."""
    prefixes = ("", "d", *(f"{state}_" for state in rule.state))
    kept = [f"{prefix}{name}" for name in names for prefix in prefixes]
    everything = [*kept, *(f"next_{name}" for name in kept)]
    shared = [number.name for number in Formulas(rule).shared.values()]
    own = {*RESERVED, LEARNING_RATE.name, STEP.name, *rule.constants, *rule.state, *shared}
    if len(set(everything)) == len(everything) and own.isdisjoint(everything):
        return list(names)
    return [f"w{place}" for place in range(len(names))]


def number_update(rule: Optimiser, names: Sequence[str]) -> NumberUpdate:
    """The update of the parameters of these names; ``numbers`` are the learning rate, the step and the constants, in order."""
    values, formulas = Values(), Formulas(rule)
    numbers = [LEARNING_RATE.name, STEP.name, *rule.constants]
    made_here = [shared for shared in formulas.shared.values() if not shared.is_given]
    shared = {number: values.name(number) for number in (*numbers, *(own.name for own in made_here))}
    present: list[dict[str, Value]] = []
    for name in names:
        own = {PARAMETER.name: name, GRADIENT.name: f"d{name}", **{state: f"{state}_{name}" for state in rule.state}}
        present.append({**shared, **{role: values.name(title) for role, title in own.items()}})
    lines = bracketed("    ", names, " = flat_parameters", 4)
    lines += bracketed("    ", [f"d{name}" for name in names], " = slopes", 4)
    if rule.state:
        lines += bracketed("    ", list(rule.state), " = memory", 4)
    for state in rule.state:
        lines += bracketed("    ", [f"{state}_{name}" for name in names], f" = {state}", 4)
    read = {tensor.name for update in rule.updates for tensor in tensors_of(update.right)}
    lines += bracketed("    ", [number if number in read else f"_{number}" for number in numbers], " = numbers", 4)
    lines += [f"    {own.name} = {own.words}" for own in made_here]
    made: list[list[tuple[str, Value]]] = []
    for update, formula in zip(rule.updates, formulas.rights, strict=True):
        rows = []
        again = sum(update.tensor == earlier.tensor for earlier in rule.updates[: len(made)])
        for name, at in zip(names, present, strict=True):
            value = expanded(formula, _place(values, at))
            at[update.tensor.name] = value
            title = f"next_{name}" if update.tensor == PARAMETER else f"next_{update.tensor.name}_{name}"
            rows.append((f"{title}_{again + 1}" if again else title, value))
        made.append(rows)
    results = [at[role] for at in present for role in (PARAMETER.name, *rule.state)]
    counts = reached(results)
    taken = {str(value.detail) for at in present for value in at.values() if value.is_leaf} | {name for rows in made for name, _ in rows}
    assignments = Assignments(counts, unconditional([*results, *(value for rows in made for _, value in rows)]), taken=taken)
    for update, rows in zip(rule.updates, made, strict=True):
        written = [line for title, value in rows if value in counts for line in assignments.assign(title, value, 4)]
        lines += [*cited_update(update, 4), *written] if written else []
    found = {role: [text(at[role], assignments.names) for at in present] for role in (PARAMETER.name, *rule.state)}
    for state in rule.state:
        lines += bracketed(f"    {state} = ", found[state], "", 4)
    lines += bracketed("    updated = ", found[PARAMETER.name], "", 4)
    memory = ", ".join(rule.state) + ("," if len(rule.state) == 1 else "")
    return NumberUpdate((*lines, f"    return updated, ({memory})"), Needs.of(counts))


def _place(values: Values, at: dict[str, Value]) -> Place:
    def read(entry: Entry, position: tuple[int, ...]) -> Value:
        return at[entry.tensor.name]

    def refuse(_: object) -> Value:
        raise TypeError("an update rule adds nothing up")

    return Place(values, read, {}, None, refuse, refuse, {})


def literal_update(rule: Optimiser) -> tuple[str, ...]:
    """The assignments of one parameter as they stand: lines of a function of all their names."""
    formulas = Formulas(rule)
    lines = [f"    {own.name} = {own.words}" for own in formulas.shared.values() if not own.is_given]
    for update, right in zip(rule.updates, formulas.rights, strict=True):
        lines += loop_lines(update.left, right, EVERY, indent=4)
    return tuple(lines)

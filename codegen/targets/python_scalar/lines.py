"""Named scalar values as assignments, one below the other: what is read twice is named, and so are parts of long lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from codegen.operations import LONGEST_NAME, TITLES, WORDS
from codegen.scalar.values import Value
from codegen.targets.module_record import WIDTH
from codegen.targets.python_scalar.text import SIGN, signed_terms, text

OPERATIONS = {"sum": "add", "product": "multiply", "over": "divide", "largest": "maximum", "smallest": "minimum"}
KINDS = {"choice": "branch", "relation": "condition", "both": "condition", "call": "value"}


def always_computed(value: Value) -> tuple[Value, ...]:
    """The arguments of a value that are computed whenever it is: of a choice, only the condition."""
    return value.arguments[:1] if value.operation == "choice" else value.arguments


@dataclass(frozen=True)
class Needs:
    """What lines need of their module: the functions that they call, and whether they choose one of two numbers by a comparison."""

    calls: frozenset[str] = frozenset()
    compares: bool = False

    @classmethod
    def of(cls, values: Iterable[Value]) -> Needs:
        """What the lines of these values need."""
        listed = list(values)
        calls = frozenset(str(value.detail) for value in listed if value.operation == "call")
        return cls(calls, any(value.operation in ("largest", "smallest") and len(value.arguments) == 2 for value in listed))

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.calls | other.calls, self.compares or other.compares)


def unconditional(roots: Iterable[Value]) -> set[Value]:
    """The values that are computed whatever conditions say."""
    found: set[Value] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            waiting.extend(always_computed(value))
    return found


@dataclass
class Assignments:
    """Writes assignments; knows what has a name already and what has to get one."""

    counts: dict[Value, int]
    always: set[Value]
    names: dict[Value, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)

    def assign(self, title: str, value: Value, indent: int) -> list[str]:
        """``title = value``, after what it needs; a value that has a name gets no second one."""
        if value.is_leaf or value in self.names:
            return []
        self.taken.add(title)
        lines = self.prepare(value, title, indent)
        lines += self.write(title, value, indent)
        self.names[value] = title
        return lines

    def prepare(self, value: Value, title: str, indent: int) -> list[str]:
        """Assignments of the parts of ``value`` that are read more than once."""
        lines: list[str] = []
        for part in self._shared(value):
            lines += self.assign(self.fresh(part, title), part, indent)
        return lines

    def _shared(self, value: Value) -> Iterator[Value]:
        for argument in always_computed(value):
            if argument.is_leaf or argument in self.names:
                continue
            if self.counts.get(argument, 0) > 1 and argument in self.always:
                yield argument
            else:
                yield from self._shared(argument)

    def write(self, title: str, value: Value, indent: int) -> list[str]:
        """The lines of one assignment; parts of a long one are named first."""
        pad = " " * indent
        lines: list[str] = []
        while True:
            line = f"{pad}{title} = {text(value, self.names)}"
            if len(line) <= WIDTH:
                return [*lines, line]
            if value.operation == "choice":
                return [*lines, *self._branches(title, value, indent)]
            part = self._longest(value, WIDTH - indent - 2 * len(title) - 8)
            if part is None:
                return [*lines, *self._pieces(title, value, indent)]
            lines += self.assign(self.fresh(part, title), part, indent)

    def _longest(self, value: Value, width: int) -> Value | None:
        """The part that makes a line too long; of what can be written piece by piece, one that is longer than ``width``."""
        parts = [argument for argument in always_computed(value) if not argument.is_leaf and argument not in self.names]
        limit = width if value.operation in ("sum", "largest", "smallest") else 0
        long = [part for part in parts if len(text(part, self.names)) > limit]
        return max(long, key=lambda part: len(text(part, self.names)), default=None)

    def _pieces(self, title: str, value: Value, indent: int) -> list[str]:
        """An assignment in several lines, each with a part of the terms, factors or arguments."""
        if value.operation in ("largest", "smallest"):
            return self._long_extreme(title, value, indent)
        if value.operation == "over":
            above, below = (text(argument, self.names) for argument in value.arguments)
            return [f"{' ' * indent}{title} = {above}", f"{' ' * indent}{title} = {title} / {below}"]
        if value.operation == "call":
            arguments = [f"{' ' * indent}    {text(argument, self.names)}," for argument in value.arguments]
            return [f"{' ' * indent}{title} = {value.detail}(", *arguments, f"{' ' * indent})"]
        if value.operation == "sum":
            parts = [(f" {sign} ", words) for sign, words in signed_terms(value, self.names)]
        elif value.operation == "product":
            parts = [(" * ", text(factor, self.names, SIGN)) for factor in value.arguments]
        else:
            raise TypeError(f"a line of {value.operation} is too long: {text(value, self.names)}")
        return _broken(title, parts, text(value.arguments[0], self.names), indent)

    def _branches(self, title: str, value: Value, indent: int) -> list[str]:
        """A choice as a statement; what is named inside a branch has its name there only."""
        pad = " " * indent
        condition, *branches = value.arguments
        lines = []
        if len(f"{pad}if {text(condition, self.names)}:") > WIDTH:
            lines = self.assign(self.fresh(condition, title), condition, indent)
        lines.append(f"{pad}if {text(condition, self.names)}:")
        for place, branch in enumerate(branches):
            inner = Assignments(self.counts, unconditional([branch]), dict(self.names), self.taken, self.owners)
            lines += inner.prepare(branch, title, indent + 4) + inner.write(title, branch, indent + 4)
            lines += [f"{pad}else:"] if place == 0 else []
        return lines

    def _long_extreme(self, title: str, value: Value, indent: int) -> list[str]:
        function = "max" if value.operation == "largest" else "min"
        lines: list[str] = []
        waiting = [text(argument, self.names) for argument in value.arguments]
        while waiting:
            row = [title] if lines else []
            while waiting and len(f"{' ' * indent}{title} = {function}({', '.join([*row, waiting[0]])})") <= WIDTH:
                row.append(waiting.pop(0))
            lines.append(f"{' ' * indent}{title} = {function}({', '.join(row)})")
        return lines

    def fresh(self, part: Value, target: str) -> str:
        """A name for a part: what is done to what where that is short, else what it is a part of and which kind of part."""
        owner = self.owners.get(target, target)
        operands = [text(argument, self.names) for argument in part.arguments]
        operation = OPERATIONS.get(part.operation, str(part.detail).strip("_"))
        if part.detail == (1, -1):
            operation = "subtract"
        pattern = TITLES.get(operation, "{0}_" + operation if part.operation == "call" else "")
        simple = all(word.isidentifier() for word in operands) and len(operands) == pattern.count("{")
        name = pattern.format(*operands) if simple else ""
        if part.operation == "call" and simple:
            name = f"{operation}_{operands[0]}"
        if not name or len(name) > LONGEST_NAME:
            name = f"{owner}_{WORDS.get(operation, KINDS.get(part.operation, operation))}"
        names = chain([name], (f"{name}_{number}" for number in count(2)))
        found = next(candidate for candidate in names if candidate not in self.taken)
        self.owners[found] = owner
        return found


def _broken(title: str, parts: Sequence[tuple[str, str]], alone: str, indent: int) -> list[str]:
    """``title = a + b`` and ``title = title + c``, or ``title *= c``, as many parts in a line as fit.

    ``alone`` is the first part as it is written where nothing else stands in its line.
    """
    lines: list[str] = []
    first = line = f"{' ' * indent}{title} = {parts[0][1]}"
    for sign, words in parts[1:]:
        if len(line + sign + words) > WIDTH:
            lines.append(line)
            line = f"{' ' * indent}{title} *= {words}" if sign == " * " else f"{' ' * indent}{title} = {title}{sign}{words}"
        else:
            line += sign + words
    lines.append(line)
    return [f"{' ' * indent}{title} = {alone}", *lines[1:]] if lines[0] == first else lines


def bracketed(head: str, names: Sequence[str], tail: str, indent: int) -> list[str]:
    """A tuple in brackets, in one line where it fits, else a line for each."""
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    line = f"{head}({listed}){tail}"
    if len(line) <= WIDTH:
        return [line]
    pad = " " * indent
    return [f"{head}(", *(f"{pad}    {name}," for name in names), f"{pad}){tail}"]

"""What a lowered value is, and how statements that make one are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from codegen.constants import name_of
from codegen.program import CONSTANT, SCRATCH, Buffer, Statement, View
from codegen.special.erf import SCRATCH as SCRATCH_OF_ERF
from derive.expressions import ONE, Expression
from derive.indices import Axis, Index

LONGEST_NAME = 24

TITLES = {
    "add": "{0}_plus_{1}",
    "subtract": "{0}_minus_{1}",
    "multiply": "{0}_times_{1}",
    "divide": "{0}_over_{1}",
    "square": "{0}_squared",
    "reciprocal": "one_over_{0}",
    "greater": "{0}_above_{1}",
    "greater_equal": "{0}_from_{1}",
    "less": "{0}_below_{1}",
    "less_equal": "{0}_up_to_{1}",
    "equal": "{0}_is_{1}",
    "logical_not": "not_{0}",
    "logical_and": "{0}_and_{1}",
    "absolute": "abs_{0}",
    "negative": "minus_{0}",
    "maximum": "{0}_or_{1}",
    "minimum": "{0}_to_{1}",
    "sum": "sum_{0}",
    "largest": "max_{0}",
    "dot": "{0}_dot_{1}",
    "matmul": "{0}_dot_{1}",
    "copyto": "copy_{0}",
}
WORDS = {
    "add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient", "maximum": "upper", "minimum": "lower",
    "logical_and": "both", "logical_not": "not", "dot": "product", "matmul": "product", "square": "square",
}  # fmt: skip
TRUTHS = ("greater", "greater_equal", "less", "less_equal", "equal", "logical_not", "logical_and")
BORROWING = {"erf": SCRATCH_OF_ERF}
"""Operations that need buffers of their own while they run, and how many."""


@dataclass(frozen=True)
class Value:
    """A buffer whose stored axes, or the ``window`` of them, stand at these indices."""

    buffer: Buffer
    labels: tuple[Index, ...]
    window: tuple[tuple[int, int] | None, ...] = ()


@dataclass
class Writer:
    """Collects buffers and statements while a program is lowered; nothing else in lowering has state.

    ``order`` are the indices of the present equation, outermost first; results are stored in this order unless an operand
    has all of a result's indices in another.
    """

    batch: Axis
    buffers: dict[str, Buffer] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    equation: int = 0
    target: str = ""
    order: tuple[Index, ...] = ()

    def constant(self, value: Expression) -> Value:
        """A number as a buffer without axes."""
        return Value(self._known(Buffer(name_of(value, self.batch), (), CONSTANT, value=value)), ())

    def ones(self, *indices: Index) -> Value:
        """Ones along indices: a sum is a product with them."""
        axes = tuple(index.axis for index in indices)
        name = "_by_".join(axis.name for axis in axes)
        return Value(self._known(Buffer(f"ones_{name}", axes, CONSTANT, value=ONE)), indices)

    def _known(self, buffer: Buffer) -> Buffer:
        return self.buffers.setdefault(buffer.name, buffer)

    def scratch(self, title: str, labels: Sequence[Index], truth: bool = False) -> Value:
        """A fresh buffer along ``labels``."""
        name, count = title, 1
        while name in self.buffers:
            count += 1
            name = f"{title}_{count}"
        buffer = Buffer(name, tuple(label.axis for label in labels), SCRATCH, truth)
        self.buffers[name] = buffer
        return Value(buffer, tuple(labels))

    def title(self, operation: str, operands: Sequence[Value]) -> str:
        """What a result is called: what was done to what, or its equation's target and a word where that is long."""
        names = [value.buffer.name for value in operands]
        title = TITLES.get(operation, operation + "_{0}").format(*names)
        return title if len(title) <= LONGEST_NAME else f"{self.target}_{WORDS.get(operation, operation)}"

    def write(self, operation: str, target: Value, operands: Sequence[View], axes: tuple[int, ...] = ()) -> Value:
        """One statement; returns its target."""
        places = View(target.buffer.name, tuple(range(len(target.labels))), window=target.window)
        borrowed = tuple(self.scratch(f"{operation}_work", target.labels).buffer.name for _ in range(BORROWING.get(operation, 0)))
        self.statements.append(Statement(operation, places, tuple(operands), self.equation, axes, borrowed))
        return target

    def elementwise(self, operation: str, *operands: Value) -> Value:
        """``operation`` at every position of the operands' indices together."""
        labels = self.joined(operands)
        target = self.scratch(self.title(operation, operands), labels, operation in TRUTHS)
        return self.write(operation, target, [aligned(value, labels) for value in operands])

    def joined(self, operands: Sequence[Value]) -> tuple[Index, ...]:
        """All indices of the operands: in an operand's own order where one has them all, else in that of the equation."""
        everything = {label: None for value in operands for label in value.labels}
        widest = max(operands, key=lambda value: len(value.labels))
        return widest.labels if len(widest.labels) == len(everything) else self.sorted(tuple(everything))

    def sorted(self, labels: tuple[Index, ...]) -> tuple[Index, ...]:
        """Indices in the order of the equation."""
        return tuple(sorted(labels, key=self.order.index))


def aligned(value: Value, labels: Sequence[Index]) -> View:
    """``value`` seen along ``labels``, spread along those that it does not have."""
    places = tuple(value.labels.index(label) if label in value.labels else None for label in labels)
    leading = next((at for at, place in enumerate(places) if place is not None), len(places))
    return View(value.buffer.name, places[leading:], window=value.window)

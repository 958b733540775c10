"""Collects arrays and statements while formulas are lowered; nothing else in lowering has state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from codegen.constants import name_of, python_number
from codegen.operations import WORDS
from codegen.program import Call
from codegen.special.erf import SCRATCH as SCRATCH_OF_ERF
from codegen.systems.arrays import Array, Value, View, contiguous
from codegen.systems.stages import NO_BATCH, Formula
from derive.expressions import Expression, Relation, Size, Tensor
from derive.indices import Affine, Index
from derive.traversal import free_indices, tensors_of

BORROWING = {"erf": SCRATCH_OF_ERF}
COMPARED = {"=": "=="}


@dataclass(frozen=True)
class Statement:
    """One call: ``operation(operands, target)``. ``axes`` are those that a reduction sums over, ``scratch`` what it overwrites."""

    operation: str
    target: View
    operands: tuple[View, ...]
    axes: tuple[int, ...] = ()
    scratch: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Cite:
    """Here the lines of a formula begin."""

    formula: Formula


@dataclass(frozen=True)
class Explicit:
    """A formula without array form: it is computed by explicit loops."""

    formula: Formula


Line = Statement | Cite | Explicit


@dataclass
class Writer:
    """Arrays, and the lines of the present stage: ``before`` its loop and ``inside`` it."""

    taken: set[str]
    arrays: dict[str, Array] = field(default_factory=dict)
    tensors: dict[Tensor, Array] = field(default_factory=dict)
    before: list[Line] = field(default_factory=list)
    inside: list[Line] = field(default_factory=list)
    known: dict[tuple[object, ...], Value] = field(default_factory=dict)
    members: tuple[Tensor, ...] = ()
    step: Index | None = None
    looping: bool = False
    order: tuple[Index, ...] = ()
    title: str = ""

    @property
    def lines(self) -> list[Line]:
        """Where statements go at present."""
        return self.inside if self.looping else self.before

    @property
    def present(self) -> Index | None:
        """The index of the loop in which statements stand at present."""
        return self.step if self.looping else None

    def is_early(self, value: Expression) -> bool:
        """Whether a part of a recurrence can be computed before its loop."""
        return self.looping and not any(tensor in self.members for tensor in tensors_of(value))

    def add(self, array: Array) -> Array:
        """A new array, its name made different from all others."""
        name, count = array.name, 1
        while name in self.taken:
            count += 1
            name = f"{array.name}_{count}"
        self.taken.add(name)
        made = Array(name, array.shape, array.margins, array.fill, array.truth, array.constant)
        self.arrays[name] = made
        return made

    def scratch(self, operation: str, labels: Sequence[Index], truth: bool = False) -> Value:
        """Fresh memory along ``labels``."""
        word = WORDS.get(operation, operation)
        return contiguous(self.add(Array(f"{self.title}_{word}", _shape(labels), truth=truth)), labels)

    def constant(self, value: Expression) -> Value:
        """A number as an array without axes."""
        name = name_of(value, NO_BATCH)
        if name not in self.arrays:
            self.taken.add(name)
            self.arrays[name] = Array(name, (), constant=f"np.array({python_number(value, NO_BATCH)}, DTYPE)")
        return Value(self.arrays[name], (), {})

    def mask(self, relations: Sequence[Relation], *, opposite: bool = False, truth: bool = False) -> Value:
        """Where relations between positions hold, as an array that is made once."""
        labels = self.sorted(tuple(dict.fromkeys(i for relation in relations for i in free_indices(relation))))
        tests = [f"{_side(r.left, labels)} {COMPARED.get(r.sign, r.sign)} {_side(r.right, labels)}" for r in relations]
        test = tests[0] if len(tests) == 1 else " & ".join(f"({one})" for one in tests)
        test = f"~({test})" if opposite else test
        text = f"np.array({test}, bool)" if truth else f"np.array({test}, DTYPE)"
        same = next((array for array in self.arrays.values() if array.constant == text and array.shape == _shape(labels)), None)
        array = same or self.add(Array("outside" if opposite else "inside", _shape(labels), truth=truth, constant=text))
        return contiguous(array, labels)

    def write(self, operation: str, target: Value, operands: Sequence[View], axes: tuple[int, ...] = (), view: View | None = None) -> Value:
        """One statement, unless the same was made before; returns where its result is."""
        borrowed = BORROWING.get(operation, 0)
        shape = target.array.shape
        scratch = tuple(self.add(Array(f"{self.title}_{operation}_work", shape)) for _ in range(borrowed))
        seen = view or target.view(target.labels, self.present)
        self.lines.append(Statement(operation, seen, tuple(operands), axes, scratch))
        return target

    def made(
        self, operation: str, labels: Sequence[Index], operands: Sequence[View], axes: tuple[int, ...] = (), truth: bool = False
    ) -> Value:
        """A fresh result of one call along ``labels``; the same call is made once."""
        key = (operation, _shape(labels), tuple(operands), axes, self.looping)
        if key not in self.known:
            self.known[key] = self.write(operation, self.scratch(operation, labels, truth), operands, axes)
        return contiguous(self.known[key].array, labels)

    def chosen(self, labels: Sequence[Index], value: View, other: View, truth: View) -> Value:
        """A copy of ``value`` with ``other`` where ``truth`` holds; the same choice is made once."""
        key = ("choose", _shape(labels), (value, other, truth), (), self.looping)
        if key not in self.known:
            copy = self.write("copyto", self.scratch("choice", labels), [value])
            self.lines.append(Statement("choose", copy.view(labels), (other, truth)))
            self.known[key] = copy
        return contiguous(self.known[key].array, labels)

    def elementwise(self, operation: str, *operands: Value, truth: bool = False) -> Value:
        """``operation`` at every position of the operands' indices together."""
        labels = self.joined(operands)
        return self.made(operation, labels, [value.view(labels, self.present) for value in operands], truth=truth)

    def joined(self, operands: Sequence[Value]) -> tuple[Index, ...]:
        """All indices of the operands but that of the loop: in an operand's own order where one has them all."""
        everything = dict.fromkeys(label for value in operands for label in self.own(value))
        widest = max((self.own(value) for value in operands), key=len)
        return widest if len(widest) == len(everything) else self.sorted(tuple(everything))

    def own(self, value: Value) -> tuple[Index, ...]:
        """The indices of a value that are not that of the loop."""
        return tuple(label for label in value.labels if label != self.present)

    def sorted(self, labels: tuple[Index, ...]) -> tuple[Index, ...]:
        """Indices in the order of the formula."""
        return tuple(sorted(labels, key=lambda label: self.order.index(label) if label in self.order else len(self.order)))

    def forget(self, array: Array) -> None:
        """Nothing may be read from an array under its old name any more."""
        self.known = {key: value for key, value in self.known.items() if value.array != array}

    def forget_loop(self) -> None:
        """What was made inside a loop is not there outside it."""
        self.known = {key: value for key, value in self.known.items() if not key[-1]}


def _shape(labels: Sequence[Index]) -> tuple[int, ...]:
    return tuple(label.axis.size for label in labels)


def size(array: Array) -> int:
    """How many numbers an array holds."""
    return prod(array.storage)


def _side(side: object, labels: Sequence[Index]) -> str:
    """A side of a relation as whole numbers along ``labels``."""
    if isinstance(side, Size):
        return str(side.axis.size)
    if not isinstance(side, Index | Affine):
        return str(getattr(side, "value", side))
    affine = Affine.of(side)
    words = [str(affine.constant)] if affine.constant or not affine.terms else []
    for term in affine.terms:
        place = labels.index(term.index)
        spread = "".join(", None" for _ in labels[place + 1 :])
        numbers = f"np.arange({term.index.axis.size})" + (f"[:{spread}]" if spread else "")
        words.append(numbers if term.coefficient == 1 else f"{term.coefficient} * {numbers}")
    return " + ".join(words)


__all__ = ["Call", "Cite", "Explicit", "Line", "Statement", "Writer", "size"]

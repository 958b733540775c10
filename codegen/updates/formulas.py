"""Assignments of an update rule with everything that is the same for all parameters taken out: numbers with names of their own."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

from sympy import Basic

from codegen.program import CONSTANT
from codegen.targets.module_record import WIDTH
from codegen.targets.python_text import Source, text
from codegen.unfold import plain
from derive.calculus.tidy import leading_sign, tidy
from derive.equations import Equation
from derive.expressions import ONE, Entry, Expression, Number, Plus, Product, Tensor, negative, plus, product
from derive.indices import Axis
from derive.language.plain import plain_equation
from derive.optimisers import GRADIENT, LEARNING_RATE, PARAMETER, STEP, Optimiser
from derive.traversal import rebuild, tensors_of

EVERY = Axis("parameters", 2)
"""The axis of all parameters; how many there are is the module's business."""


@dataclass(frozen=True)
class Shared:
    """A number that is the same for all parameters: its name and its value in source. One that ``changes`` depends on the step."""

    name: str
    words: str
    changes: bool

    @property
    def is_given(self) -> bool:
        """Whether this is a number that a caller gives, by its own name."""
        return self.words.isidentifier()


class Formulas:
    """The right sides of a rule's assignments, in which the numbers ``shared`` stand as tensors without axes."""

    def __init__(self, rule: Optimiser) -> None:
        self.rule = rule
        self.own = {PARAMETER.name, GRADIENT.name, *rule.state}
        self.shared: dict[str, Shared] = {}
        self.rights = tuple(self._apart(plain(update.right)) for update in rule.updates)

    def _apart(self, value: Basic) -> Basic:
        if isinstance(value, Expression) and not isinstance(value, Number) and not self._mentions(value):
            return self._number(value)
        if isinstance(value, Product) and leading_sign(value) < 0:
            return negative(self._apart(tidy(negative(value))))
        if isinstance(value, Product | Plus):
            alone = [part for part in value.args if not self._mentions(part)]
            rest = [part for part in value.args if part not in alone]
            if len(alone) > 1 or (alone and isinstance(value, Product) and any(map(tensors_of, alone))):
                join = product if isinstance(value, Product) else plus
                return join(self._apart(tidy(join(*alone))), *map(self._apart, rest))
        return rebuild(value, self._apart)

    def _mentions(self, value: Basic) -> bool:
        return any(tensor.name in self.own for tensor in tensors_of(value))

    def _number(self, value: Expression) -> Entry:
        words = text(value, Source(EVERY, {}))
        if words not in self.shared:
            name = words if words.isidentifier() else _title(value)
            count = sum(other.name.rstrip("_0123456789") == name for other in self.shared.values())
            changes = bool({STEP, LEARNING_RATE} & set(tensors_of(value)))
            self.shared[words] = Shared(name + (f"_{count + 1}" if count else ""), words, changes)
        return Entry(Tensor(self.shared[words].name, (), CONSTANT))


def _title(value: Expression) -> str:
    """What a number is called."""
    if isinstance(value, Plus) and len(value.args) == 2 and value.args[0] == ONE and len(tensors_of(value)) == 1:
        return f"one_minus_{tensors_of(value)[0].name}"
    return "rate" if LEARNING_RATE in tensors_of(value) else "ratio"


def cited_update(update: Equation, indent: int) -> list[str]:
    """An assignment as comment lines."""
    words = wrap(plain_equation(update), WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{' ' * indent}# {line}" for line in words]

"""A result taken apart: the chain rule in one line, each local factor by itself, what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Union

from sympy import Basic

from derive.calculus.substitute import right_side_at
from derive.conventions.factors import Factor, local_factors
from derive.conventions.manner import manner_of
from derive.equations import Equation
from derive.expressions import Entry, Expression
from derive.indices import Index
from derive.notation.layout import Layout
from derive.notation.printing import page_for
from derive.notation.typeset import Page, layout
from derive.notation.view import View
from derive.notes.document import Chain, Line
from derive.notes.story import Story
from derive.results import Result
from derive.steps import Derivation
from derive.traversal import free_indices
from derive.words import Sentence

Right = Union[Basic, Layout, "tuple[Basic | Layout, Sentence]"]
"""The right side of a line, perhaps with the reason for it."""
CHAIN_RULES = ("chain_rule", "single_path")


@dataclass(frozen=True)
class Apart:
    """One derivation in one view; ``equation`` is the formula that it leads to."""

    story: Story
    result: Result
    equation: Equation
    view: View
    derivation: Derivation

    @cached_property
    def chain(self) -> Expression | None:
        """The chain rule, reduced to the paths that count; None where the derivative is that of a definition."""
        lines = [step.after for step in self.derivation.steps if step.rule in CHAIN_RULES]
        return lines[-1] if lines else None

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The local derivatives of the chain rule."""
        if self.chain is None:
            return ()
        return local_factors(self.chain, self.result.system.definitions, manner_of(self.story.notation).rules)

    @cached_property
    def page(self) -> Page:
        """Letters for everything that is said about this derivation."""
        lines: list[Basic] = [self.derivation.left, self.derivation.start, *(step.after for step in self.derivation.steps)]
        factors = [part for factor in self.factors for part in (factor.inert, factor.definition, factor.value)]
        return self.story.page([*lines, self.equation.left, self.equation.right, *factors], self.view)

    @cached_property
    def free_letters(self) -> dict[Index, Layout]:
        """The letters of the indices that formulas about this derivation and its factors speak of."""
        spoken = (self.derivation.left, self.equation.left, *(factor.inert for factor in self.factors))
        free = dict.fromkeys(index for value in spoken for index in free_indices(value))
        return {index: self.page.letters[index] for index in free if index in self.page.letters}

    def set(self, value: Basic) -> Layout:
        """The layout of a formula."""
        return layout(value, self.page)

    def display(self, left: Basic | Layout, *rights: Right, number: str | None = None) -> Chain:
        """``left = right = ...``, each perhaps with its reason; lines that look like the one above are left out."""
        return Chain(lines(self, left, rights, number))

    def defined(self, value: Expression) -> tuple[Expression, Expression]:
        """An entry and its definition."""
        assert isinstance(value, Entry)
        return value, right_side_at(self.result.system.definitions[value.tensor], value.positions)


def lines(own: Apart, left: Basic | Layout, rights: Sequence[Right], number: str | None = None) -> tuple[Line, ...]:
    """The lines of one chain."""
    found: list[Line] = []
    values = [value for value in (left, *(r[0] if isinstance(r, tuple) else r for r in rights)) if isinstance(value, Basic)]
    page = page_for(values, own.story.notation, own.view, own.free_letters)
    first: Layout | None = left if isinstance(left, Layout) else layout(left, page)
    for right in rights:
        value, why = right if isinstance(right, tuple) else (right, ())
        shown = value if isinstance(value, Layout) else layout(value, page)
        if not found or shown != found[-1].right:
            found.append(Line(first, shown, why))
            first = None
    if number is not None:
        found[-1] = Line(found[-1].left, found[-1].right, found[-1].reason, number)
    return tuple(found)


def apart(story: Story, result: Result, equation: Equation | None = None, view: View | None = None) -> Apart:
    """The derivation of a result, or of one of its members, taken apart."""
    own, usual = story.faces(result)[0]
    chosen = equation if equation is not None else own
    derivation = story.derivation(result, chosen)
    assert derivation is not None
    return Apart(story, result, chosen, view if view is not None else usual, derivation)


def inserted(own: Apart) -> tuple[Apart, ...]:
    """The derivations that the last line of another one inserts."""
    return tuple(Apart(own.story, own.result, derivation.equation, own.view, derivation) for derivation in own.result.before)

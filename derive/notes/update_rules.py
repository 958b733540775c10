"""What becomes of a parameter once its gradient is known: update rules in the letters of a notation.

The rules are those of ``derive.optimisers``, from which code is emitted as well; here they only get their letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from string import ascii_lowercase
from typing import Any

from sympy import Rational

from derive.calculus.substitute import replace_entries
from derive.expressions import Entry, Expression, Tensor
from derive.notation.layout import Digits, Layout, Scripts, Sign, Symbol, Words, row
from derive.notation.typeset import layout
from derive.notes.document import Block, Chain, Line, Paragraph
from derive.notes.story import Story
from derive.optimisers import GRADIENT, LEARNING_RATE, PARAMETER, STEP, Optimiser, optimiser, optimiser_names
from derive.words import Inline, Strong, Text
from derive.words.catalogue import merged
from derive.worked.digits import written

_LETTERS: Mapping[str, tuple[str, ...]] = {
    GRADIENT.name: ("g", "q", "gamma"),
    STEP.name: ("n", "t", "tau", "nu"),
    "velocity": ("v", "u", "c"),
    "mean": ("m", "mu", "h"),
    "square": ("v", "u", "c"),
    "size": ("Delta", "Gamma", "Lambda"),
    "change": ("d", "c", "D"),
    "beta": ("beta", "rho", "kappa"),
    "momentum": ("mu", "nu", "kappa"),
    "epsilon": ("epsilon", "xi", "kappa"),
    "growth": ("kappa", "lambda", "rho"),
}
"""Letters for what a rule reads and remembers, in order of preference: the first that the notation does not use."""

Letters = Mapping[str, Layout]
_PLACES = 12


def update_rules(story: Story, gradient: Layout) -> tuple[Block, ...]:
    """Every rule with its assignments, and what its constants usually are; ``gradient`` is the derivative that they go by."""
    letters = _letters(story)
    intro = story.say("update.intro", parameter=letters[PARAMETER.name], letter=letters[GRADIENT.name], gradient=gradient)
    blocks: list[Block] = [Paragraph(intro)]
    for name in optimiser_names():
        blocks += _rule(story, optimiser(name), letters)
    return tuple(blocks)


def _letters(story: Story) -> Letters:
    """The letter of every name; none is one that the notation has for a quantity."""
    symbols = story.notation.symbols
    taken = {symbol.name for symbol in symbols.values() if isinstance(symbol, Symbol)}
    found: dict[str, Layout] = {}
    for name, candidates in _LETTERS.items():
        found[name] = Symbol(next((letter for letter in candidates if letter not in taken), candidates[-1]))
    found |= {f"beta{number}": Scripts(found["beta"], Digits(str(number))) for number in (1, 2)}
    found["shrinkage"] = Scripts(found["growth"], above=Sign("-"))
    found |= {name: Scripts(found["size"], Words(story.words[f"update.{name}"])) for name in ("largest", "smallest")}
    found["previous"] = Scripts(found[GRADIENT.name], Words(story.words["update.previous"]))
    return found | {PARAMETER.name: symbols["weight"], LEARNING_RATE.name: symbols["rate"]}


def _rule(story: Story, rule: Optimiser, letters: Letters) -> tuple[Block, ...]:
    constants = [row(_name(name, letters), Sign("="), _constant(value)) for name, value in rule.constants.items()]
    state = [row(_name(name, letters), Sign("="), _set(story, value, letters)) for name, value in rule.state.items()]
    about: list[Inline] = [Strong(f"{_title(story, rule.name)}."), Text(f" {rule.source}. ")]
    for kind, values in (("constants", constants), ("state", state)):
        about += [*story.say(f"update.{kind}", values=values), Text(" ")] if values else []
    lines = [Line(_name(u.left.tensor.name, letters), _set(story, u.right, letters), relation="leftarrow") for u in rule.updates]
    return (Paragraph(merged(about)), Chain(tuple(lines)))


def _title(story: Story, name: str) -> str:
    """What a rule is called; one that the words do not know goes by its name in the table."""
    if f"update.{name}" in story.words:
        return story.words[f"update.{name}"]
    return name


def _constant(value: Rational) -> Layout:
    """A constant as a decimal, or as a power of ten where it is small."""
    places = len(str(value.q)) - 1
    if value.p == 1 and value.q == 10**places and places > 3:
        return Scripts(Digits("10"), above=row(Sign("-"), Digits(str(places))))
    return Digits(written(value, _PLACES))


def _name(name: str, letters: Letters) -> Layout:
    return letters.get(name, Symbol(name))


def _set(story: Story, value: Expression, letters: Letters) -> Layout:
    """A formula of a rule in its letters."""
    stand_ins = {name: f"name{ascii_lowercase[number % 26]}{ascii_lowercase[number // 26]}" for number, name in enumerate(letters)}
    formula = replace_entries(value, {Entry(Tensor(name)): Entry(Tensor(other)) for name, other in stand_ins.items()})
    shown = layout(formula, story.page([], story.plain_view()))
    return _replaced(shown, {Symbol(other): letters[name] for name, other in stand_ins.items()})


def _replaced(item: Any, new: Mapping[Layout, Layout]) -> Any:
    """A layout with some of its symbols replaced."""
    if isinstance(item, tuple):
        return tuple(_replaced(part, new) for part in item)
    if not isinstance(item, Layout):
        return item
    if item in new:
        return new[item]
    return replace(item, **{field.name: _replaced(getattr(item, field.name), new) for field in fields(item)})

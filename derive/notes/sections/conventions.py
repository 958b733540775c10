"""The symbols, and the conventions that hold throughout."""

from __future__ import annotations

from dataclasses import replace

from derive.expressions import Entry, Number, Tensor
from derive.functions.slopes import slopes_of
from derive.notation.layout import Layout, Sign, row
from derive.notation.symbols import array_layout
from derive.notation.typeset import is_cut, layout
from derive.notation.view import NUMBERED
from derive.notes.algorithms import input_as_output, reads_input_as_output
from derive.notes.document import Block, Items, Section
from derive.notes.kinks import kinks_of
from derive.notes.story import Story
from derive.notes.symbols import symbol_table
from derive.specifications.equation_specification import EquationSpecification
from derive.traversal import entries_of, walk
from derive.words import Code, Math, Sentence, Text


def symbols(story: Story) -> tuple[Section, ...]:
    """Symbols with shapes and names in code, and the conventions."""
    return (Section(story.say("section.symbols"), "symbols", (symbol_table(story), *_conventions(story))),)


def _conventions(story: Story) -> tuple[Block, ...]:
    items: list[Sentence] = []
    x = next((tensor for tensor in story.network.pattern.inputs if tensor.role == "input"), None)
    if x is not None and reads_input_as_output(story):
        shown = array_layout(x, story.notation, NUMBERED)
        items.append(story.say("convention.counting", first=str(story.notation.first_layer), output=input_as_output(story), input=shown))
    elif story.layers is not None:
        items.append(story.say("convention.counting_layers", first=str(story.notation.first_layer)))
    if x is not None and story.layers is not None and story.notation.input_letter == "output":
        items.append(story.say("convention.input_as_output", equation=_input_as_output(story, x)))
    items += _differences(story)
    items += [story.say("convention.one_pattern")] if story.has_batch else []
    items += _outside(story)
    items.append(story.say("convention.bound"))
    formulas = [*(e.right for e in story.network.pattern.equations), *(s.result for s in slopes_of(story.network.pattern))]
    bodies = [slope.function.body for slope in slopes_of(story.network.pattern) if slope.function.body is not None]
    if any(isinstance(node, Number) and is_cut(node.value) for value in (*formulas, *bodies) for node in walk(value)):
        items.append(story.say("convention.decimals"))
    for assumption in story.network.pattern.assumptions:
        page = story.page([assumption.left, assumption.right], NUMBERED)
        equation = row(layout(assumption.left, page), Sign("="), layout(assumption.right, page))
        items.append(story.say("convention.assumption", equation=equation))
    coupled = tuple(Math(story.layer_number(layer)) for layer in _coupled(story))
    items += [story.say("convention.coupled", layers=coupled)] if coupled else []
    items += [story.say("convention.kink", function=kink.name(story), values=kink.values(story)) for kink in kinks_of(story)]
    if story.layers is not None and story.layers.l2:
        factor = story.math(Number(story.layers.l2), NUMBERED)
        items.append(story.say("convention.l2", factor=factor))
    if story.fingerprint:
        items.append(story.say("convention.fingerprint", fingerprint=Code(story.fingerprint)))
    return (Items(tuple(items)),)


def _coupled(story: Story) -> list[int]:
    """The layers whose outputs read pre-activations of other units than their own."""
    found: list[int] = []
    for equation in story.network.pattern.equations:
        layer = equation.tensor.layer
        if equation.tensor.role == "output" and layer is not None:
            read = [entry for entry in entries_of(equation.right) if entry.tensor.role == "pre_activation" and entry.tensor.layer == layer]
            found += [layer] if any(entry.positions != equation.indices for entry in read) else []
    return found


def _outside(story: Story) -> list[Sentence]:
    """What stands where an equation reads before the first step or outside a range."""
    specification = story.network.specification
    if not isinstance(specification, EquationSpecification):
        return []
    known = {tensor.name: tensor for tensor in (*story.network.pattern.inputs, *story.network.pattern.definitions)}
    found: list[Sentence] = []
    for key, values in (("initial", specification.initial), ("pad", specification.pad)):
        for name, value in values:
            if name in known:
                shown = row(array_layout(known[name], story.notation, NUMBERED), Sign("="), layout(Number(value), story.page([], NUMBERED)))
                found.append(story.say(f"convention.{key}", equation=shown))
    return found


def _input_as_output(story: Story, x: Tensor) -> Layout:
    """``o_i = x_i``."""
    entry = Entry(x, *story.fresh(x))
    view = story.view_of(1)
    page = story.page([entry], view)
    own = replace(page, notation=replace(story.notation, input_letter="input"))
    return row(layout(entry, page), Sign("="), layout(entry, own))


def _differences(story: Story) -> list[Sentence]:
    """Where this network is not the one that the author of the notation has; nothing where it is."""
    given, own = story.layers, story.notation.specification
    if given is None:
        return []
    found: list[str] = []
    if given.loss != own.loss:
        found.append(_plain(story, "loss", given=given.loss, own=own.loss))
    if own.batch_reduction not in ("none", given.batch_reduction):
        found.append(_plain(story, f"reduction_{given.batch_reduction}"))
    biased = [layer.bias for layer in given.layers if layer.type == "dense"]
    if own.bias and not all(biased):
        found.append(_plain(story, "without_bias"))
    if not own.bias and any(biased):
        found.append(_plain(story, "with_bias"))
    if not found:
        return []
    return [story.say("convention.differs", author=story.notation.title, differences=[Text(text) for text in found])]


def _plain(story: Story, key: str, **places: str) -> str:
    return "".join(piece.text for piece in story.say(f"differs.{key}", **places) if isinstance(piece, Text))

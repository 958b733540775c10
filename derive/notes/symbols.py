"""The table of symbols: entry, vector or matrix of one pattern, matrix of a batch, meaning, shape, name in code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Basic

from derive.expressions import Bracket, Entry, Tensor
from derive.indices import Axis
from derive.matrices.matrix import ElementPower, Hadamard, Ones, matrix_nodes
from derive.notation.layout import Digits, Fenced, Layout, Scripts, Sign, Symbol, joined, row
from derive.notation.symbols import array_layout, layer_mark, size_layout
from derive.notation.typeset import layout
from derive.notation.typeset_matrix import is_reciprocal
from derive.notation.view import View, is_pattern_axis, unit_layer
from derive.notes.document import Table
from derive.notes.story import Story
from derive.traversal import walk
from derive.words import Code, Math, Sentence, Text

_ROLES = (
    "input",
    "parameter",
    "value",
    "weight",
    "bias",
    "pre_activation",
    "output",
    "target",
    "loss",
    "total_loss",
    "delta",
    "negative_delta",
    "adjoint",
    "negative_adjoint",
    "gradient",
    "step",
)
_DERIVED = ("adjoint", "negative_adjoint", "gradient", "step")
_SEVERAL = 3


def symbol_table(story: Story) -> Table:
    """Every symbol of the notes; long families of layers take one row."""
    keys = ("entry", "one_pattern" if story.has_batch else "array", "batch", "meaning", "code")
    head = tuple(story.say(f"table.{key}") for key in keys)
    rows: list[tuple[Sentence, ...]] = []
    for kind in _kinds(story):
        if len(kind) > _SEVERAL and kind[0].role != "input" and all(tensor.layer is not None for tensor in kind):
            rows.append(_row(story, kind[-1], kind, story.plain_view(general=kind[-1].layer)))
        else:
            rows += [_row(story, tensor, [tensor], story.plain_view()) for tensor in kind]
    every = (head, *rows, *_sizes(story), *_signs(story))
    kept = every if story.has_batch else tuple(cells[:2] + cells[3:] for cells in every)
    return Table(kept[0], kept[1:])


def _kinds(story: Story) -> list[list[Tensor]]:
    """The tensors by role; derivatives also by the role of what they are derivatives by."""
    found: dict[tuple[int, int], list[Tensor]] = {}
    for tensor in _tensors(story):
        if tensor.role in _ROLES:
            by = tensor.of.role if tensor.role in _DERIVED and tensor.of is not None else ""
            found.setdefault((_ROLES.index(tensor.role), _ROLES.index(by) if by in _ROLES else -1), []).append(tensor)
    return [found[key] for key in sorted(found)]


def _tensors(story: Story) -> tuple[Tensor, ...]:
    pattern, batch = story.network.pattern, story.network.batch
    derived = (d.left.tensor for d in reversed(story.results.pattern_sweep.derivations))
    found = (*pattern.inputs, *pattern.parameters, *pattern.definitions, batch.loss, *derived)
    return tuple(sorted(dict.fromkeys(found), key=lambda tensor: tensor.layer if tensor.layer is not None else 0))


def _row(story: Story, tensor: Tensor, family: Sequence[Tensor], view: View) -> tuple[Sentence, ...]:
    indices = story.fresh(tensor)
    entry = Entry(tensor, *indices)
    page = story.page([entry], view)
    general = len(family) > 1
    arrays = _arrays(story, tensor, view, general)
    code: Sentence = (Code(family[0].name), Text(", ..., "), Code(family[-1].name)) if general else (Code(tensor.name),)
    code = () if tensor in story.results.inserted else code
    letters = tuple(layout(index, page) for index in indices)
    meaning = _meaning(story, tensor, letters, view)
    if general:
        layers = [member.layer for member in family if member.layer is not None]
        meaning = (*meaning, Text(story.words["list.comma"]), Math(story.layer_range(layers)))
    return (Math(layout(entry, page)),), arrays[0], arrays[1], meaning, code


def _arrays(story: Story, tensor: Tensor, view: View, general: bool) -> tuple[Sentence, Sentence]:
    if not tensor.axes:
        return (), ()
    shown = array_layout(tensor, story.notation, view)
    one = (Math(row(shown, Sign("in"), _space(story, tensor, tensor.axes, view, general))),)
    wider = _in_batch(story, tensor)
    if wider is None:
        return one, ()
    batch = array_layout(wider, story.notation, view)
    return one, (Math(row(batch, Sign("in"), _space(story, wider, wider.axes, view, general))),)


def _in_batch(story: Story, tensor: Tensor) -> Tensor | None:
    """The tensor of the batch system with the same name, where it has an axis of patterns."""
    batch = story.network.batch
    found = (*batch.inputs, *batch.definitions, *(d.left.tensor for d in story.results.batch_sweep.derivations))
    return next((t for t in found if t.name == tensor.name and len(t.axes) > len(tensor.axes)), None)


def _space(story: Story, tensor: Tensor, axes: Sequence[Axis], view: View, general: bool) -> Layout:
    """The real arrays of a shape: sizes as numbers for a layer of its own, by their letters for a family or a batch."""
    if _is_turned(story, tensor):
        axes = axes[::-1]
    sizes = tuple(
        size_layout(axis, story.notation, view) if general or unit_layer(axis) is None else Digits(str(axis.size)) for axis in axes
    )
    return _power(joined(sizes, Sign("times")))


def _is_turned(story: Story, tensor: Tensor) -> bool:
    """Whether rows of an array are what the code has as columns: weights in the order from, to."""
    own = tensor.of if tensor.of is not None else tensor
    return story.notation.weight_order == "from,to" and own.role == "weight" and len(tensor.axes) == 2


def _power(exponent: Layout) -> Layout:
    return Scripts(Symbol("R", "double-struck"), above=exponent)


def _meaning(story: Story, tensor: Tensor, letters: tuple[Layout, ...], view: View) -> Sentence:
    layer = layer_mark(tensor.layer, story.notation, view) if tensor.layer is not None else ""
    if tensor.role == "loss" and not story.has_batch:
        return story.say("role.loss_alone")
    if tensor.role == "input" and tensor.layer is None:
        return story.say("role.given")
    if tensor.role == "input":
        return story.say("role.input", first=str(story.notation.first_layer))
    if tensor.role == "weight" and len(letters) == 2:
        return story.say("role.weight", to=letters[0], **{"from": letters[1]}, layer=layer)
    if tensor.role in ("bias", "pre_activation", "output") and letters:
        return story.say(f"role.{tensor.role}", unit=letters[0], layer=layer)
    if tensor.role == "total_loss":
        layers = story.layers
        total = story.words[f"role.total_loss_{layers.batch_reduction if layers is not None else 'sum'}"]
        return story.say("role.total_loss_l2", total=total) if layers is not None and layers.l2 else (Text(total),)
    if tensor.role in ("gradient", "step") and tensor.of is not None:
        return story.say(f"role.{tensor.role}", of=array_layout(tensor.of, story.notation, view))
    return story.say(f"role.{tensor.role}" if f"role.{tensor.role}" in story.words else "role.value")


def _sizes(story: Story) -> list[tuple[Sentence, ...]]:
    """Letters that stand for numbers, and signs that may be unknown."""
    batch = next((axis for axis in story.network.batch.axes if is_pattern_axis(axis)), None)
    rows: list[tuple[Sentence, ...]] = []
    axis = next((a for t in _tensors(story) for a in t.axes if unit_layer(a) is not None and unit_layer(a)), None)
    if axis is not None:
        view = View(general=unit_layer(axis))
        meaning = story.say("role.layer_size", layer=Symbol(story.notation.general_layer))
        rows.append(((Math(size_layout(axis, story.notation, view)),), (), (), meaning, ()))
    for own in story.network.pattern.axes:
        if unit_layer(own) is None and not is_pattern_axis(own):
            meaning = story.say("role.axis_size", letter=Symbol(own.name), size=str(own.size))
            rows.append(((Math(size_layout(own, story.notation, View())),), (), (), meaning, ()))
    if batch is not None:
        rows.append(((Math(size_layout(batch, story.notation, View())),), (), (), story.say("role.patterns"), ()))
    return rows


def _signs(story: Story) -> list[tuple[Sentence, ...]]:
    """The signs that some line of these notes uses and a reader may not know."""
    nodes = list(_nodes(story))
    divides = [node for node in nodes if isinstance(node, Hadamard) and any(is_reciprocal(part) for part in node.args[1:])]
    multiplies = [node for node in nodes if isinstance(node, Hadamard) and any(not is_reciprocal(part) for part in node.args[1:])]
    shown = {
        "bracket": (Bracket, Fenced(row(Symbol("p"), Sign("="), Symbol("j")), "[")),
        "power": (ElementPower, Scripts(Symbol("v"), above=row(Sign("odot"), Digits("2")))),
        "ones": (Ones, Symbol("1", "bold")),
    }
    rows = [(key, sign) for key, (kind, sign) in shown.items() if any(isinstance(node, kind) for node in nodes)]
    rows += [("product", row(Symbol("u"), Sign("odot"), Symbol("v")))] if multiplies else []
    rows += [("quotient", row(Symbol("u"), Sign("oslash"), Symbol("v")))] if divides else []
    return [((Math(sign),), (), (), story.say(f"role.{key}"), ()) for key, sign in rows]


def _nodes(story: Story) -> Iterator[Basic]:
    for result in story.results.results:
        steps = result.derivation.steps if result.derivation is not None else ()
        for value in (result.equation.right, *(step.after for step in steps)):
            yield from walk(value)
        if result.matrix is not None:
            yield from matrix_nodes(result.matrix.right)

"""An algorithm with numbered steps, replayed layer by layer on the network at hand, entry by entry and as matrices; then the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from sympy import Basic

from derive.calculus.substitute import move
from derive.equations import Equation
from derive.explicit import FEW, parameter_count, positions, written_out
from derive.expressions import Apply, Bracket, Entry, Expression, Function, Partial, Tensor
from derive.indices import Affine, Axis
from derive.matrices.matrix import COLUMN, ROW, Array, Elementwise, Transposed
from derive.matrices.recognise import recognise
from derive.notation.layout import Digits, Fraction, Gap, Grid, Layout, Scripts, Sign, Symbol, fenced, row
from derive.notation.symbols import NABLA, PARTIAL, array_layout
from derive.notation.typeset import Page, layout
from derive.notation.view import View
from derive.notes.document import Algorithm, AlgorithmLine, Block, Chain, Line, Paragraph, Section
from derive.notes.measure import width
from derive.notes.story import Story
from derive.notes.styles.aligned import aligned
from derive.traversal import walk
from derive.words import Math

ASSIGNED, EQUAL = Sign("leftarrow"), Sign("=")
_STEPS = 5
_WIDEST = 30.0
"""So much stands on a line, in em."""


def replayed(story: Story) -> tuple[Section, ...]:
    """The algorithm, its replay where the network is a chain with functions of one value, and the derivations of all formulas."""
    introduction, *formulas = aligned(story)
    if not _is_replayable(story):
        return (introduction, *formulas)
    network = _Network(story)
    letter = story.notation.symbols["delta"]
    algorithms = (Paragraph(story.say("replayed.intro", letter=letter)), network.forward(), network.backward())
    head = replace(introduction, blocks=(*introduction.blocks, *algorithms))
    few = parameter_count(story.results) <= FEW
    replays = (network.replay_forward(), *(network.replay(layer) for layer in reversed(range(1, story.depth + 1)))) if few else ()
    return (head, *replays, *formulas)


def _is_replayable(story: Story) -> bool:
    if story.layers is None or not story.layers.is_chain:
        return False
    outputs = [equation for equation in story.network.pattern.equations if equation.tensor.role == "output"]
    return all(isinstance(own.right, Apply) for own in outputs)


@dataclass(frozen=True)
class _Network:
    """A chain of dense layers, with the layouts of everything that the algorithm speaks of."""

    story: Story

    @cached_property
    def letter(self) -> Layout:
        return self.story.notation.symbols["delta"]

    def tensor(self, role: str, layer: int) -> Tensor | None:
        """The tensor of a role in a layer; the output of layer 0 is the input."""
        system = self.story.network.pattern
        if role == "output" and layer == 0:
            return next(t for t in system.inputs if t.role == "input")
        return next((t for t in (*system.parameters, *system.definitions) if t.role == role and t.layer == layer), None)

    def equation(self, role: str, layer: int) -> Equation:
        return next(e for e in self.story.network.pattern.equations if e.tensor.role == role and e.tensor.layer == layer)

    def function(self, layer: int) -> Function:
        return self.equation("output", layer).right.function

    def view(self, layer: int, general: bool) -> View:
        return self.story.plain_view(general=layer) if general else self.story.plain_view()

    def page(self, view: View) -> Page:
        return self.story.page([], view)

    def array(self, role: str, layer: int, view: View) -> Layout:
        """A whole array; the output of layer 0 is called so, not by the name of the input."""
        if role == "output" and layer == 0:
            tensor: Tensor | None = Tensor("a0", (Axis("n0", 1),), "output", 0)
        else:
            tensor = self.tensor(role, layer)
        assert tensor is not None
        return array_layout(tensor, self.story.notation, view)

    def gradient(self, by: Layout) -> Layout:
        """The derivative of the loss by an array."""
        loss = self.story.notation.symbols["loss"]
        if self.story.notation.gradient in ("nabla", "mixed"):
            return row(Scripts(NABLA, by), loss)
        return Fraction(row(PARTIAL, loss), row(PARTIAL, by))

    def matrix(self, value: Basic, view: View) -> Layout:
        return layout(value, self.page(view))

    @property
    def output(self) -> Layout | None:
        """Another name for the output of the network."""
        name = self.story.notation.network_output
        return Symbol(name) if name else None

    @property
    def function_of_loss(self) -> Layout | None:
        """``L(t, y)``."""
        name = self.story.notation.loss_function
        if not name or self.output is None:
            return None
        return row(Symbol(name), fenced(row(self.story.notation.matrices["target"], Sign(","), self.output)))

    # The algorithm

    def steps(self, layer: int, general: bool) -> dict[int, tuple[Layout, ...]]:
        """The sides of steps 2 to 5 in a layer."""
        view = self.view(layer, general)
        z, weight, bias = (self.tensor(role, layer) for role in ("pre_activation", "weight", "bias"))
        assert z is not None
        assert weight is not None
        slope = self.matrix(Elementwise(self.function(layer).prime, Array(z, ROW)), view)
        below = self.array("output", layer - 1, view)
        found: dict[int, tuple[Layout, ...]] = {
            2: (self.letter, self.gradient(self.array("pre_activation", layer, view)), row(self.letter, Sign("odot"), slope)),
            4: (self.gradient(self.array("weight", layer, view)), row(self.letter, _transposed(below))),
        }
        if bias is not None:
            found[3] = (self.gradient(self.array("bias", layer, view)), self.letter)
        back = self.matrix(Transposed(Array(weight, ROW, COLUMN)), view)
        found[5] = (self.letter, self.gradient(below), row(back, self.letter))
        return found

    def first_step(self) -> tuple[Layout, ...]:
        if self.output is not None:
            own = self.gradient(self.output)
            as_function = self.function_of_loss
            return (self.letter, own, *((row(Scripts(NABLA, self.output), as_function),) if as_function is not None else ()))
        return self.letter, self.gradient(self.array("output", self.story.depth, self.story.plain_view(last=self.story.depth)))

    def backward(self) -> Algorithm:
        """The backward step."""
        story, depth = self.story, self.story.depth
        layers = list(reversed(range(1, depth + 1)))
        lines = [self._step_line(1, self.first_step(), 0)]
        lines.append(AlgorithmLine(story.say("replayed.loop", range=story.layer_range(layers))))
        sides = self.steps(max(depth - 1, 1), True)
        for number in range(2, _STEPS + 1):
            if number in sides:
                lines.append(self._step_line(number, sides[number], 1))
        return Algorithm(story.say("replayed.backward"), tuple(lines))

    def _step_line(self, number: int, sides: tuple[Layout, ...], depth: int) -> AlgorithmLine:
        key = "replayed.unless_first" if number == _STEPS else "replayed.step"
        return AlgorithmLine(self.story.say(key, number=str(number), formula=Math(_assignment(sides), True)), depth)

    def forward(self) -> Algorithm:
        """The forward step."""
        story, depth = self.story, self.story.depth
        view = self.view(max(depth - 1, 1), True)
        layer = max(depth - 1, 1)
        weight, bias = self.array("weight", layer, view), self.tensor("bias", layer)
        layers = story.layer_range(range(1, depth + 1))
        last = Symbol(story.notation.last_layer)
        before = self.equation("pre_activation", layer)
        function = self.matrix(Elementwise(self.function(layer), Array(before.tensor, ROW)), view)
        form = next(r.matrix for r in story.results.of_pattern if any(m.tensor == before.tensor for m in r.members))
        lines = [
            AlgorithmLine(
                story.say(
                    "replayed.require_depth",
                    depth=last,
                    weight=weight,
                    bias=self.array("bias", layer, view) if bias is not None else Digits("0"),
                    range=layers,
                )
            ),
            AlgorithmLine(
                story.say("replayed.require_pattern", input=story.notation.matrices["input"], target=story.notation.matrices["target"])
            ),
            self._assign(self.array("output", 0, view=story.plain_view()), story.notation.matrices["input"], 0),
            AlgorithmLine(story.say("replayed.loop", range=layers)),
        ]
        if form is not None:
            own = next(r for r in story.results.of_pattern if any(m.tensor == before.tensor for m in r.members))
            general = story.plain_view(general=own.equation.tensor.layer)
            lines.append(self._assign(self.matrix(form.left, general), self.matrix(form.right, general), 1))
        lines.append(self._assign(self.array("output", layer, view), function, 1))
        top = self.array("output", depth, story.plain_view(last=depth))
        loss = story.notation.symbols["loss"]
        if self.output is not None:
            lines.append(self._assign(self.output, top, 0))
        if self.function_of_loss is not None:
            lines.append(self._assign(loss, self.function_of_loss, 0))
        return Algorithm(story.say("replayed.forward"), tuple(lines))

    def _assign(self, left: Layout, right: Layout, depth: int) -> AlgorithmLine:
        return AlgorithmLine(self.story.say("replayed.assign", formula=Math(row(left, EQUAL, right), True)), depth)

    # The replay

    def replay_forward(self) -> Section:
        """Every layer entry by entry and as matrices."""
        story = self.story
        blocks: list[Block] = [Paragraph(story.say("replayed.arrays")), *self._given()]
        for layer in range(1, story.depth + 1):
            blocks += self._layer_forward(layer)
        last = self.tensor("output", story.depth)
        if self.output is not None and last is not None and last.axes[0].size == 1:
            blocks.append(_chain(self.output, (layout(Entry(last, Affine(0)), self.page(story.plain_view())),)))
        if self.output is not None and self.function_of_loss is not None:
            blocks.append(_chain(self.function_of_loss, (self._loss_in_words(),)))
        return Section(story.say("replayed.replay_forward"), "replay-forward", tuple(blocks), 2)

    def _given(self) -> list[Block]:
        """Input and parameters as matrices of their entries."""
        system = self.story.network.pattern
        x = next(t for t in system.inputs if t.role == "input")
        page = self.page(self.story.plain_view())
        first = row(self.array("output", 0, page.view), EQUAL, self._grid(x), EQUAL, self.story.notation.matrices["input"])
        others = [row(array_layout(t, self.story.notation, page.view), EQUAL, self._grid(t)) for t in (x, *system.parameters)]
        return [Paragraph((Math(shown, True),)) for shown in _packed([first, *others])]

    def _grid(self, tensor: Tensor) -> Layout:
        """A tensor as a matrix of its entries."""
        page = self.page(self.story.plain_view())
        cells = [layout(Entry(tensor, *place), page) for place in positions(tensor)]
        columns = tensor.axes[1].size if len(tensor.axes) > 1 else 1
        rows = tuple(tuple(cells[n : n + columns]) for n in range(0, len(cells), columns))
        turned = self.story.notation.weight_order == "from,to" and columns > 1
        return Grid(tuple(zip(*rows, strict=True)) if turned else rows)

    def _layer_forward(self, layer: int) -> list[Block]:
        story, page = self.story, self.page(self.story.plain_view())
        before, after = self.equation("pre_activation", layer), self.equation("output", layer)
        blocks: list[Block] = [Paragraph(story.say("replayed.entries"))]
        lines: list[Line] = []
        for equation in (before, after):
            for place in positions(equation.tensor):
                at = dict(zip(equation.indices, place, strict=True))
                lines.append(Line(layout(move(equation.left, at), page), layout(written_out(move(equation.right, at)), page)))
        blocks.append(Chain(tuple(lines)))
        if before.tensor.axes[0].size > 1:
            blocks.append(Paragraph(story.say("replayed.any_entry")))
            blocks += [self._any_entry(equation) for equation in (before, after)]
        blocks.append(Paragraph(story.say("replayed.arrays")))
        general = self._numbered_form(before)
        blocks.append(_chain(self.array("pre_activation", layer, page.view), (self._grid(before.tensor), *general)))
        blocks.append(_chain(self.array("output", layer, page.view), (self._grid(after.tensor), *self._applied(layer, page))))
        return blocks

    def _numbered_form(self, own: Equation) -> tuple[Layout, ...]:
        form = recognise(own)
        return (self.matrix(form.right, self.story.plain_view()),) if form is not None else ()

    def _any_entry(self, equation: Equation) -> Chain:
        """An equation for any unit, its sums written out."""
        right = written_out(equation.right) if not isinstance(equation.right, Apply) else equation.right
        page = self.story.page([equation.left, right], self.story.plain_view())
        return Chain((Line(layout(equation.left, page), layout(right, page)),))

    def _applied(self, layer: int, page: Page) -> tuple[Layout, ...]:
        """The activation of a vector, of each of its entries, and by its own name."""
        before, function = self.equation("pre_activation", layer).tensor, self.function(layer)
        entries = [Entry(before, *place) for place in positions(before)]
        whole = self.matrix(Elementwise(function, Array(before, ROW)), page.view)
        by_letter = Grid(tuple((layout(Apply(function, entry), page),) for entry in entries))
        own = replace(page, notation=replace(page.notation, activation_name="own"))
        plain = Grid(tuple((layout(entry if function.name == "linear" else Apply(function, entry), own),) for entry in entries))
        return whole, by_letter, *(() if plain == by_letter else (plain,))

    def replay(self, layer: int) -> Section:
        """Steps 1 to 5 in one layer."""
        story = self.story
        sides = self.steps(layer, False)
        blocks: list[Block] = []
        if layer == story.depth:
            blocks += self._numbered(1, self._first_replayed())
        blocks += self._numbered(2, (*sides[2], *self._slopes(layer)))
        for number, role in ((3, "bias"), (4, "weight")):
            if number in sides:
                blocks += self._numbered(number, (sides[number][0], self._derivatives(role, layer), *sides[number][1:]), assigned=1)
        if layer > 1:
            weight = self.tensor("weight", layer)
            assert weight is not None
            written = row(Scripts(self._grid(weight), above=Sign("top")), self.letter)
            blocks += self._numbered(5, (*sides[5], *(() if story.notation.weight_order == "from,to" else (written,))))
        return Section(story.say("replayed.replay_layer", layer=story.layer_number(layer)), f"replay-{layer}", tuple(blocks), 2)

    def _numbered(self, number: int, sides: tuple[Layout, ...], assigned: int = 1) -> tuple[Block, ...]:
        lines = [Line(sides[0], sides[1], relation="leftarrow"), *(Line(None, side) for side in sides[2:])]
        return Paragraph(self.story.say("replayed.number", number=str(number))), Chain(tuple(lines[: assigned + len(sides)]))

    def _derivatives(self, role: str, layer: int) -> Layout:
        """The derivatives by each entry of a parameter as a matrix."""
        tensor = self.tensor(role, layer)
        assert tensor is not None
        return self._grid(Tensor(f"d{tensor.name}", tensor.axes, "gradient", tensor.layer, tensor))

    def _slopes(self, layer: int) -> tuple[Layout, ...]:
        """``g`` times the slopes of a layer: each as a derivative, then as what it is."""
        page = self.page(self.story.plain_view())
        own = replace(page, notation=replace(page.notation, activation_name="own"))
        before, function = self.equation("pre_activation", layer).tensor, self.function(layer)
        if function.name == "linear":
            z = self.array("pre_activation", layer, page.view)
            same = Fraction(row(PARTIAL, z), row(PARTIAL, z))
            return row(self.letter, Sign("odot"), same), row(self.letter, Sign("odot"), Digits("1")), self.letter
        entries = [Entry(before, *place) for place in positions(before)]
        quotients = tuple((row(PARTIAL, layout(Apply(function, e), own), Sign("/"), PARTIAL, layout(e, own)),) for e in entries)
        values = tuple((layout(Apply(function.prime, e), own),) for e in entries)
        return row(self.letter, Sign("odot"), Grid(quotients)), row(self.letter, Sign("odot"), Grid(values))

    # The loss

    def _first_replayed(self) -> tuple[Layout, ...]:
        """Step 1 with the loss written out; for a single output, step by step."""
        story, depth = self.story, self.story.depth
        view = story.plain_view()
        sides: tuple[Layout, ...] = (self.letter, self.gradient(self.array("output", depth, view)))
        if self.output is not None:
            sides = (*sides, self.gradient(self.output))
        result = next(r for r in story.results.of_pattern if r.equation.tensor.of == self.tensor("output", depth))
        if self.output is None or result.derivation is None or result.equation.tensor.axes[0].size != 1:
            form = result.matrix
            return (*sides, self.matrix(form.right, view)) if form is not None else sides
        at = {result.derivation.left.positions[0]: Affine(0)}
        lines = [step.after for step in result.derivation.steps if not _has_bracket(step.after)]
        shown = [self._in_output(written_out(move(line, at))) for line in lines]
        unique = [item for number, item in enumerate(shown) if not number or item != shown[number - 1]]
        return (*sides, row(Scripts(NABLA, self.output), self._loss_in_words()), *unique)

    def _loss_in_words(self) -> Layout:
        return self._in_output(written_out(self.story.network.pattern.equations[-1].right))

    def _in_output(self, value: Expression) -> Layout:
        """A formula in the names of target and output of the network, where it has only one output."""
        page = self.page(self.story.plain_view())
        shown = layout(value, page)
        output, target = self.tensor("output", self.story.depth), next(t for t in self.story.network.pattern.inputs if t.role == "target")
        if output is None or output.axes[0].size != 1 or self.output is None:
            return shown
        first = Affine(0)
        for tensor, name in ((output, self.output), (target, self.story.notation.matrices["target"])):
            shown = replaced(shown, layout(Entry(tensor, first), page), name)
        return shown


def _has_bracket(value: Expression) -> bool:
    return any(isinstance(node, Bracket | Partial) for node in walk(value))


def _transposed(shown: Layout) -> Layout:
    return Scripts(shown if isinstance(shown, Symbol) else fenced(shown), above=Sign("top"))


def _assignment(sides: Sequence[Layout]) -> Layout:
    """``g <- a = b``; ``a = b`` where nothing is overwritten."""
    first = ASSIGNED if len(sides) > 2 else EQUAL
    parts: list[Layout] = [sides[0]]
    for number, side in enumerate(sides[1:]):
        parts += [first if not number else EQUAL, side]
    return row(*parts)


def _packed(formulas: Sequence[Layout]) -> list[Layout]:
    """Formulas side by side as far as a line reaches."""
    lines: list[Layout] = []
    for formula in formulas:
        longer = row(lines[-1], Gap("quad"), formula) if lines else formula
        if lines and width(longer) <= _WIDEST:
            lines[-1] = longer
        else:
            lines.append(formula)
    return lines


def _chain(left: Layout, rights: Sequence[Layout]) -> Chain:
    unique = [item for number, item in enumerate(rights) if not number or item != rights[number - 1]]
    return Chain(tuple(Line(None if number else left, item) for number, item in enumerate(unique)))


def replaced(item: Layout, old: Layout, new: Layout) -> Layout:
    """A layout with one part in the place of another one, wherever it stands."""
    if item == old:
        return new
    changed: dict[str, object] = {}
    for own in fields(item):
        value = getattr(item, own.name)
        if isinstance(value, Layout):
            changed[own.name] = replaced(value, old, new)
        elif isinstance(value, tuple) and value and all(isinstance(part, Layout) for part in value):
            changed[own.name] = tuple(replaced(part, old, new) for part in value)
    return replace(item, **changed) if changed else item

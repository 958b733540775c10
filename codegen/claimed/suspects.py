"""The single mistakes that may explain wrong gradients: for some formulas other ones, each with its family and in words.

Most are the slips that readers make in one formula (``derive.slips``), made in one place or in every layer alike; the others are
mistakes of programs: a pattern only, a term of the penalty, another activation, what stands in the forward pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from codegen.claimed.values import Formulas
from derive.calculus.substitute import move, replace_entries
from derive.equations import Equation
from derive.errors import InputError
from derive.expressions import (
    Apply,
    Bracket,
    Entry,
    Expression,
    Number,
    Power,
    Relation,
    Size,
    Tensor,
    Total,
    plus,
    product,
    terms_of,
)
from derive.functions.scalar import function, scalar_names
from derive.indices import Affine, Index
from derive.network import BATCH
from derive.slips.mistakes import MISTAKES
from derive.slips.slip import Slip
from derive.slips.spoil import slips_of
from derive.traversal import entries_of, tensors_of, walk
from derive.verification.points import kinks_of

BACKWARD = ("delta", "adjoint", "gradient")
SIMPLEST = ("missing_derivative", "missing_path", "residual", "sign", "sign_of_term", "transposed_weight")


@dataclass(frozen=True)
class Suspect:
    """A mistake: ``changed`` gives the formulas it makes, ``family`` what sort it is, ``text`` what it is in words."""

    family: str
    text: str
    changed: Mapping[Tensor, Expression]
    kind: str = ""


def suspects(formulas: Formulas, places: Sequence[Tensor], single: Sequence[Tensor]) -> Iterator[Suspect]:
    """Every mistake that is made in the formulas of ``places``: in one alone of those that are ``single``, then in several alike."""
    definitions = {equation.tensor: equation for equation in formulas.equations}
    derived = [definitions[tensor] for tensor in places if tensor.role in BACKWARD]
    slips = {equation.tensor: _simplest_first(slips_of(equation, formulas.sweep)) for equation in derived}
    own = {equation.tensor: tuple(_further(equation, slips[equation.tensor], formulas)) for equation in derived}
    for tensor in slips:
        if tensor in single:
            yield from (_of_slip(slip) for slip in slips[tensor])
    for tensor in own:
        if tensor in single:
            yield from own[tensor]
    yield from _alike(slips, own)
    yield from _forward([definitions[t] for t in places if t.role not in BACKWARD and t in single], slips)


def _simplest_first(slips: Iterable[Slip]) -> tuple[Slip, ...]:
    """What is left out or has another sign before what is another quantity: of two mistakes with the same numbers it is the likelier."""
    return tuple(sorted(slips, key=lambda slip: SIMPLEST.index(slip.kind) if slip.kind in SIMPLEST else len(SIMPLEST)))


def _of_slip(slip: Slip) -> Suspect:
    return Suspect(slip.family, f"in {slip.equation.tensor.name}: {_words(slip.kind)}", {slip.equation.tensor: slip.wrong}, slip.kind)


def _words(kind: str) -> str:
    """A kind of slip in words: the first sentence of its docstring."""
    text = (MISTAKES[kind][1].__doc__ or kind).strip().split("\n")[0].rstrip(".")
    return text[0].lower() + text[1:]


def _alike(slips: Mapping[Tensor, Sequence[Slip]], own: Mapping[Tensor, Sequence[Suspect]]) -> Iterator[Suspect]:
    """The same mistake in all deltas, in all gradients of weights, in all of biases, in all gradients."""
    groups: dict[str, list[Tensor]] = {}
    for tensor in slips:
        role = f"gradient of each {tensor.of.role}" if tensor.role == "gradient" and tensor.of is not None else f"each {tensor.role}"
        groups.setdefault(role, []).append(tensor)
    gradients = [tensor for tensor in slips if tensor.role == "gradient"]
    for role, members in (*groups.items(), ("each gradient", gradients)):
        if len(members) < 2:
            continue
        every = [[*map(_of_slip, slips[tensor]), *own[tensor]] for tensor in members]
        for kind in dict.fromkeys(suspect.kind for found in every for suspect in found):
            rows = ([suspect for suspect in found if suspect.kind == kind] for found in every)
            for variants in zip_longest(*rows):
                made = [suspect for suspect in variants if suspect is not None]
                if len(made) > 1:
                    changed = {tensor: value for suspect in made for tensor, value in suspect.changed.items()}
                    words = made[0].text.partition(": ")[2]
                    yield Suspect(made[0].family, f"in {role}: {words}", changed, kind)


def _further(equation: Equation, slips: Sequence[Slip], formulas: Formulas) -> Iterator[Suspect]:
    """The mistakes of programs in one derived formula."""
    yield from _of_slopes(equation, slips, formulas)
    if equation.tensor.role == "gradient":
        yield from _of_terms(equation, formulas)
        yield from _of_patterns(equation)
        yield from _of_inputs(equation, formulas)


def _of_slopes(equation: Equation, slips: Sequence[Slip], formulas: Formulas) -> Iterator[Suspect]:
    """Another derivative of the activation, or one where there is none."""
    tensor, subject = equation.tensor, equation.tensor.of
    if tensor.role != "delta" or subject is None:
        return
    z, users = Entry(subject, *equation.indices), formulas.sweep.system.consumers.get(subject, ())
    name = tensor.name
    bare = [slip.wrong for slip in slips if slip.kind == "missing_derivative"]
    outputs = [user.tensor for user in users if user.tensor.axes == subject.axes]
    values = (z, *(Entry(output, *equation.indices) for output in outputs))
    applied = [user for user in users if isinstance(user.right, Apply) and isinstance(user.right.argument, Entry)]
    if bare and applied:
        first, value = applied[0].right.function, Entry(applied[0].tensor, *equation.indices)
        for slope, text in _slopes(first.prime, values, first.name):
            yield Suspect("derivative", f"in {name}: {text}", {tensor: product(bare[0], slope)}, f"slope {text}")
        yield Suspect("derivative", f"in {name}: the activation where its derivative belongs", {tensor: product(bare[0], value)}, "value")
        if kinks_of(first.body):
            turned = first.prime(product(Number(-1), z))
            text = "the condition the wrong way round"
            yield Suspect("condition", f"in {name}: {text}", {tensor: product(bare[0], turned)}, "turned")
        for other in scalar_names():
            if other != first.name:
                for slope, text in _slopes(function(other).prime, values, other):
                    yield Suspect("derivative", f"in {name}: {text}", {tensor: product(bare[0], slope)}, f"slope {text}")
    if not outputs:
        return
    output = values[1]
    unit = product(output, plus(Number(1), product(Number(-1), output)))
    mixes = any(isinstance(node, Total) for user in users for node in walk(user.right) if user.tensor in outputs)
    above = next((e.tensor for e in formulas.equations if e.tensor.of == outputs[0] and e.tensor.role == "adjoint"), None)
    if mixes and above is not None:
        text = "each output as if it depended on its own pre-activation alone"
        yield Suspect("path", f"in {name}: {text}", {tensor: product(Entry(above, *equation.indices), unit)}, "elementwise")
    extra = applied[0].right.function.prime(z) if applied else unit
    for slope, family in ((extra, "derivative"), (unit, "path" if mixes and above is None else "derivative")):
        text = "a derivative of the activation that does not belong there"
        yield Suspect(family, f"in {name}: {text}", {tensor: product(equation.right, slope)}, "extra_derivative")


def _slopes(prime: object, values: Sequence[Entry], name: str) -> Iterator[tuple[Expression, str]]:
    for value, where in zip(values, ("pre-activation", "output"), strict=False):
        try:
            yield Apply(prime, value), f"the derivative of {name} at the {where}"
        except InputError:
            return


def _of_terms(equation: Equation, formulas: Formulas) -> Iterator[Suspect]:
    """A term of the penalty left out, taken twice or half, or scaled with the patterns; one where there is none."""
    tensor, subject, name = equation.tensor, equation.tensor.of, equation.tensor.name
    assert subject is not None
    terms = terms_of(equation.right)
    batch = next((i.axis for e in formulas.equations for i in e.indices if i.axis.name == BATCH), None)
    for place, term in enumerate(terms):
        if subject not in tensors_of(term) or len(terms) < 2:
            continue

        def with_term(*new: Expression, at: int = place) -> dict[Tensor, Expression]:
            return {tensor: plus(*terms[:at], *new, *terms[at + 1 :])}

        yield Suspect("path", f"in {name}: the penalty left out", with_term(), "no_penalty")
        yield Suspect("factor", f"in {name}: the penalty twice", with_term(product(Number(2), term)), "penalty_twice")
        yield Suspect("factor", f"in {name}: half the penalty", with_term(product(Number("1/2"), term)), "penalty_half")
        yield Suspect("sign", f"in {name}: the penalty with the other sign", with_term(product(Number(-1), term)), "penalty_sign")
        if batch is not None:
            divided = product(Power(Size(batch), Number(-1)), term)
            yield Suspect("reduction", f"in {name}: the penalty divided by the number of patterns", with_term(divided), "penalty_mean")
            yield Suspect(
                "reduction", f"in {name}: the penalty once for each pattern", with_term(product(Size(batch), term)), "penalty_sum"
            )
    if subject.role == "bias":
        for other in formulas.equations:
            for term in terms_of(other.right):
                if other.tensor.role == "gradient" and other.tensor.of in tensors_of(term) and len(terms_of(other.right)) > 1:
                    own = replace_entries(term, {e: Entry(subject, *equation.indices) for e in entries_of(term)})
                    yield Suspect("bias", f"in {name}: a penalty on biases", {tensor: plus(*terms, own)}, "penalty_on_bias")
                    return


def _of_patterns(equation: Equation) -> Iterator[Suspect]:
    """One pattern counted instead of all."""
    for node in walk(equation.right):
        if isinstance(node, Total) and node.index.axis.name == BATCH:
            last = Relation(node.index, "=", plus(Size(node.index.axis), Number(-1)))
            for one, text in (
                (move(node.body, {node.index: Affine(0)}), "first"),
                (Total(node.index, product(Bracket(last), node.body)), "last"),
            ):
                changed = _with(equation.right, node, one)
                yield Suspect(
                    "reduction", f"in {equation.tensor.name}: the {text} pattern alone", {equation.tensor: changed}, f"{text}_pattern"
                )
            return


def _with(value: Expression, old: Expression, new: Expression) -> Expression:
    if value == old:
        return new
    if not any(isinstance(part, Expression) for part in value.args):
        return value
    return value.func(*(_with(part, old, new) if isinstance(part, Expression) else part for part in value.args))


def _of_inputs(equation: Equation, formulas: Formulas) -> Iterator[Suspect]:
    """The pre-activation where the output of the same unit belongs."""
    definitions = formulas.sweep.system.definitions
    for entry in entries_of(equation.right):
        right = definitions[entry.tensor].right if entry.tensor in definitions else None
        if isinstance(right, Apply) and isinstance(right.argument, Entry):
            z = right.argument.tensor
            changed = replace_entries(equation.right, {entry: Entry(z, *entry.positions)})
            text = f"{z.name} where {entry.tensor.name} belongs"
            yield Suspect("layer", f"in {equation.tensor.name}: {text}", {equation.tensor: changed}, "pre_activation")


def _forward(equations: Sequence[Equation], slips: Mapping[Tensor, Sequence[Slip]]) -> Iterator[Suspect]:
    """A mistake in the forward pass: a term left out, another activation with its own derivative."""
    for equation in equations:
        terms, name = terms_of(equation.right), equation.tensor.name
        for place, term in enumerate(terms):
            if len(terms) > 1:
                family = "bias" if any(tensor.role == "bias" for tensor in tensors_of(term)) else "path"
                what = ", ".join(tensor.name for tensor in tensors_of(term))
                rest = plus(*terms[:place], *terms[place + 1 :])
                yield Suspect(family, f"in the forward pass, {name}: without {what}", {equation.tensor: rest}, "forward_term")
        if isinstance(equation.right, Apply) and isinstance(equation.right.argument, Entry):
            yield from _other_activation(equation, equation.right.argument, slips)


def _other_activation(equation: Equation, argument: Entry, slips: Mapping[Tensor, Sequence[Slip]]) -> Iterator[Suspect]:
    own = equation.right.function.name if isinstance(equation.right, Apply) else ""
    delta = next((tensor for tensor in slips if tensor.of == argument.tensor), None)
    bare = [slip for slip in slips[delta] if slip.kind == "missing_derivative"] if delta is not None else []
    for name in scalar_names():
        if name == own:
            continue
        changed: dict[Tensor, Expression] = {equation.tensor: Apply(function(name), argument)}
        text = f"in the forward pass, {equation.tensor.name}: {name} where {own} belongs"
        yield Suspect("other", text, changed, "forward_activation")
        if delta is not None and bare:
            at = Entry(argument.tensor, *bare[0].equation.indices)
            yield Suspect(
                "other", f"{text}, with its derivative", {**changed, delta: product(bare[0].wrong, function(name).prime(at))}, "activation"
            )


def is_typed(value: Expression, sizes: Mapping[str, int]) -> bool:
    """Whether every plain index runs along an axis as long as the one it stands at, at these sizes."""
    for entry in entries_of(value):
        for position, axis in zip(entry.positions, entry.tensor.axes, strict=True):
            if isinstance(position, Index) and sizes[position.axis.name] != sizes[axis.name]:
                return False
    return True

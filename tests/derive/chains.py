"""Small networks built by hand from the nodes, so that tests of the judge do not depend on how a specification is read."""

from __future__ import annotations

from derive.activations import activation
from derive.equations import Equation, System
from derive.expressions import Axis, Entry, Index, Number, Power, Size, Tensor, Total, plus, product
from derive.losses import loss


def chain(
    widths: list[int], activations: list[str], loss_name: str = "half_squared_error", bias: bool = True, batch: int | None = None
) -> System:
    """The system of a chain of dense layers; with ``batch`` every value that depends on inputs has the pattern axis first."""
    layers = [Axis(f"n{place}", width) for place, width in enumerate(widths)]
    patterns = (Axis("batch", batch),) if batch else ()
    x, t = Tensor("x", (*patterns, layers[0]), "input", 0), Tensor("t", (*patterns, layers[-1]), "target", len(activations))
    parameters: list[Tensor] = []
    equations: list[Equation] = []
    below = x
    for number, name in enumerate(activations, 1):
        own = layers[number]
        b = tuple(Index("b", axis) for axis in patterns)
        j, p = Index("j", own), Index("p", layers[number - 1])
        weight, shift = Tensor(f"W{number}", (own, p.axis), "weight", number), Tensor(f"b{number}", (own,), "bias", number)
        parameters += [weight, shift] if bias else [weight]
        z, a = (Tensor(f"{letter}{number}", (*patterns, own), role, number) for letter, role in (("z", "pre_activation"), ("a", "output")))
        summed = Total(p, product(Entry(weight, j, p), Entry(below, *b, p)))
        equations.append(Equation(Entry(z, *b, j), plus(summed, Entry(shift, j)) if bias else summed))
        equations.append(Equation(Entry(a, *b, j), _activated(name, z, b, j)))
        below = a
    chosen = loss(loss_name)
    if not patterns:
        tensor = Tensor("loss", (), "loss")
        equations.append(Equation(Entry(tensor), chosen.at(below, t)))
        return System("chain", (x, t), tuple(parameters), tuple(equations), chosen.assumptions(below, t))
    each = Tensor("loss", patterns, "loss")
    b = (Index("b", patterns[0]),)
    equations.append(Equation(Entry(each, *b), _batched(chosen.at(_row(below), _row(t)), {below: b[0], t: b[0]})))
    c = Index("b", patterns[0])
    cost = product(Power(Size(patterns[0]), Number(-1)), Total(c, Entry(each, c)))
    equations.append(Equation(Entry(Tensor("cost", (), "total_loss")), cost))
    return System("chain", (x, t), tuple(parameters), tuple(equations))


def _row(tensor: Tensor) -> Tensor:
    return Tensor(tensor.name, tensor.axes[-1:], tensor.role, tensor.layer)


def _batched(value, rows):  # type: ignore[no-untyped-def]
    from derive.expressions import rebuild

    if isinstance(value, Entry):
        full = next(tensor for tensor in rows if tensor.name == value.tensor.name)
        return Entry(full, rows[full], *value.positions)
    return rebuild(value, lambda part: _batched(part, rows))


def _activated(name: str, z: Tensor, b: tuple[Index, ...], j: Index):  # type: ignore[no-untyped-def]
    value = activation(name).at(_row(z), j)
    return _batched(value, {z: b[0]}) if b else value

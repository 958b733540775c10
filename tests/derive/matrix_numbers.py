"""Two oracles for matrix forms that share no code with them: index form by plain loops, matrix form by NumPy."""

from __future__ import annotations

from functools import singledispatch
from itertools import product as all_of

import numpy as np

from derive import expressions as e
from derive.equations import Equation
from derive.matrices import matrix as m
from derive.matrices.recognise import MatrixForm, recognise
from derive.traversal import tensors_of

FUNCTIONS = {
    ("tanh", 0): np.tanh,
    ("tanh", 1): lambda x: 1 - np.tanh(x) ** 2,
    ("relu", 0): lambda x: np.maximum(x, 0.0),
    ("relu", 1): lambda x: np.where(np.asarray(x) > 0, 1.0, 0.0),
    ("exp", 0): np.exp,
    ("log", 0): np.log,
    ("sigma", 0): lambda x: 1 / (1 + np.exp(-x)),
    ("sigma", 1): lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
}
SIGNS = {"=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}

Arrays = dict[str, np.ndarray]
Where = dict[e.Index, int]


def random_arrays(tensors, seed: int = 0, positive: bool = False) -> Arrays:
    """A random array for each tensor; positive values keep powers and logarithms real."""
    random = np.random.RandomState(seed)
    low = 0.2 if positive else -1.0
    return {t.name: random.uniform(low, 1.0, [axis.size for axis in t.axes]) for t in tensors}


def position(value, where: Where) -> int:
    affine = e.Affine.of(value)
    return affine.constant + sum(term.coefficient * where[term.index] for term in affine.terms)


def in_loops(value, arrays: Arrays, where: Where) -> float:
    """An expression in index form at given positions."""
    match value:
        case e.Number():
            return float(value.value)
        case e.Size():
            return float(value.axis.size)
        case e.Entry():
            return float(arrays[value.tensor.name][tuple(position(p, where) for p in value.positions)])
        case e.Plus():
            return sum(in_loops(part, arrays, where) for part in value.args)
        case e.Product():
            return float(np.prod([in_loops(part, arrays, where) for part in value.args]))
        case e.Power():
            return in_loops(value.base, arrays, where) ** in_loops(value.exponent, arrays, where)
        case e.Total():
            return sum(in_loops(value.body, arrays, {**where, value.index: n}) for n in range(value.index.axis.size))
        case e.Largest():
            return max(in_loops(value.body, arrays, {**where, value.index: n}) for n in range(value.index.axis.size))
        case e.Apply():
            return float(FUNCTIONS[value.function.name, value.function.order](in_loops(value.argument, arrays, where)))
        case e.Bracket():
            return float(all(holds(relation, arrays, where) for relation in value.relations))
        case e.Cases():
            for case in value.cases:
                if holds(case.args[1], arrays, where):
                    return in_loops(case.args[0], arrays, where)
            return in_loops(value.otherwise, arrays, where)
    raise TypeError(type(value))


def holds(relation: e.Relation, arrays: Arrays, where: Where) -> bool:
    sides = (
        in_loops(side, arrays, where) if isinstance(side, e.Expression) else position(side, where)
        for side in (relation.left, relation.right)
    )
    return bool(SIGNS[relation.sign](*sides))


@singledispatch
def in_numpy(value, arrays: Arrays, where: Where) -> np.ndarray:
    """A matrix expression as an array with rows and columns; a scalar is 1 x 1."""
    parts = [in_numpy(part, arrays, where) for part in m.parts_of(value)]
    match value:
        case m.Transposed():
            return parts[0].T
        case m.MatrixProduct():
            return np.linalg.multi_dot(parts) if len(parts) > 1 else parts[0]
        case m.Hadamard():
            return np.prod(np.stack(parts), axis=0)
        case m.MatrixSum():
            return np.sum(np.stack(parts), axis=0)
        case m.Scaled():
            return float(np.prod([part.item() for part in parts[:-1]])) * parts[-1]
        case m.Elementwise():
            return FUNCTIONS[value.function.name, value.function.order](parts[0])
        case m.ElementPower():
            return parts[0] ** parts[1]
        case m.SquaredNorm():
            return np.array([[np.vdot(parts[0], parts[0])]])
        case m.RowLargest():
            return parts[0].max(axis=1, keepdims=True)
        case m.RowShares():
            return parts[0] / (parts[0].sum() if m.shape(value.inner)[1] is None else parts[0].sum(axis=1, keepdims=True))
        case m.Diagonal():
            return np.diag(parts[0][:, 0])
        case m.Ones():
            return np.ones((value.axis.size, 1))
        case m.UnitMatrix():
            return np.eye(value.axis.size)
        case m.Scalar():
            return np.array([[in_loops(value.value, arrays, where)]])
        case m.ElementBracket():
            return np.prod(np.stack(np.broadcast_arrays(*(relation_in_numpy(r, arrays, where) for r in value.relations))), axis=0)
        case m.ElementCases():
            conditions = [relation_in_numpy(case.args[1], arrays, where) for case in value.cases]
            values = [in_numpy(case.args[0], arrays, where) for case in value.cases]
            *conditions, default = np.broadcast_arrays(*conditions, in_numpy(value.otherwise, arrays, where))
            return np.select(conditions, [np.broadcast_to(v, default.shape) for v in values], default)
    raise TypeError(type(value))


def relation_in_numpy(relation: e.Relation, arrays: Arrays, where: Where) -> np.ndarray:
    return SIGNS[relation.sign](in_numpy(relation.left, arrays, where), in_numpy(relation.right, arrays, where))


@in_numpy.register
def _(value: m.Array, arrays: Arrays, where: Where) -> np.ndarray:
    at = tuple(slice(None) if slot in (m.ROW, m.COLUMN) else position(slot, where) for slot in value.slots)
    array = arrays[value.tensor.name][at]
    if m.COLUMN not in value.slots:
        return array[:, None]
    return array if value.slots.index(m.ROW) < value.slots.index(m.COLUMN) else array.T


@in_numpy.register
def _(value: m.ItemSum, arrays: Arrays, where: Where) -> np.ndarray:
    return sum(in_numpy(value.inner, arrays, {**where, value.index: n}) for n in range(value.index.axis.size))


@in_numpy.register
def _(value: m.Mask, arrays: Arrays, where: Where) -> np.ndarray:
    sizes = [index.axis.size for index in value.positions]
    mask = np.empty(sizes)
    for place in np.ndindex(*sizes):
        here = {**where, **dict(zip(value.positions, place, strict=True))}
        mask[place] = all(holds(relation, arrays, here) for relation in value.relations)
    return mask if mask.ndim == 2 else mask[:, None]


def as_text(value) -> str:
    """A matrix expression on one line, in the way a textbook writes it."""
    match value:
        case m.Array():
            fixed = [slot.letter if isinstance(slot, e.Index) else _affine(slot) for slot in value.slots if slot not in (m.ROW, m.COLUMN)]
            return value.tensor.name + (f"_{','.join(fixed)}" if fixed else "")
        case m.Scalar():
            return _plain(value.value)
        case m.Ones():
            return "1"
        case m.UnitMatrix():
            return "I"
        case m.Mask():
            return "[" + ",".join(f"{r.left.letter} {r.sign} {r.right.letter}" for r in value.relations) + "]"
        case m.Diagonal():
            return f"diag({as_text(value.vector)})"
        case m.Transposed():
            return f"{_inside(value.inner, m.Array, m.Ones, m.Elementwise)}^T"
        case m.Elementwise():
            return f"{value.function.name}{chr(39) * value.function.order}({as_text(value.inner)})"
        case m.SquaredNorm():
            return f"|{as_text(value.inner)}|^2"
        case m.RowLargest():
            return f"rowmax({as_text(value.inner)})"
        case m.RowShares():
            return f"shares({as_text(value.inner)})"
        case m.ItemSum():
            return f"sum_{value.index.letter} {_inside(value.inner, m.Array, m.MatrixProduct, m.Transposed, m.Scaled)}"
        case m.MatrixProduct():
            return " ".join(_inside(f, m.Array, m.Ones, m.Transposed, m.Elementwise, m.Diagonal, m.RowLargest, m.Mask) for f in value.args)
        case m.Hadamard():
            closed = (m.Array, m.Ones, m.Transposed, m.Elementwise, m.ElementPower, m.ElementBracket, m.ElementCases, m.Mask)
            return " o ".join(_inside(f, *closed) for f in value.args)
        case m.MatrixSum():
            return " + ".join(as_text(term) for term in value.args)
        case m.Scaled():
            front = " ".join(as_text(scalar) for scalar in value.scalars)
            return f"{front} {_inside(value.inner, m.Array, m.Ones, m.MatrixProduct, m.Transposed, m.Elementwise, m.SquaredNorm)}"
        case m.ElementPower():
            return f"{_inside(value.base, m.Array, m.Ones, m.Elementwise, m.Scalar)}^{as_text(value.exponent)}"
        case m.ElementBracket():
            return "[" + ",".join(f"{as_text(r.left)} {r.sign} {as_text(r.right)}" for r in value.relations) + "]"
        case m.ElementCases():
            return "cases(...)"
    raise TypeError(type(value))


def _inside(value, *closed: type) -> str:
    return as_text(value) if isinstance(value, closed) else f"({as_text(value)})"


def _affine(value: e.Affine) -> str:
    return "+".join([*(t.index.letter for t in value.terms), str(value.constant)]).replace("+-", "-")


def _plain(value) -> str:
    match value:
        case e.Number():
            return str(value.value)
        case e.Size():
            return f"|{value.axis.name}|"
        case e.Entry():
            return value.tensor.name + (f"_{','.join(p.letter for p in value.positions)}" if value.positions else "")
        case e.Product():
            return " ".join(_plain(part) for part in value.args)
        case e.Power():
            base, exponent = _plain(value.base), _plain(value.exponent)
            return f"1/{base}" if exponent == "-1" else f"{base}^{exponent}"
    return type(value).__name__


def value_everywhere(equation: Equation, arrays) -> np.ndarray:
    sizes = [index.axis.size for index in equation.indices]
    values = np.empty(sizes)
    for place in np.ndindex(*sizes):
        values[place] = in_loops(equation.right, arrays, dict(zip(equation.indices, place, strict=True)))
    return values


def has_the_values(equation: Equation, form: MatrixForm, seed: int = 0, positive: bool = False) -> bool:
    """Whether both sides of a matrix form, by NumPy, are the index form, by loops, at every fixed item."""
    try:
        if m.shape(form.left) != m.shape(form.right):
            return False
    except m.ShapeError:
        return False
    arrays = random_arrays(tensors_of(equation.right), seed, positive)
    expected = {equation.tensor.name: value_everywhere(equation, arrays)}
    for place in all_of(*(range(index.axis.size) for index in form.items)):
        where = dict(zip(form.items, place, strict=True))
        left, right = in_numpy(form.left, expected, where), in_numpy(form.right, arrays, where)
        if left.shape != right.shape or not np.allclose(right, left, rtol=1e-12, atol=1e-12):
            return False
    return True


def check_values(equation: Equation, seed: int = 0, positive: bool = False) -> None:
    form = recognise(equation)
    assert form is not None
    assert has_the_values(equation, form, seed, positive)

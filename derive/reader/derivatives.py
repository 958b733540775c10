"""Fractions: quotients, and derivatives where both lines begin with the same sign of differentiation."""

from __future__ import annotations

from derive.expressions import Apply, Entry, Expression, Partial, Tensor, Variable
from derive.matrices.matrix import Array, MatrixExpression, Scalar, Transposed
from derive.reader.jacobian import Jacobian
from derive.reader.meaning import meaning
from derive.reader.names import Names, output_of, tensors_in
from derive.reader.scope import Scope
from derive.reader.slots import absent
from derive.reader.syntax import Factors, Fraction, Letter, Script, Scripted, Sign, Syntax, Terms
from derive.reader.tokens import refuse
from derive.reader.values import Matrix, Term, Value, as_matrix, divided

_UPRIGHT = ("d", "\\mathrm{d}")


@meaning.register
def _(value: Fraction, scope: Scope) -> Value:
    by = variable_of(value)
    if by is None:
        return divided(meaning(value.top, scope), meaning(value.bottom, scope), value.at)
    of = after_sign(value.top)
    if of is None:
        refuse(value.at, "a derivative of nothing")
    return derivative(meaning(of, scope), meaning(by, scope), scope.names, value.at)


def is_operator(value: Syntax) -> bool:
    """Whether a fraction is a sign of differentiation that waits for what follows it."""
    return isinstance(value, Fraction) and variable_of(value) is not None and after_sign(value.top) is None


def variable_of(value: Fraction) -> Syntax | None:
    """What a derivative is taken by; None for a quotient."""
    top, bottom = _sign(value.top), _sign(value.bottom)
    if top is None or top != bottom:
        return None
    return after_sign(value.bottom)


def _sign(line: Syntax) -> str | None:
    if isinstance(line, Terms):
        return _sign(line.terms[0]) if line.signs[0] == "+" else None
    head = line.factors[0] if isinstance(line, Factors) else line
    if isinstance(head, Sign):
        return head.name
    return "d" if isinstance(head, Letter) and head.text in _UPRIGHT else None


def after_sign(line: Syntax) -> Syntax | None:
    """What follows a sign of differentiation on one line of a fraction; None where nothing does."""
    if isinstance(line, Terms) and (first := after_sign(line.terms[0])) is not None:
        return Terms(line.at, line.signs, (first, *line.terms[1:]))
    if not isinstance(line, Factors):
        return None
    rest = line.factors[1:]
    return rest[0] if len(rest) == 1 else Factors(rest[0].at, line.signs[1:], rest)


def derivative(of: Value, by: Value, names: Names, at: int) -> Value:
    """The inert derivative of a number by an entry or an array; of a column by an entry or a column, their Jacobian matrix."""
    if isinstance(by, Term) and isinstance(of, Term):
        return Term(lambda: _partial(of.build(), _quantity(by.build(), names), at))
    if isinstance(by, Matrix) and isinstance(of, Term):
        return Matrix(by.rows, by.columns, lambda: _by_array(of.build(), by.build(), names, at))
    return _jacobian(as_matrix(of), as_matrix(by), at)


def _jacobian(of: Matrix, by: Matrix, at: int) -> Matrix:
    if of.is_scalar:
        return Matrix(by.rows, by.columns, lambda: Jacobian(of.build(), by.build()))
    for part in (of, by):
        part.columns.unify(absent(), at, "the derivative of an array, one column by another")
    return Matrix(of.rows, by.rows, lambda: Jacobian(of.build(), by.build()))


def _by_array(of: Expression, by: MatrixExpression, names: Names, at: int) -> MatrixExpression:
    """Of the loss, the array of its derivatives."""
    return _adjoint(by, at) if of == Entry(names.system.loss) else Jacobian(Scalar(of), by)


def _quantity(by: Expression, names: Names) -> Expression:
    """The activation of a pre-activation is the output that it gives."""
    if isinstance(by, Apply) and isinstance(by.argument, Entry):
        output = output_of(names.system, by.argument.tensor)
        if output is not None:
            return Entry(output, *by.argument.positions)
    return by


def _partial(of: Expression, by: Expression, at: int) -> Expression:
    if any(tensor.of is not None for tensor in tensors_in(of)):
        refuse(at, "a derivative of a derivative")
    if not isinstance(by, Entry | Variable):
        refuse(at, "a derivative by what is no single quantity")
    return Partial(of, by)


def _adjoint(by: MatrixExpression, at: int) -> MatrixExpression:
    if isinstance(by, Transposed):
        return Transposed(_adjoint(by.inner, at))
    if not isinstance(by, Array):
        refuse(at, "a derivative by what is no single array")
    return Array(adjoint_of(by.tensor), *by.slots)


def adjoint_of(tensor: Tensor) -> Tensor:
    """The tensor of the derivatives of the loss by ``tensor``."""
    return Tensor(f"d{tensor.name}", tensor.axes, "adjoint", tensor.layer, tensor)


def gradient(below: Script | None, of: Value, scope: Scope, at: int) -> Value:
    """``nabla_W J``."""
    if below is None or len(below.items) != 1:
        refuse(at, "expected below nabla what the derivative is taken by")
    return derivative(of, meaning(below.items[0], scope), scope.names, at)


def is_gradient(value: Syntax) -> bool:
    """Whether this is ``nabla`` with what stands below it."""
    return isinstance(value, Scripted) and value.base == Sign(value.base.at, "nabla")

"""A static check of the passes of a vectorised module: every call writes into an array that is already there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

REDUCERS = ("add_reduce", "maximum_reduce")
REDUCER_ARGUMENTS = 4
OTHER = {"copyto": 2, "erf": 5}


def allocating_line(tree: ast.Module) -> int:
    """The first line of a pass that makes an array of its own, 0 where there is none.

    A line is a call with its output as the last argument (or ``out=``), or gives a name to a number.
    """
    products = frozenset(name for function in _functions(tree) for name in _bound_products(function))
    for function in _functions(tree):
        if function.name.startswith("run_"):
            numbers: set[str] = set()
            for line in function.body:
                if not _is_fine(line, numbers, products):
                    return line.lineno
    return 0


def _functions(around: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[ast.FunctionDef]:
    """Every function that a module, its classes and its functions define, outer ones first."""
    for node in around.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _functions(node)


def _bound_products(function: ast.FunctionDef) -> Iterator[str]:
    """The names that a function gives to the products of arrays: ``W1_dot = W1.dot``."""
    for line in function.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="dot")):
                yield name


def _is_fine(line: ast.stmt, numbers: set[str], products: frozenset[str]) -> bool:
    match line:
        case ast.Return(value=ast.Name()) | ast.Pass():
            return True
        case ast.Expr(value=ast.Call() as call):
            return _writes(call, products)
        case ast.For(body=body):
            return all(_is_fine(inner, numbers, products) or isinstance(inner, ast.Assign | ast.AugAssign) for inner in body)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            if not _is_number(value, numbers, products):
                return False
            numbers.add(name)
            return True
    return False


def _writes(call: ast.Call, products: frozenset[str]) -> bool:
    given = len(call.args) + len(call.keywords)
    match call.func:
        case ast.Attribute(attr="dot"):
            return given == 2
        case ast.Name(id=name) if name in products:
            return given == 2
        case ast.Attribute(attr="fill"):
            return given == 1
        case ast.Name(id="run_forward" | "run_loss"):
            return True
        case ast.Name(id="copyto") if [keyword.arg for keyword in call.keywords] == ["where"]:
            return given == OTHER["copyto"] + 1
        case ast.Name(id=name) if name in REDUCERS:
            return given == REDUCER_ARGUMENTS
        case ast.Name(id=name) if name in OTHER:
            return given == OTHER[name]
        case ast.Name(id=name):
            function = getattr(np, name, None)
            return isinstance(function, np.ufunc) and given == function.nin + function.nout
    return False


def _is_number(value: ast.expr, numbers: set[str], products: frozenset[str]) -> bool:
    """Whether an expression is made of products of vectors, whole sums, numbers and arithmetic between them."""
    match value:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in numbers or name == "batch"
        case ast.BinOp(left=left, right=right):
            return _is_number(left, numbers, products) and _is_number(right, numbers, products)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand, numbers, products)
        case ast.Call(func=ast.Attribute(attr="dot"), args=[_]):
            return True
        case ast.Call(func=ast.Name(id=name), args=[_]) if name in products:
            return True
        case ast.Call(func=ast.Name(id=name), args=[_, ast.Constant(value=None)]) if name in REDUCERS:
            return True
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return name == "run_loss" or all(_is_number(argument, numbers, products) for argument in arguments)
    return False

"""What the text of a module may use. It is an allow-list: what emitted modules never do is refused before anything is run.

A module computes on arrays, prints its selftest, and reads and writes one file in ``save`` and ``load``, which nothing else in it calls.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

IMPORTS = frozenset(
    [
        "from __future__ import annotations",
        "from typing import NamedTuple",
        "import math",
        "import numpy as np",
        "import sys",
        "from tqdm import tqdm",
    ]
)
BUILT_IN = frozenset(dir(builtins))
BUILTINS = frozenset(
    """
    ArithmeticError Exception FloatingPointError ImportError OSError OverflowError TypeError ValueError __name__ abs all any bool callable
    complex dict enumerate float int isinstance len list max min print range repr reversed round sorted str sum tuple type zip
    """.split()  # noqa: SIM905 - reads better than thirty quotes
)
NUMPY = frozenset(
    """
    abs absolute add arange array array_equal asarray ascontiguousarray copysign copyto cos divide dtype einsum empty equal errstate exp
    exp2 expm1 eye float32 float64 full greater greater_equal integer intp isfinite less less_equal log log1p logical_and logical_not
    logical_or matmul maximum minimum multiply ndarray negative newaxis ones pi power random real reciprocal sign sin sqrt square subtract
    sum take tanh where zeros
    """.split()  # noqa: SIM905
)
MATHEMATICS = frozenset("copysign cos erf exp expm1 inf log log1p nan pi pow sin sqrt tanh".split())  # noqa: SIM905
MODULES = {"np": NUMPY, "sys": frozenset(["argv", "exit", "stderr"]), "math": MATHEMATICS}
ATTRIBUTES = frozenset(
    """
    RandomState T all any append argmax astype batch copy dot dtype dx fill files flat flat_gradients flat_parameters forward gradients get
    imag inputs input_gradients item items itemsize join keys kind loss loss_and_gradients max min ndim outer parameters permutation real
    reduce reshape set_parameters shape size step sum take tolist transpose uniform update values _asdict _fields _replace
    """.split()  # noqa: SIM905
)
NO_FIELDS = frozenset(
    """
    ag_frame base cr_frame ctypes dump dumps f_back f_builtins f_globals f_locals format format_map gi_code gi_frame mro tb_frame tofile
    """.split()  # noqa: SIM905
)
"""Attributes of Python and NumPy that reach files or other modules: no array of a network may be called so."""
STATEMENTS = (
    *(ast.AnnAssign, ast.Assert, ast.Assign, ast.AugAssign, ast.Break, ast.ClassDef, ast.Continue, ast.Expr, ast.For),
    *(ast.FunctionDef, ast.If, ast.Import, ast.ImportFrom, ast.Pass, ast.Raise, ast.Return, ast.Try, ast.With),
)
FILE_FUNCTIONS = {"save": frozenset(["open", "np.savez"]), "load": frozenset(["np.load"])}
NO_FILES: frozenset[str] = frozenset()
HARMLESS = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.Constant)
EXPRESSIONS = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
JUDGED = (ast.Name, ast.Attribute, ast.stmt, *EXPRESSIONS)
"""What may be at fault; everything else is as good as its parts."""


def fault(tree: ast.Module) -> tuple[int, str] | None:
    """The line of the first thing that is not allowed and what it is; None where everything is."""
    nodes = [node for node in _nodes(tree) if isinstance(node, JUDGED)]
    fields = {name for name in _fields(nodes) if name not in NO_FIELDS}
    bases = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    files = _files(tree)
    faults = []
    for node in nodes:
        is_base = isinstance(node, ast.Name) and node.id in MODULES and id(node) in bases
        found = "" if is_base else _fault(node, fields, files.get(id(node), NO_FILES))
        if found:
            faults.append((getattr(node, "lineno", 0), found))
    return min(faults, key=lambda fault: fault[0]) if faults else None


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """Everything in the text, level by level, but what is harmless wherever it stands."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows meanwhile
        for field in node._fields:
            part = getattr(node, field, None)
            if isinstance(part, list):
                nodes.extend([each for each in part if isinstance(each, ast.AST)])
            elif isinstance(part, ast.AST) and not isinstance(part, HARMLESS):
                nodes.append(part)
    return nodes


def _fields(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that a module gives to its arrays: fields of its named tuples, and what its classes keep to themselves."""
    for node in nodes:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.FunctionDef(name=name) if name.startswith("_") and name[1:2] != "_":
                yield name


def _files(tree: ast.Module) -> dict[int, frozenset[str]]:
    """What may be used to reach files: only by the nodes in the bodies of ``save`` and ``load``."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in FILE_FUNCTIONS]
    return {id(node): FILE_FUNCTIONS[own.name] for own in functions for line in own.body for node in ast.walk(line)}


def _fault(node: ast.AST, fields: set[str], files: frozenset[str]) -> str:
    match node:
        case ast.Name(id=name) if name in MODULES or name in FILE_FUNCTIONS:
            return f"use of {name} as a value"
        case ast.Name(id=name):
            own = (name in BUILT_IN or name.startswith("__")) and name not in BUILTINS and name not in files
            return f"use of {name}" if own else ""
        case ast.Attribute(value=ast.Name(id=base), attr=name) if base in MODULES:
            return "" if name in MODULES[base] or f"{base}.{name}" in files else f"use of {base}.{name}"
        case ast.Attribute(attr=name) if name not in ATTRIBUTES and name not in fields:
            return f"use of {name}"
        case ast.Import() | ast.ImportFrom() if ast.unparse(node) not in IMPORTS:
            names = ", ".join(alias.name for alias in node.names)
            return f"import of {names}" + (f" from {node.module}" if isinstance(node, ast.ImportFrom) else "")
        case ast.stmt() if not isinstance(node, STATEMENTS):
            return f"use of {type(node).__name__}"
    return f"use of {type(node).__name__}" if isinstance(node, EXPRESSIONS) else ""

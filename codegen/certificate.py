"""Emission refuses to return a module that does not pass these checks; the header states the bounds, never a measurement.

What was *checked*: the text parses and uses only what is allowed; every array has the module's precision; a step allocates
nothing; the module agrees with the loop form; and its gradients agree with a complex step through the literal equations.
"""

from __future__ import annotations

import ast
import io
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from codegen import allow_list
from codegen.calls import allocating_line

LARGEST_GROWTH = 1024
BOUNDS = {"float64": 1e-12, "float32": 1e-4}


class CertificateError(Exception):
    """A module that must not be written; the message says which check failed."""


def statement(dtype: str, full_size: bool, allocates_nothing: bool = True, extra: Sequence[str] = ()) -> str:
    """The certificate in words, for the header; ``extra`` is what is checked of this kind of module only."""
    bound = f"{BOUNDS[dtype]:.0e}".replace("e-0", "e-")
    where = "" if full_size else " (same equations, smaller axes)"
    return "\n".join(
        [
            "checked when written, and by --selftest:",
            f"loss and gradients against the equations as loops < {bound}{where}",
            f"gradients against complex steps < {bound}{where}",
            *(f"{line} < {bound}{where}" for line in extra),
            f"every array {dtype}" + ("; a step allocates < 1 KiB" if allocates_nothing else ""),
        ]
    )


def check_text(text: str) -> ast.Module:
    """What the text says, parsed. Raise CertificateError unless it parses and holds only what is allowed."""
    try:
        tree = ast.parse(text, feature_version=(3, 9))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # a NUL; nested beyond what Python reads
        raise CertificateError(f"the module does not parse: {error or type(error).__name__}") from error
    found = allow_list.fault(tree)
    if found:
        raise CertificateError(f"line {found[0]}: {found[1]}")
    return tree


def loaded(source: str | ast.Module) -> ModuleType:
    """An emitted module, text or parsed, run."""
    module = ModuleType("emitted")
    exec(compile(source, "emitted", "exec"), module.__dict__)
    return module


def check_arrays(module: ModuleType, batch: int = 3) -> None:
    """Raise CertificateError unless every array of a workspace has the module's precision (or holds truths)."""
    workspace = module.Workspace(batch)
    passes = (workspace._forward, workspace._loss, workspace._step)
    check_precision(module, passes, (*workspace.parameters, *workspace.gradients))


def check_precision(module: ModuleType, passes: Iterable[FunctionType], arrays: Iterable[Any]) -> None:
    """Raise CertificateError unless ``arrays``, and those that the passes hold, have the module's precision (or hold truths)."""
    cells = [cell for function in passes for cell in function.__closure__ or ()]
    held = [value for cell in cells for value in _arrays(cell)]
    for array in (*held, *arrays):
        if array.dtype not in (np.dtype(module.DTYPE), np.dtype(bool)):
            raise CertificateError(f"an array of shape {array.shape} is {array.dtype}, not {np.dtype(module.DTYPE)}")


def _arrays(cell: CellType) -> list[Any]:
    """The arrays that a pass holds, also as the owner of a method such as ``dot``."""
    content = cell.cell_contents
    held = content if isinstance(content, list) else [content]
    owners = (value if isinstance(value, np.ndarray) else getattr(value, "__self__", None) for value in held)
    return [owner for owner in owners if isinstance(owner, np.ndarray)]


def check_allocation(tree: ast.Module, module: ModuleType, batch: int = 16) -> None:
    """Raise CertificateError if a step allocates: no line may make an array, and nothing may be left behind.

    NumPy's own buffers for spread operands, which it returns at once, are not counted.
    """
    workspace = module.Workspace(batch)
    parameters, x, t = module._random_point(batch)
    workspace.set_parameters(parameters)
    check_growth(tree, lambda: workspace.step(x, t))


def check_growth(tree: ast.Module, step: Callable[[], Any]) -> None:
    """Raise CertificateError if a line of the module allocates an array, or if ``step`` leaves memory behind."""
    line = allocating_line(tree)
    if line:
        raise CertificateError(f"line {line} allocates")
    check_left_behind(step)


def check_left_behind(step: Callable[[], Any]) -> None:
    """Raise CertificateError if ``step`` leaves memory behind, three times."""
    for _ in range(3):
        growth = _growth(step)
        if growth < LARGEST_GROWTH:
            return
    raise CertificateError(f"a step allocates {growth} bytes")


def _growth(step: Callable[[], Any]) -> int:
    step()
    tracemalloc.start()
    try:
        step()
        before = tracemalloc.get_traced_memory()[0]
        step()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def check_selftest(module: ModuleType) -> None:
    """Raise CertificateError unless the module's own checks pass."""
    said = io.StringIO()
    try:
        with redirect_stdout(said), np.errstate(all="ignore"):
            passed = module.selftest()
    except ArithmeticError as error:
        raise CertificateError(f"selftest: not finite at large inputs: {error}") from error
    except (ValueError, TypeError, LookupError, NameError, AttributeError) as error:
        raise CertificateError(f"selftest: stops with {type(error).__name__}: {error}") from error
    if not passed:
        failed = [line for line in said.getvalue().splitlines() if line.startswith("FAIL")]
        raise CertificateError(f"selftest: {failed[0] if failed else 'failed'}")


def check_agreement(module: ModuleType, loops: ModuleType, batch: int = 3, largest: float = 50.0) -> None:
    """Raise CertificateError unless loss and gradients are those of the loop form, also at large inputs, where everything saturates."""
    bound = BOUNDS[np.dtype(module.DTYPE).name]
    parameters, x, t = module._random_point(batch)
    for scale in dict.fromkeys((1.0, largest)):
        inputs = (scale * x).astype(module.DTYPE)
        with np.errstate(all="ignore"):
            check_values(_named(module, parameters, inputs, t), _named(loops, parameters, inputs, t), bound)


def check_values(own: Mapping[str, Any], reference: Mapping[str, Any], bound: float) -> None:
    """Raise CertificateError where a named value differs from its reference."""
    for name, value in own.items():
        error = float(np.max(np.abs(value - reference[name]))) / max(1.0, float(np.max(np.abs(reference[name]))))
        if not error < bound:
            raise CertificateError(f"{name} differs from the loop form by {error:.1e}")


def _named(module: ModuleType, parameters: Any, x: Any, t: Any) -> dict[str, Any]:
    """Loss, output and every gradient, also of x where the module has it."""
    cost, gradients = module.loss_and_gradients(parameters, x, t)
    found = {"loss": np.asarray(cost), "output": module.forward(parameters, x), **gradients._asdict()}
    if hasattr(module, "loss_gradients_and_dx"):
        found["dx"] = module.loss_gradients_and_dx(parameters, x, t)[2]
    return found

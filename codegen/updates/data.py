"""What a module trains on: patterns x and t of a network of layers, or the inputs of an equation file. Ready for templates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Data:
    """How ``train`` takes its patterns.

    ``arguments`` are those of ``train`` beside parameters, ``said`` what its docstring says of them and ``batch`` the declaration of
    ``batch``; ``checked`` are the lines that check them, ``names`` what is trained on then, ``listed`` how that is declared and ``counted``
    what has as many elements as there are patterns. ``validation`` is what that argument is and ``judged`` its loss. ``given`` and
    ``lists`` are one pattern or several in the selftest, as arrays and as floats. ``vectors`` and ``numbers`` are the templates of the
    gradient over some rows, on vectors and on floats.
    """

    arguments: tuple[str, ...]
    said: tuple[str, ...]
    batch: str
    checked: tuple[str, ...]
    names: str
    listed: tuple[str, ...]
    counted: str
    validation: str
    judged: str
    given: str
    lists: str
    vectors: str
    numbers: str


OF_LAYERS = Data(
    arguments=("x: np.ndarray", "t: np.ndarray"),
    said=(),
    batch="int",
    checked=("x = _checked_x(x)", "t = _checked_t(t, len(x))"),
    names="x, t",
    listed=("x: np.ndarray", "t: np.ndarray"),
    counted="x",
    validation="(x, t)",
    judged="loss(_rounded(present), *validation)",
    given="x, t",
    lists="x.tolist(), t.tolist()",
    vectors="module/gradient_of_rows.py.j2",
    numbers="python_scalar/gradient_of_rows.py.j2",
)
OF_EQUATIONS = Data(
    arguments=("inputs: Inputs",),
    said=(
        "    ``inputs`` are those of one pattern, or of many, each array with an axis of patterns",
        "    in front; a step takes the mean of loss and gradients over its patterns. Of one",
        "    pattern every step takes all there is, and nothing is shuffled.",
        "",
    ),
    batch="int = 1",
    checked=("given = _patterns(inputs)", "judged_on = None if validation is None else _patterns(validation)"),
    names="given",
    listed=("patterns: list",),
    counted="given",
    validation="inputs",
    judged="_mean_loss(_rounded(present), judged_on)",
    given="inputs",
    lists="[value.tolist() for value in inputs]",
    vectors="system/gradient_of_rows.py.j2",
    numbers="system/scalar_gradient_of_rows.py.j2",
)

"""What can go wrong when a formula in LaTeX is edited: every single change of a sign, index, factor, transpose, function or number."""

from __future__ import annotations

import re
from collections.abc import Iterator

Edit = tuple[str, str]

_REPLACED = (
    ("sign flipped", " + ", " - "),
    ("sign flipped", " - ", " + "),
    ("transpose dropped", r"^{\top}", ""),
    ("function instead of derivative", r"'(", "("),
    ("entry-by-entry product dropped", r" \odot ", r"\,"),
    ("comparison turned", ">0", "<0"),
    ("layer above", "^{l+1}", "^l"),
    ("layer below", "^{l-1}", "^l"),
    ("another number", r"\tfrac{1}{2}", r"\tfrac{1}{3}"),
    ("square dropped", ")^2", ")"),
    ("average dropped", r"\frac{1}{N}", ""),
)


def edits(formula: str) -> Iterator[Edit]:
    """Each wrong version of the right side of a row, with what was done to it."""
    start = formula.index("&=") + 2 if "&=" in formula else 0
    left, right = formula[:start], formula[start:]
    for name, old, new in _REPLACED:
        for match in re.finditer(re.escape(old), right):
            yield name, f"{left}{right[: match.start()]}{new}{right[match.end() :]}"
    yield "sign flipped", f"{left} -({right})"
    yield "factor added", f"{left} 2\\,({right})"
    for match in re.finditer(r"_\{([a-z])([a-z])\}", right):
        yield "indices exchanged", f"{left}{right[: match.start()]}_{{{match[2]}{match[1]}}}{right[match.end() :]}"
    for match in re.finditer(r"(?<!sum)_([jkpq])", right):
        other = "k" if match[1] == "j" else "j"
        yield "another index", f"{left}{right[: match.start()]}_{other}{right[match.end() :]}"
    pieces = right.split(r"\,")
    for place in range(len(pieces)):
        rest = r"\,".join([*pieces[:place], *pieces[place + 1 :]])
        if len(pieces) > 1 and all(rest.count(opening) == rest.count(closing) for opening, closing in ("()", "{}", "[]")):
            yield "factor dropped", left + rest
    for old, new in (("a_", "z_"), ("z_", "a_"), ("y_", "a_"), (r"\delta", "a"), ("W^", "b^"), ("a^", "z^")):
        for match in re.finditer(r"(?<![a-z\\])" + re.escape(old), right):
            yield "another symbol", f"{left}{right[: match.start()]}{new}{right[match.end() :]}"

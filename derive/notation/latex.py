"""Layouts as LaTeX that both KaTeX in strict mode and pdfLaTeX with amsmath and amssymb accept."""

from __future__ import annotations

import re

from derive.notation.layout import (
    GREEK,
    Accented,
    Big,
    Box,
    Branches,
    Digits,
    Edge,
    Fenced,
    Fraction,
    Gap,
    Grid,
    Layout,
    Macro,
    Named,
    Root,
    Row,
    Scripts,
    Sign,
    Symbol,
    Words,
)

_SIGNS = {
    "cdot": r"\cdot",
    "odot": r"\odot",
    "circ": r"\circ",
    "times": r"\times",
    "oslash": r"\oslash",
    "<=": r"\le",
    ">=": r"\ge",
    "!=": r"\ne",
    "approx": r"\approx",
    "leftarrow": r"\leftarrow",
    "in": r"\in",
    "dots": r"\dots",
    "vdots": r"\vdots",
    "top": r"\top",
    "square": r"\square",
}
_PLAIN_SIGNS = ("+", "-", "=", "<", ">", ",", "(", ")", "[", "]", ":", ";", "/", ".", "|")
_STYLES = {"italic": "mathit", "upright": "mathrm", "bold": "mathbf", "calligraphic": "mathcal", "double-struck": "mathbb"}
_OPERATORS = ("log", "tanh", "sin", "cos", "exp", "max", "min", "tan", "cosh", "sinh")
_GAPS = {"thin": r"\,", "medium": r"\;", "quad": r"\quad "}
_BETWEEN = (
    *("=", "<", ">", r"\le", r"\ge", r"\ne", "+", "-", r"\cdot", r"\odot", r"\circ", r"\oslash", r"\approx"),
    *(r"\leftarrow", r"\in", r"\times"),
)
_SIZES = ("", "big", "Big", "bigg")
_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "|": (r"\lvert", r"\rvert"), "norm": (r"\lVert", r"\rVert"), "{": (r"\{", r"\}")}
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "`": r"\textasciigrave{}",
    "'": "'",
    '"': r"\textquotedbl{}",
}


def is_plain(letter: str) -> bool:
    """Whether LaTeX has a character: printable ASCII, an accented Latin letter, or a space at which no line ends."""
    return " " <= letter <= "~" or letter == "\u00a0" or ("\u00c0" <= letter <= "\u017f" and letter.isalpha())


def escape_latex(text: str) -> str:
    """``text`` so that LaTeX shows it as it is; letters that it does not have become question marks."""
    return "".join(_SPECIAL.get(c, c if is_plain(c) else "?") for c in text)


def escape_math_text(text: str) -> str:
    """``text`` for the inside of a text in a formula, where KaTeX knows fewer commands than LaTeX."""
    plain = "".join(c if is_plain(c) else "?" for c in text)
    return "".join(_SPECIAL[c] if c in "{}$&#%_" else " " if c in "\\^~\u00a0" else c for c in plain)


def to_latex(item: Layout) -> str:
    """The LaTeX of a layout, for math mode.

    Raises ``TypeError``: not a layout.
    """
    match item:
        case Row(parts):
            return _join([to_latex(part) for part in parts])
        case Symbol(name, style):
            return _symbol(name, style)
        case Digits(digits):
            return digits
        case Sign(name):
            return _sign(name)
        case Named(name):
            return f"\\{name}" if name in _OPERATORS else f"\\operatorname{{{escape_math_text(name)}}}"
        case Words(text):
            return f"\\text{{{escape_math_text(text)}}}"
        case Gap(width):
            return _GAPS[width]
        case Scripts():
            return _scripts(item)
        case Fraction(top, bottom, small):
            return f"\\{'tfrac' if small else 'frac'}{{{to_latex(top)}}}{{{to_latex(bottom)}}}"
        case Root(body):
            return f"\\sqrt{{{to_latex(body)}}}"
        case Big(name, below, above):
            under = f"_{{{_compact(to_latex(below))}}}" if below is not None else ""
            over = f"^{{{_compact(to_latex(above))}}}" if above is not None else ""
            return f"\\{name}{under}{over}" if under or over else f"\\{name}"
        case Fenced():
            return _fenced(item)
        case Edge(fence, size):
            return f"\\{_SIZES[size]}{'l' if fence == '(' else 'r'}{fence}" if size else fence
        case Branches(rows):
            lines = r" \\ ".join(f"{to_latex(value)} & {to_latex(condition)}" for value, condition in rows)
            return f"\\begin{{cases}} {lines} \\end{{cases}}"
        case Grid(rows):
            tall = any(isinstance(cell, Fraction) for cells in rows for cell in cells)
            space = r" \\[4pt] " if tall else r" \\[2pt] " if any(_is_tall(cell) for cells in rows for cell in cells) else r" \\ "
            lines = space.join(" & ".join(to_latex(cell) for cell in cells) for cells in rows)
            return f"\\begin{{bmatrix}} {lines} \\end{{bmatrix}}"
        case Macro(command, _):
            return f"\\{command}"
        case Box(body):
            return f"\\boxed{{{to_latex(body)}}}"
        case Accented(body, accent):
            return f"\\{accent}{{{to_latex(body)}}}"
    raise TypeError(f"no LaTeX for {type(item).__name__}")


def _join(pieces: list[str]) -> str:
    """Pieces side by side; a space ends a command before a letter and stands round signs between two things, for the eye."""
    text = ""
    for piece in pieces:
        if piece in _BETWEEN and text and not (piece in ("+", "-") and _opens(text)):
            text = f"{text.rstrip(' ')} {piece} "
        elif _ENDS_IN_COMMAND.search(text) and piece[:1].isalpha():
            text = f"{text} {piece}"
        else:
            text += piece
    return text.strip(" ") if text.strip(" ") else text


def _is_tall(cell: Layout) -> bool:
    """Whether a letter in a cell has scripts above and below."""
    parts = cell.parts if isinstance(cell, Row) else (cell,)
    return any(isinstance(part, Scripts) and part.above is not None and part.below is not None for part in parts)


def _opens(text: str) -> bool:
    """Whether a sign after ``text`` is the sign of what follows, not one between two things."""
    return text.endswith((" ", "(", "[", ","))


def _symbol(name: str, style: str) -> str:
    if name in ("partial", "nabla"):
        return f"\\{name}"
    if name in GREEK:
        return f"\\{name}" if style in ("italic", "upright") else f"\\boldsymbol{{\\{name}}}"
    if style == "italic" and len(name) == 1:
        return name
    return f"\\{_STYLES[style]}{{{escape_math_text(name)}}}"


def _sign(name: str) -> str:
    if name in _SIGNS:
        return _SIGNS[name]
    if name in _PLAIN_SIGNS:
        return name
    raise TypeError(f"no LaTeX for the sign {name!r}")


def _scripts(item: Scripts) -> str:
    base = to_latex(item.base)
    ends_in_fence = isinstance(item.base, Row) and isinstance(item.base.parts[-1], Fenced)
    if isinstance(item.base, Scripts | Row | Big) and not ends_in_fence:
        base = f"{{{base}}}"
    below = f"_{_script(item.below)}" if item.below is not None else ""
    above = f"^{_script(item.above)}" if item.above is not None else ""
    return f"{base}{below}{chr(39) * item.primes}{above}"


def _compact(text: str) -> str:
    """Signs without the spaces that are there for the eye, as long as no words stand in ``text``."""
    return text if "\\text" in text else re.sub(r" ([-+=<>]) ", r"\1", text)


def _script(item: Layout) -> str:
    text = _compact(to_latex(item))
    return text if len(text) == 1 else f"{{{text}}}"


def _fenced(item: Fenced) -> str:
    left, right = _FENCES[item.fence]
    size = _SIZES[item.size]
    body = _compact(to_latex(item.body)) if item.fence == "[" else to_latex(item.body)
    opening, closing = (f"\\{size}l{left}", f"\\{size}r{right}") if size else (left, right)
    return _join([opening, body, closing]) if item.fence in ("|", "norm") else f"{opening}{body}{closing}"

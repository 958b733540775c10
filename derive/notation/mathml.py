"""Layouts as presentation MathML, within what Chromium lays out (MathML Core)."""

from __future__ import annotations

from html import escape

from derive.notation.latex import to_latex
from derive.notation.layout import (
    GREEK,
    Accented,
    Argument,
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
    row,
)

_LOWER_GREEK = dict(zip(GREEK[:23], "αβγδϵζηθικλμνξπρστυϕχψω", strict=True))
_UPPER_GREEK = dict(zip(GREEK[23:], "ΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_SIGNS = {
    "-": "−",
    "cdot": "⋅",
    "odot": "⊙",
    "circ": "∘",
    "times": "×",
    "oslash": "⊘",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "approx": "≈",
    "leftarrow": "←",
    "in": "∈",
    "dots": "…",
    "vdots": "⋮",
    "top": "⊤",
    "square": "□",
}
_BEFORE_A_PREFIX = ("=", "approx", "<", ">", "<=", ">=", "!=", "leftarrow", "(", ",", "cdot")
_GAPS = {"thin": "0.167em", "medium": "0.278em", "quad": "1em"}
_SIZES = ("", "1.2em", "1.8em", "2.4em")
_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "|": ("|", "|"), "norm": ("‖", "‖"), "{": ("{", "}")}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "vec": "→"}
_SCRIPT_EXCEPTIONS = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
_STRUCK_EXCEPTIONS = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}


def to_mathml(item: Layout, *, display: bool = False, relation: str | None = None) -> str:
    """A whole ``math`` element, with the LaTeX as annotation so that the formula can be copied; ``relation`` stands before it."""
    mode = ' display="block"' if display else ""
    if relation is None:
        body, tex = _group(item), to_latex(item)
    else:
        body = f'<mrow><mo form="infix">{escape(_SIGNS.get(relation, relation))}</mo>{mathml_of(item)}</mrow>'
        tex = to_latex(row(Sign(relation), item))
    annotation = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    return f"<math{mode}><semantics>{body}{annotation}</semantics></math>"


def _group(item: Layout) -> str:
    text = mathml_of(item)
    return text if isinstance(item, Row) else f"<mrow>{text}</mrow>"


def mathml_of(item: Layout) -> str:
    """The MathML of a layout, one element.

    Raises ``TypeError``: not a layout.
    """
    match item:
        case Row(parts):
            return f"<mrow>{_parts(parts)}</mrow>"
        case Symbol(name, style):
            return _symbol(name, style)
        case Digits(digits):
            return f"<mn>{digits}</mn>"
        case Sign(name):
            return _sign(name)
        case Named(name):
            return f"<mi>{escape(name)}</mi>"
        case Words(text):
            return f"<mtext>{_text(text)}</mtext>"
        case Gap(width):
            return f'<mspace width="{_GAPS[width]}"/>'
        case Scripts():
            return _scripts(item)
        case Fraction(top, bottom, small):
            fraction = f"<mfrac>{_group(top)}{_group(bottom)}</mfrac>"
            return f'<mstyle displaystyle="false">{fraction}</mstyle>' if small else fraction
        case Root(body):
            return f"<msqrt>{mathml_of(body)}</msqrt>"
        case Big():
            return _big(item)
        case Fenced():
            return _fenced(item)
        case Edge(fence, size):
            return f'<mo form="{"prefix" if fence == "(" else "postfix"}" fence="true"{_tall(size)}>{fence}</mo>'
        case Branches(rows):
            return f'<mrow><mo form="prefix" fence="true" stretchy="true">{{</mo>{_table(rows, "cases")}</mrow>'
        case Grid(rows):
            fences = ('<mo form="prefix" fence="true" stretchy="true">[</mo>', '<mo form="postfix" fence="true" stretchy="true">]</mo>')
            return f"<mrow>{fences[0]}{_table(rows, 'matrix')}{fences[1]}</mrow>"
        case Macro(_, body):
            return mathml_of(body)
        case Box(body):
            return f'<mrow class="box">{mathml_of(body)}</mrow>'
        case Accented(body, accent):
            stretchy = ' stretchy="false"'
            return f'<mover accent="true">{mathml_of(body)}<mo{stretchy}>{_ACCENTS[accent]}</mo></mover>'
    raise TypeError(f"no MathML for {type(item).__name__}")


def _parts(parts: tuple[Layout, ...]) -> str:
    pieces: list[str] = []
    for number, part in enumerate(parts):
        if isinstance(part, Argument) and number:
            pieces.append("<mo>&#x2061;</mo>")
        before = parts[number - 1] if number else None
        is_prefix = part == Sign("-") and isinstance(before, Sign) and before.name in _BEFORE_A_PREFIX
        pieces.append('<mo form="prefix">−</mo>' if is_prefix else mathml_of(part))
    return "".join(pieces)


def _table(rows: tuple[tuple[Layout, ...], ...], kind: str) -> str:
    lines = "".join(f"<mtr>{''.join(f'<mtd>{mathml_of(cell)}</mtd>' for cell in cells)}</mtr>" for cells in rows)
    return f'<mtable class="{kind}">{lines}</mtable>'


def _symbol(name: str, style: str) -> str:
    if name == "nabla":
        return '<mi mathvariant="normal">∇</mi>'
    if name == "partial":
        return "<mi>∂</mi>"
    if name in _UPPER_GREEK:
        return f'<mi mathvariant="normal">{_UPPER_GREEK[name]}</mi>'
    text = _LOWER_GREEK.get(name, name)
    if style == "bold":
        return f'<mi mathvariant="normal">{"".join(map(_bold, text))}</mi>'
    if style in ("calligraphic", "double-struck"):
        return f'<mi mathvariant="normal">{"".join(_script(c) if style == "calligraphic" else _struck(c) for c in text)}</mi>'
    if style == "upright" and len(text) == 1:
        return f'<mi mathvariant="normal">{escape(text)}</mi>'
    if style == "italic" and len(text) > 1:
        return f'<mi class="word">{escape(text)}</mi>'
    return f"<mi>{escape(text)}</mi>"


def _bold(letter: str) -> str:
    if letter.isascii() and letter.isdigit():
        return chr(0x1D7CE + int(letter))
    if "A" <= letter <= "Z":
        return chr(0x1D400 + ord(letter) - ord("A"))
    return chr(0x1D41A + ord(letter) - ord("a")) if "a" <= letter <= "z" else letter


def _script(letter: str) -> str:
    return _SCRIPT_EXCEPTIONS.get(letter, chr(0x1D49C + ord(letter) - ord("A"))) if "A" <= letter <= "Z" else letter


def _struck(letter: str) -> str:
    return _STRUCK_EXCEPTIONS.get(letter, chr(0x1D538 + ord(letter) - ord("A"))) if "A" <= letter <= "Z" else letter


def _sign(name: str) -> str:
    shown = escape(_SIGNS.get(name, name))
    if name in ("(", ")", "[", "]", "|"):
        return f'<mo stretchy="false">{shown}</mo>'
    if name in ("top", "dots", "vdots", "square"):
        return f'<mi mathvariant="normal">{shown}</mi>'
    return f"<mo>{shown}</mo>"


def _tall(size: int) -> str:
    return f' minsize="{_SIZES[size]}" maxsize="{_SIZES[size]}"' if size else ' stretchy="false"'


def _fenced(item: Fenced, raised: str = "") -> str:
    """A group; what is raised stands at its closing fence, not above the whole, unless the fence grows with the whole."""
    left, right = _FENCES[item.fence]
    tall = _tall(item.size)
    opening = f'<mo form="prefix" fence="true" lspace="0" rspace="0"{tall}>{left}</mo>'
    closing = f'<mo form="postfix" fence="true" lspace="0" rspace="0"{tall}>{right}</mo>'
    if raised and item.size:
        return f"<msup><mrow>{opening}{mathml_of(item.body)}{closing}</mrow>{raised}</msup>"
    return f"<mrow>{opening}{mathml_of(item.body)}{f'<msup>{closing}{raised}</msup>' if raised else closing}</mrow>"


def _scripts(item: Scripts) -> str:
    if isinstance(item.base, Fenced) and item.below is None and item.above is not None and not item.primes:
        return _fenced(item.base, mathml_of(item.above))
    base = mathml_of(item.base)
    above = mathml_of(item.above) if item.above is not None else ""
    if item.primes:
        primes = f'<mo lspace="0" rspace="0">{"′" * item.primes}</mo>'
        above = f"<mrow>{primes}{above}</mrow>" if above else primes
    if item.below is None:
        return f"<msup>{base}{above}</msup>" if above else base
    below = mathml_of(item.below)
    return f"<msubsup>{base}{below}{above}</msubsup>" if above else f"<msub>{base}{below}</msub>"


def _big(item: Big) -> str:
    sign = (
        '<mo movablelimits="true">∑</mo>' if item.name == "sum" else f'<mo form="prefix" movablelimits="true" lspace="0">{item.name}</mo>'
    )
    below = mathml_of(item.below) if item.below is not None else ""
    above = mathml_of(item.above) if item.above is not None else ""
    if below and above:
        return f"<munderover>{sign}{below}{above}</munderover>"
    return f"<munder>{sign}{below}</munder>" if below else f"<mover>{sign}{above}</mover>" if above else sign


def _text(text: str) -> str:
    """Spaces at the ends of a text would be dropped by MathML."""
    return escape(text).replace(" ", "&#xa0;")

"""The keys of a notation file, and what each of them may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derive.errors import quoted
from derive.functions.losses import loss_names
from derive.notation.layout import ACCENTS, GREEK, STYLES, Accented, Layout, Scripts, Symbol
from derive.notation.places import Source

ROLES = ("input", "target", "weight", "bias", "pre_activation", "output", "loss", "total_loss", "delta")
SIGNED_ROLES = ("negative_delta", "negative_adjoint", "step")
"""Roles of minus a derivative, which a notation with negative deltas displays."""

FORMS = ("symbols", "matrices", "batch")
PLACES_OF_LAYERS = 3
_LONGEST, _LONGEST_TITLE = 40, 80

Check = Callable[[Any, str, Source], Any]
"""What a value is: the checked value; raises ``InputError`` naming the key, what came and what was expected."""


def one_of(*choices: str) -> Check:
    """One of some words."""

    def check(value: Any, key: str, source: Source) -> str:
        if not isinstance(value, str) or value not in choices:
            raise source.refuse(key, f"{key} must be one of {', '.join(map(repr, choices))}, got {quoted(value)}")
        return value

    return check


def name(value: Any, key: str, source: Source) -> str:
    """Letters: ``w``, ``delta``, ``net``."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST or not (value.isascii() and value.isalnum() and value[0].isalpha()):
        raise source.refuse(key, f"{key}: expected letters, such as 'w' or 'delta', got {quoted(value)}")
    return value


def optional_name(value: Any, key: str, source: Source) -> str:
    """Letters, or nothing."""
    return "" if value == "" else name(value, key, source)


def title(value: Any, key: str, source: Source) -> str:
    """A short text."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TITLE:
        raise source.refuse(key, f"{key} must be a short text, got {quoted(value)}")
    return value


def flag(value: Any, key: str, source: Source) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise source.refuse(key, f"{key} must be true or false, got {quoted(value)}")
    return value


def first_number(value: Any, key: str, source: Source) -> int:
    """The number of the first layer."""
    if isinstance(value, bool) or value not in (0, 1):
        raise source.refuse(key, f"{key} must be 0 or 1, got {quoted(value)}")
    return int(value)


def symbol(value: Any, key: str, source: Source) -> Layout:
    """A letter, or a table of a letter and what it wears."""
    if not isinstance(value, dict):
        return Symbol(name(value, key, source))
    for own in value:
        if own not in ("letter", "accent", "style", "below"):
            raise source.refuse(key, f"{key}: unknown key {quoted(own)}; known: letter, accent, style, below")
    style, accent, below = value.get("style", "italic"), value.get("accent"), value.get("below")
    if style not in STYLES:
        raise source.refuse(key, f"{key}: style must be one of {', '.join(STYLES)}, got {quoted(style)}")
    if accent is not None and accent not in ACCENTS:
        raise source.refuse(key, f"{key}: accent must be one of {', '.join(ACCENTS)}, got {quoted(accent)}")
    base: Layout = Symbol(name(value.get("letter"), key, source), style)
    if accent is not None:
        base = Accented(base, accent)
    if below is None:
        return base
    word = name(below, key, source)
    return Scripts(base, Symbol(word, "italic" if len(word) == 1 or word in GREEK else "upright"))


def letters(value: Any, key: str, source: Source) -> tuple[str, ...]:
    """Different single letters, Greek ones by their names."""
    found = _list(value, key, source)
    for letter in found:
        if not _is_letter(letter):
            raise source.refuse(key, f"{key}: expected single letters or names of Greek letters, got {quoted(letter)}")
    if len(set(found)) != len(found):
        raise source.refuse(key, f"{key}: a letter stands twice")
    return tuple(found)


def some_letters(value: Any, key: str, source: Source) -> tuple[str, ...]:
    """At least one letter."""
    found = letters(value, key, source)
    if not found:
        raise source.refuse(key, f"{key}: expected a list of letters, got {quoted(value)}")
    return found


def number_of_letters(*counts: int) -> Check:
    """So many letters."""

    def check(value: Any, key: str, source: Source) -> tuple[str, ...]:
        found = letters(value, key, source)
        if len(found) not in counts:
            raise source.refuse(key, f"{key}: expected {' or '.join(map(str, counts))} letters, got {len(found)}")
        return found

    return check


def primed_letters(value: Any, key: str, source: Source) -> tuple[str, ...]:
    """Letters, each of which may have a prime."""
    found = _list(value, key, source)
    for letter in found:
        if not isinstance(letter, str) or not _is_letter(letter.removesuffix("'")):
            raise source.refuse(key, f"{key}: expected letters, each with a prime or without, got {quoted(letter)}")
    if len(found) not in (0, PLACES_OF_LAYERS):
        raise source.refuse(key, f"{key}: expected 0 or {PLACES_OF_LAYERS} letters, got {len(found)}")
    return tuple(found)


def symbols(value: Any, key: str, source: Source) -> tuple[Layout, ...]:
    """Three symbols, or none."""
    found = tuple(symbol(item, key, source) for item in _list(value, key, source))
    if len(found) not in (0, PLACES_OF_LAYERS):
        raise source.refuse(key, f"{key}: expected 0 or {PLACES_OF_LAYERS} symbols, got {len(found)}")
    if len(set(found)) != len(found):
        raise source.refuse(key, f"{key}: a symbol stands twice")
    return found


def _list(value: Any, key: str, source: Source) -> list[Any]:
    if not isinstance(value, list):
        raise source.refuse(key, f"{key}: expected a list of letters, got {quoted(value)}")
    return value


def _is_letter(value: Any) -> bool:
    return isinstance(value, str) and (value in GREEK or (len(value) == 1 and value.isascii() and value.isalpha()))


def loss_name(value: Any, key: str, source: Source) -> str:
    """A loss that exists."""
    if value not in loss_names():
        raise source.refuse(key, f"{key} must be one of {', '.join(loss_names())}, got {quoted(value)}")
    return str(value)


TABLES: Mapping[str, Mapping[str, Check]] = {
    "specification": {"loss": loss_name, "batch_reduction": one_of("mean", "sum", "none"), "bias": flag},
    "symbols": dict.fromkeys((*ROLES, "rate", "step", "parameter"), symbol),
    "matrices": dict.fromkeys(ROLES, symbol),
    "batch": dict.fromkeys(ROLES, symbol),
    "whole": {"output": optional_name, "loss": optional_name},
    "chain_rule": {"form": one_of("values", "composition", "operator"), "functions": number_of_letters(2), "values": number_of_letters(3)},
    "layers": {
        "mark": one_of("superscript", "parenthesised", "letters", "none"),
        "letters": letters,
        "first": first_number,
        "general": name,
        "last": name,
        "input": one_of("input", "output"),
    },
    "indices": {"units": some_letters, "pattern": some_letters, "weight": one_of("to,from", "from,to"), "separator": one_of("", ",")},
    "roles": {
        "letters": number_of_letters(0, PLACES_OF_LAYERS),
        "outputs": symbols,
        "three_layers": flag,
        "generic": number_of_letters(0, 2),
        "bound": primed_letters,
    },
    "sizes": {"layer": name, "batch": name, "outputs": optional_name, "index": one_of("layer", "letter")},
    "patterns": {"mark": one_of("superscript", "subscript", "none"), "on": one_of("values", "loss")},
    "order": {
        "pre_activation": one_of("weight,value", "value,weight"),
        "chain": one_of("loss,local", "local,loss"),
        "gradient": one_of("value,delta", "delta,value"),
        "residual": one_of("output,target", "target,output"),
        "bias": one_of("last", "first"),
    },
    "style": {
        "derivation": one_of("aligned", "prose", "numbered", "replayed", "boxed"),
        "route": one_of("delta-first", "expand-then-name"),
        "delta_sign": one_of("positive", "negative"),
        "derivative": one_of("prime", "output"),
        "loss_derivative": one_of("kept", "inserted"),
        "hidden_delta": one_of("inside", "outside"),
        "gradient": one_of("partial", "nabla", "mixed", "step"),
        "product": one_of("none", "dot"),
        "bias": one_of("vector", "column"),
        "samples": one_of("rows", "columns"),
        "sum_limits": one_of("none", "always", "outputs", "loss"),
        "update": one_of("arrow", "time", "new", "none"),
        "update_by": one_of("gradient", "delta"),
    },
    "activation": {"name": one_of("own", "layer", "unit", "role"), "letter": name, "output": name, "hidden": name, "argument": name},
}
FREE_TABLES = ("functions", "macros")
"""Tables with any names as keys, each with letters as value."""

_TEX = """
above abovedisplayskip advance afterassignment aftergroup batchmode begin begingroup bf big bigg bigl bigr box boxed bgroup catcode
cc char chardef closein closeout copy count cr csname dagger day def dimen directlua displaystyle divide document dots dp edef
egroup else end endcsname endgroup endinput ensuremath errmessage errorstopmode escapechar everymath expandafter fi font frac
futurelet gdef global halign hat hbox hfill hrule hsize hskip ht if ifcase ifeof ifnum ifx ignorespaces immediate in include indent
input inputlineno insert it jobname kern language lastbox left let limits loop lower lowercase lvert make mark mathbb mathbf mathcal
mathchar mathit mathop mathrm max medskip message min month multiply newcommand newcount newlength newread newwrite next noalign
noexpand noindent nonstopmode nu number omit openin openout operatorname or over overline par parshape partial pdfoutput penalty pi
prime protect providecommand psi quad raise read relax renewcommand repeat right rm romannumeral rvert scriptstyle scrollmode setbox
shellescape show sp space special sqrt string sum tag tau text tfrac the tilde times to toks top tracingall uppercase valign vbox
vdots vec vert vrule vskip vtop wd write xdef xi year zeta
IfFileExists ShellEscape accent char closein detokenize discretionary errhelp fam fileline font graphicspath href hyphenation hypersetup
includegraphics includeonly interactionmode leaders lineskip listfiles makeatletter makeatother mag message meaning mskip muskip
noboundary output parskip patterns protected read readline scantokens scrollmode skip showtokens tabskip typein typeout unexpanded unless
unhbox unhcopy unvbox unvcopy unskip unkern unpenalty unwrap url usebox usepackage verb verbatiminput vadjust vcenter verbatim
bibliography cite label newsavebox obeylines openany pageref ref savebox show showbox showthe special string subfile unvbox usetikzlibrary
"""
_BEGINNINGS = tuple("pdf every If Input input lst lua tex open close end begin file new renew current".split())  # noqa: SIM905
"""How further commands of TeX, of its successors and of packages that read or write begin."""
RESERVED = frozenset(_TEX.split())
"""Commands that TeX or LaTeX has already: none of them can be a reader's own."""


def command(value: Any, key: str, source: Source) -> str:
    """The name of a command of the reader's own: letters only, and none that means something already."""
    found = name(value, key, source)
    if not found.isalpha():
        raise source.refuse(key, f"{key}: a command has letters only, got {quoted(found)}")
    if found in RESERVED or found in GREEK or found.startswith(_BEGINNINGS):
        raise source.refuse(key, f"{key}: \\{found} is a command of LaTeX itself; choose a name of your own")
    return found

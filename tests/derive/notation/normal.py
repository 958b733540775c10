"""LaTeX formulas in one spelling, so that a formula of a text can be looked for in notes: spaces, braces, sizes and markup do not count."""

from __future__ import annotations

import re

_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])")
_STYLES = re.compile(r"\\(?:mathit|mathrm|mathbf|boldsymbol|operatorname|text|displaystyle|boxed)(?![A-Za-z])")
_SPACES = re.compile(r"\\[,;:! ]|\\q?quad(?![A-Za-z])|~|\s+")
_PRIMED = re.compile(r"(?P<below>_(?:[A-Za-z0-9]|\{[^{}]*\}))(?P<primes>'+)")


def normal(tex: str) -> str:
    """One spelling of a formula: without spaces, signs of multiplication, boxes and sizes; a subscript before a superscript."""
    text = re.sub(r"&&\s*\\text\{(?:[^{}]|\{[^{}]*\})*\}(?:[^\\&]|\\(?!\\))*", "", tex)
    text = re.sub(r"\\(?:begin|end)\{(?:aligned|array)\}(?:\{[a-z]*\})?|\\tag\{[^{}]*\}", "", text)
    text = re.sub(r"\\\\(?:\[[0-9a-z]+\])?|&|\$", "", text)
    text = _SIZES.sub("", text).replace(r"\prime", "'").replace("\u2019", "'")
    text = re.sub(r"\\(?:cdot|ast)(?![A-Za-z])|\*", "", text)
    text = re.sub(r"\\[td]frac", r"\\frac", text).replace(r"\circ", r"\odot").replace(r"\mathbb{1}", "1")
    text = re.sub(r"\\top(?![A-Za-z])", "T", text)
    text = _unstyled(_SPACES.sub(" ", text))
    text = re.sub(r"(?<![A-Za-z\\]) | (?![A-Za-z])", "", text)
    text = re.sub(r"(\\[A-Za-z]+) (?=[A-Za-z])", r"\1{}", text)
    previous = ""
    while text != previous:
        previous = text
        text = _braces(text)
        text = _PRIMED.sub(lambda found: found["primes"] + found["below"], text)
        text = re.sub(r"(\^(?:[A-Za-z0-9*]|\\[A-Za-z]+|\{[^{}]*\}))(_(?:[A-Za-z0-9]|\{[^{}]*\}))", r"\2\1", text)
        text = re.sub(r"\^\{([^{}]*)'\}", r"'^{\1}", text)
        text = re.sub(r"(_(?:[A-Za-z0-9]|\{[^{}]*\}))('+)", r"\2\1", text)
        text = re.sub(r"\\frac\{\\partial\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\(((?:[^()]|\([^()]*\))*)\)", r"\\frac{\\partial\2}{\1}", text)
    return text.replace("{}", "").replace(" ", "")


def _unstyled(text: str) -> str:
    """The text without commands of style, each with the braces round what it styles."""
    while found := _STYLES.search(text):
        start = found.end()
        while start < len(text) and text[start] == " ":
            start += 1
        if start == len(text) or text[start] != "{":
            text = text[: found.start()] + text[found.end() :]
            continue
        depth, end = 0, start
        while True:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if not depth:
                break
            end += 1
        text = text[: found.start()] + " " + text[start + 1 : end] + text[end + 1 :]
    return text


def _braces(text: str) -> str:
    """Braces round one letter, and braces that do not hold an argument, dropped."""
    text = re.sub(r"([_^])\{([A-Za-z0-9])\}", r"\1\2", text)
    text = re.sub(r"(?<![A-Za-z}_^\]])\{([^{}]*)\}", r"\1", text)
    return re.sub(r"(?<=[=+\-(,])\{([^{}]*)\}", r"\1", text)


def formulas_of(markdown: str) -> str:
    """All formulas of Markdown notes, each in its normal form, one a line; a chain of lines is one formula."""
    found = re.findall(r"\$\$(.*?)\$\$|\$([^$\n]+)\$", markdown, re.DOTALL)
    return "\n".join(normal(display or inline) for display, inline in found)

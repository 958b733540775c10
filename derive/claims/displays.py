"""The displayed formulas of a LaTeX or Markdown document, with file and line, its own commands written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from derive.claims.macros import Macro, expanded, macros_in
from derive.claims.source import Text
from derive.errors import InputError, quoted_path
from derive.files import read

DEEPEST, LARGEST = 8, 2_000_000
_ENVIRONMENTS = "equation|align|alignat|aligned|gather|multline|eqnarray|displaymath|split|flalign"
_DISPLAY = re.compile(
    rf"\\begin\{{({_ENVIRONMENTS})(\*?)\}}(.*?)\\end\{{\1\2\}}|(?<!\\)\$\$(.*?)(?<!\\)\$\$|\\\[(.*?)\\\]|^```\s*math\s*$(.*?)^```",
    re.DOTALL | re.MULTILINE,
)
_INPUT = re.compile(r"\\(?:input|include)\s*\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted|comment)\*?\}.*?\\end\{\1\*?\}|\\verb\*?(.)[^\n]*?\2", re.DOTALL)
_FENCE = re.compile(r"^(```|~~~)(?!\s*math)[^\n]*$.*?^\1", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Display:
    """A displayed formula: ``text`` with the places of its characters in the file; ``whole`` is the text of that file."""

    file: str
    text: Text | None
    source: str
    start: int
    whole: str

    def line(self, at: int) -> int:
        """The line of a character of the file."""
        return self.whole.count("\n", 0, at) + 1


def displays_of(path: Path) -> list[Display]:
    """Every display of a document and of the files below its folder that it reads. Raises ``InputError`` where one cannot be read."""
    macros: dict[str, Macro] = {}
    return list(_displays(path, path.resolve().parent, macros, 0, path.suffix.lower() in (".md", ".markdown")))


def _displays(path: Path, folder: Path, macros: dict[str, Macro], depth: int, markdown: bool) -> Iterator[Display]:
    text = read(path)
    if len(text) > LARGEST:
        raise InputError(f"{quoted_path(path)}: {len(text)} characters; the limit is {LARGEST}")
    bare = _blank(_FENCE, text) if markdown else _blank(_VERBATIM, _blank(_COMMENT, text))
    commands = {at: (name, macro) for at, name, macro in macros_in(bare)}
    found = {match.start(): match for match in (*_DISPLAY.finditer(bare), *(() if markdown else _INPUT.finditer(bare)))}
    for at in sorted((*commands, *found)):
        if at in commands:
            name, macro = commands[at]
            macros[name] = macro
        elif found[at].re is _INPUT:
            yield from _displays(_below(found[at][1], folder, path, depth), folder, macros, depth + 1, markdown)
        else:
            match = found[at]
            group = next(number for number in (3, 4, 5, 6) if match[number] is not None)
            start = match.start(group)
            inside = Text(match[group], tuple(range(start, start + len(match[group]))))
            yield Display(str(path), expanded(inside, macros), match[group].strip(), start, text)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _below(name: str, folder: Path, reader: Path, depth: int) -> Path:
    r"""The file that ``\input`` names: below the folder of the document, not too deep."""
    path = folder / (name.strip() if Path(name.strip()).suffix else f"{name.strip()}.tex")
    if depth >= DEEPEST:
        raise InputError(f"{quoted_path(reader)}: \\input deeper than {DEEPEST} files")
    if not path.resolve().is_relative_to(folder):
        raise InputError(f"{quoted_path(reader)}: \\input{{{name[:80]}}} is not below the folder of the document")
    return path

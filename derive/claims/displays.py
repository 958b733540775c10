"""The displayed formulas of a LaTeX or Markdown document, with file and line, its own commands written out."""

from __future__ import annotations

import os
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
MOST_DISPLAYS, MOST_FILES = 1_000, 200
_DISPLAY = re.compile(rf"\\begin\{{(?P<name>(?:{_ENVIRONMENTS})\*?)\}}|(?<!\\)\$\$|\\\[|^```[ \t]*math[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"\\(?:input|include)\s*\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(r"\\begin\{(?P<name>(?:verbatim|lstlisting|minted|comment)\*?)\}")
_VERB = re.compile(r"\\verb\*?([^A-Za-z\s])[^\n]{0,500}?\1")
_FENCE = re.compile(r"^(?P<fence>```|~~~)(?![ \t]*math)[^\n]*$", re.MULTILINE)


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
    return list(_displays(path, Path(os.path.realpath(path)).parent, macros, 0, path.suffix.lower() in (".md", ".markdown"), [0, 0]))


def _displays(path: Path, folder: Path, macros: dict[str, Macro], depth: int, markdown: bool, count: list[int]) -> Iterator[Display]:
    """The displays of one file; ``count`` are the displays and files seen so far, in all files."""
    text = read(path)
    if len(text) > LARGEST:
        raise InputError(f"{quoted_path(path)}: {len(text)} characters; the limit is {LARGEST}")
    bare = _without(_FENCE, text) if markdown else _blank(_VERB, _without(_VERBATIM, _blank(_COMMENT, text)))
    commands = {at: (name, macro) for at, name, macro in macros_in(bare)}
    displays = {opening.start(): (opening.end(), end) for opening, end in _spans(_DISPLAY, bare)}
    inputs = {} if markdown else {match.start(): match[1] for match in _INPUT.finditer(bare)}
    for at in sorted({*commands, *displays, *inputs}):
        if at in commands:
            name, macro = commands[at]
            macros[name] = macro
        elif at in inputs:
            count[1] += 1
            if count[1] > MOST_FILES:
                raise InputError(f"{quoted_path(path)}: more than {MOST_FILES} files are read")
            yield from _displays(_below(inputs[at], folder, path, depth), folder, macros, depth + 1, markdown, count)
        else:
            count[0] += 1
            if count[0] > MOST_DISPLAYS:
                raise InputError(f"{quoted_path(path)}: more than {MOST_DISPLAYS} displays; judge the text in parts")
            start, end = displays[at]
            inside = Text(bare[start:end], tuple(range(start, end)))
            yield Display(str(path), expanded(inside, macros), bare[start:end].strip(), start, text)


def _spans(opening: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each opening with where what closes it begins. What is never closed is looked for once, so that this takes linear time."""
    at = 0
    absent: set[str] = set()
    while match := opening.search(text, at):
        closing = _closing_of(match)
        end = -1 if closing in absent else text.find(closing, match.end())
        while end > 0 and closing == "$$" and text[end - 1] == "\\":
            end = text.find(closing, end + 1)
        if end < 0:
            absent.add(closing)
            at = match.end()
        else:
            yield match, end
            at = end + len(closing)


def _closing_of(opening: re.Match[str]) -> str:
    groups = opening.groupdict()
    if groups.get("name"):
        return f"\\end{{{groups['name']}}}"
    if groups.get("fence"):
        return f"\n{groups['fence']}"
    return {"$$": "$$", "\\[": "\\]"}.get(opening[0], "\n```")


def _without(opening: re.Pattern[str], text: str) -> str:
    """The text with blanks for what stands between, lines kept."""
    parts: list[str] = []
    last = 0
    for match, end in _spans(opening, text):
        end += len(_closing_of(match))
        parts += [text[last : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end])]
        last = end
    return "".join([*parts, text[last:]])


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _below(name: str, folder: Path, reader: Path, depth: int) -> Path:
    r"""The file that ``\input`` names: below the folder of the document, not too deep."""
    path = folder / (name.strip() if Path(name.strip()).suffix else f"{name.strip()}.tex")
    if depth >= DEEPEST:
        raise InputError(f"{quoted_path(reader)}: \\input deeper than {DEEPEST} files")
    if "\0" in name or not Path(os.path.realpath(path)).is_relative_to(folder):
        raise InputError(f"{quoted_path(reader)}: \\input{{{name[:80]}}} is not below the folder of the document")
    return path

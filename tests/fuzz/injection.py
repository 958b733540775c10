"""Whether what a user wrote stays text in what is made of it: commands in LaTeX, elements in HTML."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

COMMAND = re.compile(r"\\(?:[A-Za-z@]+\*?|.)", re.DOTALL)
DANGEROUS = re.compile(
    r"\\(?:write|immediate|input|include|openin|openout|read|catcode|csname|def|edef|gdef|xdef|let|newcommand|renewcommand|usepackage|special|"
    r"directlua|latelua|ShellEscape|everyjob|lowercase|uppercase|scantokens|loop|typeout|message|errmessage|pdf[a-z]*)(?![A-Za-z])"
)
ESCAPES = {  # what text may be escaped with
    *(
        "\\allowbreak",  # a line may end after an underscore
        "\\textbackslash",
        "\\textasciitilde",
        "\\textasciicircum",
        "\\textless",
        "\\textgreater",
        "\\textbar",
        "\\textquotedbl",
        "\\textdollar",
    ),
    *(
        "\\{",
        "\\}",
        "\\$",
        "\\&",
        "\\%",
        "\\#",
        "\\_",
        "\\^",
        "\\~",
        "\\ ",
        "\\textquotesingle",
        "\\textasciigrave",
        "\\symbol",
        "\\char",
        "\\textunderscore",
    ),
}


def commands(text: str) -> Counter[str]:
    """Every command in a LaTeX text."""
    return Counter(COMMAND.findall(text))


def strange_commands(text: str, plain: str) -> list[str]:
    """Commands that stand in a text and not in what was made of harmless words, and that are no escapes."""
    more = commands(text) - commands(plain)
    found = sorted(command for command in more if command not in ESCAPES)
    return found + (["^^"] if "^^" in text.replace("\\^^", "") else [])


class Elements(HTMLParser):
    """Counts elements and attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.found.update(f"{tag} {name}" for name, _ in attrs)

    def handle_comment(self, data: str) -> None:
        self.found["comment"] += 1

    def handle_decl(self, decl: str) -> None:
        self.found["declaration"] += 1

    def unknown_decl(self, data: str) -> None:
        self.found["declaration"] += 1

    def handle_pi(self, data: str) -> None:
        self.found["instruction"] += 1


def elements(page: str) -> Counter[str]:
    """Every element and attribute of a page."""
    parser = Elements()
    parser.feed(page)
    parser.close()
    return parser.found

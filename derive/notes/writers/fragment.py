r"""Notes as a bare fragment for ``\input``: no preamble, nothing but amsmath and TikZ, labels that begin with the name of the network."""

from __future__ import annotations

from derive.notes.document import Document
from derive.notes.writers.latex import Paper, ascii_latex, section_latex

_LINE = 32.0
"""The narrowest line of the standard classes, in em."""

_HEAD = r"""%% %(name)s: needs amsmath and tikz; labels begin with %(name)s:
\providecommand{\reason}[2]{\parbox[t]{#1em}{\raggedright\small\leavevmode\color{black!65}#2\strut}}
"""


MATHBB, MATHBF = r"\mathbb{", r"\mathbf{"
"""Double-struck letters need a package; bold ones do not."""


def fragment(document: Document) -> str:
    """The sections alone."""
    paper = Paper(_LINE, f"{document.name}:", linked=False, long=False, wide=11.0)
    body = "\n\n".join(section_latex(section, paper) for section in document.sections)
    head = _HEAD % {"name": document.name} + "".join(f"{definition}\n" for definition in document.definitions)
    return ascii_latex(f"{head}\\begingroup\\allowdisplaybreaks\n{body.replace(MATHBB, MATHBF)}\n\\endgroup\n")

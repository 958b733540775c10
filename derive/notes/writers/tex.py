"""Notes as a LaTeX article that pdfLaTeX compiles, with amsmath, amssymb, longtable, hyperref and TikZ."""

from __future__ import annotations

from derive.notation.latex import escape_latex
from derive.notes.document import Document
from derive.notes.writers.heights import Heights
from derive.notes.writers.latex import Paper, ascii_latex, inline, plain, section_latex

PAPER = Paper(line=41.0, heights=Heights(41.0, 20.0, beside=24.0, column=18.0))
"""16 cm at 11 pt."""

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[a4paper,textwidth=16cm,textheight=24cm]{geometry}
\usepackage[fleqn]{amsmath}
\usepackage{amssymb}
\usepackage{array}
\usepackage{longtable}
\usepackage{tikz}
\usepackage[hidelinks]{hyperref}
\hypersetup{pdftitle={%(title)s}}
\setlength{\mathindent}{1.5em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\setlength{\fboxsep}{8pt}
\setlength{\partopsep}{0pt}
\raggedbottom
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
\newcommand{\room}[1]{\par\penalty-100\begingroup\dimen0=\pagegoal\advance\dimen0-\pagetotal\dimen2=#1\baselineskip
  \ifdim\dimen2>\dimen0\ifdim\dimen0>0pt\vfil\fi\break\fi\endgroup}
\newcommand{\reason}[2]{\parbox[t]{#1em}{\raggedright\small\leavevmode\color{black!65}#2\strut}}
"""

_NO_HYPHENS = "\\hyphenpenalty=10000\n"
"""LaTeX without babel divides words as English ones."""


def tex(document: Document) -> str:
    """The whole article."""
    preamble = _PREAMBLE % {"title": plain(document.title)}
    body = "\n\n".join(section_latex(section, PAPER) for section in document.sections)
    title = "\n\\medskip\n".join(f"{{{style} {text}\\par}}" for style, text in _head(document)) + "\n\\bigskip"
    if document.language != "en":
        preamble += _NO_HYPHENS
    preamble += "".join(f"{definition}\n" for definition in document.definitions)
    return ascii_latex(f"{preamble}\\begin{{document}}\n{title}\n\n{body}\n\n\\end{{document}}\n")


def _head(document: Document) -> list[tuple[str, str]]:
    byline = [("\\raggedright", escape_latex(line)) for line in document.byline]
    return [("\\LARGE\\bfseries\\raggedright", inline(document.title, PAPER)), ("\\raggedright", inline(document.subtitle, PAPER)), *byline]

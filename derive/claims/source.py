r"""A claim's LaTeX before it is read: displays unwrapped, decoration dropped, several statements taken apart, positions kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.reader.tokens import refuse

MOST_SYMBOLS, MOST_STATEMENTS = 1_500, 100
"""What one claim may hold; a document is judged display by display."""
_SYMBOL = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
_PRIMES = str.maketrans({"’": "'", "′": "'", "−": "-", "·": "*", "\u00a0": " "})
_ASSIGNED = re.compile(r"^\s*[A-Za-z]\s*\\(?:leftarrow|gets)(?![A-Za-z])(?=.*(?:=|\\leftarrow|\\gets))", re.DOTALL)
"""A variable of the algorithm that is given the value of what follows."""
_DELIMITERS = re.compile(r"\$\$|\$|(?<!\\)\\[\[\]()]")
_LOOKS = re.compile(
    r"\\(?:begin|end)\{(?:equation|align|aligned|alignat|alignedat|gather|gathered|split|multline|displaymath|math|eqnarray)\*?\}(?:\{\d+\})?"
    r"|\\(?:nonumber|notag|displaystyle|textstyle|centering|noindent|hfill|allowbreak|relax|vphantom\{[^{}]*\}|phantom\{[^{}]*\})(?![A-Za-z])"
    r"|\\(?:tag|label|textcircled|hspace|vspace|color|intertext|shortintertext)\*?\{[^{}]*\}"
)
_TRIPLE = re.compile(r"\\\\\\(?=\s)")
_ABOVE_EQUALS = re.compile(r"\\(?:stackrel|overset|underset)\s*\{")
_ROW = re.compile(r"\\\\(?:\s*\[[^\]]*\])?|\\cr(?![A-Za-z])")
_PIECE = re.compile(r"\\begin\{[^}]*\}|\\end\{[^}]*\}|\\left(?![A-Za-z])|\\right(?![A-Za-z])|\\[A-Za-z]+|\\.|[{}()\[\]&,;]", re.DOTALL)
_ARROWS = ("\\implies", "\\Rightarrow", "\\Longrightarrow", "\\iff", "\\Leftrightarrow", "\\therefore")
_SPACES = ("\\quad", "\\qquad")
_TEXTS = ("\\text", "\\mbox", "\\textrm", "\\textit", "\\textbf", "\\emph")
_FUNCTIONS = re.compile(r"\\(?:text|mathrm|textrm|mbox)\s*\{\s*([A-Za-z]+)\s*\}(?=\s*'*\s*\()")
_LOSS_WORDS = re.compile(r"\\(?:text|mathrm|mbox|textrm)\s*\{\s*(?:[Ll]oss|[Cc]ost|[Ee]rror|MSE)\s*\}")
_MARKS = re.compile(r"(?<=[_^]\{)\s*\\(?:text|textrm|textit|mbox)\s*\{\s*([A-Za-z]+)\s*\}(?=\s*\})")
_REMARK = re.compile(r"\(\s*\\text|\(\s*(?:only|since|because|where|as|for|when|by|using|note|from|see|here)(?![a-z])")
_RELATION = re.compile(r"=|\\leftarrow|\\gets|\\coloneqq|\\equiv")
_LEADING = re.compile(r"^(?:\s|\\q?quad(?![A-Za-z])|\\[ ,;:!])+")
_NUMBER = re.compile(r"\\q?quad\s*(?:\(\d+[a-z]?\))?\s*$")
_CONTINUES = re.compile(r"[-+*/]|\\(?:times|cdot|ast|odot|circ|oslash|otimes)(?![A-Za-z])")
_EXPECTS_MORE = re.compile(r"(?:[-+*/=]|\\(?:times|cdot|ast|odot|circ|oslash|otimes))\s*$")
"""A row that goes on with the formula of the row above, and one that the row below goes on with."""
_EQUIV = re.compile(r"\\equiv(?![A-Za-z])|\\triangleq(?![A-Za-z])|\\doteq(?![A-Za-z])")


@dataclass(frozen=True)
class Text:
    """Characters with the places at which they stood in the claim."""

    chars: str
    places: tuple[int, ...]

    @staticmethod
    def of(text: str) -> Text:
        return Text(text, tuple(range(len(text))))

    def cut(self, start: int, end: int) -> Text:
        return Text(self.chars[start:end], self.places[start:end])

    def replaced(self, pattern: re.Pattern[str], by: str) -> Text:
        """Every match replaced; what is put in stands where the match began."""
        parts: list[Text] = []
        last = 0
        for match in pattern.finditer(self.chars):
            parts += [self.cut(last, match.start()), self.inserted(match.expand(by), match.start())]
            last = match.end()
        return joined([*parts, self.cut(last, len(self.chars))])

    def inserted(self, text: str, at: int) -> Text:
        """Characters that stand for what was at a place."""
        place = self.places[at] if at < len(self.places) else 0
        return Text(text, (place,) * len(text))

    def stripped(self) -> Text:
        start = len(self.chars) - len(self.chars.lstrip(" \t\r\n,;."))
        end = len(self.chars.rstrip(" \t\r\n,;."))
        while end >= 1 and self.chars[end - 1] == "\\":  # a space command at the end
            end = len(self.chars[: end - 1].rstrip(" \t\r\n,;."))
        return self.cut(start, max(start, end))

    def place(self, at: int) -> int:
        """Where a character stood in the claim."""
        if not self.places:
            return 0
        return self.places[at] if at < len(self.places) else self.places[-1] + 1


def joined(parts: Sequence[Text]) -> Text:
    """Parts one after the other."""
    return Text("".join(part.chars for part in parts), tuple(place for part in parts for place in part.places))


@dataclass(frozen=True)
class Statement:
    """One equation or chain, and which units it speaks of where words say so: ``output``, ``hidden`` or nothing."""

    text: Text
    role: str = ""


def statements(claim: str) -> list[Statement]:
    """Every equation of a claim, in order. Raises ``InputError`` for an empty one, and for more than a claim can be."""
    symbols = list(_SYMBOL.finditer(claim))
    if len(symbols) > MOST_SYMBOLS:
        refuse(symbols[MOST_SYMBOLS].start(), f"{len(symbols)} letters and commands in a claim; the limit is {MOST_SYMBOLS}")
    found = statements_in(Text.of(claim))
    if len(found) > MOST_STATEMENTS:
        refuse(found[MOST_STATEMENTS].text.place(0), f"{len(found)} equations in a claim; the limit is {MOST_STATEMENTS}")
    return found


def statements_in(text: Text) -> list[Statement]:
    """The same of a part of a document."""
    text = Text(text.chars.translate(_PRIMES), text.places)
    text = text.replaced(_TRIPLE, r"\\\\ ")
    text = text.replaced(_DELIMITERS, " ").replaced(_LOOKS, " ").replaced(_EQUIV, "=")
    text = _without_stacks(text).replaced(_LOSS_WORDS, r"\\ell ").replaced(_FUNCTIONS, r"\\operatorname{\1}")
    text = text.replaced(_MARKS, r"\\mathrm{\1}")
    found: list[Statement] = []
    for row in _rows(text):
        for piece, role in _pieces(row):
            piece = piece.replaced(_NUMBER, "").replaced(_LEADING, "").replaced(_ASSIGNED, "").stripped()
            if found and piece.chars and not _RELATION.search(piece.chars) and _goes_on(found[-1].text.chars, piece.chars):
                found[-1] = Statement(joined([found[-1].text, Text(" ", (piece.places[0],)), piece]), found[-1].role or role)
                continue
            if not piece.chars or (found and not _RELATION.search(piece.chars)):
                if found and role:
                    found[-1] = Statement(found[-1].text, found[-1].role or role)
                continue
            if _RELATION.match(piece.chars) and found:
                found[-1] = Statement(joined([found[-1].text, Text(" ", (piece.places[0],)), piece]), found[-1].role or role)
            else:
                found.append(Statement(piece, role))
    if not found:
        refuse(0, "expected an equation, got nothing")
    return found


def _goes_on(above: str, below: str) -> bool:
    """Whether a row belongs to the formula of the row above it."""
    return bool(_CONTINUES.match(below) or _EXPECTS_MORE.search(above))


def _without_stacks(text: Text) -> Text:
    r"""``\stackrel{above}{=}`` becomes ``=``."""
    while match := _ABOVE_EQUALS.search(text.chars):
        above = _closing(text.chars, match.end() - 1)
        start = above + 1
        while start < len(text.chars) and text.chars[start].isspace():
            start += 1
        if start >= len(text.chars) or text.chars[start] != "{":
            refuse(text.place(match.start()), "expected what stands below the sign")
        end = _closing(text.chars, start)
        text = joined([text.cut(0, match.start()), text.cut(start + 1, end), text.cut(end + 1, len(text.chars))])
    return text


def _closing(text: str, opening: int) -> int:
    """The place of the brace that closes the one at ``opening``; the end where there is none."""
    depth = 0
    at = opening
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
        at += 1
    return len(text)


def _top_level(text: str) -> Iterator[re.Match[str]]:
    """The pieces of a text that stand in no braces, parentheses or environment."""
    depth = 0
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece in ("{", "(", "[") or piece.startswith("\\begin") or piece == "\\{":
            if depth == 0:
                yield match
            depth += 1
        elif piece in ("}", ")", "]") or piece.startswith("\\end{") or piece == "\\}":
            depth = max(depth - 1, 0)
        elif depth == 0:
            yield match


def _rows(text: Text) -> list[Text]:
    """Rows of a display, ampersands dropped; a system of equations in a brace is taken apart."""
    text = _opened(text)
    cuts = [match for match in _top_level(text.chars) if match.group() in ("\\\\", "&")]
    rows: list[list[Text]] = [[]]
    last = 0
    for match in cuts:
        rows[-1].append(text.cut(last, match.start()))
        last = match.end()
        if match.group() == "\\\\":
            gap = re.match(r"\s*\[-?[0-9.]+ *(?:pt|em|ex|mm|cm)\]", text.chars[last:])
            last += gap.end() if gap else 0
            rows.append([])
        elif _begins_column(text.chars, last, "".join(part.chars for part in rows[-1])):
            rows.append([])
        else:
            rows[-1].append(text.inserted(" ", match.start()))
    rows[-1].append(text.cut(last, len(text.chars)))
    return [joined(row) for row in rows]


def _begins_column(text: str, at: int, before: str) -> bool:
    """Whether an ampersand begins another column of equations: one is complete, and the next has its own left side."""
    rest = text[at:]
    left = re.split(r"&|\\\\", rest, maxsplit=1)[0]
    after = rest[len(left) :]
    relation = _RELATION.search(left)
    begins = bool(relation and left[: relation.start()].strip()) or bool(left.strip() and re.match(r"&\s*(?:=|\\leftarrow)", after))
    return bool(_RELATION.search(before)) and begins and not left.lstrip().startswith(_TEXTS)


_SYSTEM = re.compile(r"\\begin\{(cases|array|aligned)\}(?:\{[lcr|]*\})?")


def _opened(text: Text) -> Text:
    r"""``\left\{ \begin{array} ... \end{array} \right.`` and cases that hold equations become their rows."""
    for match in _SYSTEM.finditer(text.chars):
        end = text.chars.find(f"\\end{{{match.group(1)}}}", match.end())
        inside = text.chars[match.end() : end]
        first_row = _ROW.split(inside)[0]
        if end < 0 or not _RELATION.search(first_row.split("&")[0]) or "\\begin" in inside:
            continue
        before, after = text.cut(0, match.start()), text.cut(end + len(match.group(1)) + 6, len(text.chars))
        before = before.replaced(re.compile(r"\\left\s*\\?[\{\[.]\s*$"), "")
        after = after.replaced(re.compile(r"^\s*\\right\s*\\?[\}\].]"), "")
        row = text.inserted(" \\\\ ", match.start())
        return _opened(joined([before, row if before.chars.strip() else Text("", ()), text.cut(match.end(), end), row, after]))
    return text


def _pieces(row: Text) -> Iterator[tuple[Text, str]]:
    """The equations of a row: words, arrows and wide spaces stand between them; what words say about units is kept."""
    chars = row.chars
    start, role = 0, ""
    skip = -1
    for match in _top_level(chars):
        piece = match.group()
        if match.start() < skip:
            continue
        if piece in _ARROWS:
            yield row.cut(start, match.start()), role
            start, role = match.end(), ""
        elif piece in _TEXTS:
            opening = chars.find("{", match.end())
            end = _closing(chars, opening) if opening >= 0 else len(chars)
            words = chars[opening + 1 : end].strip().lower()
            yield row.cut(start, match.start()), role or role_in(words)
            if _is_remark(words):
                if own := role_in(chars[match.start() :].lower()):
                    yield Text("", ()), own
                return
            start, skip, role = end + 1, end + 1, ""
        elif piece == "(" and (_REMARK.match(chars, match.start())):
            yield row.cut(start, match.start()), role
            return
        elif piece in (*_SPACES, ",", ";") and _begins_equation(chars[match.end() :]) and _RELATION.search(chars[start : match.start()]):
            yield row.cut(start, match.start()), role
            start = match.end()
    yield row.cut(start, len(chars)), role


def _is_remark(words: str) -> bool:
    """Whether words say that what follows is a condition or a remark, no further equation."""
    return words.startswith(("if", "for", "when", "(", "a.k.a", "linear", "all", "is", "otherwise", "denotes", "with", "["))


def role_in(words: str) -> str:
    """Which units words speak of: ``output``, ``hidden`` or nothing."""
    return "output" if "output" in words else "hidden" if "hidden" in words else ""


def _begins_equation(rest: str) -> bool:
    """Whether a relation stands at the top level of what follows, before the next break."""
    for match in re.finditer(r"=|\\leftarrow|,|\\quad|\\qquad", rest):
        return match.group() in ("=", "\\leftarrow") and rest[: match.start()].strip() not in ("", "&")
    return False

"""Algorithms in pseudocode: loop conditions, the order of steps, and whether the gradients of every layer are computed.

An algorithm is read line by line. What a line computes is found from its formulas and, where it has none, from its words; a network of
a few layers is then walked through in the order of the lines. Formulas in it are judged as claims of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from derive.claims.formula import check_statement
from derive.claims.networks import Grounds
from derive.claims.source import statements
from derive.claims.verdict import CHECKED, RIGHT, WRONG, Link, Verdict
from derive.errors import InputError
from derive.notation.profile import Notation
from derive.reader.names import spelled

DEPTH = 3
"""Layers with parameters of the network that an algorithm is walked through with."""
_LOOPS = re.compile(r"^\W*(?:\d+[.)]\s*)?(?:\\(?:For|While|ForAll|Repeat)\b|(?:while|for|foreach|repeat|loop)\b)", re.IGNORECASE)
_END = re.compile(r"^\W*(?:\\End(?:For|While)\b|end(?:\s*(?:for|while|loop|if))?\b|done\b|until\b)", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:\d+(?:\.\d+)*[.)]?\s+|[-*•]\s+|[①-⑳]\s*|\\(?:State|STATE|item)\b\s*|\([a-z0-9]\)\s+)")
_FORMULA = re.compile(r"\$\$?(.+?)\$\$?", re.DOTALL)
_RANGE = re.compile(
    r"\bfor(?:all|each|\s+all|\s+each)?\b\s*\{?\s*\$?\s*([A-Za-z])\s*\$?\s*(?:=|\\in|from|in)\s*(.+?)\s*(?:\bdo\b|:|\}?$)", re.IGNORECASE
)
_BETWEEN = re.compile(r",|\\l?dots|\\cdots|\.\.\.|\bdown\s*to\b|\bto\b|\\text\{[^}]*\}")
_CONDITION = re.compile(r"\bwhile\b\s*\{?\s*\$?\s*(.+?)\s*(?:\$|\(|\bdo\b|:|\}?$)", re.IGNORECASE)
_UNTIL = re.compile(r"\buntil\b\s*\{?\s*\$?\s*(.+?)\s*(?:\$|\(|:|\}?$)", re.IGNORECASE)
_SIDES = re.compile(r"\s*(.+?)\s*(<=|>=|<|>|\\leq?(?![a-z])|\\geq?(?![a-z])|\\lt(?![a-z])|\\gt(?![a-z])|\\approx)\s*(.+)$")
_THRESHOLDS = ("\\epsilon", "\\varepsilon", "tol", "\\tau", "\\text{tol}", "threshold", "\\theta", "0")
_BELOW = ("<", "<=", "\\le", "\\leq", "\\lt")


@dataclass(frozen=True)
class Event:
    """What a step computes: ``forward``, ``delta``, ``weights``, ``biases``, ``update``; of which layer, None for all."""

    what: str
    layer: int | None
    line: int


@dataclass
class Walk:
    """A network while an algorithm runs: the layers whose deltas and gradients are known, and what went wrong first."""

    depth: int
    deltas: set[int] = field(default_factory=set)
    weights: set[int] = field(default_factory=set)
    biases: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    faults: list[tuple[str, str, int]] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """One step."""
        layers = range(self.depth, 0, -1) if event.layer is None else (event.layer,)
        for layer in layers:
            if not 1 <= layer <= self.depth:
                continue
            if event.what == "delta":
                self._delta(layer, event)
            elif event.what in ("weights", "biases"):
                known = self.weights if event.what == "weights" else self.biases
                if self.deltas and layer not in self.deltas:
                    said = f"line {event.line}: the gradient of layer {self._named(layer)} is computed before its delta"
                    self.faults.append(("other", said, event.line))
                known.add(layer)
            elif event.what == "update":
                self.updated.add(layer)

    def _delta(self, layer: int, event: Event) -> None:
        if layer < self.depth and layer + 1 not in self.deltas:
            said = f"line {event.line}: the delta of layer {self._named(layer)} needs that of layer {self._named(layer + 1)}"
            self.faults.append(("other", f"{said}, which is not known yet", event.line))
        if layer + 1 in self.updated:
            said = (
                f"line {event.line}: the weights of layer {self._named(layer + 1)} are changed before the delta below is computed with them"
            )
            self.faults.append(("other", said, event.line))
        self.deltas.add(layer)

    def _named(self, layer: int) -> str:
        return "L" if layer == self.depth else f"L-{self.depth - layer}"


def is_algorithm(claim: str) -> bool:
    """Whether a claim is several lines of which at least one is a loop or a numbered step."""
    lines = [line for line in claim.strip().splitlines() if line.strip()]
    if len(lines) < 2 or "\\begin{aligned}" in claim or "\\begin{align" in claim:
        return False
    return any(_LOOPS.search(_plain(line)) or re.match(r"\s*\d+[.)]\s+\S", line) for line in lines)


def check_algorithm(claim: str, grounds: Grounds) -> Verdict:
    """The verdict on an algorithm in pseudocode."""
    lines = [(number, line) for number, line in enumerate(claim.splitlines(), 1) if line.strip() and not line.strip().startswith("```")]
    notation = grounds.notation
    links: list[Link] = []
    first: Verdict | None = None
    for number, line in lines:
        found = _of_condition(line, number) or _of_formulas(line, number, grounds)
        if found is not None:
            links.append(Link(number, line.strip(), found.verdict, found.detail))
            if not found.ok and first is None:
                first = found
    if first is not None:
        return Verdict(first.verdict, first.family, first.detail, first.expected, first.counterexample, CHECKED, tuple(links))
    walk = Walk(DEPTH)
    events = list(_events(lines, notation))
    for event in events:
        walk.take(event)
    return _of_walk(walk, events, links, lines)


def _of_walk(walk: Walk, events: Sequence[Event], links: list[Link], lines: Sequence[tuple[int, str]]) -> Verdict:
    example = {"sizes": {"layers": walk.depth}}
    if walk.faults:
        family, said, line = walk.faults[0]
        text = next(own for number, own in lines if number == line).strip()
        return Verdict(WRONG, family, said, None, example, CHECKED, (*links, Link(line, text, WRONG, said)))
    for what, known, word in (("weights", walk.weights, "weights"), ("biases", walk.biases, "biases")):
        if any(event.what == what for event in events):
            missing = [layer for layer in range(walk.depth, 0, -1) if layer not in known]
            if missing:
                names = ", ".join(walk._named(layer) for layer in missing)
                line = next(event.line for event in events if event.what == what)
                text = next(own for number, own in lines if number == line).strip()
                said = f"the gradients of the {word} of layer {names} are never computed"
                expected = f"compute the gradients of the {word} in layer {names} as well"
                return Verdict(WRONG, "layer", said, expected, example, CHECKED, (*links, Link(line, text, WRONG, said)))
    if not events and not links:
        raise InputError("expected an algorithm: lines with loops, conditions or formulas")
    said = f"walked through with {walk.depth} layers: every step finds what it needs"
    if walk.weights:
        said += ", and every gradient is computed"
    return Verdict(RIGHT, None, said, certainty=CHECKED, links=tuple(links))


def _plain(line: str) -> str:
    return _NUMBERING.sub("", line.replace("**", "")).strip()


def _of_condition(line: str, number: int) -> Verdict | None:
    """A loop that runs while the loss is large, or until it is small."""
    plain = _plain(line)
    for pattern, until in ((_CONDITION, False), (_UNTIL, True)):
        found = pattern.search(plain)
        sides = _SIDES.match(found[1].replace("$", "")) if found else None
        if sides is None:
            continue
        left, sign, right = sides[1].strip(), sides[2], sides[3].strip()
        if not any(right.startswith(name) for name in _THRESHOLDS):
            continue
        small = sign in _BELOW
        if small == until:
            return Verdict(RIGHT, None, f"line {number}: the loop ends once {left} is small")
        other = "<" if until else ">"
        said = f"line {number}: with {left} = 4.56 and {right} = 0.01 the loop is {'left after one pass' if until else 'never entered'}"
        word = "until" if until else "while"
        example = {"sizes": {}, "at": {left: 4.56, right: 0.01}, "passes": 1 if until else 0}
        return Verdict(WRONG, "condition", said, f"{word} {left} {other} {right}", example)
    return None


def _of_formulas(line: str, number: int, grounds: Grounds) -> Verdict | None:
    """The verdict on the equations of a line; what is no equation, or about no quantity of the network, is passed over."""
    verdict: Verdict | None = None
    for text in _formulas(line):
        if "=" not in text and "\\leftarrow" not in text:
            continue
        try:
            found = [check_statement(own, grounds) for own in statements(re.sub(r"\s*\+\s*\\(?:l|c)?dots", "", text))]
        except InputError:
            continue
        for own in found:
            if not own.ok:
                return Verdict(own.verdict, own.family, f"line {number}: {own.detail}", own.expected, own.counterexample)
            verdict = own
    return verdict


def _formulas(line: str) -> Iterator[str]:
    plain = _plain(line)
    found = _FORMULA.findall(plain)
    if found:
        yield from (own for own in found if not _LOOPS.search(plain))
    elif "\\" in plain and not _LOOPS.search(plain):
        yield plain


def _events(lines: Sequence[tuple[int, str]], notation: Notation) -> Iterator[Event]:
    """What the lines compute, loops unrolled: the block of a loop ends at its end, or where the indent is that of the loop again."""
    place = 0
    while place < len(lines):
        number, line = lines[place]
        plain = _plain(line)
        if _LOOPS.search(plain):
            body, place = _block(lines, place)
            yield from _unrolled(plain, body, notation)
            continue
        if not _END.search(plain):
            yield from _steps(number, plain, None, notation)
        place += 1


def _block(lines: Sequence[tuple[int, str]], start: int) -> tuple[list[tuple[int, str]], int]:
    """The lines inside a loop, and the place after it."""
    indent = _indent(lines[start][1])
    body: list[tuple[int, str]] = []
    depth = 0
    closed = any(_END.search(_plain(line)) and _indent(line) <= indent for _, line in lines[start + 1 :])
    place = start + 1
    while place < len(lines):
        number, line = lines[place]
        plain = _plain(line)
        if _END.search(plain):
            if not depth:
                return body, place + 1
            depth -= 1
        elif closed and _LOOPS.search(plain):
            depth += 1
        elif not closed and _indent(line) <= indent:
            return body, place
        body.append((number, line))
        place += 1
    return body, place


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _unrolled(loop: str, body: Sequence[tuple[int, str]], notation: Notation) -> Iterator[Event]:
    letter, layers = _layers_of_loop(loop, body, notation)
    if letter is None:
        yield from _events(body, notation)
        return
    for layer in layers:
        for number, line in body:
            plain = _plain(line)
            if not (_LOOPS.search(plain) or _END.search(plain)):
                yield from _steps(number, plain, (letter, layer), notation)


def _layers_of_loop(loop: str, body: Sequence[tuple[int, str]], notation: Notation) -> tuple[str | None, list[int]]:
    """The letter of a loop over layers with their numbers; one that says no range runs backwards over the layers that it computes."""
    letter = notation.general_layer
    found = _RANGE.search(loop)
    if found:
        ends = [_layer_number(part, notation) for part in _BETWEEN.split(found[2])]
        known = [end for end in ends if end is not None]
        if len(known) >= 2:
            first, last = known[0], known[-1]
            return found[1], list(range(first, last + (1 if last >= first else -1), 1 if last >= first else -1))
        return None, []
    text = " ".join(line for _, line in body)
    if not re.search(rf"\^\{{?\(?{letter}\b", text):
        return None, []
    recursive = re.search(rf"\^\{{?\(?{letter}\s*\+\s*1", text) is not None
    return letter, list(range(DEPTH - 1 if recursive else DEPTH, 0, -1))


def _layer_number(text: str, notation: Notation) -> int | None:
    """``L``, ``L-1``, ``1``: the number of a layer in a network of so many."""
    text = re.sub(r"[${}\\;:!\s]", "", text)
    found = re.fullmatch(rf"(?:({notation.last_layer}|L|l)?([+-]\d+)?|(\d+))", text)
    if not text or found is None:
        return None
    if found[3]:
        return int(found[3]) - notation.first_layer
    return DEPTH + int(found[2] or 0) if found[1] else None


def _steps(number: int, plain: str, at: tuple[str, int] | None, notation: Notation) -> Iterator[Event]:
    """What one line computes."""
    for whole in list(_formulas(plain)) or [plain]:
        yield from _of_step(number, whole, plain.lower(), at, notation)


def _of_step(number: int, whole: str, words: str, at: tuple[str, int] | None, notation: Notation) -> Iterator[Event]:
    target = re.split(r"=|\\leftarrow|\\gets", re.sub(r"^\s*g\s*\\leftarrow", "", whole))[0]
    delta, z, w, b = (re.escape(spelled(notation.symbols[role])) for role in ("delta", "pre_activation", "weight", "bias"))
    layer = _layer_in(target, at, notation)
    if re.search(rf"\\Delta|{w}\^\{{?new", whole) or ("update" in words and "gradient" not in words):
        if re.search(r"new|update|adjust", whole + words):
            yield Event("update", layer, number)
        return
    of_weight = rf"partial\s*(?:{w}|W)|\\nabla_\{{?\s*(?:{w}|W)"
    of_bias = rf"partial\s*{b}|\\nabla_\{{?\s*{b}"
    if re.search(of_bias, target) or re.search(r"gradients? of (?:each |the )?bias", words):
        yield Event("biases", layer, number)
    elif re.search(of_weight, target) or re.search(r"gradients? of (?:each |the )?weight", words):
        yield Event("weights", layer, number)
    elif re.search(rf"^\s*{delta}[\s_^]", target) or re.search(rf"\\nabla_\{{?\s*{z}|partial\s*{z}", target):
        yield Event("delta", layer, number)


def _layer_in(text: str, at: tuple[str, int] | None, notation: Notation) -> int | None:
    """The layer that the first mark of a formula names; None for every layer."""
    for braced, single in re.findall(r"\^(?:\{\(?([^{}()]*)\)?\}|([A-Za-z0-9]))", text):
        own = re.sub(r"\s", "", braced or single)
        if at is not None and re.fullmatch(rf"{at[0]}(?:[-+]\d+)?", own):
            return at[1] + int(own[1:] or 0)
        number = _layer_number(own, notation)
        if number is not None:
            return number
    return at[1] if at is not None else None

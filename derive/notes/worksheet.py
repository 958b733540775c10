"""Notes as a worksheet: derivations and numbers with blanks, and the solutions at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.errors import unknown
from derive.notation.latex import to_latex
from derive.notation.layout import Layout, row
from derive.notes.blanks import LEVELS, Hidden, blank, filled, points, with_blanks
from derive.notes.document import Block, Boxed, Chain, Line, Paragraph, Section, Table
from derive.notes.sections.conventions import symbols
from derive.notes.sections.network import network
from derive.notes.sections.one_pattern import activations, backward, forward, loss
from derive.notes.sections.worked import worked
from derive.notes.story import Story
from derive.verification.stream import Stream
from derive.words import Math, Sentence, Text

_KEPT = (network, symbols, activations, forward, loss)


@dataclass(frozen=True)
class Answer:
    """What belongs in a blank."""

    number: int
    kind: str
    points: int
    solution: Layout


def worksheet(story: Story) -> tuple[Section, ...]:
    """The sections of a worksheet. Raises ``InputError`` for a level that does not exist."""
    sections, answers = blanked(story)
    total = str(sum(answer.points for answer in answers))
    intro = Paragraph(story.say("exercise.intro", count=str(len(answers)), points=total))
    start = Section(story.say("section.exercises"), "exercises", (intro,))
    kept = tuple(section for make in _KEPT for section in make(story))
    return (*kept, start, *sections, _solutions(story, answers))


def blanked(story: Story) -> tuple[tuple[Section, ...], tuple[Answer, ...]]:
    """The derivations and the numbers with their blanks, and what belongs in these."""
    level = story.options.exercises or ""
    if level not in LEVELS:
        raise unknown("level of exercises", level, LEVELS)
    stream = Stream(1000 * LEVELS.index(level) + story.options.variant)
    chosen = [replace(section, blocks=_chosen(section.blocks, level, stream)) for section in backward(story)]
    counter = _Counter(level)
    sections = tuple(replace(section, blocks=tuple(map(counter.block, section.blocks))) for section in (*chosen, *worked(story)))
    return sections, tuple(counter.answers)


def _chosen(blocks: Sequence[Block], level: str, stream: Stream) -> tuple[Block, ...]:
    return tuple(with_blanks(block, level, stream) if isinstance(block, Chain) else block for block in blocks)


class _Counter:
    """Numbers blanks in the order in which they are read; the same hidden factor in one chain has one number."""

    def __init__(self, level: str) -> None:
        self._level = level
        self.answers: list[Answer] = []
        self._known: dict[Layout, int] = {}

    def block(self, block: Block) -> Block:
        self._known = {}
        if isinstance(block, Chain):
            return Chain(tuple(self._line(line) for line in block.lines))
        if isinstance(block, Boxed):
            return Boxed(tuple(map(self.block, block.blocks)))
        return Paragraph(self._sentence(block.sentence)) if isinstance(block, Paragraph) else block

    def _line(self, line: Line) -> Line:
        return replace(line, right=filled(line.right, self._fill))

    def _sentence(self, sentence: Sentence) -> Sentence:
        return tuple(replace(piece, formula=filled(piece.formula, self._fill)) if isinstance(piece, Math) else piece for piece in sentence)

    def _fill(self, hidden: Hidden) -> Layout:
        if hidden.kind == "factor" and hidden.body in self._known:
            return blank(self._known[hidden.body], hidden.kind)
        number = len(self.answers) + 1
        if hidden.kind == "factor":
            self._known[hidden.body] = number
        self.answers.append(Answer(number, hidden.kind, points(hidden.kind, self._level), hidden.body))
        return blank(number, hidden.kind)


def _solutions(story: Story, answers: Sequence[Answer]) -> Section:
    head = tuple(story.say(f"table.{key}") for key in ("blank", "points", "solution"))
    rows = tuple((_number(answer), (Text(str(answer.points)),), (Math(answer.solution),)) for answer in answers)
    return Section(story.say("section.solutions"), "solutions", (Table(head, rows),))


def _number(answer: Answer) -> Sentence:
    return (Math(blank(answer.number, "")),)


def answer_key(story: Story) -> str:
    """The answers as a TOML file: number, kind, points and LaTeX of each, and the points of all."""
    _, answers = blanked(story)
    head = (
        f"network = {_quoted(story.network.name)}",
        f"notation = {_quoted(story.notation.name)}",
        f"exercises = {_quoted(story.options.exercises or '')}",
        f"variant = {story.options.variant}",
        f"points = {sum(answer.points for answer in answers)}",
    )
    tables = (
        f"\n[[answers]]\nblank = {a.number}\nkind = {_quoted(a.kind)}\npoints = {a.points}\nsolution = {_quoted(to_latex(row(a.solution)))}"
        for a in answers
    )
    return "\n".join((*head, *tables)) + "\n"


def _quoted(text: str) -> str:
    """A text of printable ASCII between quotes of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

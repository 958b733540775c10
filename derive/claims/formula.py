"""A formula or chain in LaTeX, judged: each relation of it, and the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from derive.claims.conventions import derived_formula, up_to_loss, up_to_sign
from derive.claims.counterexample import counterexample_of
from derive.claims.diagnosis import Case, Diagnosis, diagnosed
from derive.claims.functions import check_function, variable_of_claim
from derive.claims.habits import SOME_RATE, claim_syntax
from derive.claims.judging import ACTIVATIONS, Finding, Layers, compared, readable
from derive.claims.likeness import slip_like
from derive.claims.networks import Grounds, Stage
from derive.claims.repairs import transposed
from derive.claims.rewritten import (
    OUTPUT,
    captured_letters,
    general_letter,
    is_derivative,
    names_layers,
    names_total,
    roles_of,
    speaks_of_delta,
    speaks_of_patterns,
    speaks_of_units,
    widened,
    with_own_letter,
)
from derive.claims.source import Statement, statements
from derive.claims.verdict import CHECKED, CONSISTENT, RIGHT, RIGHT_UP_TO, WRONG, Link, Verdict
from derive.claims.ways import breaks_chain_rule, entry_by_entry, indexed_chain_rule, layers_above
from derive.errors import InputError
from derive.notation import latex_chain
from derive.notation.layout import Symbol
from derive.reader.judging import mentions
from derive.reader.names import spelled
from derive.reader.printing import latex_of
from derive.reader.slots import Misfit
from derive.reader.syntax import Chain, Syntax
from derive.reader.tokens import refuse

FITS = 2
"""How well a chain is understood of which all parts fit together."""


def check_formula(claim: str, grounds: Grounds) -> Verdict:
    """The verdict on a claim of one statement or several. Raises ``InputError`` with the place and what was expected there."""
    return together([check_statement(statement, grounds) for statement in statements(claim)])


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Several statements as one claim: the first that is not right speaks for all."""
    if len(verdicts) == 1:
        return verdicts[0]
    bad = next((verdict for verdict in verdicts if verdict.verdict == WRONG), None) or next((own for own in verdicts if not own.ok), None)
    links: list[Link] = []
    for verdict in verdicts:
        links += [replace(link, line=len(links) + number) for number, link in enumerate(verdict.links, 1)]
    return replace(bad or verdicts[0], links=tuple(links))


def check_statement(statement: Statement, grounds: Grounds) -> Verdict:
    """The verdict on one equation or chain."""
    return best_reading(statement, grounds, lambda chain: chain)


def best_reading(statement: Statement, grounds: Grounds, written: Callable[[Chain], Chain]) -> Verdict:
    """The verdict on a statement as it stands or, where it is not right so, in another way to read it in which it is right.

    ``written`` puts what a document has defined in the place of its names. Raises ``InputError`` where it cannot be read.
    """
    tried: list[list[Judged]] = []
    fault: InputError | None = None
    for chain in chains_of(statement, grounds):
        if len(chain.sides) < 2:
            refuse(statement.text.place(len(statement.text.chars)), "the formula ends; expected = and a right side")
        try:
            own = written(chain)
            variable = variable_of_claim(own.sides, function_letters(grounds))
            if variable is not None:
                return check_function(own.sides, variable, grounds)
            parts = [Judged(one.sides, kind, grounds) for one, kind in roles_of(own, statement.role, grounds.notation)]
            if all(finding.ok for part in parts for finding in part.findings):
                return together([part.verdict() for part in parts])
        except InputError as error:
            fault = fault or error
            continue
        tried.append(parts)
        if all(part.fits for part in parts):
            break
    found: tuple[Verdict, int] | None = None
    for parts in sorted(tried, key=lambda parts: not all(part.fits for part in parts)):
        verdict, understood = together([part.verdict() for part in parts]), min(part.understood for part in parts)
        if found is None or understood > found[1] or (verdict.verdict == RIGHT_UP_TO and found[0].verdict == WRONG):
            found = verdict, understood
        if understood == FITS:
            break
    if found is None or (fault is not None and not found[1]):
        assert fault is not None
        raise fault
    if found[0].family == "other" and breaks_chain_rule(chain_syntax(statement, grounds)):
        said = f"the derivatives on the right do not lead from one end of that on the left to the other; {found[0].detail}"
        return replace(found[0], family="derivative", detail=said)
    return found[0]


def holding(statement: Statement, grounds: Grounds) -> Finding | None:
    """What was found where a statement holds, in some way to read it; None where it holds in none. Raises where it cannot be read."""
    fault: InputError | None = None
    for chain in chains_of(statement, grounds):
        try:
            parts = [Judged(own.sides, kind, grounds) for own, kind in roles_of(chain, statement.role, grounds.notation)]
            findings = [finding for part in parts for finding in part.findings]
        except InputError as error:
            fault = fault or error
            continue
        if findings and all(finding.ok for finding in findings):
            return Finding(sum(own.places for own in findings), max(own.error for own in findings))
    if fault is not None:
        raise fault
    return None


def chains_of(statement: Statement, grounds: Grounds) -> Iterator[Chain]:
    """The syntax of a statement as it stands, then in other ways in which authors may mean it."""
    chain, notation = chain_syntax(statement, grounds), grounds.notation
    yield chain
    for other in (*(layers_above(chain, notation, of_units) for of_units in (False, True)), indexed_chain_rule(chain, notation)):
        if other is not None:
            yield general_letter(other, notation)
    for text in entry_by_entry(statement.text):
        yield chain_syntax(replace(statement, text=text), grounds)


def chain_syntax(statement: Statement, grounds: Grounds) -> Chain:
    """The syntax of a statement, any layer going by the letter of the notation. Raises ``InputError`` for other relations than =."""
    chain = general_letter(claim_syntax(statement.text, grounds.notation, grounds.words), grounds.notation)
    for sign, side in zip(chain.signs, chain.sides[1:], strict=True):
        if sign != "=":
            refuse(side.at, f"expected =, got {sign}")
    return chain


def function_letters(grounds: Grounds) -> frozenset[str]:
    """Letters for the activation of any layer."""
    return frozenset((*ACTIVATIONS, grounds.notation.activation_letter)) - grounds.pattern.names.bases


@dataclass
class Judged:
    """A chain with what is known about each of its sides."""

    sides: tuple[Syntax, ...]
    role: str
    grounds: Grounds
    held: dict[tuple[Syntax, Syntax], tuple[tuple[Syntax, Syntax], Stage, Layers]] = field(default_factory=dict)
    shown: dict[tuple[Syntax, Syntax], int] = field(default_factory=dict)
    repaired: bool = False

    @cached_property
    def is_general(self) -> bool:
        """Whether the general letter stands for a layer."""
        return mentions(self.sides, spelled(Symbol(self.grounds.notation.general_layer)))

    @cached_property
    def trials(self) -> tuple[tuple[Stage, Layers], ...]:
        """Where the chain is tested, in order: if it holds in one of these places it is right. Raises where it cannot be read."""
        grounds = self.grounds
        pattern, batch = self._trials(grounds.varied, grounds.pattern), self._trials(grounds.varied_batch, grounds.batch)
        fault, fits = readable(self.sides, *pattern[0])
        indexed, total = speaks_of_patterns(self.sides, grounds.notation), names_total(self.sides, grounds.notation)
        if not indexed and (fits or not total):
            if fault is not None:
                raise fault
            return pattern
        other, also = readable(self.sides, *batch[0])
        if also:
            return (*batch, *pattern) if fits else batch
        if fits or (fault is None and not indexed):
            return pattern
        if other is not None and fault is not None:
            raise other if indexed else fault
        return batch if other is None else pattern

    def _trials(self, varied: Stage | None, own: Stage) -> tuple[tuple[Stage, Layers], ...]:
        """Where a chain is tested; one that names layers by number beside the general letter speaks of one of them."""
        pattern = own is self.grounds.pattern
        stages: tuple[Stage, ...] = (own, self.grounds.declared) if pattern else (own,)
        if self.is_general and varied is not None:
            stages = (varied, own)
        if speaks_of_units(self.sides) and pattern:
            stages = (self.grounds.declared,)
        found = [(stage, self._layers(stage)) for stage in stages]
        if self.is_general and names_layers(self.sides, self.grounds.notation):
            own_stage = self.grounds.declared if pattern else own
            found += [(own_stage, (layer,)) for layer in range(own_stage.depth + 1)]
        return tuple(found)

    def _layers(self, stage: Stage) -> Layers:
        letter = spelled(Symbol(stage.notation.general_layer))
        if not mentions(self.sides, letter):
            return (None,)
        if self.role:
            return (stage.depth,) if self.role == OUTPUT else tuple(range(1, stage.depth))
        return tuple(range(stage.depth + 1))

    def compared(self, one: Syntax, two: Syntax) -> Finding:
        """Whether two sides are equal in one of the places; what was found in the first where they are in none."""
        first: Finding | None = None
        for number, (stage, layers) in enumerate(self.trials):
            for variant in self._variants(one, two):
                try:
                    found = compared(variant, stage, layers, self.role)
                except Misfit as error:
                    found = Finding(misfit=str(error))
                if found.ok:
                    self.held[one, two] = (variant, stage, layers)
                    return found
                if first is None or (first.difference is None and found.difference is not None):
                    first, self.shown[one, two] = found, number
        assert first is not None
        return first

    def _variants(self, one: Syntax, two: Syntax) -> tuple[tuple[Syntax, Syntax], ...]:
        """As written; and where a sign of differentiation stands before a sum of terms, with all of them after it."""
        wider = widened(one), widened(two)
        return ((one, two),) if wider == (one, two) else ((one, two), wider)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Each side after the first against the first."""
        self.trials  # noqa: B018 - raises where the chain cannot be read
        return tuple(self.compared(self.sides[0], side) for side in self.sides[1:])

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Each relation: right where its right side has the value that the chain begins with."""
        found: list[Link] = []
        broken = 0
        for line, (finding, side) in enumerate(zip(self.findings, self.sides[1:], strict=True), 1):
            text = latex_of(side)
            if finding.ok:
                found.append(Link(line, text, RIGHT))
            elif broken and found[-1].verdict != RIGHT and self.compared(self.sides[line - 1], side).ok:
                found.append(Link(line, text, CONSISTENT, f"consistent with line {broken}"))
            else:
                broken = line
                found.append(Link(line, text, WRONG, described(finding)))
        return tuple(found)

    @property
    def fits(self) -> bool:
        """Whether the parts of every side fit together."""
        return not any(finding.misfit for finding in self.findings)

    @property
    def understood(self) -> int:
        """How well a wrong chain is understood: 2 where all parts fit together, 1 where a single change would make it right."""
        return FITS if self.fits else int(self.repaired)

    def verdict(self) -> Verdict:
        """The verdict on the whole chain: the first broken link speaks for it."""
        wrong = next((link for link in self.links if link.verdict == WRONG), None)
        if wrong is None:
            return self._right()
        finding, pair = self.findings[wrong.line - 1], (self.sides[0], self.sides[wrong.line])
        here = self.shown[pair]
        trials = (self.trials[here], *self.trials[:here], *self.trials[here + 1 :])
        stage, layers = trials[0]
        example = counterexample_of(pair, stage, layers, self.role, finding)
        up_to = up_to_sign(self.sides, self.role, self.trials, self.grounds.notation)
        diagnosis = diagnosed(Case(*pair, trials, self.role), finding)
        if up_to is None and finding.difference is not None:
            diagnosis = self._like_a_slip(pair, diagnosis)
        self.repaired = diagnosis.side is not None
        if up_to is None and diagnosis.family in ("factor", "reduction"):
            up_to = up_to_loss(self.sides, self.role, self.grounds)
        if up_to is not None:
            detail = f"right with {up_to.said}; {described(finding)}"
            expected = self._expected(diagnosis.side, pair[0])
            return Verdict(RIGHT_UP_TO, up_to.family, detail, expected, example, CHECKED, self.links)
        if self._is_other_layout(pair):
            side = diagnosis.side if diagnosis.family == "transpose" else transposed(pair[1])
            detail = "right in the other layout, in which a gradient is transposed"
            return Verdict(RIGHT_UP_TO, "transpose", detail, self._expected(side, pair[0]), example, CHECKED, self.links)
        detail = "; ".join(part for part in (diagnosis.said, described(finding)) if part)
        return Verdict(WRONG, diagnosis.family, detail, self._expected(diagnosis.side, pair[0]), example, CHECKED, self.links)

    def _like_a_slip(self, pair: tuple[Syntax, Syntax], diagnosis: Diagnosis) -> Diagnosis:
        """The classic mistake whose numbers the right side has, if there is one; of several paths one may be forgotten."""
        chain = getattr(self.grounds.network.specification, "is_chain", False)
        if not (diagnosis.family == "other" and diagnosis.side is None) and (chain or diagnosis.family != "layer"):
            return diagnosis
        slip = slip_like(pair, self.grounds, self._layers(self.grounds.pattern))
        if slip is None or (diagnosis.family == "layer" and slip.family != "path"):
            return diagnosis
        return Diagnosis(slip.family, f"it has the value of the classic mistake: {slip.kind.replace('_', ' ')}")

    def _is_other_layout(self, pair: tuple[Syntax, Syntax]) -> bool:
        """Whether the right side is the transpose of a gradient: the layout in which derivatives by a matrix stand the other way."""
        if not is_derivative(pair[0]):
            return False
        return Case(pair[0], transposed(pair[1]), self.trials, self.role).holds(transposed(pair[1]))

    def _expected(self, side: Syntax | None, left: Syntax) -> str | None:
        """What should stand there, in the notation of the claim."""
        if side is not None:
            rate = spelled(self.grounds.notation.symbols["rate"])
            return f"{latex_of(left)} = {latex_of(side)}".replace(SOME_RATE, rate)
        return derived_formula(left, self.grounds)

    def _right(self) -> Verdict:
        captured = captured_letters(self.sides, self.grounds.notation)
        if captured:
            detail = f"the sum binds {captured[0]}, which is free around it; with a letter of its own it is right"
            expected = with_own_letter(self.sides, captured[0])
            return Verdict(RIGHT_UP_TO, "captured_index", detail, expected, None, CHECKED, self.links)
        if not self._holds_on_kinks():
            detail = "right but for the derivative at a kink, where the specification states another value"
            return Verdict(RIGHT_UP_TO, "kink", detail, derived_formula(self.sides[0], self.grounds), None, CHECKED, self.links)
        needed = self._needed()
        return Verdict(RIGHT, None, self._evidence() + (f"; it needs that {needed}" if needed else ""), certainty=CHECKED, links=self.links)

    def _needed(self) -> str:
        """The stated assumptions without which the chain does not hold."""
        for side in self.sides[1:]:
            variant, stage, layers = self.held[self.sides[0], side]
            if not stage.system.assumptions:
                continue
            free = Stage(replace(stage.system, assumptions=()), stage.notation, stage.sizes)
            try:
                if not compared(variant, free, layers, self.role).ok:
                    assumed = stage.system.assumptions[0]
                    return " = ".join(latex_chain((assumed.left, assumed.right), stage.notation))
            except InputError:
                continue
        return ""

    def _holds_on_kinks(self) -> bool:
        """Whether the chain holds where units stand exactly on a kink, as far as it speaks of derivatives."""
        if not (is_derivative(self.sides[0]) or speaks_of_delta(self.sides[0], self.grounds.notation)):
            return True
        for side in self.sides[1:]:
            variant, stage, layers = self.held[self.sides[0], side]
            try:
                if stage.kinks and compared(variant, stage, layers, self.role, stage.kink_points).difference is not None:
                    return False
            except InputError:
                continue
        return True

    def _evidence(self) -> str:
        layers = dict.fromkeys(layer for finding in self.findings for layer in finding.layers)
        places = sum(finding.places for finding in self.findings)
        shown = f" in {len(layers)} layers" if len(layers) > 1 else ""
        worst = max(finding.error for finding in self.findings)
        return f"both sides agree at {places} positions{shown}, {'exactly' if worst == 0 else f'to {worst:.0e}'}"


def described(finding: Finding) -> str:
    """What a finding says, on one line."""
    if finding.misfit:
        return finding.misfit
    difference = finding.difference
    if difference is None:
        return "nothing could be evaluated"
    show = difference.point.valuation.context.nstr
    where = ", ".join(f"{index.letter} = {place + 1}" for index, place in difference.place.items())
    return f"left {show(difference.left, 6)}, right {show(difference.right, 6)}" + (f" at {where}" if where else "")

"""The rules of calculus that the derivation uses, before it uses them, in the letters and the order of the notation."""

from __future__ import annotations

from derive.expressions import Entry, Product
from derive.notation.layout import Big, Fraction, Gap, Layout, Scripts, Sign, Symbol, argument, fenced, row
from derive.notation.profile import Notation
from derive.notation.symbols import NABLA, PARTIAL
from derive.notes.document import Block, Chain, Line, Paragraph, Section
from derive.notes.story import Story
from derive.traversal import walk

_PARAMETERS = ("weight", "bias", "parameter")


def prerequisites(story: Story) -> tuple[Section, ...]:
    """The chain rule for one value, for several and for vectors; the product rule where something multiplies two values."""
    if story.options.level == "brief":
        return ()
    notation = story.notation
    outer, middle, inner = (Symbol(letter) for letter in notation.chain_rule_values)
    f, g = (Symbol(letter) for letter in notation.chain_rule_functions)
    blocks: list[Block] = [Paragraph(story.say("prerequisites.intro"))]
    if notation.chain_rule_form != "values":
        blocks.append(Paragraph(story.say("prerequisites.composed", inner=g, outer=f)))
        blocks.append(_display(_composed(notation, f, g)))
    values = "prerequisites.values" if notation.chain_rule_form != "values" else "prerequisites.values_alone"
    blocks.append(Paragraph(story.say(values, outer=outer, middle=middle, inner=inner)))
    blocks.append(_display((_slope(outer, inner), _ordered(notation, _slope(outer, middle), _slope(middle, inner)))))
    blocks += _several(story, outer, middle, inner)
    if _multiplies(story):
        blocks.append(Paragraph(story.say("prerequisites.product")))
        blocks.append(_display(_product_rule(f, g)))
    return (Section(story.say("section.prerequisites"), "prerequisites", tuple(blocks)),)


def _several(story: Story, outer: Layout, middle: Layout, inner: Layout) -> tuple[Block, ...]:
    """Several values in between, and the same with the matrix of their derivatives."""
    i, j = Symbol("i"), Symbol("j")
    many = _ordered(story.notation, _slope(outer, Scripts(middle, j)), _slope(Scripts(middle, j), Scripts(inner, i)))
    jacobian = Scripts(fenced(_slope(middle, inner)), above=Sign("top"))
    return (
        Paragraph(story.say("prerequisites.several", middle=Scripts(middle, j))),
        _display((_slope(outer, Scripts(inner, i)), row(Big("sum", j), many))),
        Paragraph(story.say("prerequisites.jacobian", matrix=_slope(middle, inner), row=j, column=i)),
        _display((row(Scripts(NABLA, inner), outer), row(jacobian, Gap(), Scripts(NABLA, middle), outer))),
    )


def _display(sides: tuple[Layout, Layout]) -> Chain:
    return Chain((Line(sides[0], sides[1]),))


def _slope(of: Layout, by: Layout) -> Layout:
    return Fraction(row(PARTIAL, of), row(PARTIAL, by))


def _ordered(notation: Notation, outer: Layout, local: Layout) -> Layout:
    """The two factors in the order of the notation, with a dot where it has one."""
    first, second = (outer, local) if notation.chain_order == "loss,local" else (local, outer)
    return row(first, Sign("cdot") if notation.product == "dot" else Gap(), second)


def _composed(notation: Notation, f: Symbol, g: Symbol) -> tuple[Layout, Layout]:
    """``(f o g)' = f'(g) g'`` or ``D[f(g(x))] = f'(g(x)) g'(x)``."""
    x = Symbol(notation.chain_rule_values[-1])
    if notation.chain_rule_form == "composition":
        left: Layout = Scripts(fenced(row(f, Sign("circ"), g)), primes=1)
        parts: tuple[Layout, Layout] = row(Scripts(f, primes=1), argument(g)), Scripts(g, primes=1)
    else:
        inside = row(g, argument(x))
        left = row(Symbol("D"), fenced(row(f, argument(inside)), "["))
        parts = row(Scripts(f, primes=1), argument(inside)), row(Scripts(g, primes=1), argument(x))
    first, second = parts if notation.chain_order == "loss,local" else parts[::-1]
    return left, row(first, Sign("cdot"), second)


def _product_rule(f: Symbol, g: Symbol) -> tuple[Layout, Layout]:
    left = Scripts(fenced(row(f, Sign("cdot"), g)), primes=1)
    return left, row(Scripts(f, primes=1), Sign("cdot"), g, Sign("+"), f, Sign("cdot"), Scripts(g, primes=1))


def _multiplies(story: Story) -> bool:
    """Whether an equation multiplies values that both depend on parameters."""
    for equation in story.network.pattern.equations[:-1]:
        for node in walk(equation.right):
            if isinstance(node, Product):
                varying = [f for f in node.args if any(isinstance(n, Entry) and n.tensor.role not in _PARAMETERS for n in walk(f))]
                if len(varying) > 1:
                    return True
    return False

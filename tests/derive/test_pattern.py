"""A derivation shared by several places of one pattern is the derivation of each place, line by line."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest

from derive import chain_rule
from derive.calculus.canonical import canonical
from derive.calculus.pattern import pattern_of
from derive.chain_rule import Sweep, reverse_sweep
from derive.equations import System
from derive.expressions import Tensor
from derive.indices import Axis
from derive.steps import Derivation
from tests.derive.random_systems import random_system
from tests.derive.systems import system

SIZES = {"i": 3, "j": 3, "k": 2}


def chain(seed: int, layers: int = 9) -> System:
    """Few kinds of layers repeated, on few axes, with weights and values that sometimes coincide."""
    random = Random(seed)
    axes, parameters, equations = ["j"], list[str](), list[str]()
    for number in range(1, layers + 1):
        last = axes[-1]
        below, earlier = f"h{number - 1}", f"h{random.choice([place for place, axis in enumerate(axes) if axis == last])}"
        kind = random.choice(["dense", "dense", "residual", "gate", "normed", "shifted"])
        axis = random.choice("jjik") if kind == "dense" else last
        if kind in ("dense", "residual"):
            right = f"tanh(sum(p, {_weight(random, parameters, f'{axis},{last}')}[{axis},p]*{below}[p]))"
            right = right if kind == "dense" else f"{earlier}[{last}] + {right}"
        elif kind == "gate":
            right = f"{below}[{last}]*{earlier}[{last}]"
        elif kind == "normed":
            right = f"exp({below}[{last}])/sum(p, exp({below}[p]))"
        else:
            right = f"cases({last} >= 1, {below}[{last}-1], 0) + {earlier}[{last}]/2"
        axes.append(axis)
        equations.append(f"h{number}[{axis}] = {right}")
    return system(f"chain{seed}", SIZES, ["h0[j]"], parameters, equations, f"sum({axes[-1]}, h{layers}[{axes[-1]}]**2)/2")


def _weight(random: Random, parameters: list[str], axes: str) -> str:
    """A new weight, or one that fits and is used already."""
    fitting = [name for name in parameters if name.endswith(f"[{axes}]")]
    if not fitting or random.random() < 0.7:
        parameters.append(f"W{len(parameters)}[{axes}]")
        return parameters[-1].partition("[")[0]
    return random.choice(fitting).partition("[")[0]


def lines(derivation: Derivation) -> list[str]:
    names = {index: f"free{place}" for place, index in enumerate(derivation.left.positions)}
    return [canonical(value, names) for step in derivation.steps for value in (*(finer.after for finer in step.substeps), step.after)]


def without_sharing(system: System, wanted: tuple[Tensor, ...], monkeypatch: pytest.MonkeyPatch) -> Sweep:
    fresh = count()
    with monkeypatch.context() as patch:
        patch.setattr(chain_rule, "pattern_of", lambda values: (str(next(fresh)), ()))
        return reverse_sweep(system, wanted)


@pytest.mark.parametrize("made", [*(chain(seed) for seed in range(16)), *(random_system(seed, 9) for seed in range(8))])
def test_sharing_changes_no_line(made: System, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (*made.parameters, *made.inputs)
    shared, alone = reverse_sweep(made, wanted), without_sharing(made, wanted, monkeypatch)
    assert [found.left.tensor for found in shared.derivations] == [found.left.tensor for found in alone.derivations]
    for one, other in zip(shared.derivations, alone.derivations, strict=True):
        assert [step.rule for step in one.steps] == [step.rule for step in other.steps]
        assert lines(one) == lines(other)


def test_chains_do_share() -> None:
    sweeps = [reverse_sweep(chain(seed)) for seed in range(16)]
    assert sum(len(set(sweep.patterns)) for sweep in sweeps) < sum(len(sweep.patterns) for sweep in sweeps)


def test_coinciding_tensors_are_another_pattern() -> None:
    axis = Axis("j", 2)
    u, v = Tensor("u", (axis,)), Tensor("v", (axis,))
    two, one = pattern_of((u, v)), pattern_of((u, u))
    assert two[0] != one[0]
    assert pattern_of((v, u))[0] == two[0]


def test_coinciding_axes_are_another_pattern() -> None:
    j, k = Axis("j", 2), Axis("k", 2)
    assert pattern_of((Tensor("W", (j, k)),))[0] != pattern_of((Tensor("W", (j, j)),))[0]


def test_sizes_matter_only_where_positions_are_shifted() -> None:
    """A guard may vanish for one size and not for another."""
    for text, equal in (("sum(c, a[c+1])", False), ("sum(c, a[c+0]*b[c])", False), ("sum(d, a[d])", True)):
        patterns = []
        for size in (4, 5):
            made = system("sizes", {"c": 3, "d": size}, ["a[d]", "b[c]"], [], ["u = 1"], text)
            patterns.append(pattern_of((made.equations[-1].right,))[0])
        assert (patterns[0] == patterns[1]) is equal

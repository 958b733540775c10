"""What emission costs grows in proportion to depth. Function calls are counted, not seconds: they are the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

from codegen.emit import emit
from derive.network import network
from derive.results import results_of


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called while ``work`` runs."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def chain(depth: int, activation: str) -> str:
    return "2" + f"-2:{activation}" * depth


def mixed(depth: int) -> str:
    """Every layer differs from its neighbours in width and activation."""
    return "2" + "-3:tanh-2:relu" * (depth // 2)


def emitted(spec: str) -> str:
    results = results_of(network(spec))
    return emit(results.network, results.batch_sweep, style="vectorised", number=results.number)


def per_layer(work: Callable[[str], object], spec: Callable[[int], str]) -> list[float]:
    """Calls for each further layer, between 6, 12 and 36 of them."""
    work(spec(4))  # what is read once, such as the tables of functions
    depths = (6, 12, 36)
    counts = [calls_of(partial(work, spec(depth))) for depth in depths]
    return [(counts[n + 1] - counts[n]) / (depths[n + 1] - depths[n]) for n in range(2)]


def test_a_layer_of_a_deep_chain_costs_what_a_layer_of_a_shallow_one_costs() -> None:
    shallow, deep = per_layer(emitted, partial(chain, activation="relu"))
    assert deep < 1.015 * shallow


def test_so_it_is_where_layers_differ() -> None:
    shallow, deep = per_layer(emitted, mixed)
    assert deep < 1.015 * shallow


def test_so_it_is_for_the_derivation_alone() -> None:
    shallow, deep = per_layer(lambda spec: results_of(network(spec)), partial(chain, activation="tanh"))
    assert deep < 1.002 * shallow

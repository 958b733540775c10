"""No pass changes what a program computes, bit for bit; each does what its name says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from interpreter import values_of

from codegen.decisions import Decisions, passes
from codegen.emit import problem_for
from codegen.layout import COLUMNS, LAYOUTS, ROWS, orders
from codegen.lower import lower_problem
from codegen.passes import (
    PASSES,
    bias_rows,
    common_subexpressions,
    dead_statements,
    equal_layers,
    few_signs,
    forward_first,
    full_bounds,
    in_place,
    many_logarithms,
    quick_logarithms,
    shared_memory,
    short_maxima,
    short_sums,
    signs_of,
    spread_sums,
)
from codegen.problem import Problem, summed_in_place
from codegen.program import GRADIENT, SCRATCH, Program, Statement, View
from codegen.quick import prepared
from derive.network import network
from derive.results import results_of

SPECS = (
    ("3-4:tanh-2:softmax", None),
    ("3-4:relu-2:sigmoid", "binary_cross_entropy"),
    ("3-5:gelu-4:elu-4:softmax-2:mish", "mean_squared_error"),
    ("2-4:leaky_relu-4:relu6-4:hard_tanh-3:linear", None),
    ("2-4:tanh-4:tanh-4:tanh-4:tanh-4:relu-4:relu-4:relu-4:linear", None),
)


@cache
def lowered(spec: str, loss: str | None, layout: str = LAYOUTS[0]) -> tuple[Problem, Program]:
    model = network(spec, loss=loss)
    results = results_of(model, input_gradient=True)
    problem = summed_in_place(problem_for(model, results.batch_sweep))
    return problem, lower_problem(problem, orders(problem, layout))


def after(program: Program, *passes) -> Program:
    for step in passes:
        program = step(program)
    return program


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


def close(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return left.keys() == right.keys() and all(np.allclose(left[name], right[name], rtol=1e-13, atol=1e-15) for name in left)


SAME = {step: close if step is bias_rows else same for step in PASSES}
"""Bit for bit, but where terms are added in another order: a bias that comes last in a product."""


@pytest.mark.parametrize("place", range(len(PASSES)), ids=[step.__name__ for step in PASSES])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("spec", "loss"), SPECS)
def test_pass_leaves_every_value_as_it_was(spec, loss, layout, place) -> None:
    problem, program = lowered(spec, loss, layout)
    before, step = after(program, *PASSES[:place]), PASSES[place]
    assert SAME[step](values_of(before, problem), values_of(step(before), problem))


@pytest.mark.parametrize(("spec", "loss"), SPECS)
def test_lowering_ignores_the_layout_of_parameters(spec, loss) -> None:
    problem, program = lowered(spec, loss)
    plain = values_of(lower_problem(problem, {}), problem)
    for name, value in values_of(program, problem).items():
        turned = value.T if name in program.buffers and program.buffers[name].documented else value
        assert np.allclose(turned, plain[name], rtol=1e-13, atol=1e-15)


def test_softmax_and_its_logarithm_share_exponentials() -> None:
    _, program = lowered("3-4:tanh-2:softmax", "cross_entropy")
    counts = [sum(s.operation in ("exp", "largest") for s in p.statements) for p in (program, common_subexpressions(program))]
    assert counts == [7, 2]


def test_what_nothing_reads_is_dropped() -> None:
    _, program = lowered(*SPECS[0])
    extra = Statement("exp", View("z1_unused", (0, 1)), (View("z1", (0, 1)),), 0)
    buffers = {**program.buffers, "z1_unused": replace(program.buffers["z1"], name="z1_unused", kind=SCRATCH)}
    longer = replace(program, buffers=buffers, statements=(*program.statements, extra))
    assert dead_statements(longer).statements == dead_statements(program).statements


def test_forward_pass_needs_no_target() -> None:
    _, program = lowered(*SPECS[1])
    ordered = after(program, common_subexpressions, dead_statements, forward_first)
    assert not any("t" in statement.reads for statement in ordered.statements[: ordered.forward])
    assert ordered.statements[ordered.forward - 1].target.buffer == program.output
    assert ordered.loss in {statement.target.buffer for statement in ordered.statements[: ordered.valued]}


def test_in_place_leaves_no_intermediate_sum_before_the_bias() -> None:
    _, program = lowered(*SPECS[0])
    kept = in_place(after(program, common_subexpressions, dead_statements, forward_first))
    assert not any("_dot_" in name for name, buffer in kept.buffers.items() if buffer.axes)


def test_sharing_never_touches_gradients_or_results() -> None:
    for spec in SPECS:
        _, program = lowered(*spec)
        shared = after(program, *PASSES)
        inside = {name for group in shared.memory for name in group}
        assert inside
        assert not inside & {name for name, buffer in shared.buffers.items() if buffer.kind == GRADIENT}
        assert not inside & set(shared.results)


def test_overwriting_a_living_value_would_be_caught() -> None:
    problem, program = lowered(*SPECS[0])
    done = after(program, *PASSES)
    wrong = replace(done, memory=(("z1", "a1", "delta1", "delta2"), *(g for g in done.memory if "delta2" not in g and "z1" not in g)))
    assert not same(values_of(done, problem), values_of(wrong, problem))


def test_passes_are_linear_in_depth() -> None:
    sizes = []
    for depth in (4, 8, 16):
        model = network("-".join(["3", *["3:tanh"] * depth]))
        problem = summed_in_place(problem_for(model, results_of(model).batch_sweep))
        program = after(lower_problem(problem, orders(problem, LAYOUTS[0])), *PASSES)
        sizes.append(len(program.statements))
    first, second = (later - earlier for earlier, later in pairwise(sizes))
    assert second == 2 * first


def test_shared_memory_of_a_deep_chain_is_what_it_must_remember() -> None:
    model = network("-".join(["3", *["7:tanh"] * 12]))
    problem = summed_in_place(problem_for(model, results_of(model).batch_sweep))
    program = after(lower_problem(problem, orders(problem, LAYOUTS[0])), *passes(Decisions()))
    inside = {name for group in program.memory for name in group}
    alone = [n for n, b in program.buffers.items() if b.axes and b.kind in (SCRATCH, "value") and n not in inside]
    assert len(program.memory) + len(alone) <= 12 + 4


__all__ = ["shared_memory"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_slopes_of_equal_layers_are_one_call_each(layout: str) -> None:
    _, program = lowered(*SPECS[-1], layout)
    before = after(program, *PASSES[: PASSES.index(equal_layers)])
    together = equal_layers(before)
    stacked = [s for s in together.statements if len(s.target.places) == 3]
    assert sorted(statement.operation for statement in stacked) == ["greater", "multiply", "subtract"]
    assert sorted(len(stack.members) for stack in together.stacks) == [3, 3, 4, 4]
    assert len(before.statements) - len(together.statements) == 2 * 3 + 2


def test_layers_that_wait_for_one_another_stay_apart() -> None:
    _, program = lowered(*SPECS[-1])
    together = after(program, *PASSES)
    tangents = [s for s in together.statements if s.operation == "tanh"]
    assert len(tangents) == 4


def test_the_largest_of_three_columns_is_two_comparisons_and_of_rows_a_reduction() -> None:
    for layout, operations in ((COLUMNS, ["maximum", "maximum"]), (ROWS, ["largest"])):
        _, program = lowered("3-4:tanh-3:softmax", None, layout)
        before = after(program, *PASSES[: PASSES.index(short_maxima)])
        made = [s.operation for s in short_maxima(before).statements if s.target.buffer == "max_z2"]
        assert made == operations


def test_the_largest_of_many_columns_stays_a_reduction() -> None:
    _, program = lowered("3-4:tanh-9:softmax", None, COLUMNS)
    assert short_maxima(program) == program


def test_logarithms_in_six_calls_are_right_to_the_last_digits() -> None:
    x = np.concatenate([10.0 ** np.linspace(-44, 0, 500), [0.0]]).astype(np.float32)
    total = x + np.float32(1)
    found = np.log(total) + (x - (total - np.float32(1))) / total
    wanted = np.log1p(x.astype(np.float64))
    assert np.all(np.abs(found - wanted) <= 3 * np.finfo(np.float32).eps * wanted + 1e-45)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_logarithms_in_six_calls_have_the_value_of_the_one(layout: str) -> None:
    problem, program = lowered("3-4:softplus-2:sigmoid", "binary_cross_entropy", layout)
    before = after(program, *PASSES[: PASSES.index(full_bounds)])
    names = many_logarithms(before, 2000)
    apart = quick_logarithms(before, names)
    assert len(names) == 2
    assert len(apart.statements) == len(before.statements) + 10
    assert close(values_of(before, problem), values_of(shared_memory(apart), problem))


def test_bounds_stand_everywhere_in_arrays_of_their_own() -> None:
    model = network("3-4:relu-4:relu-2:sigmoid")
    program = lower_problem(prepared(problem_for(model, results_of(model).batch_sweep)), {})
    bounded = full_bounds(after(program, *PASSES[: PASSES.index(full_bounds)]))
    operands = {view.buffer for s in bounded.statements if s.operation in ("maximum", "minimum") for view in s.operands[1:]}
    assert operands == {"zero_batch_by_4", "number_40_batch_by_2"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("spec", "loss"), [*SPECS, ("3-4:softmax-4:relu-3:softmax", "cross_entropy")])
def test_sums_at_every_term_have_the_values_of_sums(spec, loss, layout) -> None:
    problem, program = lowered(spec, loss, layout)
    before = after(program, *PASSES[: PASSES.index(short_maxima) + 1])
    spread = spread_sums(before, short_sums(before, 5))
    assert ("softmax" in spec) == bool(short_sums(before, 5))
    assert close(values_of(before, problem), values_of(after(spread, full_bounds, shared_memory), problem))


def test_sums_of_many_terms_are_spread_by_numpy() -> None:
    _, program = lowered("3-4:tanh-2:softmax", None)
    assert short_sums(program, 10)
    assert not short_sums(program, 1000)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("spec", "loss"), SPECS)
def test_signs_mask_as_truths_do(spec, loss, layout) -> None:
    problem, program = lowered(spec, loss, layout)
    before = after(program, *PASSES[: PASSES.index(short_maxima) + 1])
    names = few_signs(before, 3)
    assert len(names) == sum(part.endswith(":relu") for part in spec.split("-"))
    assert not few_signs(before, 1000)
    signed = signs_of(before, names)
    assert all(not signed.buffers[name].truth for name in names)
    assert same(values_of(before, problem), values_of(after(signed, equal_layers, full_bounds, shared_memory), problem))

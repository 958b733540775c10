"""What the reverse sweep derives, against formulas from the textbooks; numbers are compared in test_verify and tests/codegen."""

from __future__ import annotations

import pytest

from derive.calculus.canonical import canonical
from derive.calculus.scalar_algebra import weight as length
from derive.chain_rule import Sweep, adjoint, reverse_sweep
from derive.equations import Equation, System
from derive.expressions import (
    Apply,
    Bracket,
    Entry,
    Expression,
    Function,
    Partial,
    Plus,
    Size,
    Tensor,
    Total,
    expression,
    factors_of,
    total,
)
from derive.indices import Affine, AffineTerm, Axis, Index
from derive.network import network
from derive.results import results_of
from derive.steps import Derivation, Step
from derive.traversal import free_indices, tensors_of, walk
from tests.derive.systems import system as equations_of


def derivation(sweep: Sweep, name: str) -> Derivation:
    return next(found for found in sweep.derivations if found.left.tensor.name == name)


def tensor(system: System, name: str) -> Tensor:
    computed = (*system.inputs, *system.parameters, *system.definitions)
    return next(found for found in computed if found.name == name)


def index(like: Tensor, place: int = 0, letter: str = "q") -> Index:
    return Index(letter, like.axes[place])


def assert_is(found: Derivation, expected: Expression) -> None:
    assert canonical(found.result) == canonical(expected)


def test_softmax_cross_entropy_delta_is_p_minus_t() -> None:
    """Reached by rules and the stated assumption that targets sum to one."""
    system = network("4-3:softmax").pattern
    found = derivation(reverse_sweep(system), "delta1")
    (j,) = found.left.positions
    assert_is(found, tensor(system, "a1")[j] - tensor(system, "t")[j])
    assert [step.lemma for step in found.steps if step.rule == "assumption"] == ["assumption"]


def test_binary_cross_entropy_delta_is_y_minus_t() -> None:
    system = network("4-3:sigmoid", loss="binary_cross_entropy").pattern
    found = derivation(reverse_sweep(system), "delta1")
    (j,) = found.left.positions
    assert_is(found, tensor(system, "a1")[j] - tensor(system, "t")[j])


@pytest.mark.parametrize(("last", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")])
@pytest.mark.parametrize("before", ["linear", "relu", "elu"])
def test_an_output_in_a_layer_of_its_own_reaches_y_minus_t(before: str, last: str, loss: str) -> None:
    """What stands between pre-activation and output is inlined, and the output is found again; 1/y would not stay finite."""
    layers = [{"units": 3, "activation": before}, {"type": "activation", "activation": last}]
    system = network({"inputs": 4, "loss": loss, "layers": layers}).pattern
    found = derivation(reverse_sweep(system), "delta1")
    (j,) = found.left.positions
    residual, *slope = sorted(factors_of(found.result), key=lambda factor: not isinstance(factor, Plus))
    assert canonical(residual) == canonical(tensor(system, "a2")[j] - tensor(system, "t")[j])
    assert set(tensors_of(found.result)) <= {tensor(system, name) for name in ("a1", "a2", "t")}
    assert len(slope) == (before != "linear")


def test_the_recursion_of_deltas_is_the_second_formula_of_nielsen() -> None:
    system = network("4-5:gelu-3:gelu").pattern
    found = derivation(reverse_sweep(system), "delta1")
    (j,) = found.left.positions
    z1, z2, weight = (tensor(system, name) for name in ("z1", "z2", "W2"))
    gelu = system.definitions[tensor(system, "a1")].right
    assert isinstance(gelu, Apply)
    k = index(z2)
    assert_is(found, Total(k, adjoint(z2)[k] * weight[k, j] * Apply(gelu.function.prime, z1[j])))


def test_the_weight_gradient_of_layer_1_reads_the_input() -> None:
    """Seed 002 prints g (l^(1))^T, which has the same shape (002-a)."""
    system = network("2-2:relu-1:linear").pattern
    found = derivation(reverse_sweep(system), "dW1")
    row, column = found.left.positions
    assert_is(found, adjoint(tensor(system, "z1"))[row] * tensor(system, "x")[column])


def test_a_softmax_in_the_middle_reaches_its_compact_form() -> None:
    """p (g - sum g p)."""
    system = network("4-5:softmax-3:linear").pattern
    found = derivation(reverse_sweep(system), "delta1")
    (j,) = found.left.positions
    a = tensor(system, "a1")
    k = index(a)
    g = adjoint(a)
    assert_is(found, a[j] * (g[j] - Total(k, g[k] * a[k])))


def test_the_batch_divides_once_and_weight_decay_adds_its_own_term() -> None:
    system = network({"inputs": 3, "l2": 0.5, "layers": [{"units": 2, "activation": "linear"}]}).batch
    sweep = reverse_sweep(system)
    delta, gradient = derivation(sweep, "delta1"), derivation(sweep, "dW1")
    b, j = delta.left.positions
    a, t, weight, x = (tensor(system, name) for name in ("a1", "t", "W1", "x"))
    assert_is(delta, (a[b, j] - t[b, j]) / Size(a.axes[0]))
    row, column = gradient.left.positions
    pattern = index(a)
    assert_is(gradient, Total(pattern, delta.left.tensor[pattern, row] * x[pattern, column]) + weight[row, column] / 2)


def test_every_line_starts_where_the_line_before_ended() -> None:
    def check(steps: tuple[Step, ...], before: Expression) -> None:
        for step in steps:
            assert step.before == before
            assert step.after != before
            check(step.substeps, step.before)
            assert not step.substeps or step.substeps[-1].after == step.after
            before = step.after

    for name in ("3-4:mish-3:softmax-2:sigmoid", "2-3:elu-2:softmax"):
        built = network(name)
        for system in (built.pattern, built.batch):
            for found in reverse_sweep(system).derivations:
                check(found.steps, found.start)


def test_no_line_differentiates_by_an_index_that_it_binds() -> None:
    """The capture of seeds 000, 001 and 003 (003-c)."""
    for system in (network("3-4:tanh-2:softmax").pattern, network("3-4:tanh-2:softmax").batch):
        for found in reverse_sweep(system).derivations:
            for step in found.steps:
                for node in walk(step.after):
                    if isinstance(node, Partial):
                        bound = [part.index for part in walk(node.of) if isinstance(part, Total)]
                        assert not set(bound) & set(free_indices(node.by))


def test_equal_layers_share_one_derivation_and_one_number() -> None:
    results = results_of(network("-".join(["4", *["4:tanh"] * 12, "2:softmax"])))
    delta = [result for result in results.of_pattern if result.kind == "delta"]
    assert [len(result.members) for result in delta] == [1, 12]
    gradients = [result for result in results.of_pattern if result.kind == "gradient"]
    assert [len(result.members) for result in gradients] == [13, 13]


def test_a_specialised_derivation_is_the_one_derived_on_the_spot() -> None:
    """Specialising by renaming gives what a sweep without a second layer of that pattern gives."""
    long = network("5-4:tanh-3:tanh-2:tanh").pattern
    sweep = reverse_sweep(long)
    for name, source, weight in (("delta1", "delta2", "W2"), ("delta2", "delta3", "W3")):
        found = derivation(sweep, name)
        assert {t.name for t in tensors_of(found.result)} == {source, weight, f"a{name[-1]}"}


def test_a_value_used_twice_sums_what_comes_back() -> None:
    """Seed 004: deltas come from any units to which the current unit is connected."""
    axis = Axis("n", 3)
    x, w, y = Tensor("x", (axis,), "input"), Tensor("w", (axis,), "parameter"), Tensor("y", (axis,))
    u, v, loss = Tensor("u", (axis,)), Tensor("v", (axis,)), Tensor("loss")
    i = [Index("i", axis) for _ in range(4)]
    equations = (
        Equation(y[i[0]], w[i[0]] * x[i[0]]),
        Equation(u[i[1]], Apply(Function("exp"), y[i[1]]) * x[i[1]]),
        Equation(v[i[2]], y[i[2]] * u[i[2]]),
        Equation(loss[()], Total(i[3], v[i[3]] * u[i[3]])),
    )
    found = derivation(reverse_sweep(System("fan", (x,), (w,), equations)), "dy")
    (q,) = found.left.positions
    assert_is(found, (adjoint(u)[q] + adjoint(v)[q]) * u[q])


def test_a_recurrence_sweeps_backwards_with_its_guard() -> None:
    time, state = Axis("t", 5), Axis("j", 3)
    x, recurrent = Tensor("x", (time, state), "input"), Tensor("U", (state, state), "parameter")
    h, loss = Tensor("h", (time, state)), Tensor("loss")
    t, j, p = Index("t", time), Index("j", state), Index("p", state)
    earlier = Affine(-1, AffineTerm(1, t))
    forward = Equation(h[t, j], Apply(Function("tanh"), Total(p, recurrent[j, p] * h[earlier, p]) + x[t, j]))
    s, k = Index("t", time), Index("j", state)
    system = System("rnn", (x,), (recurrent,), (forward, Equation(loss[()], total((s, k), h[s, k] ** 2))))
    found = derivation(reverse_sweep(system), "dh")
    later = [entry for entry in walk(found.result) if isinstance(entry, Entry) and entry.tensor.name == "dh"]
    assert later[0].positions[0] == Affine(1, AffineTerm(1, found.left.positions[0]))
    assert any(isinstance(node, Bracket) for node in walk(found.result))


@pytest.mark.parametrize("wanted", ["x", "W1"])
def test_only_what_is_wanted_is_derived(wanted: str) -> None:
    system = network("3-4:tanh-2").pattern
    names = [found.left.tensor.name for found in reverse_sweep(system, (tensor(system, wanted),)).derivations]
    assert names[-1] == f"d{wanted}"
    assert [name for name in names if name in ("dW1", "db1", "dW2", "db2", "dx")] == [f"d{wanted}"]


@pytest.mark.parametrize("formula", ["tanh({0})", "{0} + tanh({0})", "sigmoid({0})*{0}", "exp({0}) - {0}"])
def test_formulas_of_stacked_functions_do_not_grow_with_depth(formula: str) -> None:
    """A function of one value is written out in its readers, but never so that a formula doubles with each."""
    depth = 20
    stacked = [f"v{place}[j] = " + formula.format(f"v{place - 1}[j]") for place in range(1, depth)]
    made = equations_of(
        "stacked", {"j": 2, "i": 2}, ["x[i]"], ["W[j,i]"], ["v0[j] = sum(i, W[j,i]*x[i])", *stacked], f"sum(j, v{depth - 1}[j])"
    )
    for found in reverse_sweep(made).derivations:
        assert max(length(step.after) for step in found.steps) < 20 * depth


def test_every_way_through_written_out_values_counts_even_where_one_is_shorter() -> None:
    """h acts on m directly, and through s and r, none of which has an adjoint of its own: m = r*h with r = tanh(sigmoid(h))."""
    layers = [
        {"units": 2, "activation": "tanh", "name": "h"},
        {"type": "activation", "activation": "sigmoid", "name": "s"},
        {"type": "activation", "activation": "tanh", "name": "r"},
        {"type": "multiply", "name": "m", "from": ["r", "h"]},
        {"units": 1, "activation": "linear"},
    ]
    system = network({"inputs": 2, "layers": layers}).pattern
    sweep = reverse_sweep(system)
    found = derivation(sweep, "delta1")
    (j,) = found.left.positions
    h, s, r = (tensor(system, name)[j] for name in ("a1", "a2", "a3"))
    dm = next(t for step in found.steps for t in tensors_of(step.after) if t.name == "da4")[j]
    one = expression(1)
    assert_is(found, dm * (one - h**2) * ((one - r**2) * s * (one - s) * h + r))

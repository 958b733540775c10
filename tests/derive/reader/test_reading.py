"""What formulas mean: layers, indices, arrays, functions; and what is said where parts do not fit."""

from __future__ import annotations

import pytest

from derive.calculus.canonical import canonical
from derive.errors import InputError
from derive.expressions import Apply, Entry, Number, Partial, Size, Total
from derive.indices import Affine
from derive.network import network
from derive.reader import Misfit, Reading, Scope, names_of, read, scope_of
from tests.derive.reader.printed import NIELSEN, inert

NETWORK = network("3-4:tanh-2:sigmoid")
PATTERN = scope_of(names_of(NETWORK.pattern, NIELSEN), 1)
BATCH = scope_of(names_of(NETWORK.batch, NIELSEN), 1)


def _read(text: str, scope: Scope = PATTERN) -> Reading:
    return read(text, scope)


def _same(one: str, other: str, scope: Scope = PATTERN) -> bool:
    """Whether two chains say the same, indices on the left being named in order."""
    texts = []
    for text in (one, other):
        reading = _read(text, scope)
        names = {index: str(number) for number, index in enumerate(reading.free)}
        texts.append([canonical(inert(entry, scope.names.system), names) for entry in reading.entries])
    return texts[0] == texts[1]


def test_the_general_letter_is_the_layer_that_it_is_said_to_be() -> None:
    names = names_of(NETWORK.pattern, NIELSEN)
    for layer, tensor in ((1, "z1"), (2, "z2")):
        (entry,) = read("z_j^l", scope_of(names, layer)).entries
        assert isinstance(entry, Entry)
        assert entry.tensor.name == tensor


@pytest.mark.parametrize("text", ["z_j^L", "z_j^3", "z_j^{l+1}", "z^{l+1}_j", "z_j^{L}"])
def test_layers_go_by_number_by_the_general_letter_and_by_the_last(text: str) -> None:
    (entry,) = _read(text).entries
    assert isinstance(entry, Entry)
    assert entry.tensor.name == "z2"


def test_the_input_is_the_output_of_its_layer() -> None:
    assert _same("a_k^1 = x_k", "x_j = x_j")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"z_j^l = \sum_{k}w_{jk}^l\,a_k^{l-1} + b_j^l", r"z_j^l = b_j^l + \sum_p a_p^{l-1} w_{jp}^l"),
        (r"z_j^l = \sum_{k=1}^{n_1}w_{jk}^l\,x_k + b_j^l", r"z_j^l = \sum_{k=1}^{3}w_{jk}^l\,x_k + b_j^l"),
        (r"z^l = W^l\,a^{l-1} + b^l", r"z_j^l = \sum_k w^l_{jk} a^{l-1}_k + b_j^l"),
        (r"\delta^l = ((W^{l+1})^{\top}\,\delta^{l+1}) \odot \tanh'(z^l)", r"\delta_j^l = \sum_k w_{kj}^L \delta_k^L \tanh'(z_j^l)"),
        (r"\frac{\partial J}{\partial W^l} = \delta^l\,(a^{l-1})^T", r"\frac{\partial J}{\partial w_{jk}^l} = \delta_j^l x_k"),
        (r"\nabla_{W^l} J = \delta^l x^{\top}", r"\frac{\partial J}{\partial W^l} = \delta^l x^{\top}"),
        (r"J = \tfrac{1}{2}\,\lVert a^L - y\rVert^2", r"J = \frac{1}{2} (a^L - y)^\top (a^L - y)"),
        (r"J = \frac{(a_1^L - y_1)^2 + (a_2^L - y_2)^2}{2}", r"J = \frac12 \Bigl((a_1^L - y_1)^2 + (a_2^L - y_2)^2\Bigr)"),
        (r"\sigma'(z_j^L) = e^{-z_j^L} \cdot \sigma(z_j^L)^2", r"\sigma'(z_j^L) = \sigma^2(z_j^L) \exp(-z_j^L)"),
        (r"z_j^l z_j^l / z_j^l = z_j^l", r"\frac{(z_j^l)^2}{z_j^l} = z_j^l"),
        (
            r"\begin{cases} 1 & \text{if } z_j^l > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\begin{cases} 1 & z_j^l > 0 \\ 0 & \text{else} \end{cases}",
        ),
    ],
)
def test_ways_to_write_one_equation(one: str, other: str) -> None:
    assert _same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"Z^l = A^{l-1}\,(W^l)^{\top} + \mathbf{1}\,(b^l)^{\top}", r"z_{ij}^l = \sum_{k}w_{jk}^l\,a_{ik}^{l-1} + b_j^l"),
        (r"\frac{\partial C}{\partial b^l} = (\Delta^l)^{\top}\,\mathbf{1}", r"\frac{\partial C}{\partial b_j^l} = \sum_i \Delta_{ij}^l"),
        (r"C = \frac{1}{N}\,\mathbf{1}^{\top}\,J", r"C = \frac{1}{N} \sum_i J_i"),
        (r"J = \tfrac{1}{2}\,(A^L - Y)^{\odot2}\,\mathbf{1}", r"J_i = \frac12 \sum_j (a_{ij}^L - y_{ij})^2"),
        (r"A^L = A^L \oslash A^L \odot A^L", r"a_{ij}^L = a_{ij}^L (a_{ij}^L)^{-1} a_{ij}^L"),
    ],
)
def test_matrices_of_a_batch_say_what_their_entries_say(one: str, other: str) -> None:
    assert _same(one, other, BATCH)


def test_a_matrix_written_out_has_its_cells_in_their_places() -> None:
    cells = r"\frac{\partial J}{\partial w_{11}^3} & \frac{\partial J}{\partial w_{12}^3}"
    with pytest.raises(Misfit, match="columns: "):
        _read(rf"\frac{{\partial J}}{{\partial W^3}} = \begin{{bmatrix}} {cells} \\ {cells} \end{{bmatrix}}")


def test_digits_below_are_one_number_or_several() -> None:
    (entry,) = _read("w_{23}^2").entries
    assert isinstance(entry, Entry)
    assert entry.positions == (Affine(1), Affine(2))


def test_digits_below_are_cut_where_the_ranges_allow_it() -> None:
    wide = network("12-2")
    scope = scope_of(names_of(wide.pattern, NIELSEN))
    (entry,) = read("w_{112}^2", scope).entries
    assert isinstance(entry, Entry)
    assert entry.positions == (Affine(0), Affine(11))


def test_a_derivative_is_inert() -> None:
    (entry,) = _read(r"\frac{\partial z_p^l}{\partial w_{jk}^l}").entries
    assert isinstance(entry, Partial)
    (entry,) = _read(r"\frac{\partial}{\partial w_{jk}^l} \sum_q w_{pq}^l x_q").entries
    assert isinstance(entry, Partial)
    assert isinstance(entry.of, Total)


def test_sizes_and_numbers() -> None:
    assert isinstance(_read("n_l").entries[0], Size)
    assert _read("0.25").entries == (Number("1/4"),)


def test_a_function_is_the_one_that_its_layer_applies() -> None:
    layers = [{"units": 2, "activation": {"type": "leaky_relu", "alpha": alpha}} for alpha in (0.1, 0.3)]
    own = network({"inputs": 2, "layers": layers})
    scope = scope_of(names_of(own.pattern, NIELSEN))
    slopes = set()
    for layer in (2, 3):
        (entry,) = read(rf"\operatorname{{LReLU}}(z_j^{layer})", scope).entries
        assert isinstance(entry, Apply)
        slopes.add(entry.function)
    assert len(slopes) == 2


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (r"\delta_j^l = \sum_k \delta_k^{l+1} w_{jk}^{l+1}", "axis n1"),
        (r"z^l = W^{l+1} a^l", "rows"),
        (r"z_j^9 = 1", "it exists for the layers 2, 3"),
        (r"z_j = 1", "without a layer"),
        (r"\delta_j^l = \delta_k^l", "neither summed over nor on the left side"),
        (r"x_4", "outside 1 to 3"),
        (r"w_{99999999999999999999999999999999999999}^2", "outside"),
        (r"w_{k 99999999999999999999999999999999999999}^2", "outside"),
        (r"w_{j}^l = 1", "it has 2"),
        (r"\delta^l = W^l \odot z^l", "entry by entry"),
        (r"\sum_{k=1}^{4} x_k", "4 against axis n0"),
        (r"\delta^l = (\delta^l)^2", "power of an array"),
        (r"\delta^l = z^l z^l", "product"),
    ],
)
def test_what_does_not_fit_is_a_misfit(text: str, hint: str) -> None:
    with pytest.raises(Misfit, match=hint):
        _read(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("q = 1", "unknown symbol"),
        (r"\sigma = 1", "by itself|unknown symbol|without an argument"),
        (r"\operatorname{foo}(z_j^l)", "unknown function"),
        (r"\frac{\partial J}{\partial}", "partial sign by itself"),
        (r"\sum w_{jk}^l", "expected an index"),
        (r"z_j^l < 0", "expected ="),
        (r"(z_j^l = 0)", "relation"),
        (r"z_{j^2}^l", "position"),
        ("", "the formula ends"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint) as refusal:
        _read(text)
    assert not isinstance(refusal.value, Misfit)


def test_no_text_crashes_the_reader() -> None:
    alphabet = [
        "a",
        "_",
        "^",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        r"\sum",
        r"\frac",
        "1",
        "l",
        "j",
        "k",
        "z",
        "=",
        "+",
        r"\partial",
        r"\delta",
        "'",
        ",",
    ]
    state = 12345
    for _ in range(3000):
        words = []
        for _ in range(1 + state % 12):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            words.append(alphabet[(state >> 33) % len(alphabet)])
        try:
            _read(" ".join(words))
        except InputError:
            continue

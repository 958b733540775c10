"""The gallery of mistakes, tables of numbers, and what is asked about a claim beside its value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derive.claims.check import check_claim
from derive.claims.gallery import Gallery, Mutant, gallery_of
from derive.errors import InputError
from derive.network import network
from derive.notation import load

NET = network("3-4:tanh-2")


def test_no_mistake_of_a_small_network_slips_through() -> None:
    gallery = gallery_of(network("2-2:linear"), load("nielsen"))
    assert gallery.ok
    assert all({"evaluation", "claim"} <= set(own.caught) for own in gallery.mutants if own.wrong)
    assert {own.kind for own in gallery.mutants} >= {"sign", "wrong_layer", "missing_number", "exponent", "bias_with_input"}
    assert str(gallery).endswith("none slips through\n")


def test_a_gallery_says_so_when_one_slips_through() -> None:
    blind = Mutant(1, "sign", "sign", "J = 0", (), "right", None, wrong=True)
    assert not Gallery((blind,)).ok
    assert "NOTHING" in str(Gallery((blind,)))


@pytest.mark.parametrize(
    ("claim", "verdict", "family"),
    [
        (r"\delta_j^L = (y_j - a_j^L) \sigma'(z_j^L)", "right_up_to", "sign"),
        (r"\frac{\partial J}{\partial w_{jk}^L} = (y_j - a_j^L) \sigma'(z_j^L) a_k^{L-1}", "wrong", "sign"),
        (r"\frac{\partial J}{\partial a_j^L} = 2 (a_j^L - y_j)", "right_up_to", "factor"),
        (r"\frac{\partial J}{\partial a_j^L} = 3 (a_j^L - y_j)", "wrong", "factor"),
        (r"\frac{\partial J}{\partial a_j^L} = \frac{1}{n_L} (a_j^L - y_j)", "right_up_to", "reduction"),
        (r"\frac{\partial J}{\partial W^l} = a^{l-1} (\delta^l)^T", "right_up_to", "transpose"),
        (r"\delta^l = (W^{l+1} \delta^{l+1}) \odot \sigma'(z^l)", "wrong", "transpose"),
        (r"z_j^l = \sum_k w_{jk}^l a_k^{l-1}", "wrong", "bias"),
        (r"\delta_j^l = a_j^l (1 - a_j^l) \sum_k w_{kj}^{l+1} \delta_k^{l+1}", "wrong", "derivative"),
        (r"\delta_j^7 = \frac{\partial J}{\partial z_j^7}", "wrong", "layer"),
        (r"w_{jk}^l \leftarrow w_{jk}^l + \alpha \delta_j^l a_k^{l-1}", "right_up_to", "sign"),
    ],
)
def test_verdicts_name_one_family(claim: str, verdict: str, family: str) -> None:
    found = check_claim(claim, NET)
    assert (found.verdict, found.family) == (verdict, family), str(found)
    assert found.expected or family in ("layer",)
    assert found.counterexample is not None


@pytest.mark.parametrize(
    "claim",
    [
        r"\delta_j^{[l]} = \sum_k \delta_k^{[l+1]} w_{kj}^{[l+1]} \sigma'(z_j^{[l]})",
        r"\delta^l = \operatorname{diag}(\sigma'(z^l)) (W^{l+1})^\top \delta^{l+1}",
        r"\nabla_{W^l} J = \delta^l a^{(l-1)\top}",
        r"\frac{dJ}{dw_{jk}^l} = \delta_j^l a_k^{l-1}",
        r"\partial J/\partial w_{j,k}^l = \delta_j^l a_k^{l-1}",
        r"\delta_i^n = \sigma'(z_i^n)\sum_j w_{ji}^{n+1}\delta_j^{n+1}",
        r"a^3 = \sigma(W^3 \sigma(W^2 x + b^2) + b^3)",
        r"J = \frac{1}{2}\lVert a^L - y \rVert^2",
        r"\delta^L = (a^L - y) \odot a^L \odot (1 - a^L)",
        r"\delta_j^l=\begin{cases}(a_j^l-y_j)\sigma'(z_j^l) & l=L\\ \sigma'(z_j^l)\sum_k w_{kj}^{l+1}\delta_k^{l+1} & l<L\end{cases}",
        r"\sigma(x) = \frac{1}{1+e^{-x}}, \quad \sigma'(x) = \sigma(x)(1 - \sigma(x))",
        r"\frac{\partial C}{\partial w_{jk}^l} = \frac1N\sum_i \delta_{ij}^l a_{ik}^{l-1}",
        r"\frac{\partial \text{loss}}{\partial b_j^l} = \delta_j^l",
        r"w_{jk}^l \leftarrow w_{jk}^l - \alpha \delta_j^l a_k^{l-1}",
    ],
)
def test_what_authors_write_is_read(claim: str) -> None:
    found = check_claim(claim, NET)
    assert found.ok, str(found)


def test_a_verdict_names_the_assumption_that_it_needs() -> None:
    found = check_claim(r"\delta_j^L = a_j^L - y_j", network("3-4:tanh-2:softmax"))
    assert found.ok
    assert r"\sum_{j}y_j = 1" in found.detail


def test_a_kink_is_right_up_to_its_value_there() -> None:
    claim = r"\delta_j^2 = \left(\sum_k w_{kj}^3 \delta_k^3\right) [z_j^2 \ge 0]"
    found = check_claim(claim, network("2-2:relu-1:linear"))
    assert (found.verdict, found.family) == ("right_up_to", "kink")
    assert check_claim(claim.replace(r"\ge", ">"), network("2-2:relu-1:linear")).ok


def test_json_has_the_keys_of_the_contract() -> None:
    content = json.loads(check_claim(r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1}", NET).as_json())
    assert list(content) == ["verdict", "family", "detail", "expected", "counterexample", "certainty", "links"]
    assert content["counterexample"]["left"] != content["counterexample"]["right"]


@pytest.mark.parametrize("claim", ["", "J", r"\delta_j^l =", r"\foo = 1", "a ! b = c", r"\delta_j^l \le 3"])
def test_what_cannot_be_read_is_refused_with_its_place(claim: str) -> None:
    with pytest.raises(InputError, match="at character"):
        check_claim(claim, NET)


MAZUR = Path(__file__).parents[3] / "derive" / "worked" / "mazur.toml"


def test_published_numbers_are_compared_by_their_digits() -> None:
    found = check_claim(str(MAZUR), network("2-2-2"))
    assert (found.verdict, [link.verdict for link in found.links].count("wrong")) == ("wrong", 1)
    assert "before the layers below" in found.detail


def test_a_table_of_commas_says_which_simple_mistake_gives_a_number(tmp_path: Path) -> None:
    given = {"x[0]": ".05", "x[1]": ".1", "t[0]": ".01", "t[1]": ".99", "b1[0]": ".35", "b1[1]": ".35", "b2[0]": ".6", "b2[1]": ".6"}
    weights = {"W1[0,0]": ".15", "W1[0,1]": ".2", "W1[1,0]": ".25", "W1[1,1]": ".3"}
    weights |= {"W2[0,0]": ".4", "W2[0,1]": ".45", "W2[1,0]": ".5", "W2[1,1]": ".55"}
    for name, value, verdict, family in (("loss", ".298371109", "right", None), ("dW2[0,0]", "-.082167041", "wrong", "sign")):
        path = tmp_path / "numbers.csv"
        rows = [f'"{own}",{number}' for own, number in {**given, **weights, name: value}.items()]
        path.write_text("name,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
        found = check_claim(str(path), network("2-2-2"))
        assert (found.verdict, found.family) == (verdict, family)


def test_a_path_that_is_forgotten_is_named() -> None:
    layers = [{"units": 3, "activation": "tanh", "name": "a"}, {"units": 3, "name": "b"}, {"type": "add", "from": ["a", "b"]}, {"units": 2}]
    found = check_claim(r"\delta_j^2 = \left(\sum_k \delta_k^3 w_{kj}^3\right) \sigma'(z_j^2)", network({"inputs": 3, "layers": layers}))
    assert (found.verdict, found.family) == ("wrong", "path"), str(found)

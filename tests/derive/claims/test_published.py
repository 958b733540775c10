"""Formulas of five published derivations (markup repaired): the right ones are right, and each slip is found with its family."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive.claims.check import check_claim
from derive.network import Network, network

CLAIMS = tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))["claim"]
DEEP = {
    "inputs": 3,
    "layers": [{"units": units, "activation": f, "bias": False} for units, f in ((4, "tanh"), (5, "sigmoid"), (2, "sigmoid"))],
}
THREE = {"inputs": 3, "layers": [{"units": units, "bias": False} for units in (4, 2)]}
AUTHORS: dict[str, tuple[Any, str, str]] = {
    "benslimane": (DEEP, "squared_error", "sum"),
    "soletskyi": (THREE, "half_squared_error", "mean"),
    "goodfellow": ("2-2:relu-1:linear", "half_squared_error", "mean"),
    "nielsen": ("3-4-2", "half_mean_squared_error", "mean"),
    "micheli": (THREE, "half_squared_error", "sum"),
}


@cache
def of_author(author: str) -> Network:
    """The network that an author writes about."""
    spec, loss, reduction = AUTHORS[author]
    return network(spec, loss=loss, batch_reduction=reduction)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["latex"][:40])
def test_published_formulas_get_the_verdict_that_they_deserve(claim: dict[str, str]) -> None:
    verdict = check_claim(claim["latex"], of_author(claim["author"]), claim["author"])
    assert (verdict.verdict, verdict.family) == (claim["verdict"], claim.get("family")), str(verdict)


def test_after_a_wrong_line_the_others_say_where_they_follow_from() -> None:
    verdict = check_claim(r"\delta_j^L = 3 (a_j^L - y_j) \sigma'(z_j^L) = 3 \sigma'(z_j^L) (a_j^L - y_j)", of_author("nielsen"))
    assert [link.verdict for link in verdict.links] == ["wrong", "consistent"]
    assert verdict.links[1].detail == "consistent with line 1"


RECAP = r"""  1. Forward propagation, compute $z_j^l$,$a_j^l$ for each neuron in each layer
  2. Compute $\delta^L$ in the output layer based on the formula 1
  3. Repeat the following process backwardly
    1. Calculate the gradient vector $\delta^l$ for each layer using $\delta^{l+1}$
    2. Calculate the gradient of each bias term $b^l_j$, which is equal to $\delta^l_j$
    3. Calculate the gradient of each weight $w^l_{jk}$, which is equal to $\delta_j^la_k^{l-1}$
"""
DESCENT = r"""Initialize all the weights $\mathbf{w}$ in the network and $\eta$ ;
Compute $out$ and $E_{tot}$ ;
while $E_{tot} < \epsilon$ (desired value or other criteria) do
     $\forall w \in \mathbf{w}$ : $\Delta w = -\frac{\partial E_{tot}}{\partial w}$ (Step 1);
     $w^{new} \leftarrow w + \eta \Delta w + \dots$ (Step 2);
    Compute $out$ and $E_{tot}$ ;
end
"""
BACKWARD = r"""① $g \leftarrow \nabla_y J = \nabla_y L(t, y)$
for $k = l, l-1, \dots, 1$ do
② $g \leftarrow \nabla_{\alpha^{(k)}} J = g \odot f'(\alpha^{(k)})$
③ $\nabla_{b^{(k)}} J = g$
④ $\nabla_{W^{(k)}} J = g(h^{(k-1)})^T$
⑤ $g \leftarrow \nabla_{h^{(k-1)}} J = (W^{(k)})^T g$
end for
"""


@pytest.mark.parametrize(
    ("author", "algorithm", "verdict", "family"),
    [
        ("nielsen", RECAP, "wrong", "layer"),
        ("micheli", DESCENT, "wrong", "condition"),
        ("micheli", DESCENT.replace("<", ">"), "right", None),
        ("micheli", DESCENT.replace("<", ">").replace("w + \\eta", "w - \\eta"), "wrong", "sign"),
        ("goodfellow", BACKWARD, "right", None),
        ("goodfellow", BACKWARD.replace("l, l-1", "l-1, l-2"), "wrong", "other"),
        ("goodfellow", BACKWARD.replace("g(h^{(k-1)})^T", "g(h^{(k)})^T"), "wrong", "layer"),
    ],
)
def test_algorithms_are_walked_through(author: str, algorithm: str, verdict: str, family: str | None) -> None:
    found = check_claim(algorithm, of_author(author), author)
    assert (found.verdict, found.family) == (verdict, family), str(found)

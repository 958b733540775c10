"""Systems of equations that nobody has named here: all styles prove themselves and agree with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.certificate import check_selftest, check_values, loaded
from codegen.emit import emit
from derive.network import network
from derive.results import results_of

SYSTEMS: dict[str, dict[str, Any]] = {
    "filter": {  # a recurrence that begins elsewhere than at zero, and a value that reads it
        "axes": {"t": 5, "j": 2, "k": 2},
        "inputs": ["y[t,k]"],
        "parameters": ["A[j,j]", "C[k,j]", "K[j,k]"],
        "equations": [
            "e[t,k] = y[t,k] - sum(j, C[k,j]*m[t-1,j])",
            "m[t,j] = sum(p, A[j,p]*m[t-1,p]) + sum(k, K[j,k]*e[t,k])",
        ],
        "initial": {"m": 1},
        "loss": "sum(t, sum(k, e[t,k]**2))/2",
    },
    "both directions": {
        "axes": {"t": 4, "j": 2, "i": 2},
        "inputs": ["x[t,i]", "y[t,j]"],
        "parameters": ["W[j,i]", "U[j,j]", "R[j,j]"],
        "equations": [
            "f[t,j] = tanh(sum(i, W[j,i]*x[t,i]) + sum(p, U[j,p]*f[t-1,p]))",
            "g[t,j] = tanh(sum(i, W[j,i]*x[t,i]) + sum(p, R[j,p]*g[t+1,p]))",
            "h[t,j] = f[t,j] + g[t,j]",
        ],
        "initial": {"f": 0, "g": 0},
        "loss": "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2",
    },
    "pairs of logits": {
        "axes": {"a": 3, "b": 3, "j": 2},
        "inputs": ["x[a,j]", "v[b,j]"],
        "parameters": ["W[j,j]"],
        "equations": ["S[a,b] = 5*sum(j, sum(p, x[a,j]*W[j,p]*v[b,p]))", "L[a] = log(sum(b, exp(S[a,b]))) - sum(b, [a = b]*S[a,b])"],
        "loss": "sum(a, L[a])/size(a)",
    },
    "inner products": {
        "axes": {"i": 3, "d": 2},
        "inputs": ["x[i,d]", "y[i,i]"],
        "parameters": ["W[d,d]"],
        "equations": ["z[i,d] = sum(e, W[d,e]*x[i,e])", "G[i,k] = sum(d, z[i,d]*z[k,d])"],
        "loss": "sum(i, sum(k, (G[i,k] - y[i,k])**2))/4",
    },
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_all_styles_prove_themselves_and_agree(name: str) -> None:
    results = results_of(network(SYSTEMS[name]))
    modules = [
        loaded(emit(results.network, results.batch_sweep, style=style, number=results.number))
        for style in ("vectorised", "loops", "scalar")
    ]
    values = []
    for module in modules:
        check_selftest(module)
        parameters, inputs = module._random_point(9)
        cost, gradients = module.loss_and_gradients(module.Parameters(*parameters), module.Inputs(*inputs))
        values.append({"loss": np.asarray(cost), **{key: np.array(value) for key, value in gradients._asdict().items()}})
    check_values(values[0], values[1], 1e-12)
    check_values(values[2], values[1], 1e-12)

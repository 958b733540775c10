"""Systems of equations far from layered networks, written as their papers write them; no module of derive knows any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derive.equations import Equation, System
from derive.expressions import Axis, Entry, Index, Number, Tensor
from derive.functions import FUNCTIONS
from derive.grammar import Place, Source, read_declaration, read_equation, read_formula, read_statement
from derive.scope import Reader, Scope


def system(
    name: str,
    axes: Mapping[str, int],
    inputs: Sequence[str],
    parameters: Sequence[str],
    equations: Sequence[str],
    loss: str,
    outside: Mapping[str, int] | None = None,
    assumptions: Sequence[str] = (),
) -> System:
    """Equations from text. A tensor's positions name its axes; ``j2`` on the left is another index along axis ``j``."""
    known = {letter: Axis(letter, size) for letter, size in axes.items()}
    tensors: dict[str, Tensor] = {}
    for role, declared in (("input", inputs), ("parameter", parameters), ("value", [line.partition("=")[0] for line in equations])):
        for text in declared:
            place = read_declaration(Source(text.strip()))
            letters = [part.name for part in place.positions] if isinstance(place, Place) else []
            tensors[place.name] = Tensor(place.name, tuple(known[_axis(letter)] for letter in letters), role)
    read: list[Equation] = []
    for line in equations:
        source = Source(line)
        syntax = read_equation(source)
        letters = [part.name for part in syntax.left.positions] if isinstance(syntax.left, Place) else []
        indices = {letter: Index(letter, known[_axis(letter)]) for letter in letters}
        scope = Scope(tensors, indices, known, {}, FUNCTIONS)
        right = Reader(source).expression(syntax.right, scope)
        read.append(Equation(Entry(tensors[syntax.left.name], *indices.values()), right))
    scope = Scope(tensors, {}, known, {}, FUNCTIONS)
    total = Reader(Source(loss)).expression(read_formula(Source(loss)), scope)
    read.append(Equation(Entry(Tensor("loss", (), "loss")), total))
    facts = []
    for text in assumptions:
        statement = read_statement(Source(text))
        left, right = (Reader(Source(text)).expression(side, scope) for side in (statement.left, statement.right))
        facts.append(Equation(left, right))  # type: ignore[arg-type]
    return System(
        name,
        tuple(t for t in tensors.values() if t.role == "input"),
        tuple(t for t in tensors.values() if t.role == "parameter"),
        tuple(read),
        tuple(facts),
        {tensors[key]: Number(value) for key, value in (outside or {}).items()},
    )


def _axis(letter: str) -> str:
    return letter.rstrip("0123456789")


HALF_SQUARES = "sum(t, sum(j, (h[t,j] - y[t,j])**2))/2"

ATTENTION = system(
    "attention",  # Vaswani et al. 2017, equation (1), with a causal mask
    axes={"t": 3, "s": 3, "d": 2, "e": 2, "i": 3},
    inputs=["x[t,i]", "m[s,i]", "y[t,e]"],
    parameters=["A[d,i]", "B[d,i]", "C[e,i]"],
    equations=[
        "Q[t,d] = sum(i, A[d,i]*x[t,i])",
        "K[s,d] = sum(i, B[d,i]*m[s,i])",
        "V[s,e] = sum(i, C[e,i]*m[s,i])",
        "S[t,s] = sum(d, Q[t,d]*K[s,d])/sqrt(size(d))",
        "E[t,s] = [s <= t]*exp(S[t,s])",
        "Z[t] = sum(s, E[t,s])",
        "P[t,s] = E[t,s]/Z[t]",
        "O[t,e] = sum(s, P[t,s]*V[s,e])",
    ],
    loss="sum(t, sum(e, (O[t,e] - y[t,e])**2))/2",
)

ATTENTION_IN_ONE_LINE = system(
    "attention_in_one_line",
    axes={"t": 3, "s": 3, "d": 2, "e": 2},
    inputs=["y[t,e]"],
    parameters=["Q[t,d]", "K[s,d]", "V[s,e]"],
    equations=[
        "S[t,s] = sum(d, Q[t,d]*K[s,d])/sqrt(size(d))",
        "P[t,s] = [s <= t]*exp(S[t,s])/sum(r, [r <= t]*exp(S[t,r]))",
        "O[t,e] = sum(s, P[t,s]*V[s,e])",
    ],
    loss="sum(t, sum(e, (O[t,e] - y[t,e])**2))/2",
)

LAYER_NORM = system(
    "layer_norm",  # Ba, Kiros and Hinton 2016
    axes={"b": 2, "j": 4, "k": 3},
    inputs=["x[b,k]", "y[b,j]"],
    parameters=["W[j,k]", "gamma[j]", "beta[j]"],
    equations=[
        "u[b,j] = sum(k, W[j,k]*x[b,k])",
        "mu[b] = sum(j, u[b,j])/size(j)",
        "v[b] = sum(j, (u[b,j] - mu[b])**2)/size(j)",
        "s[b] = sqrt(v[b] + 1/100000)",
        "n[b,j] = (u[b,j] - mu[b])/s[b]",
        "o[b,j] = gamma[j]*n[b,j] + beta[j]",
    ],
    loss="sum(b, sum(j, (o[b,j] - y[b,j])**2))/2",
)

BATCH_NORM = system(
    "batch_norm",  # Ioffe and Szegedy 2015, with the statistics of the batch
    axes={"b": 4, "j": 2, "k": 3},
    inputs=["x[b,k]", "y[b,j]"],
    parameters=["W[j,k]", "gamma[j]", "beta[j]"],
    equations=[
        "u[b,j] = sum(k, W[j,k]*x[b,k])",
        "mu[j] = sum(b, u[b,j])/size(b)",
        "v[j] = sum(b, (u[b,j] - mu[j])**2)/size(b)",
        "n[b,j] = (u[b,j] - mu[j])/sqrt(v[j] + 1/100000)",
        "o[b,j] = tanh(gamma[j]*n[b,j] + beta[j])",
    ],
    loss="sum(b, sum(j, (o[b,j] - y[b,j])**2))/2",
)

RNN = system(
    "rnn",  # Elman 1990
    axes={"t": 4, "j": 3, "i": 2},
    inputs=["x[t,i]", "y[t,j]"],
    parameters=["U[j,j]", "W[j,i]", "b[j]"],
    equations=["h[t,j] = tanh(sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j])"],
    loss=HALF_SQUARES,
    outside={"h": 0},
)

RNN_WITH_PRE_ACTIVATION = system(
    "rnn_with_pre_activation",
    axes={"t": 4, "j": 3, "i": 2},
    inputs=["x[t,i]", "y[t,j]"],
    parameters=["U[j,j]", "W[j,i]", "b[j]"],
    equations=["z[t,j] = sum(p, U[j,p]*h[t-1,p]) + sum(i, W[j,i]*x[t,i]) + b[j]", "h[t,j] = tanh(z[t,j])"],
    loss=HALF_SQUARES,
    outside={"h": 0},
)

_GATE = "sum(p, U{0}[j,p]*h[t-1,p]) + sum(i, W{0}[j,i]*x[t,i]) + b{0}[j]"

LSTM = system(
    "lstm",  # Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000
    axes={"t": 3, "j": 2, "i": 2},
    inputs=["x[t,i]", "y[t,j]"],
    parameters=[f"{kind}{gate}{axes}" for gate in "ifog" for kind, axes in (("U", "[j,j]"), ("W", "[j,i]"), ("b", "[j]"))],
    equations=[
        f"i[t,j] = sigmoid({_GATE.format('i')})",
        f"f[t,j] = sigmoid({_GATE.format('f')})",
        f"o[t,j] = sigmoid({_GATE.format('o')})",
        f"g[t,j] = tanh({_GATE.format('g')})",
        "c[t,j] = f[t,j]*c[t-1,j] + i[t,j]*g[t,j]",
        "h[t,j] = o[t,j]*tanh(c[t,j])",
    ],
    loss=HALF_SQUARES,
    outside={"h": 0, "c": 0},
)

CONVOLUTION_1D = system(
    "convolution_1d",  # stride 2, padding 1
    axes={"o": 3, "u": 3, "s": 6, "c": 2, "d": 2},
    inputs=["y[d,o]"],
    parameters=["x[c,s]", "w[d,c,u]", "b[d]"],
    equations=["z[d,o] = sum(c, sum(u, w[d,c,u]*x[c,2*o+u-1])) + b[d]", "a[d,o] = relu(z[d,o])"],
    loss="sum(d, sum(o, (a[d,o] - y[d,o])**2))/2",
    outside={"x": 0},
)

CONVOLUTION_2D = system(
    "convolution_2d",  # dilation 2 in both directions, no padding; two in a row
    axes={"p": 2, "q": 2, "u": 2, "v": 2, "m": 4, "n": 5, "r": 2, "s": 3, "c": 1, "d": 2, "e": 1},
    inputs=["x[c,m,n]", "y[e,p,q]"],
    parameters=["w[d,c,u,v]", "k[e,d]"],
    equations=[
        "z[d,r,s] = sum(c, sum(u, sum(v, w[d,c,u,v]*x[c,r+2*u,s+2*v])))",
        "a[d,r,s] = tanh(z[d,r,s])",
        "o[e,p,q] = sum(d, k[e,d]*a[d,p+0,q+1])",
    ],
    loss="sum(e, sum(p, sum(q, (o[e,p,q] - y[e,p,q])**2)))/2",
)

CONVOLUTION_INPUT = system(
    "convolution_input",  # stride 1, padding 1: the gradient of the input is a correlation with the flipped kernel
    axes={"s": 5, "u": 3},
    inputs=["y[s]"],
    parameters=["x[s]", "w[u]"],
    equations=["z[s] = sum(u, w[u]*x[s+u-1])"],
    loss="sum(s, (z[s] - y[s])**2)/2",
    outside={"x": 0},
)

MAX_POOLING = system(
    "max_pooling",
    axes={"o": 3, "u": 2, "s": 6, "c": 2, "i": 2},
    inputs=["x[i,s]", "y[c,o]"],
    parameters=["W[c,i]"],
    equations=["z[c,s] = sum(i, W[c,i]*x[i,s])", "m[c,o] = max(u, z[c,2*o+u])"],
    loss="sum(c, sum(o, (m[c,o] - y[c,o])**2))/2",
)

EMBEDDING = system(
    "embedding",  # one-hot rows: e[t,v] = [token t is v]
    axes={"t": 3, "v": 4, "j": 2},
    inputs=["e[t,v]", "y[t,j]"],
    parameters=["W[v,j]"],
    equations=["a[t,j] = sum(v, e[t,v]*W[v,j])"],
    loss="sum(t, sum(j, (a[t,j] - y[t,j])**2))/2",
)

BILINEAR = system(
    "bilinear",
    axes={"b": 2, "i": 2, "j": 3, "k": 2},
    inputs=["x[b,i]", "u[b,j]", "y[b,k]"],
    parameters=["W[k,i,j]"],
    equations=["a[b,k] = sum(i, sum(j, x[b,i]*W[k,i,j]*u[b,j]))"],
    loss="sum(b, sum(k, (a[b,k] - y[b,k])**2))/2",
)

MIXTURE = system(
    "mixture",  # Jacobs et al. 1991, two experts
    axes={"b": 2, "i": 2, "j": 3, "n": 2},
    inputs=["x[b,i]", "y[b,j]"],
    parameters=["G[n,i]", "A[j,i]", "B[j,i]"],
    equations=[
        "s[b,n] = sum(i, G[n,i]*x[b,i])",
        "g[b,n] = exp(s[b,n])/sum(r, exp(s[b,r]))",
        "f[b,j] = tanh(sum(i, A[j,i]*x[b,i]))",
        "h[b,j] = sum(i, B[j,i]*x[b,i])",
        "o[b,j] = g[b,0]*f[b,j] + g[b,1]*h[b,j]",
    ],
    loss="sum(b, sum(j, (o[b,j] - y[b,j])**2))/2",
)

HIGHWAY = system(
    "highway",  # Srivastava, Greff and Schmidhuber 2015
    axes={"b": 2, "j": 3},
    inputs=["x[b,j]", "y[b,j]"],
    parameters=["W[j,j]", "b1[j]", "V[j,j]", "b2[j]"],
    equations=[
        "h[b,j] = relu(sum(p, W[j,p]*x[b,p]) + b1[j])",
        "t[b,j] = sigmoid(sum(p, V[j,p]*x[b,p]) + b2[j])",
        "o[b,j] = h[b,j]*t[b,j] + x[b,j]*(1 - t[b,j])",
        "r[b,j] = relu(sum(p, W[j,p]*o[b,p]) + b1[j])",
        "s[b,j] = sigmoid(sum(p, V[j,p]*o[b,p]) + b2[j])",
        "q[b,j] = r[b,j]*s[b,j] + o[b,j]*(1 - s[b,j])",
    ],
    loss="sum(b, sum(j, (q[b,j] - y[b,j])**2))/2",
)

TIED_WEIGHTS = system(
    "tied_weights",  # an autoencoder whose decoder is the encoder transposed
    axes={"b": 2, "i": 3, "j": 2},
    inputs=["x[b,i]"],
    parameters=["W[j,i]"],
    equations=["h[b,j] = sigmoid(sum(i, W[j,i]*x[b,i]))", "r[b,i] = sum(j, W[j,i]*h[b,j])"],
    loss="sum(b, sum(i, (r[b,i] - x[b,i])**2))/2",
)

PAIRS = system(
    "pairs",  # points that repel each other, with their distances to targets
    axes={"n": 3, "d": 2, "i": 2},
    inputs=["x[n,i]"],
    parameters=["W[d,i]"],
    equations=["r[n,d] = sum(i, W[d,i]*x[n,i])"],
    loss="sum(n, sum(m, [n < m]/(1 + sum(d, (r[n,d] - r[m,d])**2)))) + sum(n, sum(d, r[n,d]**2))/2",
)

CONCATENATION = system(
    "concatenation",  # c = (a, b): positions 0, 1 from a, the others from b
    axes={"i": 2, "p": 2, "q": 3, "c": 5, "k": 2},
    inputs=["x[i]", "y[k]"],
    parameters=["A[p,i]", "B[q,i]", "W[k,c]"],
    equations=[
        "a[p] = tanh(sum(i, A[p,i]*x[i]))",
        "b[q] = sigmoid(sum(i, B[q,i]*x[i]))",
        "u[c] = cases(c < 2, a[c+0], b[c-2])",
        "o[k] = sum(c, W[k,c]*u[c])",
    ],
    loss="sum(k, (o[k] - y[k])**2)/2",
)

LOG_SUM_EXP = system(
    "log_sum_exp",
    axes={"b": 2, "j": 3, "i": 2},
    inputs=["x[b,i]", "y[b,j]"],
    parameters=["W[j,i]"],
    equations=["z[b,j] = sum(i, W[j,i]*x[b,i])", "l[b] = log(sum(j, exp(z[b,j])))"],
    loss="sum(b, l[b] - sum(j, y[b,j]*z[b,j]))",
)

EVERY = (
    ATTENTION,
    ATTENTION_IN_ONE_LINE,
    LAYER_NORM,
    BATCH_NORM,
    RNN,
    RNN_WITH_PRE_ACTIVATION,
    LSTM,
    CONVOLUTION_1D,
    CONVOLUTION_2D,
    CONVOLUTION_INPUT,
    MAX_POOLING,
    EMBEDDING,
    BILINEAR,
    MIXTURE,
    HIGHWAY,
    TIED_WEIGHTS,
    PAIRS,
    CONCATENATION,
    LOG_SUM_EXP,
)

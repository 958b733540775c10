"""Equations in index form with the matrix form that a textbook gives them."""

from __future__ import annotations

from derive.equations import Equation
from derive.expressions import Apply, Bracket, Function, Largest, Number, Power, Relation, Size, Tensor, total
from derive.indices import Affine, Axis, Index

n0, n1, n2, batch, time, other = (
    Axis(name, size) for name, size in zip(("n0", "n1", "n2", "B", "T", "S"), (3, 4, 2, 5, 3, 6), strict=True)
)
items, state, channels = Axis("I", 2), Axis("d", 3), Axis("c", 2)
relu, tanh, exp, log, sigma = (Function(name) for name in ("relu", "tanh", "exp", "log", "sigma"))

x, t1, z1, a1, delta1, b1, d1 = (Tensor(n, (a,)) for n, a in zip(("x", "t", "z", "a", "delta1", "b", "g"), (n0, *[n1] * 6), strict=True))
z2, a2, t2, delta2 = (Tensor(name, (n2,)) for name in ("z2", "a2", "t2", "delta2"))
W1, W2 = Tensor("W1", (n1, n0)), Tensor("W2", (n2, n1))
dW1, dW2 = Tensor("dW1", (n1, n0)), Tensor("dW2", (n2, n1))
X, Z, A, Delta1, Delta2 = (Tensor(n, (batch, a)) for n, a in zip(("X", "Z", "A", "D1", "D2"), (n0, n1, n1, n1, n2), strict=True))
b, i, j, k, p = Index("b", batch), Index("i", n0), Index("j", n1), Index("k", n2), Index("p", n0)
j2, p2 = Index("j", n2), Index("p", n1)
loss = Tensor("loss")
Q, K, S, P, dP, dS = (
    Tensor(n, axes) for n, axes in (("Q", (time, state)), ("K", (other, state)), *((n, (time, other)) for n in ("S", "P", "dP", "dS")))
)
Qb, Kb, Sb = Tensor("Q", (items, time, state)), Tensor("K", (items, other, state)), Tensor("S", (items, time, other))
h, u, U = Tensor("h", (time, n1)), Tensor("u", (time, n0)), Tensor("U", (n1, n1))
t, s, d, c, q = Index("t", time), Index("s", other), Index("d", state), Index("c", items), Index("q", n1)
r = Index("r", other)
yesterday = Affine.of(t).plus(Affine(-1))

FORMS = {
    "pre-activation": (Equation(z1[j], total(p, W1[j, p] * x[p]) + b1[j]), "z = W1 x + b"),
    "activation": (Equation(a1[j], Apply(tanh, z1[j])), "a = tanh(z)"),
    "dense at once": (Equation(a1[j], Apply(tanh, total(p, W1[j, p] * x[p]) + b1[j])), "a = tanh(W1 x + b)"),
    "delta through the output": (
        Equation(delta2[j2], (a2[j2] - t2[j2]) * a2[j2] * (1 - a2[j2])),
        "delta2 = (a2 + -1 t2) o a2 o (1 + -1 a2)",
    ),
    "hidden delta": (Equation(delta1[j], total(k, delta2[k] * W2[k, j] * Apply(relu.prime, z1[j]))), "delta1 = (W2^T delta2) o relu'(z)"),
    "hidden delta, local factor first": (
        Equation(delta1[j], Apply(relu.prime, z1[j]) * total(k, W2[k, j] * delta2[k])),
        "delta1 = relu'(z) o (W2^T delta2)",
    ),
    "weight gradient": (Equation(dW2[j2, p2], delta2[j2] * a1[p2]), "dW2 = delta2 a^T"),
    "weight gradient, value first": (Equation(dW2[j2, p2], a1[p2] * delta2[j2]), "dW2 = delta2 a^T"),
    "from-to weight gradient": (Equation(Tensor("dV", (n1, n2))[p2, j2], delta2[j2] * a1[p2]), "dV = a delta2^T"),
    "half squared error": (Equation(loss[()], total(j, (a1[j] - t1[j]) ** 2) / 2), "loss = 1/2 |a + -1 t|^2"),
    "half inside the sum": (Equation(loss[()], total(j, Number("1/2") * (a1[j] - t1[j]) ** 2)), "loss = 1/2 |a + -1 t|^2"),
    "mean squared error": (Equation(loss[()], total(j, (a1[j] - t1[j]) ** 2) / Size(n1)), "loss = 1/|n1| |a + -1 t|^2"),
    "cross-entropy": (Equation(loss[()], -total(j, t1[j] * Apply(log, a1[j]))), "loss = -1 t^T log(a)"),
    "mean over the batch": (Equation(loss[()], total(b, Tensor("l", (batch,))[b]) / Size(batch)), "loss = 1/|B| 1^T l"),
    "weight penalty": (Equation(loss[()], Number("1/5") * total((j, p), W1[j, p] ** 2)), "loss = 1/5 |W1|^2"),
    "loss of each pattern": (Equation(Tensor("l", (batch,))[b], total(j, Power(A[b, j], Number(2))) / 2), "l = 1/2 (A^2) 1"),
    "batch pre-activation": (Equation(Z[b, j], total(p, X[b, p] * W1[j, p]) + b1[j]), "Z = X W1^T + 1 b^T"),
    "batch delta": (
        Equation(Delta1[b, j], total(k, Delta2[b, k] * W2[k, j]) * Apply(relu.prime, Z[b, j])),
        "D1 = (D2 W2) o relu'(Z)",
    ),
    "batch delta, local factor inside": (
        Equation(Delta1[b, j], total(k, Delta2[b, k] * Apply(relu.prime, Z[b, j]) * W2[k, j])),
        "D1 = (D2 W2) o relu'(Z)",
    ),
    "batch weight gradient": (Equation(dW1[j, i], total(b, Delta1[b, j] * X[b, i])), "dW1 = D1^T X"),
    "batch weight gradient with decay": (
        Equation(dW1[j, i], total(b, Delta1[b, j] * X[b, i]) + Number("1/10") * W1[j, i]),
        "dW1 = D1^T X + 1/10 W1",
    ),
    "batch weight gradient, delta spelled out": (
        Equation(dW1[j, i], total(b, A[b, j] * Apply(relu.prime, Z[b, j]) * X[b, i])),
        "dW1 = (A o relu'(Z))^T X",
    ),
    "weighted patterns": (
        Equation(dW1[j, i], total(b, Tensor("m", (batch,))[b] * Delta1[b, j] * X[b, i])),
        "dW1 = D1^T diag(m) X",
    ),
    "batch bias gradient": (Equation(b1[j], total(b, Delta1[b, j])), "b = D1^T 1"),
    "softmax": (Equation(a1[j], Apply(exp, z1[j]) / total(p2, Apply(exp, z1[p2]))), "a = shares(exp(z))"),
    "shifted exponential": (Equation(a1[j], Apply(exp, z1[j] - Largest(p2, z1[p2]))), "a = exp(z + -1 rowmax(z^T) 1)"),
    "batch softmax": (Equation(A[b, j], Apply(exp, Z[b, j]) / total(p2, Apply(exp, Z[b, p2]))), "A = shares(exp(Z))"),
    "softmax delta": (Equation(delta1[j], a1[j] * (d1[j] - total(p2, d1[p2] * a1[p2]))), "delta1 = a o (g + -1 g^T a 1)"),
    "two layers": (Equation(z2[k], total(j, W2[k, j] * total(p, W1[j, p] * x[p]))), "z2 = W2 W1 x"),
    "bilinear form": (Equation(loss[()], total((j, p), a1[j] * W1[j, p] * x[p])), "loss = a^T W1 x"),
    "attention scores": (Equation(S[t, s], total(d, Q[t, d] * K[s, d]) * Power(Size(state), Number("-1/2"))), "S = |d|^-1/2 Q K^T"),
    "attention scores of each item": (
        Equation(Sb[c, t, s], total(d, Qb[c, t, d] * Kb[c, s, d])),
        "S_c = Q_c K_c^T",
    ),
    "gradient of scores": (
        Equation(dS[t, s], P[t, s] * (dP[t, s] - total(r, dP[t, r] * P[t, r]))),
        "dS = P o (dP + -1 (dP o P) 1 1^T)",
    ),
    "causal mask": (Equation(P[t, s], Apply(exp, S[t, s]) * Bracket(Relation(s, "<=", t))), "P = exp(S) o [s <= t]"),
    "sum over items": (
        Equation(Tensor("dK", (other, state))[s, d], total((c, t), Sb[c, t, s] * Qb[c, t, d])),
        "dK = sum_c S_c^T Q_c",
    ),
    "recurrence": (
        Equation(h[t, j], Apply(tanh, total(q, U[j, q] * h[yesterday, q]) + total(p, W1[j, p] * u[t, p]) + b1[j])),
        "h_t = tanh(U h_t-1 + W1 u_t + b)",
    ),
    "gradient over time": (Equation(Tensor("dU", (n1, n1))[j, q], total(t, h[t, j] * h[yesterday, q])), "dU = sum_t h_t h_t-1^T"),
    "relu by its bracket": (Equation(a1[j], z1[j] * Bracket(Relation(z1[j], ">", Number(0)))), "a = z o [z > 0]"),
    "row scaling": (Equation(A[b, j], Tensor("m", (batch,))[b] * Z[b, j]), "A = diag(m) Z"),
    "column scaling": (Equation(A[b, j], Z[b, j] * b1[j]), "A = Z diag(b)"),
    "a column in every column": (Equation(A[b, j], Z[b, j] - Tensor("m", (batch,))[b]), "A = Z + -1 m 1^T"),
    "swapped indices": (Equation(dW1[j, i], Tensor("V", (n0, n1))[i, j]), "dW1 = V^T"),
    "a function of swapped indices": (Equation(dW1[j, i], Apply(tanh, Tensor("V", (n0, n1))[i, j])), "dW1 = tanh(V)^T"),
}

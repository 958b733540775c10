"""Fits the polynomials of the error function in emitted code: ``python -m codegen.special.fit_erf > codegen/special/erf.toml``.

For ``x <= 1``: erf(x) = x + x P(x^2). For ``1 <= x <= top``: erf(x) = 1 - exp(q + (x - 1) Q(s)), where s is the place of x
in [1, top] mapped to [-1, 1] and exp(q) = erfc(1). Both are weighted least squares at Chebyshev points, within a small
factor of the minimax polynomial; the weight makes the error of erf itself even. The exponent starts from its value at 1,
where erfc is largest, so that rounding in Q does not count there.
"""

from __future__ import annotations

from collections.abc import Callable

from mpmath import cos, erf, erfc, log, lu_solve, matrix, mp, mpf, pi

Function = Callable[[mpf], mpf]


def fitted(value: Function, weight: Function, low: mpf, high: mpf, degree: int) -> list[mpf]:
    """Coefficients in powers of the place in [-1, 1] of a point in [low, high], constant first."""
    count = 6 * degree
    places = [cos(pi * (mpf(k) + mpf(1) / 2) / count) for k in range(count)]
    points = [low + (high - low) * (place + 1) / 2 for place in places]
    rows = matrix(count, degree + 1)
    goal = matrix(count, 1)
    for row, (place, point) in enumerate(zip(places, points, strict=True)):
        scale = weight(point)
        goal[row] = scale * value(point)
        for power in range(degree + 1):
            rows[row, power] = scale * place**power
    return list(lu_solve(rows, goal))


def small(degree: int) -> list[mpf]:
    """P on [0, 1] in powers of ``x^2``."""
    shifted = fitted(lambda t: erf(mp.sqrt(t)) / mp.sqrt(t) - 1, lambda t: mpf(1), mpf(0), mpf(1), degree)
    plain = [mpf(0)] * (degree + 1)
    for power, coefficient in enumerate(shifted):
        for k in range(power + 1):
            plain[k] += coefficient * mp.binomial(power, k) * mpf(2) ** k * mpf(-1) ** (power - k)
    return plain


def large(degree: int, top: mpf) -> list[mpf]:
    """Q on [1, top] in powers of the place in [-1, 1]."""
    first = log(erfc(mpf(1)))
    return fitted(lambda x: (log(erfc(x)) - first) / (x - 1), lambda x: (x - 1) * erfc(x), mpf(1), top, degree)


def main() -> None:
    """Print the table for both precisions."""
    print("# Made by codegen/special/fit_erf.py; checked against mpmath in tests/codegen/test_erf.py.")
    for dtype, low, high, top in (("float64", 12, 19, "5.95"), ("float32", 6, 8, "4")):
        with mp.workdps(60):
            tables = {"small": small(low), "large": large(high, mpf(top))}
            first = log(erfc(mpf(1)))
        print(f"\n[{dtype}]\ntop = {top}\nfirst = {float(first)!r}")
        for name, coefficients in tables.items():
            print(f"{name} = [")
            for coefficient in coefficients:
                print(f"    {float(coefficient)!r},")
            print("]")


if __name__ == "__main__":
    main()

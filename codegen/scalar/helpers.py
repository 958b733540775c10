"""What stands in a module for operations that Python refuses at some numbers: they give what NumPy gives there."""

from __future__ import annotations

_OVERFLOWING = '''\
def _{name}(u):
    """As math.{name}, infinite where that overflows."""
    return math.inf if u > {limit} else math.{name}(u)'''
_PERIODIC = '''\
def _{name}(u):
    """As math.{name}; not a number at infinity."""
    return math.{name}(u) if abs(u) < math.inf else math.nan'''
_OVER = '''\
def _over(u, v):
    """A quotient, infinite or not a number where v is zero."""
    if v:
        return u / v
    return math.copysign(math.inf, u) * math.copysign(1.0, v) if u else math.nan'''
_POWER = '''\
def _power(u, v):
    """A power; infinite where it overflows, not a number where there is none."""
    try:
        return math.pow(u, v)
    except OverflowError:
        return -math.inf if u < 0 and v % 2 == 1 else math.inf
    except ValueError:
        return math.inf if u == 0 else math.nan'''

HELPERS: dict[str, tuple[str, ...]] = {
    "_exp": tuple(_OVERFLOWING.format(name="exp", limit="709.0").splitlines()),
    "_expm1": tuple(_OVERFLOWING.format(name="expm1", limit="709.0").splitlines()),
    "_log": (
        "def _log(u):",
        '    """As math.log; minus infinity at zero, not a number below."""',
        "    if u > 0:",
        "        return math.log(u)",
        "    return -math.inf if u == 0 else math.nan",
    ),
    "_log1p": (
        "def _log1p(u):",
        '    """As math.log1p; minus infinity at -1, not a number below."""',
        "    if u > -1:",
        "        return math.log1p(u)",
        "    return -math.inf if u == -1 else math.nan",
    ),
    "_sqrt": (
        "def _sqrt(u):",
        '    """As math.sqrt; not a number below zero."""',
        "    return math.sqrt(u) if u >= 0 else math.nan",
    ),
    "_sin": tuple(_PERIODIC.format(name="sin").splitlines()),
    "_cos": tuple(_PERIODIC.format(name="cos").splitlines()),
    "_over": tuple(_OVER.splitlines()),
    "_power": tuple(_POWER.splitlines()),
}
"""The lines of each helper by its name."""

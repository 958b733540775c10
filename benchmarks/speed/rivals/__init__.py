"""The same step as users of other tools write it."""

from __future__ import annotations

from benchmarks.speed.rivals.with_autograd import by_autograd
from benchmarks.speed.rivals.with_jax import by_jax
from benchmarks.speed.rivals.with_numpy import by_numpy
from benchmarks.speed.rivals.with_torch import by_torch

RIVALS = {"naive NumPy": by_numpy, "autograd": by_autograd, "PyTorch eager": by_torch, "JAX jit": by_jax}

__all__ = ["RIVALS"]

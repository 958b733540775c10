"""Whole numbers from a seed, by a generator of our own, so that a report names a point by its seed on any machine."""

from __future__ import annotations


class Stream:
    """Whole numbers from a seed: the 64-bit generator of Steele, Lea and Flood (2014), `splitmix64`."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64

    def below(self, limit: int) -> int:
        """The next number in ``range(limit)``."""
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        mixed = self._state
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        return (mixed ^ (mixed >> 31)) % limit

    def between(self, low: int, high: int) -> int:
        """The next number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

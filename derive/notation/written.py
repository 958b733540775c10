"""A number whose digits are shown as they were written, trailing zeros included."""

from __future__ import annotations

from sympy import Basic
from sympy.core.symbol import Str

from derive.expressions import Expression


class Written(Expression):
    """A decimal number in its own digits: ``0.40`` stays ``0.40``."""

    def __new__(cls, text: str | Str) -> Written:
        return Basic.__new__(cls, text if isinstance(text, Str) else Str(text))

    @property
    def text(self) -> str:
        return self.args[0].name

    @property
    def is_below_zero(self) -> bool:
        return self.text.startswith("-")

    @property
    def size(self) -> Written:
        """The number without its sign."""
        return Written(self.text.removeprefix("-"))

"""Reads formulas as notes show them: LaTeX in a notation about a system becomes expressions, so that any line can be evaluated."""

from __future__ import annotations

from derive.reader.names import Names, names_of
from derive.reader.reading import Reading, read
from derive.reader.scope import Scope, scope_of
from derive.reader.slots import Misfit

__all__ = ["Misfit", "Names", "Reading", "Scope", "names_of", "read", "scope_of"]

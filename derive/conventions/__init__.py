"""Results in an author's convention: orders, signs and routes are changes of expressions, made before anything is printed.

A profile never changes the mathematics. The forward equations are rewritten (order of factors and terms), the sweep is made again in the
author's manner (prime or output form, with or without derivatives by outputs), and the signs of derivatives are turned where the author
defines delta with a minus. Every line remains a statement about the same network, and is checked like any other.
"""

from __future__ import annotations

from derive.conventions.results import in_convention

__all__ = ["in_convention"]

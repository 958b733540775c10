"""Equations in, derivations out: the index calculus, the reverse sweep, lemmas, notations and notes."""

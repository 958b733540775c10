"""Scalar functions, activations and losses: formulas in tables, and what follows from them."""

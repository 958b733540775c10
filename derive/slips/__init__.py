"""Common slips: formulas with one classic mistake in them, named by kind and family, and the numbers that refute them."""

"""Targets: what prints a module. ``module`` is what all have in common; each target adds its own way to run the statements."""

"""Templates of a module of equations; what they share with modules of layers stands in ``module``."""

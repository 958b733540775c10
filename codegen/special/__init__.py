"""Functions that NumPy does not have."""

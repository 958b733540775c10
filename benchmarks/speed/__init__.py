"""Steps of emitted modules beside those of naive NumPy, autograd, PyTorch and JAX."""

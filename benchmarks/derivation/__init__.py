"""What it costs to derive a gradient, and what the formulas cost: run with ``python -m benchmarks.derivation``."""

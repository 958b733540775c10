"""Whole trainings of emitted modules beside those of other systems."""

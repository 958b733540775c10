"""The small language of formulas: text to expressions and back."""

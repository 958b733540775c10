"""Equations position by position: every sum written out, every value of one number computed once."""

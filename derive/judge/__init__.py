"""Judges formulas of a file of notes: each edited line is read and evaluated."""

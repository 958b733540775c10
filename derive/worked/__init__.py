"""Worked numbers: a network computed by hand, line by line, and compared with what a text prints."""

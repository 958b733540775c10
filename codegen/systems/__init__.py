"""Modules of any system of equations: sizes are those of the file, arguments are ``parameters`` and ``inputs``."""

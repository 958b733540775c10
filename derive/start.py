"""Where a command begins: from here on an interrupt ends it in one line, also while its modules are still being imported."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line, the module ``deltarule``, which this room knows by its name only."""
    try:
        import_module("deltarule").main()
    except KeyboardInterrupt:
        sys.stderr.write("deltarule: interrupted\n")
        sys.exit(INTERRUPTED)
    raise AssertionError("a command ends the process")

"""The cells of a notebook that run: a module, its own checks, and its gradients against differences of the loss."""

from __future__ import annotations

from importlib.resources import files

_MAIN = '\n\nif __name__ == "__main__":\n'


def cells(source: str) -> tuple[str, str, str]:
    """An emitted module without its command line, a call of its ``selftest``, and a check that reads like the definition of a derivative.

    Raises ``ValueError`` where ``source`` is no emitted module.
    """
    module, main, _ = source.partition(_MAIN)
    if not main:
        raise ValueError("not an emitted module: it has no command line at its end")
    check = files("codegen.notebook").joinpath("gradient_check.py.j2").read_text(encoding="utf-8")
    return module.rstrip() + "\n", "assert selftest()\n", check

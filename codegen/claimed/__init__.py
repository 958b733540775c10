"""Functions that others wrote, run in a child process and judged: ``deltarule check SPEC file.py:function``."""

from codegen.claimed.check import Limits, check_code, is_code_claim

__all__ = ["Limits", "check_code", "is_code_claim"]

"""The names that ``derive`` offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import derive


def test_every_public_name_can_be_loaded() -> None:
    for name in derive.__all__:
        assert getattr(derive, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = derive.nothing


def test_errors_are_there_before_sympy_is() -> None:
    code = "import sys; from derive.errors import InputError; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

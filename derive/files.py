"""Text files: read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from derive.errors import InputError, quoted_path

LARGEST_TABLE, DEEPEST_TABLE = 1_000_000, 40
"""Characters of a TOML file, and how deep its tables and lists may be nested."""
_BETWEEN_KEYS = re.compile(r"[=,{}\[\]\n#]")


def read(path: Path) -> str:
    """The text of a file that the user names. Raises InputError where it cannot be read."""
    where = str(path) if str(path).isprintable() else quoted_path(path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"{where}: cannot be read: it is no UTF-8 text") from None


def parsed_toml(text: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The tables of a TOML file, with bounds on what reading it may cost.

    Raises ``tomllib.TOMLDecodeError`` (a ``ValueError``) for everything that cannot be read, also for what is too large or nested too
    deeply: the reader of the standard library takes hours for a key of many parts.
    """
    if len(text) > LARGEST_TABLE:
        raise tomllib.TOMLDecodeError(f"{len(text)} characters are too many; the limit is {LARGEST_TABLE}")
    if any(part.count(".") > DEEPEST_TABLE for part in _BETWEEN_KEYS.split(text)):
        raise tomllib.TOMLDecodeError("nested too deeply")
    try:
        found = tomllib.loads(text, parse_float=parse_float)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, ArithmeticError) as error:  # a number that Python or ``parse_float`` does not take
        raise tomllib.TOMLDecodeError(str(error)) from None
    _check_depth(found)
    return found


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST_TABLE):
        inner = [list(value.values()) if isinstance(value, dict) else value for value in level if isinstance(value, dict | list)]
        level = [part for parts in inner for part in parts]
        if not level:
            return
    raise tomllib.TOMLDecodeError("nested too deeply")


def write(path: Path, content: str | bytes) -> None:
    """Write a file so that at every moment the old one or the new one stands there whole.

    Missing parents are made. What is no regular file (a pipe, a device) is written to as it is.
    """
    data = content.encode() if isinstance(content, str) else content
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file() and not target.is_dir():
        target.write_bytes(data)
        return
    if target.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".deltarule-{os.getpid()}"
    try:
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

"""Text files: read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from derive.errors import InputError, quoted_path

LARGEST_FILE = 10_000_000
"""Bytes of a file that is read."""
LARGEST_TABLE, DEEPEST_TABLE = 1_000_000, 40
"""Characters of a TOML file, and how deep its tables and lists may be nested."""
_BETWEEN_KEYS = re.compile(r"[=,{}\[\]\n#]")
_LINE_END = re.compile(r"\r\n?")


def read(path: Path) -> str:
    """The text of a file that the user names, with the line ends of Python and without a byte order mark.

    Only a regular file is read (a pipe can wait for ever, a device has no end), and none that is larger than ``LARGEST_FILE``.
    Raises InputError where it cannot be read.
    """
    where = str(path) if str(path).isprintable() else quoted_path(path)
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            raise InputError(f"{where}: cannot be read: it is no regular file")
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InputError(f"{where}: cannot be read: it is too large; the limit is {LARGEST_FILE} bytes")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"{where}: cannot be read: it is no UTF-8 text") from None
    return _LINE_END.sub("\n", text)


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

    Missing parents are made; a file that is replaced keeps its permissions. What is no regular file (a pipe, a device) is written to as
    it is. Raises OSError, which names a file.
    """
    data = content.encode() if isinstance(content, str) else content
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        if target.is_symlink():
            raise OSError(errno.ELOOP, "it is a link to itself")
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(target, data)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _replace(target: Path, data: bytes) -> None:
    """Put a file in the place of ``target``: a new one, since another user could have left a link where it is to be made."""
    temporary = target.parent / f".deltarule-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        if target.exists():
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

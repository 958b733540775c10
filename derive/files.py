"""Text files: read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from derive.errors import InputError


def read(path: Path) -> str:
    """The text of a file that the user names. Raises InputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"{path}: cannot be read: it is no UTF-8 text") from None


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

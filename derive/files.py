"""Writing files whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


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

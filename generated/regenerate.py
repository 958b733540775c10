"""Write again everything in this folder that the tool emitted: ``python generated/regenerate.py``.

For every spec in ``specs`` a module ``NAME.py`` and its lecture notes ``NAME.md``. Nothing here is edited by hand;
``tests/test_generated.py`` emits each file again and compares the bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # so that this works in a copy of the repository that is not installed

import deltarule  # noqa: E402
from derive.files import write  # noqa: E402

OPTIONS: dict[str, dict[str, Any]] = {"xor_2_2_1": {"batch": 4, "optimiser": "rprop"}}
"""What is asked of modules beside their spec, by name."""


def emitted(spec: Path) -> Iterator[tuple[Path, str]]:
    """Each file that belongs to a spec, and what must stand in it."""
    network = deltarule.network(spec)
    yield HERE / f"{network.name}.py", network.emit(**OPTIONS.get(network.name, {}))
    yield HERE / f"{network.name}.md", network.notes(format="md")


def main() -> None:
    """Write every file, naming it."""
    for spec in sorted((HERE / "specs").glob("*.toml")):
        for path, content in emitted(spec):
            write(path, content)
            print(path.name)


if __name__ == "__main__":
    main()

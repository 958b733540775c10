"""Two pages of notes as pictures, for the README: ``python generated/pages.py``, with pdfLaTeX, poppler and Chromium.

Fonts and versions of these programs differ, so that no test compares the pictures.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # so that this works in a copy of the repository that is not installed

import deltarule  # noqa: E402

SPEC = "3-4:tanh-3:tanh-2:softmax"
HEADING = "Delta of a hidden layer"


def article(folder: Path) -> None:
    """The page of the article with the deltas of the hidden layers."""
    file = folder / "notes.pdf"
    file.write_bytes(bytes(deltarule.network(SPEC).notes(format="pdf")))  # type: ignore[arg-type]
    number = next(n for n in range(1, 100) if HEADING in _run("pdftotext", "-f", str(n), "-l", str(n), str(file), "-"))
    page = ["-f", str(number), "-l", str(number), "-singlefile", "-r", "88", "-gray", "-png"]
    _run("pdftoppm", *page, str(file), str(HERE / "pages" / "article"))


def screen(folder: Path) -> None:
    """The page for a browser in the dark, as it opens."""
    file = folder / "notes.html"
    file.write_text(str(deltarule.network(SPEC).notes(format="html")), encoding="utf-8")
    window = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=860,1216"]
    dark = "--blink-settings=preferredColorScheme=0"
    _run("chromium-headless-shell", *window, dark, f"--screenshot={HERE / 'pages' / 'screen.png'}", file.as_uri())


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        article(Path(name))
        screen(Path(name))

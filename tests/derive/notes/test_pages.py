"""HTML in a browser: no page is wider than its window, on a phone, a tablet and a desk."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.notes import Options, notes
from tests.derive.notes.test_documents import IDS, SPECS, results

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
WIDTHS = (360, 800, 1400)
MEASURE = "<script>document.title = document.documentElement.scrollWidth + ' of ' + document.documentElement.clientWidth</script>"


def widths(page: str, window: int, folder: Path) -> tuple[int, int]:
    """How wide the page is, and how much of that the window shows."""
    assert BROWSER is not None
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}"]
    command += [f"--window-size={window},900", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    found = re.search(r"<title>(\d+) of (\d+)</title>", done.stdout.decode("utf-8", "replace"))
    assert found is not None
    return int(found[1]), int(found[2])


@needs_browser
@pytest.mark.parametrize("window", WIDTHS)
def test_a_page_is_no_wider_than_its_window(window: int, tmp_path: Path) -> None:
    page = notes(results(2), Options(format="html"), ("def forward():\n    # (10)  z1\n    " + "x = 1  # " * 40,))
    whole, shown = widths(str(page), window, tmp_path)
    assert shown == window
    assert whole <= shown


@needs_browser
def test_a_page_that_is_too_wide_is_found(tmp_path: Path) -> None:
    whole, shown = widths("<body><div style='width:500px'>x</div></body>".replace("<body>", "<title></title><body>"), 360, tmp_path)
    assert whole > shown


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SPECS)), ids=IDS)
def test_no_page_is_wider_than_its_window(number: int, tmp_path: Path) -> None:
    for level in ("brief", "every-step"):
        page = str(notes(results(number), Options(format="html", level=level)))
        for window in WIDTHS:
            whole, shown = widths(page, window, tmp_path)
            assert whole <= shown, (level, window)

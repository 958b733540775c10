"""What the README shows is what appears."""

from __future__ import annotations

import re

from tests.readme import README, refreshed


def test_everything_the_readme_shows_is_real() -> None:
    text = README.read_text(encoding="utf-8")
    assert refreshed(text) == text, "stale: python tests/readme.py"


def test_the_readme_begins_with_the_two_commands() -> None:
    first = re.search(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert first is not None
    assert first[1].splitlines() == [
        "pip install . && deltarule build 2-2:relu-1:linear -o out",
        "pip install '.[test]' && python -m pytest -n auto",
    ]

"""Every key of a notation is explained: in the commented example and on the page beside it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import derive.notation.profile as profile
from derive.notation.profile import FIELDS, Notation
from derive.notation.schema import ROLES, TABLES

FOLDER = Path(profile.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
EXAMPLE = (FOLDER / "nielsen.toml").read_text(encoding="utf-8")


def test_every_key_is_on_the_page() -> None:
    for table, keys in TABLES.items():
        assert f"`[{table}]`" in README
        for key in keys:
            assert f"`{key}`" in README or (table in ("matrices", "batch") and key in ROLES), f"{table}.{key}"


def test_every_choice_of_the_example_has_a_comment() -> None:
    for table, keys in TABLES.items():
        if table in ("symbols", "matrices", "batch"):
            continue
        for key in keys:
            assert re.search(rf"^{key} = .*#", EXAMPLE, re.MULTILINE) or key in ("bias", "loss"), f"{table}.{key}"


def test_every_key_is_a_field_of_the_notation_with_a_docstring() -> None:
    documented = Notation.__doc__ or ""
    names = {field.name for field in fields(Notation)}
    for field, key in FIELDS.items():
        assert field in names
        assert f"``{field}``" in documented, key


def test_roles_are_the_same_everywhere() -> None:
    assert set(ROLES) < set(TABLES["symbols"])
    assert set(TABLES["matrices"]) == set(TABLES["batch"]) == set(ROLES)

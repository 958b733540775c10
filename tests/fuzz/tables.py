"""TOML files with one thing changed: tables that were read, with values of any kind put in, taken out or repeated, written again."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

NUMBERS = (0, 1, -1, 2, 3, 7, 10**6, 10**18, 10**400, 0.5, -0.25, 1e300, 1e-300, float("nan"), float("inf"))


def edited_tables(seeds: Sequence[str], words: Sequence[str], most: int = 4) -> st.SearchStrategy[str]:
    """Texts of TOML files near the seeds, with at most so many edits; ``words`` are put in as strings and as keys."""
    trees = [tomllib.loads(seed) for seed in seeds]
    leaf = st.one_of(st.sampled_from(words), st.sampled_from(NUMBERS), st.booleans(), st.text(max_size=8), st.integers(-5, 30))
    value = st.recursive(
        leaf, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(words), inner, max_size=3)), max_leaves=6
    )

    @st.composite
    def one(draw: st.DrawFn) -> str:
        tree = copy.deepcopy(draw(st.sampled_from(trees)))
        for _ in range(draw(st.integers(1, most))):
            _edit(tree, draw, value, words)
        return written(tree)

    return one()


def _edit(tree: Any, draw: st.DrawFn, value: st.SearchStrategy[Any], words: Sequence[str]) -> None:
    """One change somewhere below: another value, a value of the same place twice, an entry taken out, a new key."""
    while isinstance(tree, dict | list) and tree:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = draw(st.sampled_from(keys))
        inner = tree[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
            tree = inner
            continue
        match draw(st.sampled_from(("value", "value", "value", "other", "twice", "out", "new"))):
            case "value":
                tree[key] = draw(value)
            case "other":
                tree[key] = copy.deepcopy(tree[draw(st.sampled_from(keys))])
            case "twice" if isinstance(tree, list):
                tree.insert(key, copy.deepcopy(inner))
            case "new" if isinstance(tree, dict):
                tree[draw(st.one_of(st.sampled_from(words), st.text(max_size=5)))] = draw(value)
            case _:
                del tree[key]
        return


def written(tree: Mapping[str, Any]) -> str:
    """The table as TOML, everything inline."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tree.items())


def _key(key: str) -> str:
    return _string(str(key))


def _string(text: str) -> str:
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=True).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(own)}" for key, own in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return _string(value)
    return str(value) if not isinstance(value, float) or value == value else "nan"

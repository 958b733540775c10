"""Which names a user may give: plain ASCII words that mean nothing else in the emitted module."""

from __future__ import annotations

import builtins
import keyword
import re

from derive.errors import InputError, quoted

LONGEST_NAME = 60
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
MODULE_NAMES = frozenset(
    """
    Parameters SHAPES Workspace Inputs initialise initialize forward loss loss_and_gradients loss_gradients_and_dx save load step
    flatten unflatten straight_line parameters gradients path seed batch x t y np numpy math main selftest annotations
    deltarule derive codegen cost self sys DTYPE SPEC_HASH CLASSES NamedTuple run_forward run_loss run_step workspace
    """.split()  # noqa: SIM905 - reads better than forty quotes
)
FILED = frozenset(["file", "allow_pickle", "spec_hash"])
"""What ``save`` gives to NumPy by name beside the parameters."""
OWN_WORDS = MODULE_NAMES - {"x", "y", "t", "path", "seed", "batch"} | {"inputs", "cls"} | FILED
UNITS = re.compile(r"n[0-9]+")
NUMBERED = re.compile(r"(?:W|b|z|a|delta|d[A-Za-z]|da|dz|dW|db|active|loss)[0-9]+")
# A file of one of these names, beside the emitted module, would stand in for the module that NumPy imports.
SHADOWING = frozenset(
    """
    abc argparse array ast base64 bisect builtins bz2 calendar codecs collections contextlib contextvars copy copyreg csv ctypes
    datetime decimal dis email enum errno fnmatch fractions functools gc genericpath gettext hashlib heapq hmac html importlib
    inspect io itertools json keyword linecache locale logging lzma marshal math mmap ntpath numbers opcode operator os pathlib pickle
    pkgutil platform posix posixpath pprint queue quopri random re reprlib secrets select selectors shutil signal site socket
    stat string struct subprocess sys sysconfig tempfile textwrap threading time timeit token tokenize traceback types typing
    unittest urllib uuid warnings weakref zipfile zipimport zlib
    """.split()  # noqa: SIM905
)


def check_word(name: object, what: str) -> str:
    """``name`` if it is a plain word; raises InputError otherwise."""
    if not isinstance(name, str):
        raise InputError(f"{what} must be a word in quotes, got {quoted(name)}")
    if len(name) > LONGEST_NAME:
        raise InputError(f"{what} {quoted(name)} has {len(name)} characters; the limit is {LONGEST_NAME}")
    if WORD.fullmatch(name) is None:
        raise InputError(f"{what} {quoted(name)} must be an ASCII letter followed by letters, digits and _")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise InputError(f"{what} {quoted(name)} is a keyword of Python")
    if hasattr(builtins, name):
        raise InputError(f"{what} {quoted(name)} is a builtin of Python")
    return name


def check_module_name(name: object, what: str = "name") -> str:
    """``name`` if a module and a file may bear it; raises InputError otherwise."""
    word = check_word(name, what)
    if word in MODULE_NAMES or NUMBERED.fullmatch(word):
        raise InputError(f"{what} {quoted(word)} is a name that the emitted module uses itself")
    if word in SHADOWING:
        raise InputError(f"{what} {quoted(word)} is a module of Python's standard library; a file of that name would hide it")
    return word


def check_tensor_name(name: object, what: str = "name") -> str:
    """``name`` if an input, a parameter or a value of an equation file may bear it; raises InputError otherwise."""
    word = check_word(name, what)
    if word in OWN_WORDS:
        raise InputError(f"{what} {quoted(word)} is a name that the emitted module uses itself")
    return word


def check_axis_name(name: object, what: str = "axis") -> str:
    """``name`` if an index letter may be it; raises InputError otherwise. ``n0``, ``n1``, ... count the units of layers."""
    word = check_word(name, what)
    if UNITS.fullmatch(word):
        raise InputError(f"{what} {quoted(word)} means the units of a layer; take another letter")
    return word

"""The form of a module of the vectorised style: measured, read from a file or plain, and the report of how it came about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from codegen.blocks import Sizes, fastest_split, products
from codegen.decisions import NAMES, PLAIN, USUAL_BATCH, Asked, Decisions, as_toml, choices, decide, optimised, read_decisions
from codegen.emit import Facts, problem_for
from codegen.problem import Problem
from codegen.quick import prepared
from codegen.report import report
from codegen.tuning import tuned
from derive.chain_rule import Sweep
from derive.errors import InputError, quoted, quoted_path, unknown
from derive.expressions import Tensor
from derive.network import Network
from derive.specifications.specification import Specification


class Forms:
    """The forms of one network's module, for one precision and size of batches.

    Raises:
        derive.errors.InputError: the network is given by equations, whose modules have one form.

    """

    def __init__(
        self,
        network: Network,
        sweep: Sweep,
        dtype: str,
        batch: int | None,
        number: Callable[[Tensor], int] | None = None,
    ) -> None:
        if not isinstance(network.specification, Specification):
            raise InputError(f"{network.name}: expected a network of layers, got equations: their modules have one form only")
        self.network, self.dtype, self.batch = network, dtype, batch
        self.problem: Problem = problem_for(network, sweep, number)
        self.asked = Asked(network.specification.hash, dtype, batch)

    def decided(self) -> Decisions:
        """What the sizes decide."""
        return decide(prepared(self.problem), self.batch, np.dtype(self.dtype).itemsize)

    def read(self, path: Path) -> Decisions:
        """What a file decides. Raises InputError where it is not for this network, precision and batch."""
        decisions = read_decisions(path, self.asked)
        known = self._products(decisions)
        for name, (rows, columns) in decisions.blocks:
            if name not in known:
                raise unknown("product", name, known, quoted_path(path))
            if any(size % part for size, part in ((known[name].rows, rows), (known[name].columns, columns))):
                shape = f"{known[name].rows} x {known[name].columns}"
                raise InputError(f"{quoted_path(path)}: blocks.{name}: expected divisors of {shape}, got {rows} x {columns}")
        return decisions

    def _products(self, decisions: Decisions) -> dict[str, Sizes]:
        """The products of matrices of a form, with their sizes."""
        return products(optimised(prepared(self.problem), replace(decisions, blocks=())), self.batch or USUAL_BATCH)

    def tuned(self) -> Decisions:
        """What is fastest here and now; what the sizes decide where that is about as fast."""
        decided = self.decided()
        named = {key: getattr(decided, key) for key in NAMES}
        best = self._fastest(decided, *(replace(choice, **named) for choice in choices()))
        splits = ((name, fastest_split(sizes, self.dtype)) for name, sizes in self._products(best).items())
        blocks = tuple((name, split) for name, split in splits if split)
        return self._fastest(best, replace(best, blocks=blocks)) if blocks else best

    def _fastest(self, *choices: Decisions) -> Decisions:
        facts = {decisions: Facts(self.network, "vectorised", self.dtype, "", self.batch, decisions) for decisions in choices}
        return tuned({decisions: own.module(self.problem) for decisions, own in facts.items()}, self.batch or USUAL_BATCH)

    def text(self, decisions: Decisions) -> str:
        """A decisions file."""
        return as_toml(decisions, self.asked)

    def report(self, decisions: Decisions) -> str:
        """What each pass does, and where the time of a step goes."""
        return report(prepared(self.problem), decisions, self.batch, self.dtype, self.network.name)


def only_one(**given: object) -> None:
    """Raise InputError where more than one way to choose a form is given."""
    names = [f"--{name}" for name, value in given.items() if value]
    if len(names) > 1:
        raise InputError(f"{names[0]}: expected alone, got {names[1]} beside it")


def vectorised_only(style: str, **given: object) -> None:
    """Raise InputError where something that only the vectorised style has is asked of another."""
    for name, value in given.items():
        if value and style not in ("auto", "vectorised"):
            raise InputError(f"--{name}: expected style vectorised, got {quoted(style)}")


__all__ = ["PLAIN", "Forms", "only_one", "vectorised_only"]

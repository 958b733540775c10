"""Random systems of equations: a graph in which any value may be used any number of times, in any way that its axes allow."""

from __future__ import annotations

from random import Random

from derive.equations import System
from tests.derive.systems import system

SIZES = {"i": 2, "j": 3, "k": 2}
FUNCTIONS = ("tanh", "sigmoid", "sin", "softplus", "relu", "exp")


class Writer:
    """Writes one equation after the other from templates; ``values`` are the names and axes of what can be read."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.values: list[tuple[str, str]] = [("x", "ij"), ("y", "k")]
        self.parameters: list[str] = []
        self.equations: list[str] = []
        self.outside: dict[str, int] = {}
        self.unread: list[tuple[str, str]] = []

    def write(self, count: int) -> System:
        templates = [self.through, self.mapped, self.joined, self.power, self.over, self.outer, self.shifted, self.mixed]
        for number in range(count):
            axes, right = self.reading_x() if number == 0 else self.random.choice(templates)()
            name = f"v{number}"
            self.equations.append(f"{at(name, axes)} = {right}")
            self.values.append((name, axes))
            self.unread.append((name, axes))
        terms = [self.random.choice([squares, plainly, weighted])(name, axes) for name, axes in self.unread]
        loss = " + ".join(terms)
        return system("random", SIZES, ["x[i,j]", "y[k]"], self.parameters, self.equations, loss, self.outside)

    def value(self, least: int = 0) -> tuple[str, str]:
        name, axes = self.random.choice([entry for entry in self.values if len(entry[1]) >= least])
        self.unread = [entry for entry in self.unread if entry[0] != name]
        return name, axes

    def parameter(self, axes: str) -> str:
        name = f"w{len(self.parameters)}"
        self.parameters.append(f"{name}[{','.join(axes)}]" if axes else name)
        return name

    def reading_x(self) -> tuple[str, str]:
        return "ki", f"sum(j, {self.parameter('kj')}[k,j]*x[i,j])"

    def through(self) -> tuple[str, str]:
        """A function, entry by entry."""
        name, axes = self.value()
        return axes, f"{self.random.choice(FUNCTIONS)}({at(name, axes)}/2)"

    def mapped(self) -> tuple[str, str]:
        """A contraction with a parameter, and a bias."""
        name, axes = self.value(1)
        summed = self.random.choice(axes)
        new = self.random.choice([a for a in SIZES if a not in axes] or [summed])
        rest = axes.replace(summed, "")
        weight, bias = self.parameter(new + summed), self.parameter(new)
        return new + rest, f"sum(p, {weight}[{new},p]*{at(name, axes.replace(summed, 'p'))}) + {bias}[{new}]"

    def joined(self) -> tuple[str, str]:
        """Two values of the same axes, or one with itself."""
        name, axes = self.value()
        fitting = [other for other, own in self.values if own == axes]
        other = self.random.choice(fitting)
        self.unread = [entry for entry in self.unread if entry[0] != other]
        sign = self.random.choice(["+", "*", "-"])
        return axes, f"{at(name, axes)} {sign} {at(other, axes)}"

    def power(self) -> tuple[str, str]:
        name, axes = self.value()
        entry = at(name, axes)
        return axes, self.random.choice([f"{entry}**2", f"1/(1 + {entry}**2)", f"sqrt(1 + {entry}**2)", f"{entry}/sqrt(2 + {entry}**2)"])

    def over(self) -> tuple[str, str]:
        """A softmax, a centred value, a mean, a maximum over one axis."""
        name, axes = self.value(1)
        summed = self.random.choice(axes)
        entry, inner = at(name, axes), at(name, axes.replace(summed, "p"))
        rest = axes.replace(summed, "")
        return self.random.choice(
            [
                (axes, f"exp({entry})/sum(p, exp({inner}))"),
                (axes, f"{entry} - sum(p, {inner})/size({summed})"),
                (rest, f"sum(p, {inner})/size({summed})"),
                (rest, f"max(p, {inner})"),
                (rest, f"log(sum(p, exp({inner})))"),
            ]
        )

    def outer(self) -> tuple[str, str]:
        name, axes = self.value()
        other, more = self.value()
        return axes + "".join(a for a in more if a not in axes), f"{at(name, axes)}*{at(other, more)}"

    def shifted(self) -> tuple[str, str]:
        """The value before, zero at the first position; or an average with the one after."""
        name, axes = self.value(1)
        along = self.random.choice(axes)
        before = at(name, axes).replace(along, f"{along}-1")
        if self.random.random() < 0.5:
            return axes, f"cases({along} >= 1, {before}, 0) + {at(name, axes)}"
        if name.startswith("v"):
            self.outside[name] = 0
            return axes, f"{before}*{at(name, axes)}"
        return axes, f"[{along} >= 1]*{before}"

    def mixed(self) -> tuple[str, str]:
        """Two rows of one value: every pair of them, or only earlier ones."""
        name, axes = self.value(2)
        first, second = axes[:2]
        mask = self.random.choice(["", f"[p <= {first}]*"])
        entry = f"{name}[{','.join((first, *axes[1:]))}]"
        other = f"{name}[{','.join(('p', *axes[1:]))}]"
        return first + axes[2:], f"sum(p, sum({second}9, {mask}{entry}*{other}))".replace(f",{second}", f",{second}9")


def at(name: str, axes: str) -> str:
    return f"{name}[{','.join(axes)}]" if axes else name


def plainly(name: str, axes: str) -> str:
    return "".join(f"sum({a}, " for a in axes) + at(name, axes) + ")" * len(axes)


def squares(name: str, axes: str) -> str:
    return "".join(f"sum({a}, " for a in axes) + f"{at(name, axes)}**2" + ")" * len(axes) + "/2"


def weighted(name: str, axes: str) -> str:
    return f"tanh({plainly(name, axes)})"


def random_system(seed: int, equations: int = 7) -> System:
    """The system of that seed, always the same one."""
    return Writer(seed).write(equations)

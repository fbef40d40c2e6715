"""What a constant factor between an answer and a gradient says about how it came about.

A factor is read on every ground: a batch size differs from ground to ground, a 2 does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from engine.expression import Apply, Const, Expr, Var, const, walk
from grader.diagnosis.ground import Layout

CLOSE = 1e-9
ROOTED = (0.5, -0.5, 1)  # powers of a size whose root the program divides by


@dataclass(frozen=True)
class Constants:
    """The constant factors that mistakes about the loss of `layout` produce."""

    layout: Layout

    def slugs(
        self, factors: Sequence[float], sizes: Sequence[Mapping[str, int]]
    ) -> tuple[str, ...] | None:
        """The mistakes that make these factors, one per ground; () for 1, None for an odd one."""
        if _same(factors, [1.0] * len(factors)):
            return ()
        singles = [(slug, [value(each) for each in sizes]) for slug, value in self.rows]
        for slug, values in singles:
            if _same(factors, values):
                return (slug,)
        for (one, left), (two, right) in combinations(singles, 2):
            if one != two and _same(factors, [a * b for a, b in zip(left, right, strict=True)]):
                return (one, two)
        return None

    @cached_property
    def rows(self) -> tuple[tuple[str, Factor], ...]:
        """Every factor that has a name, with its name."""
        halved = "factor-two" if self._doubles else "constant-of-another-cost"
        fixed = (("sign-flip", -1.0), ("factor-two", 2.0), (halved, 0.5), ("factor-two", 4.0))
        numbers = [(slug, Factor(value)) for slug, value in fixed]
        return (*numbers, *self._sizes())

    def _sizes(self) -> Iterator[tuple[str, Factor]]:
        missing = "missing-batch-mean"
        if self.layout.program.roles.get(self.layout.target.variable, "data") == "data":
            missing = "per-example-shorthand"  # of no parameter
        for dim in sorted(self.means):
            yield missing, Factor(1.0, dim, 1)
            yield "repeated-batch-mean", Factor(1.0, dim, -1)
            yield "repeated-batch-mean", Factor(1.0, dim, -2)
        for dim in sorted(self._rooted):
            for power in ROOTED:
                yield "scale-at-wrong-node", Factor(1.0, dim, power)
        for dim in sorted(self.layout.program.dimensions - self.means):
            yield "constant-of-another-cost", Factor(1.0, dim, -1)

    @cached_property
    def means(self) -> frozenset[str]:
        """The dimensions whose number the loss divides by."""
        found = {dim for node in self._nodes for dim in _divided(node, self.layout)}
        return frozenset(found) - self._rooted

    @cached_property
    def _rooted(self) -> frozenset[str]:
        """The dimensions under a root, as the width of a query is."""
        roots = (node for node in self._nodes if isinstance(node, Apply) and node.op == "sqrt")
        names = frozenset(name for root in roots for name in root.names)
        return names & self.layout.program.dimensions

    @cached_property
    def _doubles(self) -> bool:
        """Whether a two comes from a square, or stands in the program."""
        return any(isinstance(node, Apply) and _doubles(node) for node in self._nodes)

    @cached_property
    def _nodes(self) -> tuple[Expr, ...]:
        return tuple(node for s in self.layout.program.statements for node in walk(s.value))


@dataclass(frozen=True)
class Factor:
    """number * size(dim) ** power"""

    number: float
    dim: str = ""
    power: float = 0

    def __call__(self, sizes: Mapping[str, int]) -> float:
        return self.number * (float(sizes[self.dim]) ** self.power if self.dim else 1.0)


def _doubles(node: Apply) -> bool:
    """Whether a node is a square, a product with one factor twice, or twice something."""
    if node.op == "pow":
        return node.args[1] == const(2)
    if node.op == "mul" and const(2) in node.args:
        return True
    factors = tuple(_factors(node)) if node.op == "mul" else ()
    return len(set(factors)) < len(factors)


def _factors(node: Expr) -> Iterator[Expr]:
    if isinstance(node, Apply) and node.op == "mul":
        for arg in node.args:
            yield from _factors(arg)
    elif not isinstance(node, Const):
        yield node


def _divided(node: Expr, layout: Layout) -> Iterator[str]:
    """The dimensions that `node` divides by: those of a mean, or one written as a number."""
    match node:
        case Apply(op="mean", args=(arg,)):
            axis = node.keywords["axis"]
            counted = arg.shape if axis is None else (arg.shape[axis],)
            yield from (dim for dim in counted if isinstance(dim, str))
        case Var(name=name) if name in layout.program.dimensions:
            yield name


def _same(left: Sequence[float], right: Sequence[float]) -> bool:
    return all(abs(a - b) <= CLOSE * abs(b) for a, b in zip(left, right, strict=True))

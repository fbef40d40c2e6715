"""What is worked out once for a question: sample points, reference values, fingerprints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod

from engine.canonical import Normal, canonical
from engine.expression import Expr
from engine.notation import Scope
from engine.numeric import Batch, Environment
from engine.program import Program
from engine.question import Derivative
from engine.sampling import Samples
from engine.shapes import Shape
from engine.symbolic.balls import Comparison
from grader.diagnosis.constants import Constants
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.search import Search
from grader.diagnosis.worlds import ALIKE, SQUARE, Kind, World, world_of
from grader.errors import MalformedQuestion
from grader.points import Given, given, points_of
from grader.scopes import scope_of

KEPT = 96  # questions, of 0.1 to 2 MB; one is compiled again within 60 ms


def comparison_of(program: Program) -> Comparison:
    """Comparisons at the sample points of `program`, with the forward values done once."""
    return _comparison(program, points_of(program))


@lru_cache(maxsize=KEPT)
def _comparison(program: Program, samples: Samples) -> Comparison:
    return Comparison(program, samples)


@lru_cache(maxsize=KEPT)
def _environments(program: Program, samples: Samples) -> tuple[Environment, ...]:
    """The forward values at the sample points, those of the largest sizes first."""
    return tuple(sorted(samples.environments(program), key=_spread, reverse=True))


@dataclass(frozen=True)
class Elsewhere:
    """Another world, with the mistakes known there and the names an answer may use."""

    world: World
    search: Search
    scope: Scope


@dataclass(frozen=True, eq=False)
class Compiled:
    """A derivative question with everything that its answers share; one object for one question."""

    question: Derivative

    @property
    def program(self) -> Program:
        return self.question.program

    @property
    def reference(self) -> Expr:
        return self.question.reference

    @property
    def shape(self) -> Shape:
        """The shape an answer must have."""
        return self.question.reference.shape

    @cached_property
    def scope(self) -> Scope:
        """The names an answer may use."""
        question = self.question
        per_example = question.upstream == "example"
        return scope_of(self.program, question.target, question.example_axis, per_example)

    @cached_property
    def comparison(self) -> Comparison:
        """The sample points, with forward values in ball arithmetic."""
        return comparison_of(self.program)

    @cached_property
    def normal(self) -> Normal | None:
        """The normal form of the reference."""
        return canonical(self.reference)

    @cached_property
    def inlined_normal(self) -> Normal | None:
        """The normal form of the reference in terms of the inputs alone."""
        return canonical(self.program.inlined(self.reference))

    @cached_property
    def layout(self) -> Layout:
        """What lies between the loss and the target."""
        return Layout(self.program, self.question.target)

    @cached_property
    def search(self) -> Search:
        """The fingerprints of known mistakes."""
        environments = _environments(self.program, points_of(self.program))
        grounds = tuple(Ground(self.layout, env) for env in environments)
        references = tuple(ground.env.evaluate(self.reference) for ground in grounds)
        return Search(grounds, references, Constants(self.layout), self.reference)

    def elsewhere(self) -> Iterator[Elsewhere]:
        """Worlds in which ill-shaped answers have values, the more faithful one first."""
        if self._alike is not None:
            yield self._alike
        if self._square is not None:
            yield self._square

    @cached_property
    def _alike(self) -> Elsewhere | None:
        return self._moved(ALIKE)

    @cached_property
    def _square(self) -> Elsewhere | None:
        return self._moved(SQUARE)

    def _moved(self, kind: Kind) -> Elsewhere | None:
        """The exercise in another world; None where it has no values there."""
        world = world_of(self.program, self.question.target, kind)
        if world is None:
            return None
        reference: Batch = world.ground.adjoints[self.question.target.variable]
        constants = Constants(self.layout)
        search = Search((world.ground,), (reference,), constants, world.formula, elsewhere=True)
        return Elsewhere(world, search, scope_of(world.program, None, self.scope.example_axis))


def _spread(environment: Environment) -> int:
    """The sizes multiplied: in larger ones more mistakes differ, as n - 1 does from 1."""
    return prod(environment.sizes.values())


def compiled(question: Derivative) -> Compiled:
    """The compiled question, the same object for the same content; raises MalformedQuestion."""
    return _compiled(question, given())


def forget() -> None:
    """Empties the memory of compiled questions."""
    _compiled.cache_clear()
    _comparison.cache_clear()
    _environments.cache_clear()


@lru_cache(maxsize=KEPT)
def _compiled(question: Derivative, points: Given | None) -> Compiled:
    """A question compiled at its own points, or at points that it is given."""
    if question.target.variable not in question.program.shapes:
        raise MalformedQuestion(f"{question.id}: {question.target.variable} is not in the program")
    return Compiled(question)

"""What is worked out once for a question: sample points, reference values, fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from engine.canonical import Normal, canonical
from engine.expression import Expr
from engine.notation import Scope
from engine.numeric import Batch
from engine.program import Program
from engine.question import Derivative
from engine.sampling import Samples
from engine.shapes import Shape
from engine.symbolic.balls import Comparison
from grader.diagnosis.constants import Constants
from grader.diagnosis.ground import Ground, Layout
from grader.diagnosis.search import Search
from grader.diagnosis.square import SquareWorld, square_world
from grader.errors import MalformedQuestion
from grader.points import Given, given, points_of
from grader.scopes import scope_of

KEPT = 256  # questions


def comparison_of(program: Program) -> Comparison:
    """Comparisons at the sample points of `program`, with the forward values done once."""
    return _comparison(program, points_of(program))


@lru_cache(maxsize=KEPT)
def _comparison(program: Program, samples: Samples) -> Comparison:
    return Comparison(program, samples)


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
        environments = points_of(self.program).environments(self.program)
        grounds = tuple(Ground(self.layout, env) for env in environments)
        references = tuple(ground.env.evaluate(self.reference) for ground in grounds)
        return Search(grounds, references, Constants(self.layout), self.reference)

    @cached_property
    def square(self) -> SquareWorld | None:
        """The world in which ill-shaped answers have values."""
        return square_world(self.program, self.question.target)

    @cached_property
    def square_search(self) -> Search | None:
        """The fingerprints of known mistakes in the square world."""
        if self.square is None:
            return None
        ground = self.square.ground
        reference: Batch = ground.adjoints[self.question.target.variable]
        return Search((ground,), (reference,), Constants(self.layout), square=True)

    @cached_property
    def square_scope(self) -> Scope | None:
        """The names of an answer in the square world."""
        return (
            None
            if self.square is None
            else scope_of(self.square.program, None, self.scope.example_axis)
        )


def compiled(question: Derivative) -> Compiled:
    """The compiled question, the same object for the same content; raises MalformedQuestion."""
    return _compiled(question, given())


def forget() -> None:
    """Empties the memory of compiled questions."""
    _compiled.cache_clear()
    _comparison.cache_clear()


@lru_cache(maxsize=KEPT)
def _compiled(question: Derivative, points: Given | None) -> Compiled:
    """A question compiled at its own points, or at points that it is given."""
    if question.target.variable not in question.program.shapes:
        raise MalformedQuestion(f"{question.id}: {question.target.variable} is not in the program")
    return Compiled(question)

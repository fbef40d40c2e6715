"""Which pictures an exercise has: its network where it is one, else its computation graph.

A learner's picture shows nothing that is asked for: no formula of a forward pass to be written
down, unless the statement gives it, no shape to be named, and no way back.
"""

from __future__ import annotations

from engine.derived import path
from engine.notation import show
from engine.program import Program, Target
from engine.question import Derivative, Forward, Question, Shapes
from generator.exercise import Exercise
from generator.pictures.graph import Graph, View
from generator.pictures.network import network
from generator.pictures.neurons import Drawing
from generator.sheets.document import Figure

FEWEST = 3  # statements that are worth a graph


def figures(exercise: Exercise) -> tuple[Figure, ...]:
    """The figure of a learner's sheet; none for an exercise of a line or two."""
    program = exercise.program
    if program is None:
        return ()
    neurons = _neurons(exercise, program)
    if neurons:
        return neurons
    if len(program.statements) < FEWEST:
        return ()
    return (Graph(program, _withheld(exercise, program)).figure,)


def worked_figures(exercise: Exercise) -> tuple[Figure, ...]:
    """The figures of a solution: the network, and the graph with the longest way back asked for."""
    program = exercise.program
    if program is None:
        return ()
    targets = [each.target.variable for each in _derivatives(exercise)]
    furthest = max(targets, key=lambda name: len(path(program, name)), default=None)
    return (*_neurons(exercise, program), computation_graph(program, furthest))


def computation_graph(program: Program, target: str | None = None) -> Figure:
    """The whole graph, with the derivatives' way back to the variable `target`."""
    return Graph(program, View(target=target)).figure


def _neurons(exercise: Exercise, program: Program) -> tuple[Figure, ...]:
    """The network with the first entry that is asked for, where there is a network."""
    found = network(program)
    if found is None:
        return ()
    entries = [each.target for each in _derivatives(exercise) if each.target.entry]
    target: Target | None = entries[0] if entries else None
    return (Drawing(program, found, target).figure,)


def _derivatives(exercise: Exercise) -> list[Derivative]:
    return [each for each in exercise.questions if isinstance(each, Derivative)]


def _withheld(exercise: Exercise, program: Program) -> View:
    """The view that gives no answer away."""
    formulas = frozenset(program.definitions) if _asks_forward(exercise.questions) else frozenset()
    told = {
        each.name for each in program.statements if show(each.value, "latex") in exercise.statement
    }
    shapes = [each.variables for each in exercise.questions if isinstance(each, Shapes)]
    return View(formulas - told, frozenset().union(*shapes))


def _asks_forward(questions: tuple[Question, ...]) -> bool:
    return any(isinstance(each, Forward) for each in questions)

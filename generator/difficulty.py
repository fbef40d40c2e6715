"""How hard an exercise is, before anybody has tried it: read off its derivation.

The effort of a derivative is that of the steps of its reverse pass.  A step costs what its rules
cost, more where they act on vectors and matrices, and one for every further way on which a
gradient comes back.  The difficulty of an exercise is that of its hardest derivative, on a scale
from 1 (a gate or two) to 5 (a whole normalisation layer); efforts are compared by their ratios, so
the scale is logarithmic.
"""

from __future__ import annotations

from functools import lru_cache
from math import log

from engine.expression import Apply
from engine.operators import operator
from engine.program import Program, Target
from engine.question import Bug, Cache, Derivative, Numeric, Prerequisites, Question, Step
from engine.shapes import Shape
from generator.derivation import Derivation
from generator.exercise import Exercise
from generator.solutions.steps import passed

# What a rule costs; every other one costs 1.
COSTS = {
    "add": 0.25, "sub": 0.25, "neg": 0.25, "transpose": 0.25, "reshape": 0.25, "entry": 0.5,
    "matmul": 1.5, "outer": 1.5, "div": 1.5, "norm": 2.0, "max": 1.5, "maximum": 1.5,
    "softmax": 3.0,
}  # fmt: skip
CONSTANT_FACTOR = 0.25  # of a product with a number
VECTOR, MATRIX = 1.25, 1.5  # what a rule costs more on vectors and on matrices
FORK = 1.0  # what another way costs on which a gradient comes back
LEAST, MOST = 2.5, 35.0  # efforts at the ends of the scale
EASIEST, HARDEST = 1.0, 5.0


def difficulty(exercise: Exercise) -> float:
    """From 1.0 to 5.0, in tenths; what the template says where nothing is derived."""
    if exercise.program is None:
        return float(exercise.template.difficulty)
    efforts = [effort(*asked) for asked in map(_asked, exercise.questions) if asked]
    return scaled(max(efforts)) if efforts else EASIEST


def scaled(effort: float) -> float:
    """An effort on the scale."""
    place = log(max(effort, LEAST) / LEAST) / log(MOST / LEAST)
    return round(min(EASIEST + (HARDEST - EASIEST) * place, HARDEST), 1)


@lru_cache(maxsize=512)
def effort(program: Program, target: Target) -> float:
    """The effort of one derivative; 1 is that of one rule on scalars."""
    derivation = Derivation(program, Target(target.variable))
    return sum(_step(derivation, name) for name in derivation.names)


def _asked(question: Question) -> tuple[Program, Target] | None:
    match question:
        case Derivative() | Numeric() | Step() | Prerequisites() | Cache():
            return question.program, question.target
        case Bug():
            return question.program, Target(question.lines[-1])
    return None


def _step(derivation: Derivation, name: str) -> float:
    users = derivation.users(name)
    shape = _shape_cost(derivation.program.shapes[name])
    rules = sum(_rule(node) for user in users for node in passed(user.value, name))
    return rules * shape + FORK * (len(users) - 1)


def _rule(node: Apply) -> float:
    if node.op in ("mul", "div") and any(not arg.names for arg in node.args):
        return CONSTANT_FACTOR
    return COSTS.get(node.op, 1.0 if operator(node.op).rule or node.args else 0.0)


def _shape_cost(shape: Shape) -> float:
    long = [dim for dim in shape if dim != 1]
    return (1.0, VECTOR, MATRIX)[min(len(long), 2)]

"""Symbolic gradients, written with the program's own quantities.

The reverse walk over formulas, tidied after every statement, so that what cancels cancels early
(`a - y` for a sigmoid under cross-entropy) and the result mentions cached forward values rather
than recomputing them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from engine.errors import ProgramError
from engine.expression import Expr, apply, const
from engine.facts import facts
from engine.program import Program, Target
from engine.reverse import Formulas, Pass, Reverse
from engine.simplify import simplify
from engine.terms import filled, repeated


def tidying(tidied: Callable[[Expr], Expr]) -> Pass:
    """The reverse pass over formulas in which `tidied` goes over every result."""
    return Pass(settle=tidied, accumulate=lambda name, total, term: tidied(total + term))


TIDY = tidying(simplify)


@lru_cache(maxsize=512)
def adjoint_formulas(program: Program) -> dict[str, Expr]:
    """d loss / d name for every name that the loss depends on, in the shape of the name."""
    if program.lean is not program:
        return adjoint_formulas(program.lean)
    tidied = facts(program).tidied
    found = Reverse(program, Formulas(), tidying(tidied)).adjoints()
    return {
        name: repeated(tidied(filled(adjoint, program.shapes[name])))
        for name, adjoint in found.items()
        if name in program.shapes
    }


def gradient(program: Program, target: Target) -> Expr:
    """d loss / d target as a readable formula; zero where the loss does not depend on it.

    Denominator layout: the shape of the target, or a scalar for one entry of it.
    """
    if target.variable not in program.shapes:
        raise ProgramError(f"the program has no quantity called {target.variable}")
    shape = program.shapes[target.variable]
    formula = adjoint_formulas(program).get(target.variable, filled(const(0), shape))
    if target.entry is None:
        return formula
    row, column = target.entry
    return simplify(apply("entry", formula, const(row), const(column)))

"""Whether two expressions over one program are the same function: normal forms first, then balls.

There is no tolerance: see `engine.symbolic.balls`.
"""

from __future__ import annotations

from engine.canonical import canonical
from engine.errors import PrecisionExhausted
from engine.expression import Expr
from engine.program import Program
from engine.symbolic.balls import Agreement
from grader.compiled import comparison_of


def same_function(program: Program, left: Expr, right: Expr) -> bool:
    """Whether both have one shape and agree; balls that stay too wide count as a disagreement."""
    if left.shape != right.shape:
        return False
    normal = canonical(left)
    if normal is not None and normal == canonical(right):
        return True
    try:
        return isinstance(comparison_of(program).equal(left, right), Agreement)
    except PrecisionExhausted:
        return False

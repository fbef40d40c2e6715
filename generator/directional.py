"""A second derivative in one direction: the forward pass goes on with its own gradient.

    q = dJ/dw          the gradient, by the first reverse pass
    s = u^T q          how fast the cost changes along u

The derivative of s with respect to w is the Hessian times u.  It comes out of a second reverse
pass, over this longer forward pass, like any other derivative.
"""

from __future__ import annotations

from dataclasses import replace

from engine.errors import ProgramError
from engine.expression import Apply, Expr
from engine.gradient import gradient
from engine.program import Program, Statement, Target
from engine.shapes import show

GRADIENT, SLOPE = "q", "s"


def along(program: Program, target: Target, direction: str) -> Program:
    """`program` with its gradient q for `target` and s = `direction`^T q, of which s is the loss.

    Raises ProgramError where the names are taken, or the direction has another shape.
    """
    u, variable = program.var(direction), program.var(target.variable)
    if target.entry is not None or u.shape != variable.shape:
        raise ProgramError(
            f"{direction} is {show(u.shape)}; a direction has the shape of what is differentiated"
            f" for, {variable.name}, which is {show(variable.shape)}"
        )
    taken = {GRADIENT, SLOPE} & {*program.shapes, *program.dimensions}
    if taken:
        raise ProgramError(f"{', '.join(sorted(taken))}: a derivative along {direction} needs it")
    first = Statement(GRADIENT, gradient(program, target), meaning="the gradient")
    slope = Statement(SLOPE, _product(u, first.var), meaning=f"its product with {direction}")
    return replace(program, statements=(*program.statements, first, slope), loss=SLOPE)


def _product(u: Expr, q: Expr) -> Expr:
    """The sum of the products of the entries."""
    return (u * q).sum() if u.shape else u * q


def slope_of(program: Program) -> Expr:
    """What s is as a person writes it, in a program that `along` made: u^T q for columns."""
    value = program.definitions[SLOPE].value
    match value:
        case Apply(op="sum", args=(Apply(op="mul", args=(u, q)),)) if u.shape[-1] == 1:
            return u.T @ q
    return value

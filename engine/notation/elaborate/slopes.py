"""Derivatives written with primes, entry by entry: f'(x), f''(x), softmax'(z).

The first derivative is the row's vector-Jacobian product with cotangent 1, a further one the
reverse pass over what came before.
"""

from __future__ import annotations

from engine.expression import Apply, Expr, Var, apply, substitute
from engine.gradient import gradient
from engine.notation import vocabulary as words
from engine.notation.elaborate.attributes import Attributes, operands
from engine.notation.elaborate.symbols import ONE, ZERO
from engine.notation.errors import Mistake, Problem
from engine.notation.sugars import Sugar
from engine.notation.syntax import Call
from engine.operators import Operator
from engine.program import Program, Statement, Symbol, Target

MOST_PRIMES = 3
AT = Var("at")  # where a derivative is taken
CURVE = "curve"


class Slopes(Attributes):
    """Takes derivatives of functions."""

    def slope(self, node: Call, row: Operator) -> Expr:
        """The derivative of an element-wise function."""
        if row.name == words.SOFTMAX_ROW and node.primes == len(node.args) == 1:
            jacobian = self.jacobian(node, row)
            if jacobian is not None:
                return jacobian
        if not row.elementwise or node.primes > MOST_PRIMES:
            raise Mistake(Problem("parse", node.span, _no_slope(node, row)))
        first, *further = self.all_operands(node, row)
        if node.primes > 1:
            self.check_scalars(node, further)
            return _bent(self.build(row.name, node.span, AT, *further), first, node.primes)
        out = self.build(row.name, node.span, first, *further)
        slope = row.vjp(ONE, out, first, *further)[0]
        return ZERO if slope is None else _without_ones(slope)

    def all_operands(self, node: Call, row: Operator) -> list[Expr]:
        """The operands of a call; a last one that is left out is the exercise's own."""
        args = [self.expr(arg) for arg in node.args[: row.arity]]
        usual = self.scope.operands.get(row.name)
        if len(args) == row.arity - 1 and args and usual is not None:
            args.append(usual)
        if len(args) < row.arity or len(node.args) > row.arity:
            raise Mistake(Problem("parse", node.span, operands(node, row.arity)))
        return args

    def check_scalars(self, node: Call, further: list[Expr]) -> None:
        """Refuses higher derivatives of functions with a matrix for a further operand."""
        if any(operand.shape for operand in further):
            raise Mistake(Problem("parse", node.span, _no_slope(node)))

    def slope_of_sugar(self, node: Call, sugar: Sugar) -> Expr:
        """The derivative of a function that is written with the table's own."""
        if not sugar.curve or len(node.args) != 1 or node.primes > MOST_PRIMES:
            raise Mistake(Problem("parse", node.span, _no_slope(node)))
        return _bent(sugar.build(AT), self.expr(node.args[0]), node.primes)

    def jacobian(self, node: Call, row: Operator) -> Expr | None:
        """softmax'(z) = diag(s) - s s^T, for a vector z."""
        arg = self.expr(node.args[0])
        if 1 not in arg.shape:
            return None
        out = self.build(row.name, node.span, arg)
        column = out if len(out.shape) == 2 and out.shape[1] == 1 else out.T
        square = self.build("diag", node.span, out)
        return self.build("sub", node.span, square, column @ column.T)


def _bent(curve: Expr, where: Expr, times: int) -> Expr:
    """The derivative of `curve`, taken `times` times for its variable AT, at each entry."""
    for _ in range(times):
        symbols = tuple(Symbol(name, (), "data") for name in sorted(curve.names | AT.names))
        program = Program(symbols, (Statement(CURVE, curve),), CURVE)
        curve = substitute(gradient(program, Target(AT.name)), {CURVE: curve})
    return substitute(curve, {AT.name: where})


def _no_slope(node: Call, row: Operator | None = None) -> str:
    """Why a derivative with primes is not read."""
    written = f"{node.spelling}{chr(39) * node.primes}"
    if row is not None and not row.elementwise:
        why = "is no entry-by-entry function: write the matrix or sum out"
        return f"the derivative {written} {why}"
    if node.primes > MOST_PRIMES:
        return f"the derivative {written} has too many primes: at most {MOST_PRIMES} are read"
    return f"the derivative {written} is not read: write it out"


def _without_ones(expr: Expr) -> Expr:
    """`expr` without factors 1, which a cotangent 1 leaves behind."""
    if not isinstance(expr, Apply):
        return expr
    args = tuple(_without_ones(arg) for arg in expr.args)
    if expr.op == words.SCALING and ONE in args:
        kept = [arg for arg in args if arg != ONE]
        return kept[0] if kept else ONE
    return apply(expr.op, *args, **expr.keywords)

"""Statements: which of them is the answer, what the others define, the links of its chain."""

from __future__ import annotations

from engine.errors import ShapeError
from engine.expression import Expr
from engine.notation.components import entire
from engine.notation.cursor import is_comparison
from engine.notation.elaborate.options import Elaborated
from engine.notation.elaborate.sums import Sums
from engine.notation.elaborate.symbols import key_of
from engine.notation.errors import Mistake, Problem
from engine.notation.scope import Scope
from engine.notation.syntax import Answer, Clause, Derivative, Index, Name, Syntax


class Statements(Sums):
    """Reads whole answers."""

    def answer(self, answer: Answer) -> Elaborated:
        self.text = answer.text
        self.units = "I" in answer.text and self.scope.lookup("I") is None
        main = _main_clause(answer.clauses, self.scope)
        self.define_all((*answer.clauses[main + 1 :], *answer.clauses[:main]))
        links = self.links(answer.clauses[main])
        return Elaborated(
            links, tuple(dict.fromkeys(self.notes)), self.forked, self.swept, self.entry
        )

    def define_all(self, clauses: tuple[Clause, ...]) -> None:
        """Binds the side definitions; one may use another that comes later."""
        waiting = []
        for clause in clauses:
            try:
                self.define(clause)
            except Mistake as mistake:
                if mistake.problem.kind != "unknown-symbol":
                    raise
                waiting.append(clause)
        for clause in reversed(waiting):
            self.define(clause)

    def define(self, clause: Clause) -> None:
        """Binds the name on the left of a side definition."""
        if len(clause.links) < 2:
            if is_comparison(clause.links[0]):
                self.condition(clause.links[0])
                return
            raise Mistake(
                Problem(
                    "parse",
                    clause.links[0].span,
                    "expected a definition such as s = sigmoid(x) here",
                )
            )
        value = self.expr(clause.links[-1])
        for name in clause.links[:-1]:
            key = key_of(name)
            if key is not None:
                self.bound[key] = value

    def condition(self, link: Syntax) -> None:
        """Looks at a mere condition such as λ > 0, whose names have to be known."""
        try:
            self.expr(link)
        except Mistake as mistake:
            if mistake.problem.kind != "shape":
                raise

    def links(self, clause: Clause) -> tuple[Expr | None, ...]:
        """The links' values; a left-hand side that only names the result has none."""
        *early, last = clause.links
        return (*(self.early(link) for link in early), self.whole(last))

    def whole(self, link: Syntax) -> Expr:
        """The value of a link; of a component form, the matrix with these entries."""
        value = self.expr(link)
        if not self.free or self.scope.wanted is None or self.options.fixed:
            return value
        try:
            result = entire(value, self.indices, self.options.ordered, self.scope.wanted)
        except ShapeError as error:
            raise Mistake(Problem("shape", link.span, str(error))) from error
        if result is None:
            letters = "".join(self.free)
            message = f"it is not clear which entries the indices {', '.join(letters)} count"
            left = f"{self.scope.gradient}_{{{letters}}} = …"
            hint = f"write what is asked with them on the left, as in {left}"
            raise Mistake(Problem("parse", link.span, message, hint))
        self.entry = value
        return result

    def early(self, link: Syntax) -> Expr | None:
        if isinstance(link, Index | Derivative) and self.free:
            return None
        if isinstance(link, Name) and self.scope.asked and self.scope.asks(link.spelling):
            return None
        try:
            return self.whole(link)
        except Mistake:
            if not _is_left_side(link):
                self.notes.append("only the last part of the equality chain was read")
            return None


def _main_clause(clauses: tuple[Clause, ...], scope: Scope) -> int:
    """The clause that is the answer.

    It is the last that says what is asked for, else the last without a left-hand side, else the
    last statement.
    """
    asked = [at for at, clause in enumerate(clauses) if _says(clause, scope)]
    if asked:
        return asked[-1]
    bare = [at for at, clause in enumerate(clauses) if len(clause.links) == 1 and not clause.side]
    statements = [at for at, clause in enumerate(clauses) if not clause.side]
    return (bare or statements or [0])[-1]


def _says(clause: Clause, scope: Scope) -> bool:
    """Whether what is asked for stands on the left of `clause`."""
    if len(clause.links) < 2 or not scope.asked:
        return False
    left = clause.links[0]
    key = key_of(left.base if isinstance(left, Index) else left)
    return key is not None and scope.asks(key)


def _is_left_side(link: Syntax) -> bool:
    """Whether a part of an equality chain only names what is equated."""
    return isinstance(link, Name | Derivative | Index) or key_of(link) is not None

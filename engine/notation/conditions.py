"""Values under conditions: `x if z > 0 else 0`, `x if z > 0, 0 otherwise`, `z > 0 ? x : 0`, cases.

All of them are the operator `where`. Where the last of several conditions is not the opposite of
the one before it, the value is 0 outside all of them.
"""

from __future__ import annotations

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.atoms import Atoms
from engine.notation.cursor import is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.syntax import Call, Infix, Number, Syntax

CASES, CASES_END = "cases(", "cases)"
WHERE = "where"
CONDITION = ""
ALL_INDICES = frozenset({"=", "in", "∈", ",", "≤"})


class Conditions(Atoms):
    """Reads conditional values."""

    def comparison(self) -> Syntax:
        node = self.compared()
        if self.next.text == "?" and is_comparison(unwrapped(node)):
            return self.ternary(node)
        if self.next.text == "," and self.peek().text == "if":
            self.advance()
        if self.is_condition_word():
            return self.conditional(node)
        return node

    def is_condition_word(self) -> bool:
        word = self.next
        if word.kind != "name" or word.text not in words.CONDITIONS:
            return False
        return word.text == "if" or not (self.is_quantifier() or self.resolved(word.text))

    def is_quantifier(self) -> bool:
        """Whether `for` says which indices are meant: for all j, for i in range(m)."""
        return self.peek().text in words.QUANTIFIERS or self.peek(2).text in ALL_INDICES

    def ternary(self, condition: Syntax) -> Syntax:
        """`condition ? yes : no`."""
        token = self.advance()
        self.enter()
        yes = self.comparison()
        self.expect(":")
        no = self.comparison()
        self.leave()
        return self.choice(token, condition, yes, no)

    def conditional(self, yes: Syntax) -> Syntax:
        """`yes if condition else no`."""
        word = self.advance()
        self.enter()
        condition = self.condition(word)
        no = self.alternative(condition)
        self.leave()
        return self.choice(word, condition, yes, no)

    def fronted(self) -> Syntax:
        """`if condition: yes, else no`."""
        word = self.advance()
        self.enter()
        condition = self.condition(word)
        self.take(":", ",")
        if self.next.text == "then":
            self.advance()
        yes = self.sum()
        no = self.alternative(condition)
        self.leave()
        return self.choice(word, condition, yes, no)

    def condition(self, word: Token) -> Syntax:
        self.open.append(CONDITION)  # where an equals sign compares
        condition = self.compared()
        self.open.pop()
        if not is_comparison(unwrapped(condition)):
            where = f"behind '{word.text}'" if word.text in words.CONDITIONS else "in this case"
            self.fail(f"expected a comparison such as z > 0 {where}", condition.span, "parse")
        return condition

    def alternative(self, condition: Syntax) -> Syntax:
        """What holds where `condition` does not: `else 0`, `, 0 otherwise`, `, 0 if z <= 0`."""
        before = self.next
        separated = self.take(",", ";") or before.start in self.lines
        if self.next.text in ("and", "or"):
            self.advance()
            separated = True
        if self.next.text in words.ELSE:
            self.advance()
            self.take(",", ":")
            return self.comparison()
        if not separated:
            self.fail("expected what holds otherwise, such as 'else 0'", before.span)
        if self.is_condition_word():
            word = self.advance()
            second = self.condition(word)
            self.take(":", ",")
            return self.last_case(word, condition, second, self.sum())
        no = self.sum()
        self.take(",")
        if self.next.text in words.ELSE:
            self.advance()
            return no
        if not self.is_condition_word():
            self.fail("expected 'otherwise'")
        word = self.advance()
        return self.last_case(word, condition, self.condition(word), no)

    def cases(self) -> Syntax:
        """A table: a value and its condition in every row."""
        start = self.advance()
        self.enter()
        self.open.append(CASES_END)
        rows: list[tuple[Syntax, Syntax | None]] = []
        while not self.take(CASES_END):
            rows.append(self.case())
            if not self.take(";") and self.next.text != CASES_END:
                self.fail("expected the end of a case")
        self.open.pop()
        self.leave()
        if not rows:
            self.fail("expected a value and its condition")
        return self.chosen(start, rows)

    def case(self) -> tuple[Syntax, Syntax | None]:
        value = self.sum()
        while self.take(","):
            pass
        word = self.next
        if word.text in words.CONDITIONS:
            self.advance()
        if self.next.text in words.ELSE:
            self.advance()
            self.take(".")
            return value, None
        if self.next.text in (";", CASES_END):
            return value, None
        condition = self.condition(word)
        self.take(",", ".")
        return value, condition

    def chosen(self, start: Token, rows: list[tuple[Syntax, Syntax | None]]) -> Syntax:
        """The first row whose condition holds."""
        value, condition = rows[-1]
        if condition is not None:
            before = rows[-2][1] if len(rows) == 2 else None
            value = self.last_case(start, before, condition, value)
        for yes, given in reversed(rows[:-1]):
            if given is None:
                message = "every case but the last has a condition, such as z > 0"
                raise Mistake(Problem("parse", yes.span, message))
            value = self.choice(start, given, yes, value)
        return value

    def last_case(
        self, token: Token, before: Syntax | None, condition: Syntax, value: Syntax
    ) -> Syntax:
        """`value` under its condition, which says nothing where it is the opposite of `before`."""
        if before is not None and are_opposite(unwrapped(before), unwrapped(condition)):
            return value
        return self.choice(token, condition, value, Number(value.span, Fraction(0)))

    def choice(self, token: Token, condition: Syntax, yes: Syntax, no: Syntax) -> Syntax:
        parts = condition, yes, no
        span = min(part.span[0] for part in parts), max(part.span[1] for part in parts)
        return Call(span, token.text, (WHERE,), parts, (), 0, False, self.deep(*parts))


def are_opposite(one: Syntax, other: Syntax) -> bool:
    """Whether one comparison holds where the other does not, but for the boundary."""
    if not (isinstance(one, Infix) and isinstance(other, Infix)):
        return False
    orders = set(words.COMPARISONS.values()) - {words.EQUALITY}
    if not {one.op, other.op} <= orders:
        return False
    return same(one.left, other.right) and same(one.right, other.left)


def same(one: Syntax, other: Syntax) -> bool:
    """Whether two trees are the same but for their places."""
    if type(one) is not type(other):
        return False
    fields = [name for name in type(one).__slots__ if name not in ("span", "depth")]
    pairs = [(getattr(one, name), getattr(other, name)) for name in fields]
    return all(_alike(first, second) for first, second in pairs)


def _alike(first: object, second: object) -> bool:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(_alike, first, second))
    if hasattr(first, "depth") and hasattr(second, "depth"):
        return same(first, second)  # type: ignore[arg-type]  # only trees have a depth
    return first == second

"""What a factor begins with: a number, a bracket, an indicator, a sum, a fraction, a function."""

from __future__ import annotations

from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.cursor import CLOSING, is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.names import Names
from engine.notation.syntax import (
    Binder,
    Call,
    Chain,
    Derivative,
    Group,
    Infix,
    Name,
    Number,
    One,
    Syntax,
    Tuple,
    Unary,
)
from engine.operators import TABLE

ONE_FONTS = frozenset({"mathbf", "boldsymbol", "bm", "mathbb", "mathds", "textbf"})
VULGAR = {
    "½": Fraction(1, 2), "⅓": Fraction(1, 3), "¼": Fraction(1, 4), "¾": Fraction(3, 4),
    "⅔": Fraction(2, 3),
}  # fmt: skip
ONE_SIGNS = frozenset({"𝟙", "𝟏"})


class Atoms(Names):
    """Reads atoms."""

    def atom(self) -> Syntax:
        token = self.next
        match token.kind:
            case "number":
                if token.text == "11" and self.is_transposing(self.peek()):
                    self.split_token(token)  # a matrix of ones, 1 1^T
                return self.number(self.advance())
            case "name" | "command":
                return self.named(self.advance())
            case "op":
                return self.opened(token)
        self.fail("expected a quantity")

    def opened(self, token: Token) -> Syntax:
        if token.text == "cases(":
            return self.cases()
        if token.text == "⟨":
            return self.inner_product()
        if token.text in CLOSING:
            return self.bracket()
        if token.text in words.FENCES:
            return self.fenced()
        if token.text in ONE_SIGNS:
            self.advance()
            return self.one(token)
        if token.text in words.FUNCTIONS:
            self.advance()
            return self.function(token, words.FUNCTIONS[token.text])
        if token.text == "∂":
            return self.slashed_derivative()
        if token.text == "∇":
            return self.nabla()
        self.fail("expected a quantity")

    def number(self, token: Token) -> Syntax:
        if token.text == "1":
            if token.mark in ONE_FONTS:
                return self.one(token)
            below = self.peek(1 + (self.peek().text == "{"))
            if self.next.text == "_" and self.scope.dimension(below.text) is not None:
                return One(token.span)
            if self.indicator_follows():
                return self.indicator()
        return Number(token.span, exact(token))

    def indicator_follows(self) -> bool:
        """Whether a comparison in curly or square brackets, or below, comes next."""
        if self.next.text == "_" and self.peek().text == "{":
            return True
        return self.next.text in ("{", "[") and not self.next.spaced

    def indicator(self) -> Syntax:
        start = self.tokens[self.at - 1]
        self.take("_")
        inner = self.bracket()
        if isinstance(inner, Group) and is_comparison(inner.inner):
            return inner.inner
        inner = self.scripted(inner)
        one = Number(start.span, Fraction(1))
        return Chain((start.start, inner.span[1]), (one, inner), self.deep(one, inner) + 2)

    def one(self, token: Token) -> Syntax:
        """A bold one: an indicator before a comparison, else a vector of ones."""
        node = One(token.span)
        if self.next.text not in CLOSING:
            return node
        inner = self.bracket()
        if isinstance(inner, Group) and is_comparison(inner.inner):
            return inner.inner
        inner = self.scripted(inner)
        return Chain((token.start, inner.span[1]), (node, inner), self.deep(node, inner) + 2)

    def bracket(self) -> Syntax:
        start = self.advance()
        closing = CLOSING[start.text]
        self.enter()
        self.open.append(closing)
        items: list[Syntax] = []
        comma = False
        while not self.take(closing):
            items.append(self.comparison())
            if closing == "]" and self.next.text == "for":
                items[-1] = self.generator(items[-1])
            if self.next.text != closing:
                if not self.take(","):
                    self.fail(f"expected '{closing}' or an operator")
                comma = True
        self.open.pop()
        self.leave()
        span = start.start, self.tokens[self.at - 1].end
        if comma or not items:
            return Tuple(span, tuple(items), self.deep(*items))
        return Group(span, items[0], self.deep(items[0]))

    def fenced(self) -> Syntax:
        start = self.advance()
        closing, op = words.FENCES[start.text]
        self.enter()
        self.open.append(closing)
        inner = self.comparison()
        self.open.pop()
        if closing == "|" and self.next.text == "‖" and self.next.end == self.next.start + 2:
            self.split_bars()
        self.expect(closing)
        self.leave()
        return Unary((start.start, self.tokens[self.at - 1].end), op, inner, self.deep(inner))

    def inner_product(self) -> Syntax:
        """⟨x, y⟩."""
        start = self.advance()
        self.enter()
        self.open.append("⟩")
        first = self.sum()
        if not self.take(",", "|"):
            self.fail("expected ',' between the two vectors")
        second = self.sum()
        self.open.pop()
        self.expect("⟩")
        self.leave()
        rows = words.FUNCTIONS["vdot"]
        span = start.start, self.tokens[self.at - 1].end
        depth = self.deep(first, second)
        return Call(span, "vdot", rows, (first, second), (), 0, True, depth)

    def binder(self, token: Token, tail: str) -> Syntax:
        high = self.upper_bound() if not tail and self.take("^") else None
        condition: list[Syntax] = []
        more: list[str] = []
        index, low = (tail, self.tight_bound()) if tail else self.lower_bound(condition, more)
        high = self.upper_bound() if high is None and self.take("^") else high
        if high is None and self.next.kind == "sup":  # Σᵢ₌₁ᵐ
            above = self.advance()
            number = above.text.isdecimal()
            high = Number(above.span, Fraction(above.text)) if number else self.raw(above)
        indices = (index, *more) if more or low is not None else self.letters(index)
        return self.bound(token, indices, low, high, *condition)

    def letters(self, index: str) -> tuple[str, ...]:
        """The indices of `Σ_ij`: two letters, where they are no name."""
        two = len(index) == 2 and index.isalpha() and self.resolved(index) is None
        return tuple(index) if two else (index,)

    def bound(
        self,
        token: Token,
        indices: tuple[str, ...],
        low: Syntax | None,
        high: Syntax | None,
        *conditions: Syntax,
    ) -> Syntax:
        """The sum over the indices of the product that follows, where the conditions hold."""
        outer, self.locals = self.locals, self.locals | {*indices}
        self.enter()
        body = self.product()
        for condition in conditions:
            body = self.infix(words.SCALING, condition, body)
        self.leave()
        self.locals = outer
        op = words.BINDERS[token.text.partition("_")[0]]
        span = token.start, body.span[1]
        for index in reversed(indices):
            body = Binder(span, op, index, low, high, body, self.deep(body))
        return body

    def tight_bound(self) -> Syntax | None:
        """The lower bound of `sum_i=1^m`."""
        if self.next.text == "=" and self.peek().kind == "number" and self.peek(2).text == "^":
            self.advance()
            return self.atom()
        return None

    def spoken_sum(self, token: Token) -> Syntax:
        """`sum over i from 1 to m of …`."""
        self.advance()
        index, low, high = self.advance().text, None, None
        if self.next.text == "from":
            self.advance()
            low = self.atom()
            self.advance()
            high = self.atom()
        if self.next.text == "of" or self.next.text in (":", ","):
            self.advance()
        return self.bound(token, (index,), low, high)

    def summed(self, token: Token) -> Syntax:
        """Σ without an index: over the one that the product uses, the examples, or all entries."""
        self.enter()
        body = self.product()
        self.leave()
        span = token.start, body.span[1]
        return Binder(span, words.BINDER_ROW, "", None, None, body, self.deep(body))

    def lower_bound(self, conditions: list[Syntax], more: list[str]) -> tuple[str, Syntax | None]:
        """The index below a sum sign and where it starts; `i: z_i > 0` adds a condition, `i, j`
        one more index.
        """
        if self.next.kind == "sub":
            return self.bound_below(self.advance())
        self.expect("_")
        braced = self.take("{")
        index = self.advance()
        if index.kind not in ("name", "command"):
            self.fail("expected the name of an index", index.span)
        while braced and self.take(","):
            more.append(self.advance().text)
        low = self.comparison() if braced and self.take("=") else None
        if braced and self.take(":", "|"):
            outer, self.locals = self.locals, self.locals | {index.text}
            conditions.append(self.compared())
            self.locals = outer
        if braced:
            self.expect("}")
        return index.text, low

    def bound_below(self, token: Token) -> tuple[str, Syntax | None]:
        """The index and the start of Σᵢ₌₁."""
        index, equals, low = token.text.partition("=")
        if not equals:
            return index, None
        if not (index.isalpha() and low.isdecimal()):
            self.fail("expected an index and a number", token.span)
        return index, Number(token.span, Fraction(int(low)))

    def upper_bound(self) -> Syntax:
        return self.bracket() if self.next.text == "{" else self.atom()

    def fraction(self, token: Token) -> Syntax:
        if self.peek(0).text == "{" and self.peek().text == "∂":
            return self.derivative(token)
        self.enter()
        over, under = self.braced(), self.braced()
        self.leave()
        return self.infix(words.QUOTIENT_ROW, over, under)

    def braced(self) -> Syntax:
        """A LaTeX argument: a group, or a single character."""
        if self.next.text == "{":
            return self.bracket()
        token = self.next
        whole = token.text.isalpha() or token.text.isdigit()
        if token.kind in ("number", "name") and len(token.text) > 1 and whole and not token.mark:
            self.split_token(token)
        return self.atom()

    def derivative(self, token: Token) -> Syntax:
        """\\frac{∂L}{∂z}."""
        self.expect("{")
        self.expect("∂")
        of = self.factor()
        self.expect("}")
        self.expect("{")
        self.expect("∂")
        wrt = self.factor()
        self.expect("}")
        return Derivative((token.start, self.tokens[self.at - 1].end), of, wrt, self.deep(of, wrt))

    def slashed_derivative(self) -> Syntax:
        """∂L/∂z."""
        start = self.advance()
        if self.take("_"):
            wrt = self.factor()
            of = self.factor()
            return Derivative((start.start, of.span[1]), of, wrt, self.deep(of, wrt))
        of = self.factor()
        self.expect("/")
        self.expect("∂")
        wrt = self.factor()
        return Derivative((start.start, wrt.span[1]), of, wrt, self.deep(of, wrt))

    def nabla(self) -> Syntax:
        """∇_w J; ∇J alone is a name for what is asked."""
        start = self.advance()
        if self.next.text != "_":
            of = self.factor()
            return Name((start.start, of.span[1]), f"∇{self.text[slice(*of.span)]}")
        self.advance()
        braced = self.take("{")
        wrt = self.factor()
        if braced:
            self.expect("}")
        of = self.factor()
        return Derivative((start.start, of.span[1]), of, wrt, self.deep(of, wrt))

    def function(self, token: Token, rows: tuple[str, ...], primes: int = 0) -> Syntax:
        """A function with its argument: f(x), f'(x), f^2(x), f x."""
        label, above = self.layer_label()
        own = self.scope.function(f"{token.text}{label}") if label else None
        if own:
            token, rows = token._replace(text=f"{token.text}{label}"), (own,)
        further, power = self.marks()
        primes += above + further
        node: Syntax
        atom = next((row for row in rows if TABLE[row].notation.kind == "atom"), None)
        if atom is not None and self.take("_"):
            shaped = self.shaped(token.span, atom, self.subscript())
            return self.filled(token, shaped)
        along = self.along(rows)
        if self.next.text in ("(", "[", "{") and self.next.kind == "op":
            args, keywords = self.arguments()
            keywords += along
            if token.mark.endswith("nn.") and not args and self.next.text == "(":
                args, _ = self.arguments()  # a module is made, then called
        elif atom is not None:
            return Name(token.span, token.text)
        elif self.starts_factor():
            args, keywords = (self.bare_argument(),), ()
        else:
            self.fail(f"expected the argument of {token.text}")
        if len(args) == 1 and unwrapped(args[0]) is self.loop and token.text in words.BINDERS:
            self.loop = None
            return unwrapped(args[0])
        if len(args) == 1 and atom is not None and is_comparison(args[0]):
            return args[0]
        if token.text in words.COMPOSED and args and not primes:
            return self.composed(token, args, keywords)
        qualified = token.mark.endswith(".")
        if words.TRANSPOSE_ROW in rows:
            args = args[:1]
        self.matlab = self.matlab or (not qualified and is_matlab(token.text, args))
        node = self.call(token, rows, args, keywords, primes, qualified)
        return node if power is None else self.infix(words.POWER_ROW, node, power)

    def filled(self, token: Token, ones: Syntax) -> Syntax:
        """`zeros_{n × 1}`, `ones_n`."""
        value = words.FILLED.get(token.text)
        if value is None:
            return ones
        return self.infix(words.SCALING, Number(token.span, Fraction(value)), ones)

    def layer_label(self) -> tuple[str, int]:
        """Passes the layer in `g^{[1]}(z)`; the number of the function, or nothing; primes."""
        primed = int(self.next.text == "'" and self.layer_at(1))  # g'^{[1]}(z)
        self.skip(primed)
        if not self.layer_at(0):
            return "", 0
        braced = self.peek().text == "{"
        label = self.peek(2 + braced).text
        self.skip(3 + braced)
        self.expect("]")
        primes = primed
        while braced and self.take("'"):
            primes += 1
        if braced:
            self.expect("}")
        return label, primes

    def composed(
        self, token: Token, args: tuple[Syntax, ...], keywords: tuple[tuple[str, Syntax], ...]
    ) -> Syntax:
        """`logsumexp(z, axis=0)` as log(sum(exp(z), axis=0))."""
        last, second, *first = words.COMPOSED[token.text]
        node, *further = args
        for step in reversed(first):
            node = self.step(token, step, (node,), ())
        node = self.step(token, second, (node, *further), keywords)
        return self.step(token, last, (node,), ())

    def step(
        self,
        token: Token,
        name: str,
        args: tuple[Syntax, ...],
        keywords: tuple[tuple[str, Syntax], ...],
    ) -> Call:
        called = Token(token.kind, name, token.start, token.end)
        return self.call(called, words.FUNCTIONS[name], args, keywords, 0, qualified=True)

    def bare_argument(self) -> Syntax:
        self.enter()
        argument = self.factor()
        if (
            isinstance(argument, Number)
            and not self.next.spaced
            and self.next.kind in ("name", "command")
        ):
            argument = self.together(list(self.coefficient(argument)))
        self.leave()
        return argument

    def marks(self) -> tuple[int, Syntax | None]:
        """The primes and the power that stand between a function's name and its argument."""
        primes, power = 0, None
        while True:
            if self.next.text == "'":
                self.advance()
                primes += 1
            elif self.next.text == "^" and power is None:
                self.advance()
                if self.take("{"):
                    while self.take("'"):
                        primes += 1
                    power = None if self.next.text == "}" else self.signed()
                    self.expect("}")
                else:
                    power = self.signed_atom()
            elif self.next.kind == "sup" and power is None:
                token = self.advance()
                power = Number(token.span, Fraction(whole(token)))
            else:
                return primes, power

    def signed_atom(self) -> Syntax:
        if self.next.text == "(":
            return self.bracket()
        sign = self.take("-")
        node = self.atom()
        return Unary(node.span, words.PREFIXES["-"], node, self.deep(node)) if sign else node

    def exponential(self, token: Token) -> Syntax:
        """e^{x} is a function of its exponent."""
        if self.next.kind == "sup":
            power = self.raised(Name(token.span, token.text), self.advance())
        else:
            power = self.superscript(Name(token.span, token.text))
        if not isinstance(power, Infix):
            raise Mistake(Problem("parse", token.span, "expected an exponent after e^"))
        row = words.EXPONENTIAL[token.text]
        return self.call(token, (row,), (power.right,), (), 0, qualified=False)


def is_matlab(name: str, args: tuple[Syntax, ...]) -> bool:
    """Whether a call is MATLAB's `sum(A, 2)`: there is no axis 2 in NumPy."""
    axis = args[1] if len(args) == 2 else None
    return name in ("sum", "mean") and isinstance(axis, Number) and axis.value == 2


def exact(token: Token) -> Fraction:
    """The value of a number."""
    if token.text in VULGAR:
        return VULGAR[token.text]
    return Fraction(token.text.rstrip(".") if "e" not in token.text.lower() else token.text)


def whole(token: Token) -> int:
    """The value of a Unicode exponent."""
    try:
        return int(token.text)
    except ValueError:
        raise Mistake(Problem("parse", token.span, f"'{token.text}' is no exponent")) from None

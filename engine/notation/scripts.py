"""What is attached behind an atom: powers, layers, transposes, subscripts, methods, arguments."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction

from engine.notation import vocabulary as words
from engine.notation.cursor import CLOSING, Cursor, is_comparison, unwrapped
from engine.notation.errors import Mistake, Problem, Span
from engine.notation.lexer import Token
from engine.notation.spelling import LETTERS
from engine.notation.sugars import DERIVED, SUGARS
from engine.notation.syntax import (
    LAST,
    Binder,
    Call,
    Derivative,
    Example,
    Group,
    Index,
    Infix,
    Name,
    Number,
    One,
    Size,
    Syntax,
    Tuple,
    Unary,
)

_FENCED = frozenset(op for _, op in words.FENCES.values())


class Scripts(Cursor):
    """Reads what is attached to an atom."""

    def scripted(self, node: Syntax) -> Syntax:
        """`node` with everything that is attached behind it."""
        while True:
            token = self.next
            if token.kind == "op":
                changed = self.attached_sign(node, token)
            elif token.kind == "sup":
                changed = self.raised(node, self.advance())
            elif token.kind == "sub":
                changed = self.below(node, (self.raw(self.advance()),))
            elif token.kind == "method":
                changed = self.method(node)
            else:
                return node
            if changed is None:
                return node
            node = changed

    def attached_sign(self, node: Syntax, token: Token) -> Syntax | None:
        text = token.text
        if text in words.POWERS and not self.is_plus():
            return self.superscript(node)
        if text == "'" or text in words.POSTFIXES:
            self.advance()
            return self.transposed(node, token)
        if text == "_" and self.peek().text == "+":
            self.skip(2)
            return self.positive_part(node)
        if text == "^" and self.is_plus():
            self.skip(4 if self.peek().text == "{" else 2)
            return self.positive_part(node)
        if text == "_":
            self.advance()
            return self.below(node, self.subscript())
        if text == "[" and not token.spaced and self.is_index():
            return self.bracketed(node)
        return None

    def is_plus(self) -> bool:
        """Whether z^+ or z^{+} comes, and not a power with a sign."""
        if self.peek().text == "{":
            return self.peek(2).text == "+" and self.peek(3).text == "}"
        behind = self.peek(2)
        ends = behind.spaced or behind.kind == "end" or behind.text in words.SUMS
        return self.peek().text == "+" and (ends or behind.text in CLOSING.values())

    def positive_part(self, node: Syntax) -> Syntax:
        """z_+ is the larger of z and 0."""
        row = "relu"
        span = node.span[0], self.tokens[self.at - 1].end
        return Call(span, row, (row,), (node,), (), 0, False, self.deep(node))

    def transposed(self, node: Syntax, token: Token) -> Syntax:
        op = words.POSTFIXES.get(token.text, words.TRANSPOSE_ROW)
        self.matlab = self.matlab or token.text == "'"
        if isinstance(node, Number) and node.value == 1:
            node = One(node.span)
        return Unary((node.span[0], token.end), op, node, self.deep(node))

    def superscript(self, node: Syntax) -> Syntax:
        sign = self.advance()
        self.split_transpose()
        token = self.next
        inside = self.peek() if token.text == "{" else token
        if sign.text == "^":
            if self.is_postfix_script(inside):
                return self.postfix_script(node)
            special = self.layer_or_example(node)
            if special is not None:
                return special
            if token.kind == "number" and self.is_layer(node, token.text):
                return self.labelled(node, self.advance().text)
            braced = token.text == "{" and self.peek(2).text == "}"
            if braced and inside.kind == "number" and self.is_layer(node, inside.text):
                self.skip(3)
                return self.labelled(node, inside.text)
        self.enter()
        exponent = self.signed()
        self.leave()
        if isinstance(exponent, Group) and token.text == "{":
            exponent = exponent.inner
        return self.infix(words.POWERS[sign.text], node, exponent, sign.text)

    def is_layer(self, node: Syntax, label: str) -> bool:
        """Whether `W^2` is the name W2, because there is no W that could be raised."""
        if not isinstance(node, Name) or not label.isdecimal():
            return False
        name = self.text[slice(*node.span)].lstrip("\\")
        unknown = name not in self.locals and self.scope.lookup(name, fold=False) is None
        return unknown and self.scope.lookup(f"{name}{label}") is not None

    def split_transpose(self) -> None:
        """Makes `^Tx` a transpose and a factor, unless `Tx` is a name."""
        token = self.next
        if (
            token.kind != "name"
            or token.mark
            or token.text[0] not in "Tt"
            or not token.text[1:2].isalpha()
        ):
            return
        if self.resolved(token.text) is None:
            self.split_token(token)

    def is_postfix_script(self, token: Token) -> bool:
        if token.kind not in ("name", "command", "op") or token.text not in words.POSTFIXES:
            return token.text == "'" and token.kind == "op"
        braced = self.next.text == "{"
        return not braced or self.peek(2).text == "}"

    def postfix_script(self, node: Syntax) -> Syntax:
        braced = self.take("{")
        token = self.advance()
        node = self.transposed(node, token)
        if braced:
            self.expect("}")
        return node

    def layer_or_example(self, node: Syntax) -> Syntax | None:
        """`^{[2]}` (a layer), `^{[2]T}`, `^{(i)}` (an example); None where it is an exponent."""
        shift = 1 if self.next.text == "{" else 0
        if self.peek(shift).text == "[":
            return self.layer(node, shift)
        name = self.peek(shift + 1)
        numbered = name.kind == "number" and self.scope.example_axis is not None
        single = self.peek(shift).text == "(" and self.peek(shift + 2).text == ")"
        behind = self.peek(shift + 3)
        if not single or (shift and behind.text != "}" and behind.text not in words.POSTFIXES):
            return None
        if name.kind == "number" and self.known(node, name.text) is not None:
            self.skip(2 * shift + 3)
            return self.labelled(node, name.text)
        if numbered or (name.kind == "name" and self.is_index_name(name.text)):
            self.skip(shift + 1)
            index = Name(name.span, self.advance().text)
            self.advance()
            example = Example((node.span[0], name.end), node, index, self.deep(node))
            return self.postfixed(example) if shift else example
        return None

    def is_index_name(self, name: str) -> bool:
        return name in self.locals or self.is_index_letter(name)

    def layer(self, node: Syntax, braces: int) -> Syntax:
        self.skip(braces + 1)
        label = self.advance()
        self.expect("]")
        node = self.labelled(node, label.text)
        return self.postfixed(node) if braces else node

    def postfixed(self, node: Syntax) -> Syntax:
        """What follows a layer or an example in one superscript: W^{[2]T}, A^{[1](i)}, a^{[1]2}."""
        while not self.take("}"):
            if self.next.kind in ("name", "command", "op") and self.next.text in words.POSTFIXES:
                node = self.transposed(node, self.advance())
            elif self.next.text == "(" and self.peek(2).text == ")":
                self.advance()
                index = Name(self.next.span, self.advance().text)
                node = Example((node.span[0], self.next.end), node, index, self.deep(node))
                self.expect(")")
            elif self.next.kind == "number":
                power = Number(self.next.span, Fraction(self.advance().text))
                node = self.infix(words.POWER_ROW, node, power)
            else:
                self.fail("expected '}'")
        return node

    def labelled(self, node: Syntax, label: str) -> Syntax:
        """The name of `node` with a layer number: a^{[2]}, a_1^{[2]}, (a)^{[2]}."""
        match node:
            case Name(span, spelling):
                base, _, sub = spelling.partition("_")
                written = self.text[span[0] : span[1]]
                found = self.resolved(f"{written if written.isalnum() else base}{label}")
                named = Name(span, found or f"{base}{label}")
                return self.below(named, (Name(span, sub),)) if sub else named
            case Index(span, base, items, bracket, depth):
                return Index(span, self.labelled(base, label), items, bracket, depth)
            case Derivative(span, of, wrt, depth):
                return Derivative(span, of, self.labelled(wrt, label), depth)
        self.fail("expected a name before a layer number")

    def known(self, node: Syntax, label: str) -> str | None:
        return self.resolved(f"{node.spelling}{label}") if isinstance(node, Name) else None

    def raised(self, node: Syntax, token: Token) -> Syntax:
        """Unicode superscripts: x², xⁱ, x⁽ⁱ⁾."""
        text = token.text
        if text == "+":
            return self.positive_part(node)
        if text.startswith("(") and text.endswith(")"):
            name = Name(token.span, text[1:-1])
            return Example((node.span[0], token.end), node, name, self.deep(node))
        exponent: Syntax = Name(token.span, text)
        if self.is_layer(node, text):
            return self.labelled(node, text)
        try:
            exponent = Number(token.span, Fraction(int(text)))
        except ValueError:
            if not text.isalpha():
                raise Mistake(Problem("parse", token.span, f"'{text}' is no exponent")) from None
        return self.infix(words.POWER_ROW, node, exponent)

    def subscript(self) -> tuple[Syntax | None, ...]:
        token = self.next
        if token.kind in ("name", "number") or token.text == "∞":
            return (self.raw(self.advance()),)
        if self.take("{"):
            return self.items("}", raw=True)
        self.fail("expected a subscript")

    def raw(self, token: Token) -> Name:
        return Name(token.span, token.text)

    def items(self, closing: str, raw: bool) -> tuple[Syntax | None, ...]:
        """What stands between commas up to `closing`; a lone colon is None."""
        self.enter()
        self.open.append(closing)
        items: list[Syntax | None] = []
        while not self.take(closing):
            items.append(self.item(raw))
            if self.next.text != closing and not self.take(","):
                self.fail(f"expected '{closing}' or ','")
        self.open.pop()
        self.leave()
        return tuple(items)

    def item(self, raw: bool) -> Syntax | None:
        if self.next.text == ":":
            self.advance()
            return None
        is_raw = self.next.kind in ("name", "number") or self.next.text == "∞"
        if raw and is_raw and self.peek().text in (",", "}", "]"):
            return self.raw(self.advance())
        if (
            raw
            and self.next.kind == "number"
            and self.peek().kind == "name"
            and not self.peek().spaced
            and self.peek(2).text in (",", "}", "]")
        ):
            first, second = self.advance(), self.advance()
            return Name((first.start, second.end), first.text + second.text)
        item = self.comparison()
        if self.next.text == ":":
            self.advance()
            high = self.comparison()
            if isinstance(item, Number) and isinstance(high, Number):
                self.check_slice(item, high)
        return item

    def check_slice(self, low: Number, high: Number) -> None:
        """Refuses a slice of several rows or columns."""
        if high.value != low.value + 1:
            span = low.span[0], high.span[1]
            message = "a slice holds one row or column: [i] or [i:i+1]"
            raise Mistake(Problem("parse", span, message))

    def below(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax:
        """`node` with a subscript: part of its name where there is such a name, else an index."""
        first = items[0] if len(items) == 1 else None
        kronecker = self.kronecker(node, items)
        if kronecker is not None:
            return kronecker
        if isinstance(node, One):
            return self.ones_or_indicator(node, items)
        if isinstance(node, Name) and isinstance(first, Name):
            if self.layer_at(0):
                return Index(node.span, node, items, False, self.deep(node))
            found = self.merged(f"{node.spelling}_{first.spelling}")
            if found is not None:
                return Name((node.span[0], first.span[1]), found)
        if isinstance(node, Unary) and node.op in _FENCED and isinstance(first, Name):
            return self.normed(node, first)
        ends = [item.span[1] for item in items if item is not None]
        span = node.span[0], max(ends, default=node.span[1])
        inner = [item for item in items if item is not None]
        return Index(span, node, items, False, self.deep(node, *inner))

    def kronecker(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax | None:
        """δ_{ij} is 1 where i = j."""
        if not (isinstance(node, Name) and LETTERS.get(node.spelling, node.spelling) == "delta"):
            return None
        if self.resolved(node.spelling) is not None:
            return None
        letters = [item.spelling for item in items if isinstance(item, Name)]
        if len("".join(letters)) != 2 or len(letters) != len(items):
            return None
        span = node.span[0], self.tokens[self.at - 1].end
        first, second = (Name(span, letter) for letter in "".join(letters))
        return self.infix(words.EQUALITY, first, second)

    def normed(self, node: Unary, which: Name) -> Syntax:
        if which.spelling in ("2", "F"):
            return Unary(node.span, words.NORM_ROW, node.arg, node.depth)
        row = DERIVED.get(which.spelling)
        if row is None:
            message = f"the norm with index {which.spelling} is not read: 1, 2, F and ∞ are"
            raise Mistake(Problem("parse", which.span, message))
        rows = (words.ABSOLUTE_ROW,)
        inner = Call(node.span, rows[0], rows, (node.arg,), (), 0, True, self.deep(node.arg))
        span = node.span[0], which.span[1]
        return Call(span, row, (row,), (inner,), (), 0, True, self.deep(inner))

    def ones_or_indicator(self, one: One, items: tuple[Syntax | None, ...]) -> Syntax:
        """1_{z > 0} is an indicator, 1_{m × 1} and 1_m are ones."""
        return self.shaped(one.span, "ones", items)

    def shaped(self, span: Span, row: str, items: tuple[Syntax | None, ...]) -> Syntax:
        """A constant matrix with its dimensions below, or an indicator."""
        present = tuple(unwrapped(item) for item in items if item is not None)
        if len(present) == 1 and is_comparison(present[0]):
            return present[0]
        if len(present) == 1 and isinstance(present[0], Infix):
            present = present[0].left, present[0].right
        elif len(present) == 1 and self.text[: self.tokens[self.at - 1].start].rstrip()[-1:] != ",":
            present = (*present, Number(span, Fraction(1)))
        shape = Tuple(span, present, self.deep(*present))
        return Call(span, row, (row,), (shape,), (), 0, False, shape.depth + 1)

    def is_index(self) -> bool:
        """Whether the square bracket that follows tightly holds positions, not a factor."""
        inside = self.peek(1)
        letter = inside.kind == "name" and self.is_index_letter(inside.text)
        single = (letter or inside.kind == "number") and self.peek(2).text == "]"
        return single or self.next.start in self.listing

    def is_index_letter(self, name: str) -> bool:
        """Whether a letter counts something: it is bound, or no name as it stands."""
        known = self.scope.lookup(name, fold=False) is not None
        return len(name) == 1 and (name in self.locals or not known)

    def bracketed(self, node: Syntax) -> Syntax:
        self.expect("[")
        items = self.items("]", raw=False)
        layer = self.as_layer(node, items)
        if layer is not None:
            return layer
        inner = [item for item in items if item is not None]
        end = self.tokens[self.at - 1].end
        return Index((node.span[0], end), node, items, True, self.deep(node, *inner))

    def as_layer(self, node: Syntax, items: tuple[Syntax | None, ...]) -> Syntax | None:
        """`W[2]` is W2 where there is no W."""
        match node, items:
            case Name(), (Number(value=value),) if value.denominator == 1:
                label = str(value.numerator)
                if self.is_layer(node, label):
                    return self.labelled(node, label)
        return None

    def method(self, node: Syntax) -> Syntax | None:
        token = self.advance()
        if token.text == "grad" and isinstance(node, Name) and self.next.text == "=":
            return Name((node.span[0], token.end), f"d{node.spelling}")
        if token.text in words.POSTFIXES and self.next.text != "(":
            return self.transposed(node, token)
        if token.text in words.PASSING and self.next.text == "(":
            self.arguments()
            return Group((node.span[0], self.tokens[self.at - 1].end), node, self.deep(node))
        if token.text == "shape" or token.text in words.SIZES:
            return self.size(node, token)
        rows = () if token.text in SUGARS else words.FUNCTIONS.get(token.text)
        if rows is None:
            near = get_close_matches(token.text, (*words.FUNCTIONS, *SUGARS), n=1)
            hint = f"did you mean .{near[0]}?" if near else ""
            message = f"there is no method .{token.text}"
            raise Mistake(Problem("unknown-symbol", token.span, message, hint))
        if self.next.text != "(":
            self.fail(f"expected '(' after .{token.text}")
        args, keywords = self.arguments()
        if words.TRANSPOSE_ROW in rows:
            args = tuple(arg for arg in args if not isinstance(arg, Number | Unary))
        return self.call(token, rows, (node, *args), keywords, 0, qualified=True)

    def size(self, node: Syntax, token: Token) -> Syntax:
        """`.shape[0]`, `.size`, `.numel()`."""
        axis = words.SIZES.get(token.text)
        if self.next.text == "(":
            args, _ = self.arguments()
            if args and isinstance(args[0], Number):
                axis = int(args[0].value)
        elif token.text == "shape":
            self.expect("[")
            last = self.take("-") and self.next.text == "1"
            if self.next.text not in ("0", "1"):
                self.fail("expected an axis: 0 or 1")
            axis = LAST if last else int(self.advance().text)
            if last:
                self.advance()
            self.expect("]")
        span = node.span[0], self.tokens[self.at - 1].end
        return Size(span, node, axis, self.deep(node))

    def call(
        self,
        token: Token,
        rows: tuple[str, ...],
        args: tuple[Syntax, ...],
        keywords: tuple[tuple[str, Syntax], ...],
        primes: int,
        qualified: bool,
    ) -> Call:
        values = [value for _, value in keywords]
        start = min([token.start, *(arg.span[0] for arg in args)])
        span = start, self.tokens[self.at - 1].end
        depth = self.deep(*args, *values)
        return Call(span, token.text, rows, args, keywords, primes, qualified, depth)

    def arguments(self) -> tuple[tuple[Syntax, ...], tuple[tuple[str, Syntax], ...]]:
        """Positional and keyword arguments in brackets."""
        closing = CLOSING[self.advance().text]
        self.enter()
        self.open.append(closing)
        args: list[Syntax] = []
        keywords: list[tuple[str, Syntax]] = []
        while not self.take(closing):
            if self.next.text in words.KEYWORDS and self.peek().text == "=":
                name = words.KEYWORDS[self.advance().text]
                self.advance()
                keywords.append((name, self.comparison()))
            else:
                args.append(self.comparison())
                if self.next.text == "for":
                    args[-1] = self.generator(args[-1])
            if self.next.text != closing and not self.take(","):
                self.fail(f"expected '{closing}' or ','")
        self.open.pop()
        self.leave()
        return tuple(args), tuple(keywords)

    def generator(self, body: Syntax) -> Syntax:
        """`body for j in range(…)`, inside sum(…)."""
        self.advance()
        index = self.advance()
        if not (self.next.text == "in" and self.peek().text == "range"):
            self.fail("expected 'in range(…)'")
        self.skip(2)
        if self.next.text != "(":
            self.fail("expected 'in range(…)'")
        bounds, _ = self.arguments()
        if len(bounds) not in (1, 2):
            self.fail("expected one or two bounds in 'range(…)'")
        low = bounds[0] if len(bounds) == 2 else Number(index.span, Fraction(0))
        high = self.infix("sub", bounds[-1], Number(index.span, Fraction(1)))
        depth = self.deep(body)
        self.loop = Binder(body.span, words.BINDER_ROW, index.text, low, high, body, depth)
        return self.loop

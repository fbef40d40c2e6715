"""What a word of letters stands for: a symbol, perhaps with a script, a function, several of them.

The scope is asked; a word that it does not know is cut into words that it knows.
"""

from __future__ import annotations

import re

from engine.notation import vocabulary as words
from engine.notation.lexer import Token
from engine.notation.scripts import Scripts
from engine.notation.sugars import PRIMED, SUGARS
from engine.notation.syntax import (
    Chain,
    Einsum,
    Name,
    Size,
    Syntax,
)

DIGITS_FIRST = re.compile(r"([0-9]+)([^\W\d].*)")  # in `W_1x`
MAX_NAME = 60
MAX_CUT = 20  # letters of a run of names without spaces
MAX_CUTS = 30  # different such runs in one answer


class Names(Scripts):
    """Reads names."""

    def named(self, token: Token) -> Syntax:
        if token.kind == "command" and token.text == words.FRACTION:
            return self.fraction(token)
        if len(token.text) > MAX_NAME:
            return Name(token.span, token.text)
        if not token.mark.endswith("."):
            if self.next.text == "/" and token.text[0] == "d":
                ratio = self.differential(token)
                if ratio is not None:
                    return ratio
            whole = self.with_script(token)
            if whole is not None:
                return whole
            found = self.resolved(token.text)
            if found is not None and not self.layer_splits(token):
                return Name(token.span, found)
        return self.unresolved(token)

    def with_script(self, token: Token) -> Syntax | None:
        """`W_1`, `W_{1}`, `W₁` where the scope has a name of that spelling."""
        script, length = self.next, 1
        if script.text == "_":
            braced = self.peek().text == "{"
            script, length = self.peek(2 if braced else 1), 4 if braced else 2
            if braced and self.peek(3).text != "}":
                return None
        if script.kind not in ("sub", "name", "number") or self.next.text not in ("_", script.text):
            return None
        if self.next.kind not in ("sub", "op") or self.layer_at(length):
            return None
        found = self.merged(f"{token.text}_{script.text}")
        if found is None:
            return None
        self.skip(length)
        return Name((token.start, self.tokens[self.at - 1].end), found)

    def differential(self, token: Token) -> Syntax | None:
        """`dL/dz`, where the scope has such a name; a component may follow it: `dL/dz_1`."""
        under = self.peek()
        if under.kind != "name" or under.text[0] != "d":
            return None
        whole = self.resolved(f"{token.text}/{under.text}")
        base, _, sub = under.text.partition("_")
        found = whole or self.resolved(f"{token.text}/{base}")
        if found is None:
            return None
        self.skip(2)
        name = Name((token.start, under.end), found)
        return name if whole or not sub else self.below(name, (Name(under.span, sub),))

    def layer_splits(self, token: Token) -> bool:
        """Whether `a_1` is followed by a layer number, which belongs to `a`."""
        return "_" in token.text and self.layer_at(0)

    def unresolved(self, token: Token) -> Syntax:
        """A name that is no symbol: a function, a sum, a name with an index, several names."""
        text = token.text
        head, _, tail = text.partition("_")
        if self.binds(token, head, bool(tail)):
            return self.binder(token, tail)
        own = self.scope.function(text)
        rows = (own,) if own else words.FUNCTIONS.get(text)
        if rows is not None and words.TRANSPOSE_ROW in rows and self.next.text != "(":
            return Name(token.span, text)
        if rows is not None:
            return self.function(token, rows)
        if text in words.EXPONENTIAL and self.next.text in words.POWERS:
            return self.exponential(token)
        if text in words.EXPONENTIAL and self.next.kind == "sup":
            return self.exponential(token)
        if text in SUGARS and self.next.text == "(":
            return self.function(token, ())
        special = self.special_call(token)
        if special is not None:
            return special
        if tail:
            return self.with_index(token)
        pieces = self.pieces(text)
        if pieces is None:
            return Name(token.span, text)
        return self.split(token, pieces)

    def special_call(self, token: Token) -> Syntax | None:
        """`len(X)`, `float(z > 0)`, `einsum(…)`, `sigmoid_prime(z)`; None for anything else."""
        if token.text == "einsum" and token.mark:
            return self.einsum(token)
        if self.next.text != "(":
            return None
        if token.text in words.SIZES or token.text in words.PASSING:
            inner = self.bracket()
            end = self.tokens[self.at - 1].end
            if token.text in words.PASSING:
                return inner
            return Size((token.start, end), inner, words.SIZES[token.text], self.deep(inner))
        ending = next((each for each in PRIMED if token.text.endswith(each)), None)
        base = token.text.removesuffix(ending) if ending else ""
        own = self.scope.function(base)
        rows = (own,) if own else words.FUNCTIONS.get(base)
        return None if rows is None else self.function(token, rows, primes=1)

    def einsum(self, token: Token) -> Syntax:
        """The operands behind `einsum('…',`."""
        self.enter()
        self.open.append(")")
        args: list[Syntax] = []
        while not self.take(")"):
            self.expect(",")
            args.append(self.comparison())
        self.open.pop()
        self.leave()
        span = token.start, self.tokens[self.at - 1].end
        return Einsum(span, token.mark, tuple(args), self.deep(*args))

    def with_index(self, token: Token) -> Syntax:
        base, _, sub = token.text.rpartition("_")
        cut = token.start + len(base)
        digits = DIGITS_FIRST.fullmatch(sub)
        if digits is not None and self.merged(f"{base}_{digits[1]}") is not None:
            rest = cut + 1 + len(digits[1])
            first = self.named(Token("name", f"{base}_{digits[1]}", token.start, rest))
            return self.together([first, self.named(Token("name", digits[2], rest, token.end))])
        if self.layer_splits(token):
            return Name(token.span, token.text)
        inner = Token("name", base, token.start, cut)
        node = self.named(inner)
        return self.below(node, (Name((cut + 1, token.end), sub),))

    def split(self, token: Token, pieces: list[str]) -> Syntax:
        """Several names written without spaces, as in `wx`."""
        nodes: list[Syntax] = []
        start = token.start
        for piece in pieces:
            part = Token("name", piece, start, start + len(piece))
            start = part.end
            nodes.append(self.named(part) if part.end == token.end else self.scripted_piece(part))
        if len(nodes) > 1:
            last = self.scripted(nodes.pop())
            depth = self.deep(*nodes, last) + len(nodes) + 1
            self.check_depth(depth)
            return Chain(token.span, (*nodes, last), depth)
        return nodes[0]

    def scripted_piece(self, part: Token) -> Syntax:
        return Name(part.span, self.resolved(part.text) or part.text)

    def pieces(self, text: str) -> list[str] | None:
        """`text` cut into known names, longest first; a function may stand at the end."""
        if text not in self.cuts:
            if not 0 < len(text) <= MAX_CUT or len(self.cuts) >= MAX_CUTS:
                return None
            self.cuts[text] = self.cut(text)
        return self.cuts[text]

    def cut(self, text: str) -> list[str] | None:
        best: list[list[str] | None] = [None] * len(text) + [[]]
        for start in range(len(text) - 1, -1, -1):
            for end in range(len(text), start, -1):
                rest = best[end]
                if rest is not None and self.is_piece(text[start:end], end == len(text)):
                    best[start] = [text[start:end], *rest]
                    break
        return best[0]

    def is_piece(self, piece: str, last: bool) -> bool:
        if self.resolved(piece) is not None:
            return True
        return (
            last
            and len(piece) > 1
            and (piece in words.FUNCTIONS or self.scope.function(piece) is not None)
        )

    def binds(self, token: Token, head: str, tail: bool) -> bool:
        """Whether a big operator with an index starts here."""
        if head not in words.BINDERS or token.mark:
            return False
        if tail or self.next.text == "_" or self.next.kind == "sub":
            return True
        return self.next.text == "^" and self.peek(self.script_length()).text == "_"

    def script_length(self) -> int:
        """How many tokens a short superscript takes."""
        if self.peek().text != "{":
            return 2
        return next((at + 1 for at in range(2, 6) if self.peek(at).text == "}"), 2)

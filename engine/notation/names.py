"""What a word of letters stands for: a symbol, perhaps with a script, a function, several of them.

The scope is asked; a word that it does not know is cut into words that it knows.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias

from engine.notation import vocabulary as words
from engine.notation.components import COUNTING
from engine.notation.errors import Span
from engine.notation.lexer import Token
from engine.notation.scripts import Scripts
from engine.notation.sugars import CONSTANTS, PRIMED, SUGARS
from engine.notation.syntax import (
    Chain,
    Einsum,
    Group,
    Name,
    Number,
    Size,
    Syntax,
)
from engine.notation.windows import FLIPS
from engine.operators import TABLE

DIGITS_FIRST = re.compile(r"([0-9]+)([^\W\d].*)")  # in `W_1x`
MAX_NAME = 60
DIGITS = "0123456789"
MAX_CUT = 20  # letters of a run of names without spaces
MAX_CUTS = 30  # different such runs in one answer

Keywords: TypeAlias = tuple[tuple[str, Syntax], ...]


class Names(Scripts):
    """Reads names."""

    def named(self, token: Token) -> Syntax:
        if token.kind == "command" and token.text == words.FRACTION:
            return self.fraction(token)
        if token.kind == "command" and token.text in words.BOXES and self.next.text == "{":
            return self.boxed()
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
            applied = token.text not in self.scope.symbols and self.is_applied(token)
            if found is not None and not self.layer_splits(token) and not applied:
                return Name(token.span, found)
        return self.unresolved(token)

    def boxed(self) -> Syntax:
        """What stands in `\\boxed{…}` or over `\\underbrace{…}_{…}`, whose label is passed."""
        inner = self.bracket()
        if self.next.text in ("_", "^") and self.peek().text == "{":
            self.advance()
            depth = 0
            while not self.ended():
                depth += (self.next.text == "{") - (self.next.text == "}")
                self.advance()
                if depth == 0:
                    break
        return inner

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
        if head in words.BINDERS and self.next.text == "over" and self.peek().kind == "name":
            return self.spoken_sum(token)
        if text in words.SUM_SIGNS or (text == "sum" and token.kind == "command"):
            return self.summed(token)
        rows = self.own_function(text) or words.FUNCTIONS.get(text)
        if rows is not None and words.TRANSPOSE_ROW in rows and self.next.text != "(":
            return Name(token.span, text)
        if rows is not None:
            return self.function(token, rows)
        if text in words.EXPONENTIAL and self.next.text in words.POWERS:
            return self.exponential(token)
        if text in words.EXPONENTIAL and self.next.kind == "sup":
            return self.exponential(token)
        powered = self.next.text in ("^", "'") or self.next.kind == "sup"
        if text in SUGARS and (self.next.text == "(" or powered):
            return self.function(token, ())
        if (text in words.SPREADING or text in FLIPS) and self.next.text == "(":
            return self.function(token, ())
        special = self.special_call(token) or self.counted_call(token, head, tail)
        if special is not None:
            return special
        if tail and head:  # \mathrm{_relu} begins with the sign of an index
            return self.with_index(token)
        counted = self.with_letter(token)
        if counted is not None:
            return counted
        stem = text.removesuffix("bar")
        if stem != text and self.resolved(stem) is not None:
            mean = Name(token.span, self.resolved(stem) or stem)
            return self.call(token, words.FUNCTIONS["mean"], (mean,), (), 0, qualified=True)
        pieces = None if text in CONSTANTS else self.pieces(text)
        if pieces is None:
            return Name(token.span, text)
        return self.split(token, pieces)

    def is_applied(self, token: Token) -> bool:
        """Whether `g'(z)` comes, a function of what the exercise applies one to, not G' (z)."""
        if self.scope.function(token.text) is None:
            return False
        primes = next(at for at in range(3) if self.peek(at).text != "'" or at == 2)
        opening, argument, closing = (self.peek(primes + at) for at in range(3))
        return (
            opening.text == "("
            and closing.text == ")"
            and (self.resolved(argument.text) in self.scope.applied)
        )

    def own_function(self, name: str) -> tuple[str, ...]:
        """The rows that a function name of the exercise or the answer may stand for."""
        own = self.scope.function(name)
        if own == "":
            return tuple(sorted(set(self.scope.applied.values())))
        own = own or self.nicknames.get(name)
        return (own,) if own else ()

    def special_call(self, token: Token) -> Syntax | None:
        """`len(X)`, `float(z > 0)`, `einsum(…)`, `sigmoid_prime(z)`; None for anything else."""
        if token.text == "einsum" and token.mark:
            return self.einsum(token)
        if self.next.text != "(":
            return None
        if token.text in words.PASSING:
            args, _ = self.arguments()
            if not args:
                self.fail(f"expected the argument of {token.text}")
            return Group((token.start, args[0].span[1]), args[0], self.deep(args[0]))
        if token.text in words.SIZES:
            return self.size_of(token)
        ending = next((each for each in PRIMED if token.text.endswith(each)), None)
        base = token.text.removesuffix(ending) if ending else ""
        if not base and token.text[0] == "d":
            base = token.text[1:].lstrip("_")
        own = self.scope.function(base)
        rows = (own,) if own else words.FUNCTIONS.get(base)
        return None if rows is None else self.function(token, rows, primes=1)

    def along(self, rows: tuple[str, ...]) -> Keywords:
        """The index behind a function's name, as the axis that it counts along: `mean_{i}(G)`."""
        braced = self.peek().text == "{"
        index = self.peek(2 if braced else 1)
        if self.next.text != "_" or index.text not in words.AXES or not counting(rows):
            return ()
        self.skip(4 if braced else 2)
        return counted(rows, index.text, index.span)

    def counted_call(self, token: Token, head: str, tail: str) -> Syntax | None:
        """`mean_i(G)` in one word."""
        rows = counting(words.FUNCTIONS.get(head, ()))
        if self.next.text != "(" or tail not in words.AXES or not rows:
            return None
        args, keywords = self.arguments()
        along = counted(rows, tail, token.span)
        return self.call(token, rows, args, (*keywords, *along), 0, qualified=True)

    def size_of(self, token: Token) -> Syntax:
        """`len(X)`, `np.size(X, 0)`, MATLAB's `size(X, 1)`."""
        args, _ = self.arguments()
        axis = words.SIZES[token.text]
        match args:
            case (base, Number(value=value)) if axis is None:
                axis = int(value) - (not token.mark)
            case (base,):
                pass
            case _:
                self.fail(f"expected a matrix behind {token.text}", token.span)
        span = token.start, self.tokens[self.at - 1].end
        return Size(span, base, axis, self.deep(base))

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
        run = self.run_with_index(token, base, sub)
        if run is not None:
            return run
        if self.layer_splits(token):
            return Name(token.span, token.text)
        if token.mark.endswith("."):
            return Name(token.span, token.text)
        inner = Token("name", base, token.start, cut)
        node = self.named(inner)
        return self.below(node, (Name((cut + 1, token.end), sub),))

    def with_letter(self, token: Token) -> Syntax | None:
        """`xj` for x_j: a matrix or vector with the letter of an index, in one word."""
        if token.text[-1].isdigit():
            return self.with_number(token)
        for count in (2, 1):
            base, letters = token.text[:-count], token.text[-count:]
            found = self.resolved(base) if base and all(map(self.counts, letters)) else None
            if found is not None and self.has_entries(found):
                end = token.end - count
                below = Name((end, token.end), letters)
                return self.below(Name((token.start, end), found), (below,))
        return None

    def has_entries(self, name: str) -> bool:
        meaning = self.scope.meaning(name)
        return meaning is not None and bool(meaning.shape)

    def counts(self, letter: str) -> bool:
        """Whether a letter can only be an index."""
        known = letter in self.defined or self.scope.lookup(letter, fold=False) is not None
        return letter in COUNTING and not known

    def with_number(self, token: Token) -> Syntax | None:
        """`v4` for v_4, where an entry is asked for and v4 is no name."""
        base = token.text.rstrip(DIGITS)
        found = self.resolved(base) if base and self.scope.entry else None
        if found is None or not self.has_entries(found):
            return None
        cut = token.start + len(base)
        digits = Name((cut, token.end), token.text[len(base) :])
        return self.below(Name((token.start, cut), found), (digits,))

    def run_with_index(self, token: Token, base: str, sub: str) -> Syntax | None:
        """`wh_1` where there are w and h_1: the index belongs to the last name of a run."""
        for cut in range(1, len(base)):
            last = self.merged(f"{base[cut:]}_{sub}")
            pieces = self.pieces(base[:cut]) if last is not None else None
            if last is not None and pieces is not None:
                middle = token.start + cut
                head = self.split(Token("name", base[:cut], token.start, middle), pieces)
                tail = self.scripted(Name((middle, token.end), last))
                return self.together([head, tail])
        return None

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
        key = f"{text}{self.next.text[:4]}"
        if key not in self.cuts:
            if not 0 < len(text) <= MAX_CUT or len(self.cuts) >= MAX_CUTS:
                return None
            self.cuts[key] = self.cut(text)
        return self.cuts[key]

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
        if not piece.isascii() and piece in CONSTANTS:
            return True
        if not last:
            return False
        if piece in words.EXPONENTIAL:
            return self.next.text in words.POWERS or self.next.kind == "sup"
        if not piece.isascii() and piece in words.FUNCTIONS:
            return self.next.text == "("
        if len(piece) == 1:
            return words.IDENTITY_ROW in words.FUNCTIONS.get(piece, ()) or self.is_indexed(piece)
        return piece in words.FUNCTIONS or self.scope.function(piece) is not None

    def is_indexed(self, piece: str) -> bool:
        """Whether a letter with the number below that follows is a name."""
        return self.next.kind == "sub" and self.merged(f"{piece}_{self.next.text}") is not None

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


def counting(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Those operators that run along an axis."""
    return tuple(row for row in rows if "axis" in dict(TABLE[row].notation.options))


def counted(rows: tuple[str, ...], index: str, span: Span) -> Keywords:
    """What the letter below a function's name says."""
    options = dict(TABLE[counting(rows)[0]].notation.options)
    axis = ("axis", Number(span, Fraction(words.AXES[index])))
    kept = (("keepdims", Name(span, "True")),) if "keepdims" in options else ()
    return (axis, *kept)

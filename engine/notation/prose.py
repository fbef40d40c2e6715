"""Words around a formula: `the gradient is …`, `… because …`, `… (n x 1)`, `… for all j`.

A word is passed over only where the scope and the text itself do not use it as a name.
"""

from __future__ import annotations

from engine.notation import vocabulary as words
from engine.notation.conditions import Conditions
from engine.notation.errors import Mistake, Problem
from engine.notation.lexer import Token
from engine.notation.syntax import Derivative, Group, Index, Infix, Name, Syntax

SPEAKER = "I"  # of `I think`; elsewhere the identity
SHORTEST_WORD, FEWEST_WORDS = 2, 2  # of a remark in brackets
TIMES = frozenset({"x", "×", "times", ",", "by", "*"})
ENDS = frozenset({"", ";", ",", ".", "=>"})


class Prose(Conditions):
    """Passes over words."""

    def skip_prose(self) -> None:
        """Passes what is said before a formula."""
        began = self.at
        if self.next.text == "for" and self.is_quantifier():
            message = "loops are not read: write a sum over the index, or a product of matrices"
            raise Mistake(Problem("parse", self.next.span, message))
        while self.take(";", "=>", "->"):
            pass
        while self.is_prose(0):
            self.at += 1
            self.next = self.tokens[self.at]
        nouns = any(token.text.lower() in words.ASKED for token in self.tokens[began : self.at])
        link = self.sentence_link() if nouns else 0
        self.skip(link)
        if self.at > began:
            self.take(":", "=", ",")

    def is_prose(self, offset: int) -> bool:
        """Whether a word that is no part of the formula stands `offset` tokens ahead."""
        word = self.peek(offset)
        if word.text == SPEAKER:
            return self.peek(offset + 1).text in words.PROSE
        if word.kind != "name" or word.text.lower() not in words.PROSE:
            return False
        return self.is_said(offset)

    def is_said(self, offset: int = 0) -> bool:
        """Whether a word is no name, and no function that is called."""
        word, called = self.peek(offset), self.peek(offset + 1)
        tight = called.text == "(" and not called.spaced
        return word.kind == "name" and not tight and self.is_unknown(word)

    def is_mere_word(self) -> bool:
        """Whether a word comes that is neither a function here nor a name."""
        word = self.next
        if word.kind != "name" or self.peek().text == "(":
            return False
        return self.is_unknown(word)

    def is_unknown(self, word: Token) -> bool:
        return self.resolved(word.text) is None

    def sentence_link(self) -> int:
        """How many tokens `of L with respect to w is` takes, behind a word that begins so."""
        for offset in range(12):
            token = self.peek(offset)
            if token.start in self.breaks or token.kind not in ("name", "command", "method"):
                return offset + 1 if offset and token.text in (":", "=") else 0
            if offset and token.text in words.LINKS and self.is_unknown(token):
                return offset + 1
        return 0

    def takes_link(self, links: list[Syntax]) -> bool:
        """Passes the sign or the word that joins a left-hand side to its value."""
        if self.take("=", ":="):
            return True
        if len(links) > 1 or not is_left_side(links[0]):
            return False
        if self.next.text in words.LINKS and self.is_said():
            self.advance()
            self.take(":")
            return True
        if self.next.text == "<" and self.peek().text == "-":
            self.skip(2)
            return True
        return self.take(":", "->")

    def is_remark(self) -> bool:
        """Whether something comes that says no more about the value."""
        token = self.next
        if token.text == "∈" or (token.text == "in" and token.kind == "command"):
            return True
        if token.text == "∀" or (token.text == "for" and self.is_quantifier()):
            return True
        if token.text in ("(", "[") and token.spaced:
            return self.is_noted(1) or self.shape_length() > 0 or self.is_in_words()
        joined = self.peek().text in words.LINKS or self.peek().text == "="
        if joined and self.peek(2).text in words.ARTICLES:
            return token.kind == "name" and self.is_unknown(self.peek(2))
        return token.text not in words.CONDITIONS and self.is_noted(0)

    def is_in_words(self) -> bool:
        """Whether a bracket holds nothing but words that mean nothing here: (last write wins)."""
        offset = 1
        while self.is_said(offset) and len(self.peek(offset).text) >= SHORTEST_WORD:
            if self.peek(offset).text in words.FUNCTIONS:
                return False
            offset += 1
        return offset > FEWEST_WORDS and self.peek(offset).text in (")", "]")

    def is_noted(self, offset: int) -> bool:
        word = self.peek(offset)
        known = word.text in words.REMARKS and word.text not in words.CONDITIONS
        return known and word.kind == "name" and self.is_unknown(word)

    def shape_length(self) -> int:
        """How many tokens `(n x 1)` takes at the end of a clause; 0 where there is none."""
        first, times, second, closing = (self.peek(at) for at in range(1, 5))
        sizes = self.is_size(first) and self.is_size(second)
        ended = self.peek(5).text in ENDS or self.peek(5).start in self.breaks
        if sizes and times.text in TIMES and closing.text in (")", "]") and ended:
            return 5
        return 0

    def is_size(self, token: Token) -> bool:
        return token.kind == "number" or self.scope.dimension(token.text) is not None

    def takes_nickname(self) -> bool:
        """Passes `g = ReLU`, which has been looked at before."""
        if self.next.text in self.nicknames and self.peek().text == "=":
            self.skip(3)
            return True
        return False

    def skip_remark(self) -> None:
        """Passes a remark: a bracket, or the rest of the line."""
        if self.next.text in ("(", "["):
            depth = 0
            while not self.ended():
                text = self.advance().text
                depth += (text in ("(", "[")) - (text in (")", "]"))
                if depth == 0:
                    return
        while not self.ended() and self.next.text != ";" and self.next.start not in self.lines:
            self.advance()


def is_left_side(node: Syntax) -> bool:
    """Whether `node` can only name what is equated."""
    match node:
        case Group(inner=inner):
            return is_left_side(inner)
        case Index(base=base):
            return is_left_side(base)
        case Infix(op=op, left=Name(), right=Name()):
            return op == words.QUOTIENT_ROW
    return isinstance(node, Name | Derivative)

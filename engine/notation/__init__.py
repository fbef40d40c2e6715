"""Notation: the expression language as people write it, in and out.

    text --lexer--> tokens --parser--> syntax --elaborate--> Expr --printer--> text

`read` is for learners' texts: it returns a value whatever the text is.  `parse_expr` and
`parse_program` are for authors and raise NotationError.
"""

from engine.notation.display import show
from engine.notation.errors import NotationError, Problem, Span
from engine.notation.reading import (
    Ambiguous,
    Read,
    Reading,
    Unreadable,
    parse_expr,
    parse_program,
    read,
    read_again,
)
from engine.notation.scope import Scope
from engine.notation.spelling import Spelling, Style

__all__ = [
    "Ambiguous",
    "NotationError",
    "Problem",
    "Read",
    "Reading",
    "Scope",
    "Span",
    "Spelling",
    "Style",
    "Unreadable",
    "parse_expr",
    "parse_program",
    "read",
    "read_again",
    "show",
]

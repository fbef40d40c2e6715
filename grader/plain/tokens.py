"""Plain mathematics as tokens, whichever of ASCII, LaTeX, Unicode, Maxima or Python it is typed in.

What only spaces or decorates is passed over; every sign has one spelling behind this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from engine.notation import Problem
from engine.notation.lexer import ALIKE, SUBS, SUPERS
from engine.notation.spelling import LETTERS

LONGEST = 4000  # characters
MOST_TOKENS = 1200
MOST_DIGITS = 100
HIGHEST_EXPONENT = 400  # of ten

Span: TypeAlias = tuple[int, int]
Kind: TypeAlias = Literal["number", "word", "sub", "op", "end", "var", "fun", "constant"]


class Unread(Exception):
    """Carries a problem from where it is found to the end of the reading."""

    def __init__(self, span: Span, message: str, hint: str = "", kind: str = "parse") -> None:
        super().__init__(message)
        self.problem = Problem("limit" if kind == "limit" else "parse", span, message, hint)


class Token(NamedTuple):
    """A token: `text` in its one spelling, `value` of a number, `spaced` behind white space."""

    kind: Kind
    text: str
    start: int
    end: int
    spaced: bool = False
    value: Fraction = Fraction(0)

    @property
    def span(self) -> Span:
        return self.start, self.end


# Signs, by their one spelling.
_SIGNS = {
    "*": ("·", "⋅", "∙", "×", "∗", "•", r"\cdot", r"\times", r"\ast", ".*"),
    "/": ("÷", r"\div", "./"),
    "^": ("**", ".^"),
    "-": ("−", "–", "—", "\u2010", "\u2011"),
    "<=": ("≤", r"\leq", r"\le", r"\leqslant", "=<"),
    ">=": ("≥", r"\geq", r"\ge", r"\geqslant", "=>"),
    "<": (r"\lt", "&lt"),
    ">": (r"\gt", "&gt"),
    "=": ("==", ":="),
    "!=": ("≠", r"\neq", r"\ne", "<>", "=/="),
    "|(": (r"\lvert", r"\left|", r"\left\vert", r"\left\lvert", r"\lVert"),
    "|)": (r"\rvert", r"\right|", r"\right\vert", r"\right\rvert", r"\rVert"),
    "|": ("‖", r"\|", r"\vert", r"\Vert", r"\mid", "∣"),
    "{": (r"\{", r"\lbrace"),
    "}": (r"\}", r"\rbrace"),
    "[": (r"\lbrack",),
    "]": (r"\rbrack",),
    "⌊": (r"\lfloor",),
    "⌋": (r"\rfloor",),
    "⌈": (r"\lceil",),
    "⌉": (r"\rceil",),
    "%": (r"\%",),
    "¬": (r"\neg", r"\lnot"),
    "°": (r"\degree", r"^\circ", r"^{\circ}", "^∘", "º"),
    "√": (),
    "∛": ("³√",),
    "∜": ("⁴√",),
    "±": (r"\pm", "+-/", "∓", r"\mp"),
    "∞": (r"\infty",),
    "∪": (r"\cup",),
    "∈": (r"\in",),
}
_ONE: dict[str, str] = {other: sign for sign, others in _SIGNS.items() for other in others}
_COMMANDS = frozenset(sign for sign in _ONE if sign.startswith("\\") and sign[1:].isalpha())
_OTHERS = "|".join(
    re.escape(sign) for sign in sorted(_ONE, key=len, reverse=True) if sign not in _COMMANDS
)
_BARS = "|".join(re.escape(sign) for sign in _ONE if sign.startswith((r"\left", r"\right")))
_SPECIAL = {"varphi": "phi", "varepsilon": "epsilon", "vartheta": "theta", "hslash": "hbar"} | {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom"
}  # fmt: skip
_ACCENTS = "hat|widehat|bar|overline|tilde|dot|vec"
_RAISED = "".join(SUPERS) + "".join(SUBS)  # letters to a regular expression
_LETTER = rf"[^\W\d_{_RAISED}]"

_PATTERN = re.compile(
    rf"""
    (?P<bar>{_BARS})
  | (?P<other>{_OTHERS})
  | (?P<space>(?:\s|[€£]|\\[,;:!\ ()\[\]]|~|\$(?=\s*[\\(\d.A-Za-z+\-$])|\$\s*$|\\\$
        |\\(?:left|right)\.
        |\\(?:left|right|[bB]igg?[lrm]?|q?quad|displaystyle|textstyle|limits|boxed|fbox)(?![A-Za-z])
        |(?:np|numpy|math|cmath|torch|sympy|sp)\.(?=[A-Za-z]))+)
  | (?P<thousands>\d{{1,3}}(?:(?:,|\{{,\}}|\\[,!]|,\\!\s?)\d{{3}})+(?![\d])(?:\.\d+)?)
  | (?P<wide>(?<![\d.])[1-9]\d{{0,2}}(?:\ \d{{3}})+(?![\d/.^])(?!\s*/))
  | (?P<periodic>(?P<head>\d*\.\d*)\\(?:overline|bar|dot)\s*\{{(?P<period>\d{{1,20}})\}})
  | \\(?:text|mbox)\s*\{{(?P<prose>[^{{}}]*\s[^{{}}]*)\}}
  | (?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
  | %(?P<maxima>pi|e|i|phi)(?![^\W_])
  | \\(?:{_ACCENTS})\s*(?:\{{\s*\\?(?P<under>{_LETTER}{{1,12}})\s*\}}|\\?(?P<bare>{_LETTER}))
  | \\(?:mathrm|mathit|mathbf|mathsf|mathcal|mathbb|operatorname\*?|text(?:rm|it|bf)?|rm|bm
        |boldsymbol)\s*(?:\{{\s*(?P<inside>[^\W\d_]{{1,24}})\s*\}}|(?P<single>{_LETTER})(?![a-z]))
  | \\(?P<command>[A-Za-z]+)
  | _(?:\{{(?P<sub>[^{{}}]{{1,24}})\}}|(?P<below>\d+|\\?{_LETTER}+\d*(?:_[A-Za-z0-9]+)*))
  | (?<=[^\W\d_])(?<!sqrt)\[(?P<index>\d{{1,4}})\](?!\s*\{{)
  | (?P<subs>[{"".join(SUBS)}]+)
  | (?P<sup>[{"".join(SUPERS)}]+)
  | (?P<word>[Α-Ωα-ωϕϑϵ]|[^\W\d_Α-Ωα-ωϕϑϵ{_RAISED}]+\d*)
  | (?P<op><=|>=|!=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LETTERS = {**LETTERS, "ħ": "hbar", "ℏ": "hbar", "ℓ": "ell"}
_SPELT = {
    "percent": "%", "pct": "%", "cdot": "*", "inf": "∞", "infinity": "∞", "Infinity": "∞",
    "minf": "∞",
}  # fmt: skip
_NOTHING = {
    "int": "an integral", "lim": "a limit", "partial": "a derivative", "iint": "an integral",
    "nabla": "a derivative", "begin": "an environment", "prod": "a product over an index",
    "sum": "a sum over an index", "pm": "two values", "cap": "a set",
}  # fmt: skip
_DERIVATIVE = re.compile(r"\\[dt]?frac\s*\{\s*d\s*\}\s*\{\s*d|\bd\s*/\s*d[a-z]\b|[∂∫∇]")


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, an `end` last; raises Unread."""
    if len(text) > LONGEST:
        raise Unread((LONGEST, len(text)), f"an expression has at most {LONGEST} characters")
    strange = _DERIVATIVE.search(text)
    if strange:
        raise Unread(strange.span(), "nothing is differentiated or integrated here")
    found: list[Token] = []
    plain = text if text.isascii() else text.translate(_ALIKE)
    plain = plain.rstrip(" \t\n;.")
    spaced, command, depth, at = False, False, 0, 0
    while at < len(plain):
        match = _PATTERN.match(plain, at)
        if match is None:  # the last row matches any character
            raise Unread((at, at + 1), "this character means nothing here")
        at = match.end()
        if match.lastgroup == "space":
            spaced = not command  # LaTeX needs the space behind a command
            continue
        if match.lastgroup == "thousands" and depth and "," in match[0].replace("{,}", ""):
            match = _FIRST.match(plain, match.start()) or match
            at = match.end()
        command = match.lastgroup == "command"
        made = _MAKERS.get(match.lastgroup or "", _sign)(match)
        found += [_at(each, match, spaced and not place) for place, each in enumerate(made)]
        depth += (match[0] in "([") - (match[0] in ")]") if len(match[0]) == 1 else 0
        spaced = False
    if len(found) > MOST_TOKENS:
        raise Unread(found[MOST_TOKENS].span, f"an expression has at most {MOST_TOKENS} symbols")
    return (*found, Token("end", "", len(text), len(text), spaced))


_FIRST = re.compile(r"(?P<number>\d+)")
_ALIKE = {code: each for code, each in ALIKE.items() if chr(code) not in "•∣ℓ"}


def _at(token: Token, match: re.Match[str], spaced: bool) -> Token:
    return Token(token.kind, token.text, match.start(), match.end(), spaced, token.value)


def _made(kind: Kind, text: str, value: Fraction = Fraction(0)) -> Token:
    return Token(kind, text, 0, 0, False, value)


def _number(match: re.Match[str]) -> list[Token]:
    text = match[0]
    if text.isdecimal() and len(text) <= MOST_DIGITS:
        return [_made("number", text, Fraction(int(text)))]
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > MOST_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > HIGHEST_EXPONENT:
        problem = f"a number has at most {MOST_DIGITS} digits and the exponent {HIGHEST_EXPONENT}"
        raise Unread(match.span(), problem, kind="limit")
    value = Fraction(digits.rstrip(".")) * Fraction(10) ** int(exponent or 0)
    return [_made("number", text, value)]


def _thousands(match: re.Match[str]) -> list[Token]:
    plain = re.sub(r"[^\d.]", "", match[0])
    if len(plain) > MOST_DIGITS:
        raise Unread(match.span(), f"a number has at most {MOST_DIGITS} digits", kind="limit")
    return [_made("number", plain, Fraction(plain))]


def _periodic(match: re.Match[str]) -> list[Token]:
    """A decimal with a period: 0.1666… is 0.1\\overline{6}."""
    head, period = match["head"], match["period"]
    if len(head) > MOST_DIGITS:
        raise Unread(match.span(), f"a number has at most {MOST_DIGITS} digits", kind="limit")
    unit = Fraction(1, 10 ** len(head.partition(".")[2]))
    value = Fraction(f"0{head}0") + unit * Fraction(int(period), 10 ** len(period) - 1)
    return [_made("number", match[0], value)]


def _prose(match: re.Match[str]) -> list[Token]:
    if match["prose"].strip() in ("or", "and"):
        return _word(match["prose"].strip())
    raise Unread(match.span(), "units and words mean nothing here")


def _vulgar(match: re.Match[str]) -> list[Token]:
    value = Fraction(unicodedata.numeric(match[0])).limit_denominator(10)
    return [_made("number", match[0], value)]


def _word(text: str) -> list[Token]:
    """A word; digits behind its letters are a subscript, perhaps: x2, log10, sin2x."""
    if text in _SPELT:
        return [_made("op", _SPELT[text])]
    return [_made("word", _LETTERS.get(text, text))]


def _named(match: re.Match[str]) -> list[Token]:
    return _word(match["inside"] or match["single"])


def _accented(match: re.Match[str]) -> list[Token]:
    letter = match["under"] or match["bare"]
    accent = match[0][1:].partition("{")[0].strip().removeprefix("wide")
    return [_made("word", letter), _made("sub", "bar" if accent == "overline" else accent)]


def _command(match: re.Match[str]) -> list[Token]:
    text = _SPECIAL.get(match["command"], match["command"])
    sign = _ONE.get(f"\\{text}")
    if sign:
        return [_made("op", sign)]
    if text in _NOTHING:
        raise Unread(match.span(), f"{_NOTHING[text]} cannot be compared here")
    if f"\\{text[:-1]}" in _COMMANDS:  # the space behind a sign is missing: 4\\gex
        return [_made("op", _ONE[f"\\{text[:-1]}"]), *_word(text[-1])]
    return [_made("op", f"\\{text}") if text in ("frac", "binom") else _made("word", f"\\{text}")]


def _below(match: re.Match[str]) -> list[Token]:
    text = (match["sub"] or match["below"] or "").replace("\\", "")
    text = re.sub(r"[^\w+\-/,]", "", "".join(SUBS.get(mark, mark) for mark in text))
    return [_made("sub", "".join(LETTERS.get(mark, mark) for mark in text))]


def _subs(match: re.Match[str]) -> list[Token]:
    return [_made("sub", "".join(SUBS[mark] for mark in match[0]))]


def _raised(match: re.Match[str]) -> list[Token]:
    inside = tokens("".join(SUPERS[mark] for mark in match[0]))[:-1]
    return [_made("op", "^"), _made("op", "("), *inside, _made("op", ")")]


def _sign(match: re.Match[str]) -> list[Token]:
    return [_made("op", _ONE.get(match[0], match[0]))]


def _maxima(match: re.Match[str]) -> list[Token]:
    return [_made("word", f"%{match['maxima']}")]


_MAKERS: dict[str, Callable[[re.Match[str]], list[Token]]] = {
    "number": _number, "thousands": _thousands, "wide": _thousands, "vulgar": _vulgar,
    "word": lambda match: _word(match[0]), "inside": _named, "single": _named,
    "under": _accented, "bare": _accented, "command": _command, "sub": _below, "below": _below,
    "index": lambda match: [_made("sub", match["index"])],
    "subs": _subs, "sup": _raised, "maxima": _maxima, "periodic": _periodic,
    "prose": _prose,
}  # fmt: skip

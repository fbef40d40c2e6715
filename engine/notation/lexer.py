"""Text to tokens, one pass for every notation: a token is a number, a name, a script or a sign.

Spaces, `\\left`, `\\,` and the like only separate; `np.` and `torch.` mark the name behind them as
qualified.  Every alternative of the pattern begins differently, so scanning is linear.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple, TypeAlias

from engine.notation.errors import Mistake, Problem, Span

MAX_LENGTH = 4000
MAX_TOKENS = 1200
MAX_DIGITS = 40

TokenKind: TypeAlias = Literal["number", "name", "command", "sup", "sub", "method", "op", "end"]

SUPERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱʲᵏˡᵐ⁽⁾", "0123456789+-nijklm()", strict=True))
SUBS = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙ₌", "0123456789ijklmn=", strict=True))
# Structural signs with one spelling each; operators of the table keep their own.
SAME = {
    "lVert": "‖(", "rVert": "‖)", "Vert": "‖", "|": "‖", "||": "‖", "∥": "‖",
    "lvert": "|(", "rvert": "|)", "vert": "|", "{": "{", "}": "}",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]",
    "\u2032": "'", "’": "'", "prime": "'", "⊤": "ᵀ", "⊺": "ᵀ", "ᵗ": "ᵀ", "𝖳": "ᵀ",
    "⋅": "·", "∙": "·", "cdot": "·",
    "partial": "∂", "nabla": "∇", "𝟏": "𝟙", "neq": "!=", "ne": "!=", "≠": "!=",
    "%": "%", "langle": "⟨", "rangle": "⟩",
    "←": "=", "≔": "=", "leftarrow": "=", "gets": "=",
    "⇒": "=>", "∴": "=>", "implies": "=>", "Rightarrow": "=>", "therefore": "=>", "⟹": "=>",
    "==>": "=>", "→": "->", "to": "->", "rightarrow": "->", "-->": "->", "longrightarrow": "->",
    "⟶": "->", "infty": "∞", "forall": "∀",
}  # fmt: skip
COMMANDS = {"dfrac": "frac", "tfrac": "frac", "cfrac": "frac"}

# Characters that look like, or stand for, one that the language knows: the length stays the same.
ALIKE = {
    **{0xFF01 + at: chr(0x21 + at) for at in range(94)},
    **{
        code: letter
        for code in range(0x1D400, 0x1D800)
        if len(letter := unicodedata.normalize("NFKC", chr(code))) == 1 and chr(code) not in "𝟙𝟏𝖳𝕀"
    },
    **dict(zip(map(ord, "АВЕКМНОРСТХаеорсух"), "ABEKMHOPCTXaeopcyx", strict=True)),
    **dict.fromkeys(map(ord, "‘´ʹ＇‵"), "'"),
    **dict.fromkeys(map(ord, "—‒―﹣－"), "-"),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), " "),
    **dict(zip(map(ord, "⁄∕•⨀𝕀ℓℒ∆µΩ✕∣⟦⟧"), "//·⊙𝟙lLΔμΩ×|[]", strict=True)),
}

_LETTER = r"[A-Za-zͰ-Ͽ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]\u0302?"
_FONTS = (
    "operatorname|mathrm|mathit|mathsf|mathcal|text|textrm|textbf|mathbf|boldsymbol|bm|mathbb"
    "|mathds"
)
# A table of cases: its rows and columns are told apart by `;` and `,` below.
_CASES_OPEN = r"\\begin\{[dr]?cases\*?\}|\\left\s*\\\{\s*\\begin\{array\}\s*(?:\{[lcr|\s]{0,8}\})?"
_CASES_CLOSE = r"\\end\{[dr]?cases\*?\}|\\end\{array\}\s*\\right\s*\."
_CASES = re.compile(rf"(?:{_CASES_OPEN})[^§]*?(?={_CASES_CLOSE})")
# What surrounds a formula and is no part of it: imports, fences, quotation marks, a part's number.
_IMPORTS = re.compile(
    r"^[ \t]*(?:import[ \t][^\n]*|from[ \t][\w.]+[ \t]import[^\n]*|>>>|```\w*)|`+", re.MULTILINE
)
_MARKS = frozenset("!✓✔∎■□")
_BULLETS = frozenset("·•▪◦")
_MARKED = re.compile(r"[\s!✓✔∎■□]+\Z")
_NUMBERED = re.compile(r"\A\s*(?:[A-Za-z0-9]\)|[·•▪◦])(?=\s*\S)")
_QUOTED = (("**", "**"), ('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"))
_PATTERN = re.compile(
    rf"""
    (?P<cases>{_CASES_OPEN}|{_CASES_CLOSE})
  | (?P<space>(?:\s|\\[,;:!\ ()\[\]]|~|\$|&|[\#%][^\n]*
        |\\(?:begin|end)\{{(?![dr]?cases)(?!array\}}\s*\\right\s*\.)[a-z]{{1,12}}\*?\}}(?:\{{[lcr|]{{0,8}}\}})?
        |\\(?:checkmark|blacksquare|square|qed)(?![A-Za-z])
        |\\tag\*?\{{[^{{}}]{{0,20}}\}}
        |\\left(?![A-Za-z])(?!\s*\\\{{\s*\\begin\{{array)\.?
        |\\(?:right|[bB]igg?[lrm]?|q?quad|displaystyle|textstyle|limits|nolimits|notag
            |nonumber)(?![A-Za-z])\.?)+)
  | (?P<number>(?:[0-9]+(?:\.(?![A-Za-z*/^]))?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[½⅓¼¾⅔])
  | (?P<qualifier>(?:np|numpy|torch|tf|jnp|math|F|nn|scipy|sp|signal)\.
        (?:(?:linalg|nn|functional|special|math|signal)\.)*(?=[A-Za-z]))
  | (?P<einsum>einsum\s*\(\s*(?P<quote>['"])[A-Za-z,\s]{{0,40}}(?:->[A-Za-z\s]{{0,20}})?(?P=quote))
  | (?P<word>(?<=[(,=\s])(?P<mark>['"])(?:valid|full|same|fro|float32|float64)(?P=mark))
  | (?P<name>∑|Σ(?=[^\W_])|{_LETTER}(?:{_LETTER}|[0-9]|_(?=[A-Za-z0-9Ͱ-Ͽ]))*)
  | \\(?P<accent>hat|widehat|bar|overline|tilde|vec|dot)\s*
        (?:\{{\s*\\?(?P<under>[A-Za-z]{{1,12}})\s*\}}
        |\{{\s*\\(?:{_FONTS})\s*\{{\s*(?P<boxed>[A-Za-z]{{1,12}})\s*\}}\s*\}}
        |\{{\s*\\(?:{_FONTS})\s+(?P<styled>[A-Za-z])\s*\}}
        |\\?(?P<bare>[A-Za-z]))
  | \\(?P<font>{_FONTS})\*?\s*
        (?:\{{\s*\\?(?P<inside>[A-Za-z0-9_]{{1,24}})[.,;:]?\s*\}}|(?P<single>[A-Za-z0-9]))
  | \\(?P<command>[A-Za-z]+|[{{}}|])
  | (?P<sup>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱʲᵏˡᵐ⁽⁾]+)
  | (?P<sub>[₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙ₌]+)
  | \.(?P<method>[A-Za-z][A-Za-z_]*)
  | (?P<op>={{1,3}}>|-{{1,3}}>|[-+*/]=(?!=)|\*\*|\.\*|\./|\.\^|>=|<=|==|!=|:=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token; `spaced` when white space precedes it, `mark` holds a font or a qualifier."""

    kind: TokenKind
    text: str
    start: int
    end: int
    spaced: bool = False
    mark: str = ""

    @property
    def span(self) -> Span:
        return self.start, self.end


def plain(text: str) -> str:
    """`text` of the same length, characters that only look different replaced."""
    if "\\" in text:
        text = _CASES.sub(_tabled, text).replace("\\\\", " \n")
    if "`" in text or "import" in text or ">>>" in text:
        text = _IMPORTS.sub(_blank, text)
    text = _unwrapped(text)
    return text if text.isascii() else text.translate(ALIKE)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _unwrapped(text: str) -> str:
    """`text` without quotation marks around it, marks behind it, a part's number before it."""
    begun = text.lstrip()
    if text[-1:] in _MARKS:
        text = _MARKED.sub(_blank, text)
    if begun[:1] in _BULLETS or begun[1:2] == ")":
        text = _NUMBERED.sub(_blank, text)
    ended = text.rstrip()
    quote = next((each for each in _QUOTED if begun.startswith(each[0])), None)
    if quote is not None and ended.endswith(quote[1]) and len(ended) > 2 * len(quote[1]):
        head, tail = len(text) - len(begun), len(ended) - len(quote[1])
        inner = text[head + len(quote[0]) : tail]
        return " " * (head + len(quote[0])) + inner + " " * (len(text) - tail)
    return text


def _tabled(match: re.Match[str]) -> str:
    """A table of cases with `;` behind its rows and `,` between its columns."""
    return match.group().replace("\\\\", " ;").replace("&", ",")


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, an `end` last; raises Mistake where a limit is passed."""
    if len(text) > MAX_LENGTH:
        raise Mistake(
            Problem(
                "limit", (MAX_LENGTH, len(text)), f"an answer has at most {MAX_LENGTH} characters"
            )
        )
    result: list[Token] = []
    spaced, qualifier = False, ""
    for match in _PATTERN.finditer(text):
        group = match.lastgroup
        if group == "space":
            spaced = True
        elif group == "qualifier":
            qualifier = match.group()
        else:
            result.append(_token(match, spaced, qualifier))
            spaced, qualifier = False, ""
    if len(result) > MAX_TOKENS:
        where = (result[MAX_TOKENS].start, len(text))
        raise Mistake(Problem("limit", where, f"an answer has at most {MAX_TOKENS} symbols"))
    result.append(Token("end", "", len(text), len(text), spaced))
    return tuple(result)


def _token(match: re.Match[str], spaced: bool, qualifier: str) -> Token:
    kind, text, mark = _READERS.get(match.lastgroup or "", _sign)(match)
    if kind == "number" and not (text.isdecimal() and len(text) <= MAX_DIGITS):
        _check_digits(match)
    start, end = match.span()
    return Token(kind, text, start, end, spaced, mark or qualifier)


def _check_digits(match: re.Match[str]) -> None:
    digits, _, exponent = match.group().lower().partition("e")
    if len(digits) + abs(int(exponent[:5] or 0)) > MAX_DIGITS:
        raise Mistake(
            Problem(
                "limit",
                match.span(),
                f"a number has at most {MAX_DIGITS} digits, here there are more",
            )
        )


def _plain(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return match.lastgroup, match.group(match.lastgroup or 0), ""  # type: ignore[return-value]  # group = kind


def _accented(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    accent = {"widehat": "hat", "overline": "bar", "vec": ""}.get(match["accent"], match["accent"])
    return "name", match[match.lastgroup or ""] + accent, ""


def _fonted(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    inside = match["inside"] or match["single"]
    return ("number" if inside.isdigit() else "name"), inside, match["font"]


def _command(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    text = match["command"]
    if text in SAME:
        return "op", SAME[text], ""
    return "command", COMMANDS.get(text, text), ""


def _sign(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    text = match.group()
    return "op", SAME.get(text, text) if text != "|" else "|", ""


def _name(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    text = match.group()
    if text.isascii() or text == "∑":
        return "name", text, ""
    return "name", unicodedata.normalize("NFC", text), ""


def _word(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return "name", match.group()[1:-1], match["mark"]


def _cases(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return "op", "cases)" if match.group().startswith("\\end") else "cases(", ""


def _einsum(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return "name", "einsum", match.group().split(match["quote"])[1]


def _super(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return "sup", "".join(SUPERS[mark] for mark in match.group()), ""


def _sub(match: re.Match[str]) -> tuple[TokenKind, str, str]:
    return "sub", "".join(SUBS[mark] for mark in match.group()), ""


_READERS = {
    "number": _plain, "method": _plain, "name": _name, "einsum": _einsum, "cases": _cases,
    "word": _word, "command": _command, "sup": _super, "sub": _sub, "under": _accented,
    "boxed": _accented,
    "styled": _accented, "bare": _accented, "inside": _fonted, "single": _fonted,
}  # fmt: skip

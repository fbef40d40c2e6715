"""Plain mathematics respelled in the notation's own words.

Without an exercise there are no matrices, so `x^t` is a power and `sin^{-1}` an inverse function;
and there are functions that the notation does not know because no network uses them.  What is
known under another spelling is replaced in the text before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import factorial

MOST_CALLS = 40  # in one text
LONGEST = 4000  # characters; some calls repeat their operand, which may hold calls

_SIMPLE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"%(pi|e)\b"), r" \1 "),  # Maxima's constants
    (re.compile(r"\^\s*(?:\{\s*([tT])\s*\}|([tT])(?![^\W_]))"), r"^(\1\2)"),
    (
        re.compile(r"\\?(sin|cos|tan)\s*(?:\^\s*(?:\{\s*-\s*1\s*\}|\(\s*-1\s*\)|-1(?!\d))|⁻¹)"),
        r" arc\1 ",
    ),
    (re.compile(r"√\s*(\d+(?:\.\d+)?)"), r" sqrt(\1) "),
    (re.compile(r"√"), " sqrt "),
    (re.compile(r"\\?(?<![^\W\d_])lg(?=\s*\()|\\lg(?![a-z])"), " log10 "),
    (
        re.compile(
            r"\\?(?<![^\W\d_])log_(?:\{([^{}]+)\}|(\d+|[a-z]))"
            r"\s*(\d+(?:\.\d+)?|[A-Za-z](?:\^\d+)?)(?![\w(^])"
        ),
        r" (log(\3)/log(\1\2)) ",
    ),
)
_FACTORIAL = re.compile(r"(?<![\w.])([12]?\d)\s*!(?!=)")
_TOWER = re.compile(
    r"(?:\^|\*\*)\s*(?:[({]\s*(\d{1,3})\s*(?:\^|\*\*)\s*\{?(\d)\}?\s*[)}]"
    r"|(\d{1,3})\s*(?:\^|\*\*)\s*(\d))(?![\d.^*])"
)
_ANY = re.compile(r"%|\^\s*\{?\s*[tT]|(?:sin|cos|tan)\s*(?:\^|⁻)|√|lg|log_")

# Functions of one or two operands in brackets, by what they mean.
_CALLS: dict[str, Callable[..., str]] = {
    "cbrt": lambda x: f"(({x})^(1/3))",
    "root": lambda x, n="2": f"(({x})^(1/({n})))",
    "nthroot": lambda x, n="2": f"(({x})^(1/({n})))",
    "coth": lambda x: f"(1/tanh({x}))",
    "csch": lambda x: f"(1/sinh({x}))",
    "arcsinh": lambda x: f"(log(({x})+sqrt(({x})^2+1)))",
    "arccosh": lambda x: f"(log(({x})+sqrt(({x})-1) sqrt(({x})+1)))",
    "arctanh": lambda x: f"((log(1+({x}))-log(1-({x})))/2)",
    "log": lambda x, b: f"(log({x})/log({b}))",
    "ln": lambda x, b: f"(log({x})/log({b}))",
}
_CALLS |= {name.replace("arc", "a"): _CALLS[name] for name in ("arcsinh", "arccosh", "arctanh")}
_CALL = re.compile(
    rf"\\?(?<![^\W\d_])(?P<name>{'|'.join(_CALLS)})(?:_(?:\{{(?P<base>[^{{}}]+)\}}|(?P<digit>\d+|\w)))?"
    r"\s*\(|\\sqrt\s*\[(?P<index>[^\[\]]+)\]\s*\{"
)


def respelled(text: str) -> str:
    """`text` in the notation's words; where there is nothing to replace, the text itself."""
    if _ANY.search(text):
        for pattern, words in _SIMPLE:
            text = pattern.sub(words, text)
    if "!" in text:
        text = _FACTORIAL.sub(lambda found: f"({factorial(int(found[1]))})", text)
    text = _TOWER.sub(_flattened, text)
    return _called(text) if _CALL.search(text) else text


def _flattened(found: re.Match[str]) -> str:
    """A power of whole numbers in an exponent as one number: 2^3^2 is 2^9."""
    base, exponent = (int(each) for each in found.groups() if each)
    return f"^({base**exponent})"


def _called(text: str, left: int = MOST_CALLS) -> str:
    """`text` with the calls of unknown functions written out, inner ones as well."""
    parts: list[str] = []
    at = 0
    while left and (found := _CALL.search(text, at)):
        end = _closed(text, found.end())
        if end < 0:
            break
        inside = [_called(each, left - 1) for each in _split(text[found.end() : end])]
        parts += [text[at : found.start()], _written(found, inside)]
        at, left = end + 1, left - 1
    written = "".join((*parts, text[at:]))
    return written if len(written) <= LONGEST else text


def _written(found: re.Match[str], inside: list[str]) -> str:
    """One call written out; as it stands where it has another number of operands."""
    if found["index"]:
        return f"(({','.join(inside)})^(1/({found['index']})))"
    base = found["base"] or found["digit"]
    operands = [*inside, base] if base else inside
    try:
        return _CALLS[found["name"]](*operands)
    except TypeError:  # another number of operands
        return f"{found[0]}{','.join(inside)})"


def _closed(text: str, start: int) -> int:
    """Where the bracket before `start` closes; -1 where it does not."""
    return next((at for at, depth in _depths(text, start) if depth < 0), -1)


def _depths(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Every place from `start` on with how many brackets are open behind it."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        yield at, depth


def _split(text: str) -> list[str]:
    """`text` cut at the commas outside of brackets."""
    commas = [at for at, depth in _depths(text) if depth == 0 and text[at] == ","]
    edges = [-1, *commas, len(text)]
    return [text[a + 1 : b] for a, b in pairwise(edges)]

"""How a name is spelled in each notation: `W2` is W^{[2]} in LaTeX, `yhat` is ŷ, `lambda` is λ.

A name is a stem (letters, perhaps a Greek word, perhaps with an accent), a layer number and the
rest after an underscore, which is an index: `w_0` is w_{0}.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from keyword import iskeyword

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
LETTERS = {letter: word for word, letter in GREEK.items()} | {
    "ϵ": "epsilon",
    "ϕ": "phi",
    "ϑ": "theta",
}
MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
RESERVED = {"lambda": "lam"}
LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

_PARTS = re.compile(
    r"(?P<stem>[^\W\d_]+?)(?:_?(?P<accent>hat|bar|tilde))?(?P<layer>[0-9]*)(?P<rest>_.+)?"
)


@dataclass(frozen=True)
class Spelling:
    """One name in every notation."""

    text: str
    unicode: str
    latex: str
    numpy: str


@dataclass(frozen=True)
class Style:
    """Spellings of particular names; all other names follow the general rule.

    With an `example_axis`, a slice along it is printed as an example: x^{(i)}.
    """

    names: Mapping[str, Spelling] = field(default_factory=dict)
    example_axis: int | None = None

    def spell(self, name: str, notation: str) -> str:
        """`name` in one notation."""
        own = self.names.get(name) or spelled(name)
        return str(getattr(own, notation))


@dataclass(frozen=True)
class Anatomy:
    """The parts of a name: `y_hat2_j` has the letter ŷ, the layer 2 and the index j."""

    letter: str
    layer: str = ""
    index: str = ""


def anatomy(name: str) -> Anatomy:
    """The parts of `name`, its letter as a Unicode character where there is one."""
    match = _PARTS.fullmatch(name)
    if match is None:
        return Anatomy(name)
    letter = _unicode(match["stem"], match["accent"])
    return Anatomy(letter, match["layer"], (match["rest"] or "")[1:])


@lru_cache(maxsize=4096)
def spelled(name: str) -> Spelling:
    """The general rule's spelling of `name`."""
    match = _PARTS.fullmatch(name)
    if match is None:
        return Spelling(name, name, rf"\mathrm{{{name}}}", name)
    stem, accent, layer, rest = match.group("stem", "accent", "layer", "rest")
    return Spelling(
        text=name,
        unicode=_unicode(stem, accent) + layer + _lowered(rest),
        latex=_latex(stem, accent) + (f"^{{[{layer}]}}" if layer else "") + _below(rest),
        numpy=_identifier(name),
    )


def _unicode(stem: str, accent: str | None) -> str:
    if stem[0] == "d" and stem[1:] in GREEK:  # the derivative for a Greek letter
        return "d" + _unicode(stem[1:], accent)
    return unicodedata.normalize("NFC", GREEK.get(stem, stem) + MARKS.get(accent or "", ""))


def _latex(stem: str, accent: str | None) -> str:
    stem = LETTERS.get(stem, stem)
    if stem[0] == "d" and (stem[1:] in GREEK or (stem[1:] and accent)):
        return "d" + _latex(stem[1:], accent)
    if stem in GREEK:
        letter = f"\\{stem}"
    elif len(stem) == 1 or (len(stem) == 2 and stem[0] == "d"):
        letter = stem
    else:
        letter = rf"\mathrm{{{stem}}}"
    return rf"\{accent}{{{letter}}}" if accent else letter


def _below(rest: str | None) -> str:
    index = (rest or "")[1:]
    word = len(index) > 1 and index.isalpha()
    return f"_{{{_roman(index) if word else index}}}" if index else ""


def _roman(word: str) -> str:
    """A word in upright letters, or in LaTeX's own if it is a Greek letter."""
    return f"\\{word}" if word in GREEK else rf"\mathrm{{{word}}}"


def _lowered(rest: str | None) -> str:
    """The index as small digits, where it is a number."""
    number = (rest or "")[1:]
    return number.translate(LOW) if number.isascii() and number.isdigit() else rest or ""


def _identifier(name: str) -> str:
    plain = "".join(LETTERS.get(mark, mark) for mark in name)
    return RESERVED.get(plain, f"{plain}_" if iskeyword(plain) else plain)

"""One LaTeX formula in every form that a sheet needs: MathML, Typst, and plain text.

LaTeX becomes MathML by a library; Typst and plain text are two walks over that tree, so that a
formula in a template's own words is printed as surely as one that the engine wrote.  The plain text
is what a screen reader says and what a terminal shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import normalize
from xml.etree.ElementTree import Element, fromstring

from math_core import LatexError, LatexToMathML

from generator.errors import SheetError

CONVERTER = LatexToMathML(unicode_substitution="never")
APPLICATION = "\u2061"  # what MathML puts between a function and its argument
UNSPACED = f" ([{{|‖∂∑−{APPLICATION}"  # nothing is set off from these by a space
OPENING, CLOSING = "([{⌊⌈⟨", ")]}⌋⌉⟩"
SPECIAL = "\\/_^#$&\"'()[]{}|,;:*~`@<>=!"  # what means something in Typst
SINGLE = re.compile(r"−?∂?[\w\u0300-\u036fᵀ²]+(\^\(?\w+\)?|\[\d\])?")
ACCENTS = {
    "ˆ": ("hat", "\u0302"),
    "^": ("hat", "\u0302"),
    "˜": ("tilde", "\u0303"),
    "~": ("tilde", "\u0303"),
    "‾": ("overline", "\u0304"),
    "¯": ("overline", "\u0304"),
    "˙": ("dot", "\u0307"),
    "→": ("arrow", "\u20d7"),
}
RAISED = {"2": "²", "3": "³", "⊤": "ᵀ", "T": "ᵀ", "′": "′"}


@lru_cache(maxsize=4096)
def mathml(latex: str, display: bool = False) -> str:
    """The formula in MathML; raises SheetError where the LaTeX cannot be read."""
    try:
        found: str = CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as problem:
        raise SheetError(f"the formula {latex!r} cannot be read: {problem}") from None
    return found.replace("&ApplyFunction;", APPLICATION)


@lru_cache(maxsize=4096)
def typst(latex: str) -> str:
    """The formula in Typst's language for formulas, without dollars."""
    return _typst(fromstring(mathml(latex, True)))


@lru_cache(maxsize=4096)
def plain(latex: str) -> str:
    """The formula in a line of text: `dw = ∂J/∂w = (1/m) X (a − y)ᵀ`."""
    text = _plain(fromstring(mathml(latex, True))).replace(APPLICATION, "")
    return normalize("NFC", re.sub(r" +", " ", text).strip())


# Typst


def _typst(node: Element) -> str:
    rule = TYPST.get(node.tag)
    if rule is None:
        raise SheetError(f"no rule sets the formula element {node.tag}")
    return rule(node)


def _row(node: Element) -> str:
    if _is_fenced(node):
        return f"lr({_joined(list(node))})"
    return _joined(list(node))


def _joined(nodes: list[Element]) -> str:
    return " ".join(filter(None, map(_typst, nodes)))


def _is_fenced(node: Element) -> bool:
    """Whether a row is something between two brackets that grow with it."""
    if len(node) < 2 or {node[0].tag, node[-1].tag} != {"mo"}:
        return False
    return "false" not in (node[0].get("stretchy"), node[-1].get("stretchy"))


def _identifier(node: Element) -> str:
    text = node.text or ""
    if len(text) > 1:
        return f'op("{text}")'
    return f'upright("{text}")' if node.get("mathvariant") == "normal" else _literal(text)


def _literal(text: str) -> str:
    """Characters that stand for themselves."""
    return "".join(f"\\{mark}" if mark in SPECIAL else mark for mark in text)


def _sign(node: Element) -> str:
    text = (node.text or "").strip()
    return "" if text == APPLICATION else _literal(text) if len(text) < 2 else f'op("{text}")'


def _words(node: Element) -> str:
    return '"' + (node.text or "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _space(node: Element) -> str:
    width = node.get("width", "0")
    return "quad" if width.endswith("em") and float(width[:-2]) >= 1 else ""


def _called(name: str) -> Callable[[Element], str]:
    return lambda node: f"{name}({', '.join(_typst(each) or '#none' for each in node)})"


def _attached(*places: str) -> Callable[[Element], str]:
    def attach(node: Element) -> str:
        base, *scripts = map(_typst, node)
        given = ", ".join(f"{place}: {each}" for place, each in zip(places, scripts, strict=True))
        return f"attach({base}, {given})"

    return attach


def _over(node: Element) -> str:
    base, above = node
    accent = ACCENTS.get((above.text or "").strip())
    if accent and (node.get("accent") == "true" or above.tag == "mo"):
        return f"{accent[0]}({_typst(base)})"
    return f"attach(limits({_typst(base)}), t: {_typst(above)})"


def _table(node: Element) -> str:
    rows = (", ".join(_joined(list(cell)) or '""' for cell in row) for row in node)
    return f"mat(delim: #none, {'; '.join(rows)})"


TYPST: dict[str, Callable[[Element], str]] = {
    "math": _row,
    "mrow": _row,
    "mstyle": _row,
    "mpadded": _row,
    "mi": _identifier,
    "mn": lambda node: node.text or "",
    "mo": _sign,
    "mtext": _words,
    "mspace": _space,
    "mfrac": _called("frac"),
    "msqrt": lambda node: f"sqrt({_joined(list(node))})",
    "mroot": lambda node: f"root({_typst(node[1])}, {_typst(node[0])})",
    "msup": _attached("t"),
    "msub": _attached("b"),
    "msubsup": _attached("b", "t"),
    "munder": lambda node: f"attach(limits({_typst(node[0])}), b: {_typst(node[1])})",
    "mover": _over,
    "munderover": _attached("b", "t"),
    "mtable": _table,
}


# plain text


def _plain(node: Element) -> str:
    rule = PLAIN.get(node.tag)
    return rule(node) if rule else "".join(map(_plain, node)) or (node.text or "")


def _spoken_sign(node: Element) -> str:
    text = (node.text or "").strip()
    if text == APPLICATION:
        return APPLICATION
    if text in OPENING or text in CLOSING or text in "|‖′":
        return text
    return f"{text} " if text == "," else f" {text} "


def _spoken_row(node: Element) -> str:
    """The parts in a row, a space between two that would run together."""
    text = ""
    for place, each in enumerate(node):
        part = _plain(each)
        if each.tag == "mfrac" and not _stands_alone(part, node[:place], node[place + 1 :]):
            part = f"({part})"
        if part == " − " and text.rstrip()[-1:] in OPENING + "=,;":
            part = "−"
        text += f" {part}" if _run_together(text, part) else part
    return text.strip() if node.tag == "math" else text


def _stands_alone(quotient: str, before: list[Element], after: list[Element]) -> bool:
    """Whether a quotient needs no parentheses: ∂J/∂w, 1/2, or one between signs."""
    if quotient.startswith("∂") or re.fullmatch(r"\d+/\d+", quotient):
        return True
    return all(each.tag == "mo" and _divides(each) for each in (*before[-1:], *after[:1]))


def _divides(sign: Element) -> bool:
    text = (sign.text or "").strip()
    return text in "+−=,;<>≤≥≈←" or (text in OPENING + CLOSING)


def _run_together(before: str, after: str) -> bool:
    """Whether a space has to part two things: `W x`, but `σ(z)`, `dz`, `∂L`."""
    if not before or not after or before[-1] in UNSPACED:
        return False
    if before[-1] == "σ":
        return after[0].isalnum()
    if re.search(r"(\W|^)d$", before):
        return after[0] == "("
    return after[0].isalnum() or after[0] in "∂(√"


def _grouped(node: Element) -> str:
    """A part that stands as one: a single sign, or something in parentheses."""
    text = _plain(node).strip()
    return text if SINGLE.fullmatch(text) else f"({text})"


def _quotient(node: Element) -> str:
    above, below = map(_grouped, node)
    return f"{above}/{below}"


def _raised(node: Element) -> str:
    return _plain(node[0]) + _superscript(node[1])


def _superscript(node: Element) -> str:
    """`²`, `ᵀ`, `[2]ᵀ`, `(i)`, or `^k`."""
    text = _plain(node).strip()
    if text in RAISED or text[:1] in "[(":
        return RAISED.get(text, text.replace("⊤", "ᵀ"))
    return f"^{_grouped(node)}"


def _lowered(node: Element) -> str:
    return f"{_plain(node[0])}_{_grouped(node[1])}"


def _both(node: Element) -> str:
    base, below, above = node
    scripts = [f"_{_grouped(below)}", _superscript(above)]
    ordered = reversed(scripts) if scripts[1][0] in "[(" else scripts
    return _plain(base).strip() + "".join(ordered) + (" " if base.tag == "mo" else "")


def _accented(node: Element) -> str:
    accent = ACCENTS.get((node[1].text or "").strip())
    return _plain(node[0]) + (accent[1] if accent else f"^{_grouped(node[1])}")


def _spoken_table(node: Element) -> str:
    return "; ".join(", ".join(_spoken_row(cell).strip() for cell in row) for row in node)


PLAIN: dict[str, Callable[[Element], str]] = {
    "math": _spoken_row,
    "mrow": _spoken_row,
    "mstyle": _spoken_row,
    "mo": _spoken_sign,
    "mspace": lambda node: " ",
    "mfrac": _quotient,
    "msqrt": lambda node: f"√({_spoken_row(node).strip()})",
    "msup": _raised,
    "msub": _lowered,
    "msubsup": _both,
    "munderover": _both,
    "munder": _lowered,
    "mover": _accented,
    "mtable": _spoken_table,
}

"""A formula in a line of text, from its MathML: `dw = ∂J/∂w = (1/m) X (a − y)ᵀ`.

It is what a screen reader says and what a terminal shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize
from xml.etree.ElementTree import Element

APPLICATION = "\u2061"  # what MathML puts between a function and its argument
UNSPACED = f" ([{{|‖∂−√/{APPLICATION}"  # nothing is set off from these by a space
OPENING, CLOSING = "([{⌊⌈⟨", ")]}⌋⌉⟩"
SPLITTING = "+−=,;<>≤≥≈←"  # signs that bind less than a quotient
SINGLE = re.compile(r"−?∂?√?[\w\u0300-\u036fᵀ²]+(\^\(?\w+\)?|\[\d\]|_\{[^}]*\})?")
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
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def spoken(formula: Element) -> str:
    """The formula as text."""
    text = _plain(formula).replace(APPLICATION, "")
    text = re.sub(r"[ \u00a0]+", " ", text).replace(". . . ,", "…,").replace(". . .", "…")
    return normalize("NFC", text.strip())


def _plain(node: Element) -> str:
    rule = PLAIN.get(node.tag)
    return rule(node) if rule else "".join(map(_plain, node)) or (node.text or "")


def _sign(node: Element) -> str:
    text = _bare(node)
    if text == APPLICATION:
        return APPLICATION
    if text in OPENING or text in CLOSING or text in "|‖′∑:/":
        return text
    return f"{text} " if text == "," else f" {text} "


def _bare(node: Element) -> str:
    return (node.text or "").strip()


def _row(node: Element) -> str:
    """The parts in a row, a space between two that would run together."""
    if is_choice(node):
        return "(" + "; ".join(" ".join(map(_cell, row)) for row in node[1]) + ")"
    text = ""
    for place, each in enumerate(node):
        part = _plain(each)
        if each.tag == "mfrac" and not _stands_alone(part, node[:place], node[place + 1 :]):
            part = f"({part})"
        if part == " − " and text.rstrip()[-1:] in OPENING + "=,;":
            part = "−"
        if text.endswith("−"):
            part = part.lstrip()
        text += f" {part}" if _run_together(text, part) else part
    return text.strip() if node.tag == "math" else text


def is_choice(row: Element) -> bool:
    """Whether a row is a brace before several values with their conditions."""
    return len(row) > 1 and _bare(row[0]) == "{" and row[1].tag == "mtable"


def _cell(cell: Element) -> str:
    return _row(cell).strip()


def _stands_alone(quotient: str, before: list[Element], after: list[Element]) -> bool:
    """Whether a quotient needs no parentheses: ∂J/∂w, or one between signs."""
    if quotient.startswith("∂"):
        return True
    return _splits(before[-1:], OPENING) and _splits(after[:1], CLOSING)


def _splits(neighbour: list[Element], brackets: str) -> bool:
    """Whether a neighbour, if there is one, is a sign that binds less, or a bracket."""
    return all(_bare(each) and _bare(each) in SPLITTING + brackets for each in neighbour)


def _run_together(before: str, after: str) -> bool:
    """Whether a space has to part two things: `W x`, but `σ(z)`, `dz`, `∂L`."""
    if not before or not after or before[-1] in UNSPACED:
        return False
    if before[-1] == "σ":
        return after[0].isalnum()
    if re.search(r"(\W|^)d$", before):
        return after[0] == "("
    return after[0].isalnum() or after[0] in "∂(√∑"


def _grouped(node: Element) -> str:
    """A part that stands as one: a single sign, or something in parentheses."""
    text = _plain(node).strip()
    opened = text.removeprefix("√")
    closed = opened[:1] == "(" and opened.find(")") == len(opened) - 1
    return text if closed or SINGLE.fullmatch(text) else f"({text})"


def _quotient(node: Element) -> str:
    above, below = map(_grouped, node)
    return f"{above}/{below}"


def _superscript(node: Element) -> str:
    """`²`, `ᵀ`, `[2]ᵀ`, `^(i)`, or `^k`."""
    text = _plain(node).strip()
    if text in RAISED or text[:1] == "[":
        return RAISED.get(text, text.replace("⊤", "ᵀ"))
    return f"^{_grouped(node)}"


def _subscript(node: Element) -> str:
    """`₃`, `_j`, `_prev`, or several indices: `_{j1}`, `_{i,:}`."""
    text = re.sub(r"\s", "", _plain(node))
    if text.isdigit():
        return text.translate(LOWERED)
    whole = len(text) == 1 or text in (_bare(each) for each in node.iter("mi"))
    return f"_{text}" if whole else f"_{{{text}}}"


def _bounds(node: Element) -> str:
    """A sign with something below and above it, and a space behind."""
    base, below, *above = map(_plain, node)
    inside = re.sub(r"\s", "", below)
    script = f"_{inside}" if len(inside) == 1 else f"_{{{inside}}}"
    ends = "".join(f"^{each}" if len(each) == 1 else f"^{{{each}}}" for each in above)
    return f"{base.strip()}{script}{ends}" + (" " if node[0].tag == "mo" else "")


def _both(node: Element) -> str:
    scripts = [_subscript(node[1]), _superscript(node[2])]
    ordered = reversed(scripts) if scripts[1][0] == "[" else scripts
    return _plain(node[0]).strip() + "".join(ordered)


def _accented(node: Element) -> str:
    accent = ACCENTS.get(_bare(node[1]))
    return _plain(node[0]) + (accent[1] if accent else f"^{_grouped(node[1])}")


def _root(node: Element) -> str:
    text = _row(node).strip()
    return f"√{text}" if SINGLE.fullmatch(text) else f"√({text})"


def _table(node: Element) -> str:
    return "; ".join(", ".join(map(_cell, row)) for row in node)


PLAIN: dict[str, Callable[[Element], str]] = {
    "math": _row,
    "mrow": _row,
    "mstyle": _row,
    "mo": _sign,
    "mspace": lambda node: " " if node.get("width") else "",
    "mfrac": _quotient,
    "msqrt": _root,
    "msup": lambda node: _plain(node[0]) + _superscript(node[1]),
    "msub": lambda node: _plain(node[0]) + _subscript(node[1]),
    "msubsup": _both,
    "munderover": _bounds,
    "munder": _bounds,
    "mover": _accented,
    "mtable": _table,
}

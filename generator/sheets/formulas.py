"""One LaTeX formula in every form that a sheet needs: MathML, Typst, and plain text.

LaTeX becomes MathML by a library; Typst and plain text are two walks over that tree, so that a
formula in a template's own words is printed as surely as one that the engine wrote.  The plain text
is what a screen reader says and what a terminal shows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring, tostring

from math_core import LatexError, LatexToMathML

from generator.errors import SheetError
from generator.sheets.spoken import ACCENTS, APPLICATION, is_choice, spoken

CONVERTER = LatexToMathML(unicode_substitution="never")
WIDE = 92  # characters of plain text that a line of a sheet holds as a formula
# Bars around something, by the form that MathML gives them.
FENCES = {
    ("‖", "prefix"): "opening",
    ("‖", "postfix"): "closing",
    ("|", None): "normal",
}
BREAKING = "=+−⊙"  # signs before which a line may end
SPECIAL = "\\/_^#$&\"'()[]{}|,;:*~`@<>=!"  # what means something in Typst


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
    return _typst(fromstring(mathml(breakable(latex), True)))


@lru_cache(maxsize=4096)
def plain(latex: str) -> str:
    """The formula in a line of text: `dw = ∂J/∂w = (1/m) X (a − y)ᵀ`."""
    return spoken(fromstring(mathml(latex, True)))


def is_wide(latex: str) -> bool:
    """Whether a formula on a line of its own may not fit there, and has to be broken."""
    return len(plain(latex)) > WIDE


def breakable(latex: str) -> str:
    """The formula so that lines may break within its brackets, if it is wide."""
    if not is_wide(latex):
        return latex
    return latex.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)")


def pieces(latex: str) -> tuple[str, ...]:
    """The formula in MathML, in pieces between which a line may end: before signs."""
    root = fromstring(mathml(breakable(latex), True))
    groups: list[list[Element]] = [[]]
    for node in root:
        if node.tag == "mo" and (node.text or "").strip() in BREAKING and groups[-1]:
            groups.append([])
        groups[-1].append(node)
    return tuple(_piece(group) for group in groups)


def _piece(nodes: list[Element]) -> str:
    math = Element("math", {"displaystyle": "true"})
    math.extend(nodes)
    return tostring(math, encoding="unicode")


# Typst


def _typst(node: Element) -> str:
    rule = TYPST.get(node.tag)
    if rule is None:
        raise SheetError(f"no rule sets the formula element {node.tag}")
    return rule(node)


def _row(node: Element) -> str:
    if is_choice(node):
        rows = (" quad ".join(_joined(list(cell)) for cell in row) for row in node[1])
        return f"cases({', '.join(rows)})"
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
    fence = FENCES.get((text, node.get("form")))
    if fence:
        return f'class("{fence}", {_literal(text)})'
    return "" if text == APPLICATION else _literal(text) if len(text) < 2 else f'op("{text}")'


def _words(node: Element) -> str:
    return '"' + (node.text or "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _space(node: Element) -> str:
    width = node.get("width", "0")
    ems = float(width[:-2]) if width.endswith("em") else 0
    return "quad" if ems >= 1 else "thin" if ems > 0 else ""


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

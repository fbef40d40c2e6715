"""The operator table read backwards: from signs and function names to rows.

Computed once.  Everything the parser knows about operators it knows from here; what no row can say
is the short list of sugars at the end.
"""

from __future__ import annotations

import re

from engine.notation.syntax import LENGTH
from engine.operators import TABLE, Operator
from engine.operators.row import CHAIN, COMPARISON, PRODUCT, SUM

_WORD = re.compile(r"(?:\\operatorname\{)?\\?(?:[a-z]+\.)*([^\W\d]\w*)\}?(?:\(.*)?")


def _glyphs(row: Operator) -> tuple[str, ...]:
    notation = row.notation
    return notation.text, notation.unicode, notation.latex, notation.numpy, *notation.names


def _rows(*kinds: str) -> list[Operator]:
    return [row for row in TABLE.values() if row.notation.kind in kinds]


def _signs(rows: list[Operator]) -> dict[str, str]:
    """Signs and bare command names, each with its row; an equals sign separates statements."""
    return {
        glyph.lstrip("\\"): row.name
        for row in rows
        for glyph in _glyphs(row)
        if glyph not in ("", "=")
    }


def _level(power: int) -> dict[str, str]:
    return _signs([row for row in _rows("infix") if row.notation.power == power])


def _functions() -> dict[str, tuple[str, ...]]:
    """Function names, each with the rows it may mean: `max` is a reduction or the larger of two."""
    table: dict[str, tuple[str, ...]] = {}
    for row in TABLE.values():
        if row.notation.kind in ("binder", "subscript"):
            continue
        words = (_WORD.fullmatch(glyph) for glyph in _glyphs(row) if " " not in glyph)
        for word in {row.name} | {match[1] for match in words if match}:
            table[word] = (*table.get(word, ()), row.name)
    table |= {word: (row,) for word, (row, _) in COMPLETED.items()}
    table |= dict.fromkeys(FILLED, table["ones"])
    table |= {name: table[steps[0]] for name, steps in COMPOSED.items()}
    return table | {"√": table["sqrt"]} | {name.capitalize(): table[name] for name in MODULES}


def _fences() -> dict[str, tuple[str, str]]:
    """Opening brackets, each with its closing one and its row."""
    pairs = (
        (glyph.split(" "), row.name)
        for row in _rows("fence")
        for glyph in _glyphs(row)
        if " " in glyph
    )
    return {FENCE_SIGNS[pair[0]]: (FENCE_SIGNS[pair[1]], name) for pair, name in pairs}


MODULES = ("sigmoid", "softmax", "tanh")  # PyTorch's classes have the capitalised name

# Functions of one operand that are operators with a second one: step(z) is z > 0.
COMPLETED = {
    "step": ("greater", 0),
    "unit_step": ("greater", 0),
    "H": ("greater", 0),
    "Θ": ("greater", 0),
    "θ": ("greater", 0),
    "heaviside": ("greater", 0),
    "Heaviside": ("greater", 0),
    "square": ("pow", 2),
}

# Functions that are others, one after the other; the second of them takes what is not an operand.
COMPOSED = {
    "logsumexp": ("log", "sum", "exp"),
    "log_softmax": ("log", "softmax"),
    "logsoftmax": ("log", "softmax"),
    "logsigmoid": ("log", "sigmoid"),
    "log_sigmoid": ("log", "sigmoid"),
}

# Constant matrices that are multiples of ones.
FILLED = {"zeros": 0}

# The lexer's own signs for brackets that have several spellings.
FENCE_SIGNS = {
    "||": "‖", "‖": "‖", r"\lVert": "‖(", r"\rVert": "‖)",
    "|": "|", r"\lvert": "|(", r"\rvert": "|)",
}  # fmt: skip

COMPARISONS = _level(COMPARISON)
SUMS = _level(SUM)
PRODUCTS = _level(PRODUCT) | _level(CHAIN) | {"⊗": "outer", "otimes": "outer"}
FRACTION = _rows("quotient")[0].notation.latex.lstrip("\\")
QUOTIENTS = {sign: row for sign, row in _signs(_rows("quotient")).items() if sign != FRACTION}
POWERS = _signs(_rows("power"))
PREFIXES = _signs(_rows("prefix"))
POSTFIXES = _signs(_rows("postfix"))
BINDERS = _signs(_rows("binder"))
# The axis that an index below a function's name counts along: mean_i, softmax_j.
AXES = {"i": 0, "j": 1, "0": 0, "1": 1}
SUM_SIGNS = frozenset({"Σ", "∑"})
FUNCTIONS = _functions()
# Words between factors that are no factors.
JOINTS = frozenset({"for", "in", "if", "when", "then"})
FENCES = _fences()
EQUALITY = next(row.name for row in TABLE.values() if "=" in _glyphs(row))
SCALING = next(row.name for row in TABLE.values() if row.notation.scaling)
PRODUCT_OF_MATRICES = next(row.name for row in _rows("infix") if not row.notation.text)
OUTER_ROW = "outer"
INNER_ROW = FUNCTIONS["vdot"][0]
SOFTMAX_ROW = "softmax"
DIAGONAL_ROW = "diag"
WINDOWED = frozenset({"maxpool", "avgpool", "upsample", "downsample", "dilate", "pad", "crop"})
POWER_ROW = _rows("power")[0].name
QUOTIENT_ROW = _rows("quotient")[0].name
TRANSPOSE_ROW = _rows("postfix")[0].name
NORM_ROW = FENCES["‖"][1]
ABSOLUTE_ROW = FENCES["|"][1]
IDENTITY_ROW = FUNCTIONS["I"][0]
SUM_ROW = "sum"
ONES_ROW = "ones"
CHOICE_ROW = "where"
BINDER_ROW = _rows("binder")[0].name

# Sugars: spellings that no single row can own.
REVERSED = {"<": "greater", "<=": "greater_equal", "≤": "greater_equal", "le": "greater_equal",
            "leq": "greater_equal", "lt": "greater"}  # fmt: skip
EXPONENTIAL = {"e": "exp"}
KEYWORDS = {
    "dim": "axis",
    "keepdim": "keepdims",
    "axis": "axis",
    "ord": "ord",
    "min": "low",
    "max": "high",
    "a_min": "low",
    "a_max": "high",
    "keepdims": "keepdims",
    "shape": "shape",
    "mode": "mode",
    "dims": "axis",
    "dtype": "",
    "device": "",
}  # the empty name is passed over
FLAGS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
HINTS = {
    "±": "write the + or the - that is meant", "≈": "write =",
    "?": "a formula has no question mark",
    "!": "there are no factorials here", '"': "leave the quotation marks out",
    "“": "leave the quotation marks out", "”": "leave the quotation marks out",
    "∞": "infinity is no number here", "=": "something to the left of = is missing",
    ":": "positions stand in square brackets, as in X[:, 0]",
    "for": "write a sum over the index, or the product of matrices", "->": "write =",
}  # fmt: skip
SIDE_WORDS = frozenset({"where", "with", "and", "using", "given"})
# What people write around a formula.  A word counts only where the scope does not know it.
ASKED = frozenset({"answer", "solution", "result", "gradient", "derivative", "ans"})
PROSE = ASKED | {
    "let", "return", "then", "so", "hence", "thus", "therefore", "finally", "now", "the", "my",
    "our", "this", "that", "it", "which", "we", "get", "obtain", "have", "has", "gives", "give",
    "yields", "think", "guess", "believe", "loss", "cost", "final", "is", "are", "should", "must",
    "be", "equals", "of", "by", "using", "chain", "rule", "since",
}  # fmt: skip
LINKS = frozenset({"is", "equals", "becomes", "gives", "yields", "denotes", "means"})
REMARKS = frozenset(
    {
        "because", "since", "as", "by", "which", "note", "shape", "same", "dims", "dim", "size",
        "elementwise", "columnwise", "entrywise", "element", "entry",
        "using", "from", "chain", "see", "remember", "assuming",
    }
)  # fmt: skip
ARTICLES = frozenset({"the", "an", "our", "my", "given", "defined", "number"})
QUANTIFIERS = frozenset({"all", "each", "every", "any"})
CONDITIONS = frozenset({"if", "when", "for", "whenever"})
ELSE = frozenset({"else", "otherwise", "elsewhere"})
AUGMENTED = {"+=": "add", "-=": "sub", "*=": "mul", "/=": "div"}
UNEQUAL = frozenset({"!=", "≠"})
SIZES = {"size": None, "numel": None, "len": LENGTH, "length": LENGTH}
BOXES = frozenset({"boxed", "fbox", "underbrace", "overbrace", "underline", "cancel", "mathop"})
SPREADING = frozenset({"broadcast_to", "tile", "repeat", "expand", "repmat"})
PASSING = frozenset(
    {
        "astype", "item", "float", "double", "int", "copy", "clone", "detach", "numpy", "array",
        "asarray", "tensor", "print", "int32", "int64", "float32", "float64", "to", "type", "cpu",
        "long", "bool", "one_hot", "onehot",
    }
)  # fmt: skip

"""One row of the operator table: everything Gradbook knows about one operator.

The parser and the printers read `notation`, the type checker reads `shape`, the numeric evaluator
reads `forward`, reverse mode reads `vjp`, the diagnosis reads `wrong`, the generated tests read
`samples` and `refused`.  Adding an operator is adding a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from engine.shapes import Shape

Kind: TypeAlias = Literal[
    "infix",
    "prefix",
    "postfix",
    "power",
    "quotient",
    "call",
    "fence",
    "subscript",
    "binder",
    "atom",
]

# Binding powers of results, loose to tight.
COMPARISON, SUM, PRODUCT, CHAIN, SIGN, POWER, POSTFIX, ATOM = 10, 20, 30, 40, 45, 50, 60, 100

# The default of an attribute that is always written.
REQUIRED: Any = ...
SHAPED = (("shape", REQUIRED),)
REDUCED = (("axis", None), ("keepdims", False))


@dataclass(frozen=True)
class Notation:
    """How an operator is written.

    `power` is the binding power of the result (higher binds tighter).  `text`, `unicode`, `latex`
    and `numpy` are the printed glyphs (`mathml` defaults to the Unicode one); `names` are further
    spellings that are read: function names for a call, signs for an infix operator, without a
    leading `np.` or `torch.`; a backslash command counts under its bare name.

    An empty glyph is juxtaposition.  A fence whose glyph holds a space is a pair of brackets, else
    a call; `#` in an atom's glyph stands for its dimensions.  `options` are the attributes that
    are written, with what they are when left out (`REQUIRED`: never left out).  `scaling` marks
    what juxtaposition with a scalar means, `braced` a LaTeX command whose operand stands in
    braces.
    """

    kind: Kind
    power: int
    text: str
    unicode: str = ""
    latex: str = ""
    numpy: str = ""
    names: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    scaling: bool = False
    braced: bool = False

    def __post_init__(self) -> None:
        for name in ("unicode", "latex", "numpy"):
            if not getattr(self, name):
                object.__setattr__(self, name, self.text)


@dataclass(frozen=True)
class WrongVJP:
    """A vector-Jacobian product that students write, under the slug of its misconception.

    `rule` has the signature of `Operator.vjp`.  `across` restricts it to products in which the
    *other* operand, the one that the gradient crosses, holds parameters (`parameter`) or data
    (`data`).
    """

    slug: str
    rule: Callable[..., tuple[Any, ...]]
    across: Literal["", "parameter", "data"] = ""


@dataclass(frozen=True)
class Sample:
    """Operand shapes (with attributes) that must work, and where to sample the entries.

    `ranges` holds one interval per operand; entries are drawn from it uniformly and kept away from
    kinks.
    """

    shapes: tuple[Shape, ...]
    ranges: tuple[tuple[float, float], ...]
    attrs: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Operator:
    """A row of the operator table.

    shape(*shapes, **attrs) -> Shape               raises ShapeError
    forward(*arrays, **attrs) -> array             arrays are (points, *shape), float64 or objects
    vjp(g, out, *args, **attrs) -> cotangents      one per operand, `None` where nothing flows back;
                                                   written in table operators only, so it runs on
                                                   arrays and on expressions; g has the shape of
                                                   out
    entry(k, *entries, **attrs) -> entry           entrywise meaning over a scalar algebra `k` (see
                                                   engine.symbolic); None where it is structural

    `rule` says in words what `vjp` does, for worked solutions; a function of one variable needs
    none: its derivative says it.

    An element-wise operator may return cotangents of the broadcast shape: the walk reduces them.
    `domain(*arrays)` is the array of "well inside the domain" flags, `kinks(*arrays, **attrs)` the
    distances to the nearest kink (both float64), `None` where the operator is smooth everywhere.
    """

    name: str
    notation: Notation
    arity: int
    shape: Callable[..., Shape]
    forward: Callable[..., Any]
    vjp: Callable[..., tuple[Any, ...]]
    source: str
    rule: str = ""
    entry: Callable[..., Any] | None = None
    elementwise: bool = False
    domain: Callable[..., Any] | None = None
    kinks: Callable[..., Any] | None = None
    wrong: tuple[WrongVJP, ...] = ()
    samples: tuple[Sample, ...] = ()
    refused: tuple[tuple[tuple[Shape, ...], tuple[tuple[str, Any], ...]], ...] = field(default=())

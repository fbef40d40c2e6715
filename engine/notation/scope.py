"""What the names in an answer mean: symbols, their other spellings, dimensions, functions.

All spellings of a name (`W1`, `W_1`, `W₁`, `W^{[1]}`; `ŷ`, `\\hat y`, `y_hat`, `yhat`) have one
normal spelling; the tables of normal spellings are computed once for each scope.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TypeVar

from engine.expression import Apply, Expr, Var, walk
from engine.notation import spelling
from engine.notation.nearest import nearest
from engine.notation.vocabulary import FUNCTIONS
from engine.operators import TABLE
from engine.program import Program, Statement, Symbol
from engine.shapes import SCALAR, Dim, Shape

Value = TypeVar("Value")

MOST_SHOWN = 9  # names in a hint
LONGEST_KEPT = 40  # characters of a name; strangers type longer ones, exercises have none
ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}
WORDS = {
    "lam": "lambda",
    "reg": "lambda",
    "lmbda": "lambda",
    "lambd": "lambda",
    "lamda": "lambda",
    "lda": "lambda",
    "eps": "epsilon",
    "varepsilon": "epsilon",
}


def normal(name: str) -> str:
    """The one spelling that all spellings of a name share."""
    return _kept(name) if len(name) <= LONGEST_KEPT else _worked_out(name)


def _worked_out(name: str) -> str:
    plain = "".join(_plain(mark) for mark in unicodedata.normalize("NFD", name))
    return WORDS.get(plain, plain)


_kept = lru_cache(maxsize=4096)(_worked_out)


def _plain(mark: str) -> str:
    if mark in ACCENTS:
        return ACCENTS[mark]
    if mark == "_":
        return ""
    return spelling.LETTERS.get(mark) or unicodedata.normalize("NFKC", mark)


@dataclass(frozen=True)
class Scope:
    """The meaning of every name an answer may use.

    `functions` binds further function names to rows of the operator table (`g` to `tanh`), or to
    nothing, where `applied` says by its argument what a function is (`Z1` to `tanh`);
    `definitions` are names that stand for expressions; `example_axis` is the axis that x^{(i)}
    selects along; `base` is the number of the first entry in square brackets; in the MATLAB
    dialect `*` is a matrix product.  Where `wanted` is known, the shape of the whole answer, an
    answer may be written in component form; `one_hot` are labels that `k = y` may ask; `asked` are
    the names of what the answer says, as on the left of `dw = …`; with `entry_bars` the exercise
    itself writes |r| for the absolute values of a vector's entries.  `operands` are the last ones
    of functions that the exercise gives always the same, such as the slope of its leaky ReLU;
    `examples` is how many there are; `entry` is the position of the entry that is asked for, along
    the axes that have several; `products` are the kinds of product that the exercise has, `matrix`
    and `inner`, where that is known, and `entrywise` the pairs that it multiplies entry by entry.
    """

    symbols: Mapping[str, Shape]
    aliases: Mapping[str, str] = field(default_factory=dict)
    dimensions: frozenset[str] = frozenset()
    functions: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, Expr] = field(default_factory=dict)
    base: int = 0
    example_axis: int | None = None
    matlab: bool = False
    wanted: Shape | None = None
    one_hot: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    entry_bars: bool = False
    applied: Mapping[str, str] = field(default_factory=dict)
    operands: Mapping[str, Expr] = field(default_factory=dict)
    examples: Dim | None = None
    entry: tuple[int, ...] = ()
    products: frozenset[str] | None = None
    entrywise: frozenset[frozenset[str]] = frozenset()

    @classmethod
    def of(
        cls,
        program: Program,
        *,
        aliases: Mapping[str, str] | None = None,
        functions: Mapping[str, str] | None = None,
        definitions: Mapping[str, Expr] | None = None,
        symbols: Mapping[str, Shape] | None = None,
        base: int = 0,
        example_axis: int | None = None,
        wanted: Shape | None = None,
        asked: Iterable[str] = (),
        examples: Dim | None = None,
        entry: tuple[int, ...] = (),
        applied: Mapping[str, str] | None = None,
    ) -> Scope:
        """The scope of `program`: its symbols and statements, their aliases and its dimensions."""
        named: tuple[Symbol | Statement, ...] = (*program.symbols, *program.statements)
        own = {alias: each.name for each in named for alias in each.aliases}
        return cls(
            symbols=program.shapes | dict(symbols or {}),
            aliases=own | dict(aliases or {}),
            dimensions=program.dimensions,
            functions=functions or {},
            definitions=definitions or {},
            base=base,
            example_axis=example_axis,
            wanted=wanted,
            asked=frozenset(normal(name) for name in asked),
            one_hot=frozenset(each.name for each in program.symbols if each.domain == "one-hot"),
            entry_bars=any(
                isinstance(node, Apply) and node.op == "abs" and bool(node.shape)
                for statement in program.statements
                for node in walk(statement.value)
            ),
            operands=_usual_operands(program),
            examples=examples,
            applied=applied or {},
            entry=entry,
            products=_products(program),
            entrywise=frozenset(_entrywise(program)),
        )

    def lookup(self, name: str, fold: bool = True) -> str | None:
        """The scope's own spelling of `name`; None where it is unknown or has two meanings.

        `fold` admits a capital for a small letter, and the other way round.
        """
        exact = self._exact.get(name)
        if exact is not None:
            return exact
        key = normal(name)
        found = self._normal.get(key)
        return self._folded.get(key.lower()) if found is None and fold else found

    def asks(self, name: str) -> bool:
        """Whether `name` is what the answer says; a capital may stand for a small letter."""
        key = normal(name)
        return key in self.asked or key.lower() in {each.lower() for each in self.asked}

    def is_differentiated(self, name: str) -> bool:
        """Whether what is asked is the derivative of `name`."""
        return any(each.startswith(f"d{normal(name)}/") for each in self.asked)

    @cached_property
    def gradient(self) -> str:
        """The shortest name of what is asked, such as dw."""
        short = [name for name in self.asked if name[:1] == "d" and "/" not in name]
        return min(short, key=lambda name: (len(name), name), default="dW")

    def meaning(self, name: str) -> Expr | None:
        """What a name in the scope's own spelling stands for."""
        return self._meanings.get(name)

    def function(self, name: str) -> str | None:
        """The row that an own function name is bound to."""
        return self.functions.get(name)

    def nearest(self, name: str) -> str:
        """The known name most like `name`, or nothing; a short name is not meant for a function."""
        known = [*self._exact, *self.functions, *(FUNCTIONS if len(name) > 2 else ())]
        return nearest(name, known)

    @cached_property
    def overview(self) -> str:
        """The names that there are, as a hint."""
        names = [name for name in self.symbols if name not in self.dimensions]
        more = ", …" if len(names) > MOST_SHOWN else ""
        return f"there are {', '.join(names[:MOST_SHOWN])}{more}" if names else ""

    def dimension(self, name: str) -> Dim | None:
        """The dimension called `name`."""
        own = self.lookup(name)
        return own if own in self.dimensions else None

    @cached_property
    def shapeless(self) -> Scope:
        """The same names, every one of them a scalar: shapes cannot conflict."""
        return replace(
            self,
            symbols=dict.fromkeys(self.symbols, SCALAR),
            definitions={name: Var(name) for name in self.definitions},
            wanted=None,
        )

    @cached_property
    def _meanings(self) -> dict[str, Expr]:
        dims: dict[str, Expr] = {dim: Var(dim) for dim in self.dimensions}
        symbols: dict[str, Expr] = {name: Var(name, shape) for name, shape in self.symbols.items()}
        return dims | symbols | dict(self.definitions)

    @cached_property
    def _exact(self) -> dict[str, str]:
        known = {alias: name for alias, name in self.aliases.items() if name in self._meanings}
        return known | {name: name for name in self._meanings}

    @cached_property
    def _normal(self) -> dict[str, str]:
        return _unique((normal(name), own) for name, own in self._exact.items())

    @cached_property
    def _folded(self) -> dict[str, str]:
        return _unique((key.lower(), own) for key, own in self._normal.items())


def _products(program: Program) -> frozenset[str]:
    """The kinds of product in the program: of matrices, and of two vectors, which is a number."""
    nodes = [node for statement in program.statements for node in walk(statement.value)]
    return frozenset(kind for node in nodes if (kind := _product(node)))


def _entrywise(program: Program) -> Iterator[frozenset[str]]:
    """The pairs of vectors or matrices that the program multiplies entry by entry."""
    for statement in program.statements:
        for node in walk(statement.value):
            match node:
                case Apply(op="mul", args=(Var(name=one), Var(name=two))) if node.args[0].shape:
                    yield frozenset((one, two))


def _product(node: Expr) -> str:
    match node:
        case Apply(op="matmul" | "dot" | "outer", shape=shape):
            return "matrix" if shape else "inner"
        case Apply(op="sum", args=(Apply(op="mul", args=(left, right)),), shape=()):
            vectors = left.shape == right.shape and 1 in left.shape
            return "inner" if vectors else ""
    return ""


def _usual_operands(program: Program) -> dict[str, Expr]:
    """The last operands of functions that are the same wherever the program uses them."""
    found = (
        (node.op, node.args[-1])
        for statement in program.statements
        for node in walk(statement.value)
        if isinstance(node, Apply) and len(node.args) == 2
        if TABLE[node.op].notation.kind == "call" and TABLE[node.op].elementwise
        if not node.args[-1].shape
    )
    return _unique(found)


def _unique(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """The table of `pairs`, without keys that would mean two things."""
    table: dict[str, Value] = {}
    double: set[str] = set()
    for key, value in pairs:
        if table.setdefault(key, value) != value:
            double.add(key)
    return {key: value for key, value in table.items() if key not in double}

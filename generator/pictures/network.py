"""Whether a program is a fully connected network, read off its statements alone.

    z = W a + b      a = f(z)      in any layout: w^T x + b, X W + b

What follows the last layer must be a loss: no further product of matrices, so that nothing is left
out of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.expression import Apply, Expr, Var, walk
from engine.operators import operator
from engine.program import Program, Statement
from engine.shapes import Dim, Shape


@dataclass(frozen=True)
class Layer:
    """One layer of neurons: the names of its weights, biases, weighted inputs and activations.

    The names of what a layer does without are empty; `axis` is the axis of `outputs` along which
    its neurons are counted.
    """

    weights: str
    bias: str
    transposed: bool
    inputs: str
    outputs: str
    width: Dim
    axis: int


@dataclass(frozen=True)
class Network:
    """Layers over `source`, whose entries along `axis` are the network's inputs."""

    source: str
    width: Dim
    axis: int
    layers: tuple[Layer, ...]
    loss: str


@dataclass(frozen=True)
class Product:
    """The linear part of a layer: `below` times the parameter `weights`."""

    weights: Var
    bias: str
    transposed: bool
    below: Var
    weights_first: bool

    @property
    def fan_in(self) -> Dim:
        """How many values each neuron takes."""
        return self._sides[0]

    @property
    def fan_out(self) -> Dim:
        """How many neurons there are."""
        return self._sides[1]

    @property
    def _sides(self) -> tuple[Dim, Dim]:
        rows, columns = _two(self.weights.shape)
        into_columns = self.weights_first != self.transposed
        return (columns, rows) if into_columns else (rows, columns)


def network(program: Program) -> Network | None:
    """The network that a program computes, or None where it is anything else.

    A single layer counts where something is applied to its weighted inputs.
    """
    layers: list[Layer] = []
    source: Product | None = None
    rest = list(program.statements)
    while rest and (product := _product(program, rest[0])) is not None:
        if layers and product.below.name != _top(layers[-1]):
            break
        source = source or product
        layers.append(_layer(program, product, rest))
        del rest[: 1 + (layers[-1].outputs != layers[-1].inputs)]
    if source is None or not _is_whole(program, source, layers, rest):
        return None
    axis = 0 if source.weights_first else 1
    return Network(source.below.name, source.fan_in, axis, tuple(layers), program.loss)


def _top(layer: Layer) -> str:
    return layer.outputs


def _is_whole(
    program: Program, source: Product, layers: list[Layer], rest: list[Statement]
) -> bool:
    """Whether the layers start from data, do something, and a loss alone follows them."""
    if program.roles.get(source.below.name) != "data":
        return False
    if len(layers) == 1 and layers[0].inputs == layers[0].outputs:
        return False
    inner = {each.inputs for each in layers} | {each.outputs for each in layers[:-1]}
    inner -= {layers[-1].outputs}
    used = frozenset().union(*(each.value.names for each in rest))
    return bool(rest) and not used & inner and not any(_multiplies(each.value) for each in rest)


def _multiplies(expr: Expr) -> bool:
    return any(isinstance(node, Apply) and node.op == "matmul" for node in walk(expr))


def _layer(program: Program, product: Product, rest: list[Statement]) -> Layer:
    """The layer whose linear part is the first of `rest`."""
    first = rest[0]
    second = rest[1] if len(rest) > 1 else None
    outputs = first.name
    if second is not None and _activates(program, second, first):
        outputs = second.name
    axis = 0 if product.weights_first else 1
    return Layer(
        product.weights.name,
        product.bias,
        product.transposed,
        first.name,
        outputs,
        product.fan_out,
        axis,
    )


def _product(program: Program, statement: Statement) -> Product | None:
    """The linear part of a layer that a statement is; None for any other statement."""
    match statement.value:
        case Apply(op="add", args=(Apply(op="matmul", args=(left, right)), Var(name=bias))):
            if program.roles.get(bias) != "parameter":
                return None
        case Apply(op="matmul", args=(left, right)):
            bias = ""
        case _:
            return None
    for weights, below, first in ((left, right, True), (right, left, False)):
        bare, transposed = _bare(weights)
        if (
            bare is not None
            and isinstance(below, Var)
            and program.roles.get(bare.name) == "parameter"
            and program.roles.get(below.name) != "parameter"
        ):
            return Product(bare, bias, transposed, below, first)
    return None


def _bare(expr: Expr) -> tuple[Var | None, bool]:
    """The variable that an expression is, perhaps transposed."""
    match expr:
        case Var():
            return expr, False
        case Apply(op="transpose", args=(Var() as inner,)):
            return inner, True
    return None, False


def _activates(program: Program, statement: Statement, linear: Statement) -> bool:
    """Whether a statement applies a function to each neuron, or softmax to a layer."""
    constants = {each.name for each in program.symbols if each.role == "constant"}
    names = statement.value.names
    return (
        linear.name in names
        and names <= constants | {linear.name}
        and statement.value.shape == linear.value.shape
        and statement.name != program.loss
        and all(_is_activation(node) for node in walk(statement.value) if isinstance(node, Apply))
    )


def _is_activation(node: Apply) -> bool:
    return operator(node.op).elementwise or node.op == "softmax"


def _two(shape: Shape) -> tuple[Dim, Dim]:
    """A shape's two sides; a scalar is 1 × 1."""
    rows, columns = (*shape, 1, 1)[:2]
    return rows, columns

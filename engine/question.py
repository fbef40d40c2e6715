"""What is asked of an exercise, together with its key: the contract between generator and grader.

    Question = Derivative | Forward | Shapes | Prerequisites | Cache | Choice

A question is self-contained: it travels as JSON to a grading worker that has nothing else.  `public` is
the only view of it that a learner may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from engine.expression import Expr
from engine.program import Program, Target
from engine.shapes import Shape

Kind: TypeAlias = Literal["derivative", "forward", "shapes", "prerequisites", "cache", "choice"]
Upstream: TypeAlias = Literal["loss", "example"]


@dataclass(frozen=True)
class Asked:
    """What all questions have; `id` is the exercise's id, a slash and `name`."""

    kind: ClassVar[Kind]

    id: str
    name: str
    prompt: str


@dataclass(frozen=True)
class Derivative(Asked):
    """The derivative of the program's loss with respect to `target`.

    `reference` is one closed form among many.  Unless `admits_numerator_layout`, the answer has the
    shape of the target.  `upstream` is what a symbol such as dZ means: the derivative of the program's
    loss, or of one example's loss (without the 1/m of a mean).
    """

    kind: ClassVar[Kind] = "derivative"

    program: Program
    target: Target
    reference: Expr
    admits_numerator_layout: bool = False
    upstream: Upstream = "loss"


@dataclass(frozen=True)
class Forward(Asked):
    """The equations of the forward pass; the program is the key.

    `quantities` are the names of statements that an answer must define, the loss last; other
    statements are steps that an answer may leave out or add.
    """

    kind: ClassVar[Kind] = "forward"

    program: Program
    quantities: tuple[str, ...]


@dataclass(frozen=True)
class Shapes(Asked):
    """The shapes of `variables`, in the order in which they are asked; the program knows them."""

    kind: ClassVar[Kind] = "shapes"

    program: Program
    variables: tuple[str, ...]

    @property
    def key(self) -> dict[str, Shape]:
        """The right shape of each variable."""
        return {name: self.program.shapes[name] for name in self.variables}


@dataclass(frozen=True)
class Prerequisites(Asked):
    """The derivatives that the reverse pass must know before that of `target`.

    A derivative is named by what is differentiated for.  A whole variable in an answer stands for all
    of its entries.  `also_fine` may be listed without harm: the seed, constants, the target itself.
    """

    kind: ClassVar[Kind] = "prerequisites"

    program: Program
    target: Target
    required: tuple[Target, ...]
    also_fine: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Cache(Asked):
    """The values of the forward pass that the derivative of `target` needs.

    Each class of `required` is one need: the names of which any one will do, the reference's own name
    first (`("a3", "z3")`).  Two classes may share names.  An answer is complete when it lists a name of
    every class; it is redundant when it lists more names of the classes than there are classes.
    `free` may be listed or left out: parameters, labels, constants, dimensions.  Every other name is
    superfluous.
    """

    kind: ClassVar[Kind] = "cache"

    program: Program
    target: Target
    required: tuple[tuple[str, ...], ...]
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """One option of a choice; a wrong one may carry the slug of the misconception that leads to it.

    `comment` is what is said to a learner who chose it.
    """

    label: str
    text: str
    misconception: str | None = None
    comment: str = ""


@dataclass(frozen=True)
class Choice(Asked):
    """One of several options; `key` is the label of the right one.

    A conceptual question has no program.
    """

    kind: ClassVar[Kind] = "choice"

    program: Program | None
    options: tuple[Option, ...]
    key: str

    def __post_init__(self) -> None:
        labels = [option.label for option in self.options]
        if len(set(labels)) != len(labels):
            raise ValueError(f"question {self.id}: two options have the same label")
        if self.key not in labels:
            raise ValueError(f"question {self.id}: no option is labelled {self.key!r}")


Question: TypeAlias = Derivative | Forward | Shapes | Prerequisites | Cache | Choice


def public(question: Question) -> dict[str, Any]:
    """The learner's view: what is asked, and nothing from which the key could be read."""
    view: dict[str, Any] = {
        "id": question.id,
        "name": question.name,
        "kind": question.kind,
        "prompt": question.prompt,
    }
    if isinstance(question, Choice):
        view["options"] = [{"label": each.label, "text": each.text} for each in question.options]
    return view


KINDS: dict[str, type[Question]] = {each.kind: each for each in get_args(Question)}

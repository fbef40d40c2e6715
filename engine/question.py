"""What is asked of an exercise, together with its key: the contract between generator and grader.

    Question = Derivative | Forward | Shapes | Prerequisites | Cache | Choice | Step
             | Numeric | Bug

A question is self-contained: it travels as JSON to a grading worker that has nothing else.
`public` is the only view of it that a learner may see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal, TypeAlias

from engine.codec import program_from_json, program_to_json
from engine.errors import EngineError
from engine.expression import Expr
from engine.instance import Given, Instance
from engine.notation import Scope, parse_expr, show
from engine.program import Program, Target
from engine.shapes import Shape
from engine.updates import Rule, rule_from_json, rule_to_json

Kind: TypeAlias = Literal[
    "derivative",
    "forward",
    "shapes",
    "prerequisites",
    "cache",
    "choice",
    "step",
    "instance",
    "bug",
]
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
    shape of the target.  `upstream` is what a symbol such as dZ means: the derivative of the
    program's loss, or of one example's loss (without the 1/m of a mean).  `example_axis` is the
    axis that x^{(i)} selects along: 0 where examples are rows, 1 where they are columns, or none.
    """

    kind: ClassVar[Kind] = "derivative"

    program: Program
    target: Target
    reference: Expr
    admits_numerator_layout: bool = False
    upstream: Upstream = "loss"
    example_axis: int | None = None


@dataclass(frozen=True)
class Forward(Asked):
    """The equations of the forward pass; the program is the key.

    `quantities` are the names of statements that an answer must define, the loss last; other
    statements are steps that an answer may leave out or add.
    """

    kind: ClassVar[Kind] = "forward"

    program: Program
    quantities: tuple[str, ...]
    example_axis: int | None = None


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

    A derivative is named by what is differentiated for.  A whole variable in an answer stands for
    all of its entries.  `also_fine` may be listed without harm: derivatives known outright, and the
    target itself.
    """

    kind: ClassVar[Kind] = "prerequisites"

    program: Program
    target: Target
    required: tuple[Target, ...]
    also_fine: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Cache(Asked):
    """The values of the forward pass that the derivative of `target` needs.

    Each class of `required` is one need: the names of which any one will do, the reference's own
    first (`("a3", "z3")`).  Two classes may share names.  An answer is complete when it lists a
    name of every class; it is redundant when it lists more of their names than there are classes.
    `free` may be listed or left out: parameters, labels, constants, dimensions.  Every other name
    is superfluous.
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


@dataclass(frozen=True)
class Step(Asked):
    """The value of the parameter `target` after one step of gradient descent.

    `gradient` is the derivative of the loss; `rate` names the learning rate, which is one of the
    program's symbols, as are the names of `rule`, which is none for plain descent.
    """

    kind: ClassVar[Kind] = "step"

    program: Program
    target: Target
    gradient: Expr
    rate: str
    rule: Rule | None = None
    example_axis: int | None = None

    @property
    def parameter(self) -> Expr:
        """The parameter before the step."""
        return self.program.var(self.target.variable)

    @property
    def direction(self) -> Expr:
        """What the parameter is moved against: the gradient, or what the rule makes of it."""
        if self.rule is None:
            return self.gradient
        return self.rule.direction(self.program, self.parameter, self.gradient)

    @property
    def reference(self) -> Expr:
        """The new value: w - rate * direction."""
        rate: Expr = self.program.var(self.rate)
        return self.parameter - rate * self.direction


@dataclass(frozen=True)
class Numeric(Asked):
    """The value of a derivative at given numbers.

    With `digits`, it is to be rounded to so many digits after the point; without, it is a rational
    number and asked for exactly.
    """

    kind: ClassVar[Kind] = "instance"

    program: Program
    target: Target
    reference: Expr
    instance: Instance
    digits: int | None = None


@dataclass(frozen=True)
class Bug(Asked):
    """Which line of a derivation is wrong; the prompt shows the lines.

    `lines` are the variables that the lines differentiate for, `wrong` is the number of the wrong
    one, counted from 1, and `misconception` what leads to it.
    """

    kind: ClassVar[Kind] = "bug"

    program: Program
    lines: tuple[str, ...]
    wrong: int
    misconception: str
    example_axis: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.wrong <= len(self.lines):
            raise ValueError(f"question {self.id}: there is no line {self.wrong}")


Question: TypeAlias = (
    Derivative | Forward | Shapes | Prerequisites | Cache | Choice | Step | Numeric | Bug
)


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


FORMAT = "gradbook.question/1"


class QuestionError(EngineError):
    """JSON that is no question, or of a format that this version does not know."""


def question_to_json(question: Question) -> dict[str, Any]:
    """The full view, with the key; `question_from_json` reads it back."""
    return {
        "format": FORMAT,
        **_given(question),
        "program": program_to_json(question.program) if question.program else None,
        **CODECS[question.kind].encode(question),
    }


def question_from_json(stored: Mapping[str, Any]) -> Question:
    """The question that `question_to_json` wrote; raises QuestionError for anything else."""
    if stored.get("format") != FORMAT:
        raise QuestionError(f"expected a question of format {FORMAT}, not {stored.get('format')!r}")
    codec = CODECS.get(str(stored.get("kind")))
    if codec is None:
        raise QuestionError(f"no kind of question is called {stored.get('kind')!r}")
    try:
        program = program_from_json(stored["program"]) if stored["program"] else None
        if program is None and codec.kind is not Choice:
            raise QuestionError(f"question {stored.get('id')!r} has no program")
        head = {name: stored[name] for name in ("id", "name", "prompt")}
        return codec.kind(**head, program=program, **codec.decode(stored, program))
    except (KeyError, TypeError, ValueError) as problem:
        raise QuestionError(f"question {stored.get('id')!r}: {problem!r}") from problem


@dataclass(frozen=True)
class Codec:
    """How the key of one kind of question is written and read."""

    kind: Callable[..., Question]
    encode: Callable[[Any], dict[str, Any]]
    decode: Callable[[Mapping[str, Any], Any], dict[str, Any]]


def _given(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "name": question.name,
        "kind": question.kind,
        "prompt": question.prompt,
    }


def _target_to_json(target: Target) -> dict[str, Any]:
    return {"variable": target.variable, "entry": list(target.entry) if target.entry else None}


def _target_from_json(stored: Mapping[str, Any]) -> Target:
    entry = stored["entry"]
    return Target(stored["variable"], (entry[0], entry[1]) if entry else None)


def _derivative_to_json(question: Derivative) -> dict[str, Any]:
    return {
        "target": _target_to_json(question.target),
        "reference": show(question.reference, "text"),
        "admits_numerator_layout": question.admits_numerator_layout,
        "upstream": question.upstream,
        "example_axis": question.example_axis,
    }


def _derivative_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    return {
        "target": _target_from_json(stored["target"]),
        "reference": parse_expr(stored["reference"], Scope.of(program)),
        "admits_numerator_layout": stored["admits_numerator_layout"],
        "upstream": stored["upstream"],
        "example_axis": stored["example_axis"],
    }


def _prerequisites_to_json(question: Prerequisites) -> dict[str, Any]:
    return {
        "target": _target_to_json(question.target),
        "required": [_target_to_json(each) for each in question.required],
        "also_fine": [_target_to_json(each) for each in question.also_fine],
    }


def _prerequisites_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    return {
        "target": _target_from_json(stored["target"]),
        "required": tuple(_target_from_json(each) for each in stored["required"]),
        "also_fine": tuple(_target_from_json(each) for each in stored["also_fine"]),
    }


def _cache_to_json(question: Cache) -> dict[str, Any]:
    return {
        "target": _target_to_json(question.target),
        "required": [list(each) for each in question.required],
        "free": list(question.free),
    }


def _cache_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    return {
        "target": _target_from_json(stored["target"]),
        "required": tuple(tuple(each) for each in stored["required"]),
        "free": tuple(stored["free"]),
    }


def _choice_to_json(question: Choice) -> dict[str, Any]:
    return {"options": [asdict(option) for option in question.options], "key": question.key}


def _choice_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    options = tuple(Option(**option) for option in stored["options"])
    return {"options": options, "key": stored["key"]}


def _step_to_json(question: Step) -> dict[str, Any]:
    return {
        "target": _target_to_json(question.target),
        "gradient": show(question.gradient, "text"),
        "rate": question.rate,
        "rule": rule_to_json(question.rule),
        "example_axis": question.example_axis,
    }


def _stored_rule(stored: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rule of a stored step; once there was none but momentum."""
    momentum = stored.get("momentum")
    return {"kind": "momentum", **momentum} if momentum else stored.get("rule")


def _step_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    return {
        "target": _target_from_json(stored["target"]),
        "gradient": parse_expr(stored["gradient"], Scope.of(program)),
        "rate": stored["rate"],
        "rule": rule_from_json(_stored_rule(stored)),
        "example_axis": stored["example_axis"],
    }


def _numeric_to_json(question: Numeric) -> dict[str, Any]:
    return {
        "target": _target_to_json(question.target),
        "reference": show(question.reference, "text"),
        "sizes": dict(question.instance.sizes),
        "given": [
            {"name": each.name, "shape": list(each.shape), "entries": list(map(str, each.entries))}
            for each in question.instance.given
        ],
        "digits": question.digits,
    }


def _numeric_from_json(stored: Mapping[str, Any], program: Program) -> dict[str, Any]:
    given = tuple(
        Given(each["name"], tuple(each["shape"]), tuple(map(Fraction, each["entries"])))
        for each in stored["given"]
    )
    return {
        "target": _target_from_json(stored["target"]),
        "reference": parse_expr(stored["reference"], Scope.of(program)),
        "instance": Instance(tuple(sorted(stored["sizes"].items())), given),
        "digits": stored["digits"],
    }


CODECS: dict[str, Codec] = {
    "derivative": Codec(Derivative, _derivative_to_json, _derivative_from_json),
    "forward": Codec(
        Forward,
        lambda each: {"quantities": list(each.quantities), "example_axis": each.example_axis},
        lambda stored, program: {
            "quantities": tuple(stored["quantities"]),
            "example_axis": stored["example_axis"],
        },
    ),
    "shapes": Codec(
        Shapes,
        lambda each: {"variables": list(each.variables)},
        lambda stored, program: {"variables": tuple(stored["variables"])},
    ),
    "prerequisites": Codec(Prerequisites, _prerequisites_to_json, _prerequisites_from_json),
    "cache": Codec(Cache, _cache_to_json, _cache_from_json),
    "choice": Codec(Choice, _choice_to_json, _choice_from_json),
    "step": Codec(Step, _step_to_json, _step_from_json),
    "instance": Codec(Numeric, _numeric_to_json, _numeric_from_json),
    "bug": Codec(
        Bug,
        lambda each: {
            "lines": list(each.lines),
            "wrong": each.wrong,
            "misconception": each.misconception,
            "example_axis": each.example_axis,
        },
        lambda stored, program: {
            "lines": tuple(stored["lines"]),
            "wrong": stored["wrong"],
            "misconception": stored["misconception"],
            "example_axis": stored["example_axis"],
        },
    ),
}

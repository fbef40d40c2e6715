"""Verdicts: what the grader found, on what evidence, and what it says to the learner.

A verdict has two views: the full one, which is stored, and the public one, which holds no sample
point, no reference value and nothing else from which the key could be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from grader.errors import MalformedVerdict
from grader.version import GRADER_VERSION

FORMAT = "gradbook.verdict/1"
DRAWN = "drawn"  # of a witness: the points

Outcome: TypeAlias = Literal["correct", "partially_correct", "incorrect", "invalid", "needs_review"]


@dataclass(frozen=True)
class Proof:
    """Both sides are the same function; `text` says at which sizes that is proved."""

    kind: ClassVar[str] = "proof"
    text: str


@dataclass(frozen=True)
class Agreement:
    """Both sides agree at `points` sample points to `bits` bits."""

    kind: ClassVar[str] = "agreement"
    points: int
    bits: int

    @property
    def text(self) -> str:
        return f"agrees at {self.points} sample points to {self.bits} bits"


@dataclass(frozen=True)
class Refuted:
    """A sample point where the two sides certainly differ; `witness` is for instructors."""

    kind: ClassVar[str] = "refuted"
    text: str
    witness: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Misshapen:
    """Shapes that do not fit."""

    kind: ClassVar[str] = "shape"
    text: str


@dataclass(frozen=True)
class Exact:
    """A comparison of finite things: items, shapes, options."""

    kind: ClassVar[str] = "exact"
    text: str
    witness: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NoEvidence:
    """Nothing was compared."""

    kind: ClassVar[str] = "none"
    text: str = ""


Evidence: TypeAlias = Proof | Agreement | Refuted | Misshapen | Exact | NoEvidence


@dataclass(frozen=True)
class Diagnosis:
    """A misconception that explains a wrong answer, with its sentence filled in."""

    slug: str
    title: str
    feedback: str


@dataclass(frozen=True)
class Parsed:
    """How the answer was understood."""

    text: str
    latex: str


@dataclass(frozen=True)
class Verdict:
    """The result of grading one answer; `span` marks the place that the message is about.

    `drawn` holds the sample points of a verdict that rests on points, for instructors
    (`grader.points`); it is stored with the witness of the evidence.
    """

    outcome: Outcome
    reason: str
    message: str
    score: float = 0.0
    evidence: Evidence = NoEvidence()
    diagnosis: tuple[Diagnosis, ...] = ()
    parsed: Parsed | None = None
    span: tuple[int, int] | None = None
    grader: str = GRADER_VERSION
    drawn: Mapping[str, Any] | None = None


def correct(reason: str, message: str, evidence: Evidence, **more: Any) -> Verdict:
    """A verdict with full score."""
    return Verdict("correct", reason, message, 1.0, evidence, **more)


def incorrect(reason: str, message: str, evidence: Evidence, **more: Any) -> Verdict:
    """A verdict without score."""
    return Verdict("incorrect", reason, message, 0.0, evidence, **more)


def invalid(reason: str, message: str, span: tuple[int, int] | None = None, **more: Any) -> Verdict:
    """A verdict that costs the learner nothing."""
    return Verdict("invalid", reason, message, span=span, **more)


def graded(score: float, reason: str, message: str, evidence: Evidence, **more: Any) -> Verdict:
    """A verdict whose outcome follows from its score."""
    outcome: Outcome = (
        "correct" if score >= 1 else "partially_correct" if score > 0 else "incorrect"
    )
    return Verdict(outcome, reason, message, score, evidence, **more)


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The full view, as stored."""
    return {
        "format": FORMAT,
        "outcome": verdict.outcome,
        "score": verdict.score,
        "reason": verdict.reason,
        "message": verdict.message,
        "evidence": _with_points(_evidence_to_json(verdict.evidence), verdict.drawn),
        "diagnosis": [dict(vars(each)) for each in verdict.diagnosis],
        "parsed": dict(vars(verdict.parsed)) if verdict.parsed else None,
        "span": list(verdict.span) if verdict.span else None,
        "grader": verdict.grader,
    }


def public(verdict: Verdict) -> dict[str, Any]:
    """The learner's view: no witness."""
    view = to_json(verdict)
    view["evidence"] = {key: view["evidence"][key] for key in ("kind", "text")}
    return view


def from_json(document: Mapping[str, Any]) -> Verdict:
    """The verdict of a full view; raises MalformedVerdict for anything else."""
    if document.get("format") != FORMAT:
        raise MalformedVerdict(f"expected a document of format {FORMAT!r}")
    if document.get("outcome") not in get_args(Outcome):
        raise MalformedVerdict(f"no outcome is called {document.get('outcome')!r}")
    try:
        return _from_json(document)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedVerdict(f"not a verdict: {error}") from error


def _from_json(document: Mapping[str, Any]) -> Verdict:
    parsed, span = document["parsed"], document["span"]
    evidence, drawn = _without_points(document["evidence"])
    return Verdict(
        outcome=document["outcome"],
        reason=str(document["reason"]),
        message=str(document["message"]),
        score=float(document["score"]),
        evidence=_evidence_from_json(evidence),
        diagnosis=tuple(Diagnosis(**each) for each in document["diagnosis"]),
        parsed=Parsed(**parsed) if parsed else None,
        span=(int(span[0]), int(span[1])) if span else None,
        grader=str(document["grader"]),
        drawn=drawn,
    )


def _with_points(view: dict[str, Any], drawn: Mapping[str, Any] | None) -> dict[str, Any]:
    """The view of some evidence, with the points in its witness."""
    return view if drawn is None else {**view, "witness": {**view.get("witness", {}), DRAWN: drawn}}


def _without_points(view: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The view of evidence as it is without points, and the points."""
    witness = dict(view.get("witness") or {})
    drawn = witness.pop(DRAWN, None)
    return {**view, "witness": witness}, drawn


def _evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    view: dict[str, Any] = {"kind": evidence.kind, "text": evidence.text}
    match evidence:
        case Agreement(points=points, bits=bits):
            view["witness"] = {"points": points, "bits": bits}
        case Refuted(witness=witness) | Exact(witness=witness):
            view["witness"] = dict(witness)
    return view


def _evidence_from_json(view: Mapping[str, Any]) -> Evidence:
    text, witness = str(view["text"]), view.get("witness") or {}
    match view["kind"]:
        case "proof":
            return Proof(text)
        case "agreement":
            return Agreement(int(witness["points"]), int(witness["bits"]))
        case "refuted":
            return Refuted(text, dict(witness))
        case "shape":
            return Misshapen(text)
        case "exact":
            return Exact(text, dict(witness))
        case "none":
            return NoEvidence(text)
    raise MalformedVerdict(f"no evidence is called {view['kind']!r}")

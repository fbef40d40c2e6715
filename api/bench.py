"""`./gradbook bench`: how fast verdicts are, beside what could not be faster and what is usual.

Every row of a case is one answer with the outcome it must get.  A round grades each of them once:
the exercise is warm (a right and a wrong answer to it have been graded), the answer is new (what is
remembered of answers is forgotten before each round).  In a cold case the exercise is forgotten
as well, before every row.  The rows of compiling are exercises: a right answer and a wrong one that
no known mistake explains, which between them need all that is worked out for an exercise.

The floor is one evaluation in float64 of the answer and of the reference at the sample points.
`sympy.simplify` of their difference, entry by entry in the inputs, is tried on a few pairs, in a
process that is killed when it takes longer than its cap.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cached_property
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

from api.batches import bench as batches
from api.command import Arguments
from api.corpus import read_answers
from api.equal import outcome
from api.labelled import read_exercises
from api.process import ROOT
from engine.expression import Expr
from engine.notation import Read, show
from engine.numeric import Environment, constant
from engine.question import Derivative
from engine.shapes import Shape
from engine.symbolic.entrywise import small_sizes
from generator.bank import Bank
from grader.compiled import compiled
from grader.equality import equal, sides_of
from grader.grade import grade
from grader.memory import forget_answers, forget_exercises
from grader.points import points_of
from grader.reading import understood
from grader.settled import rest, settle

HERE = Path(__file__).parent
OWN = (HERE / "bench_answers.json", HERE / "bench_exercises.toml")
CORPUS = (ROOT / "tests/acceptance/answers.json", ROOT / "tests/acceptance/exercises.toml")
PAIRS = ROOT / "tests/acceptance/pairs.toml"
NETWORK = "net."
CAP = 3.0  # seconds for sympy.simplify on one pair
TIME_OUT = 1.0  # seconds for a verdict
COMPILINGS = 3  # rounds
RIGHT, WRONG, UNREADABLE = "correct", "incorrect", "invalid"

MALFORMED = (
    "(a - y", "a - y) x", "(a - y) x +", "* x", "a -- * y", "(a - q) x",
    "x @ @ y", "\\frac{a}{", "a^", "sigmoid(", "sigmoid()", "(a - y)(", "[a - y x", "log", "a = ",
    "= a", "sum_{i=1}^{m", "a - y : x", "x..y", "x_{", "a ? y", "grad(L, w)",
    "the sum of all x", "(((((((((a", "a - y; x +", "\\sigma'", "dL/dw",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """An answer to a question, with the outcomes it may get."""

    question: Derivative
    text: str
    wanted: tuple[str, ...]

    @property
    def label(self) -> str:
        """How a complaint calls it."""
        return f"{self.question.id} {self.text!r}"

    def outcome(self) -> str:
        """What is measured."""
        return grade(self.question, self.text).outcome

    def sides(self) -> tuple[Expr, Expr] | None:
        """The answer and the reference, where they are two expressions of one shape."""
        reading = understood(self.text, compiled(self.question).scope)
        reference = self.question.reference
        if not isinstance(reading, Read) or reading.expr.shape != reference.shape:
            return None
        return reading.expr, reference

    def environments(self) -> tuple[Environment, ...]:
        """Where the floor is evaluated: at the sample points."""
        return points_of(self.question.program).environments(self.question.program)

    def inlined(self, side: Expr) -> tuple[Expr, Mapping[str, Shape], Mapping[str, int]]:
        """A side in terms of the inputs, their shapes, and small sizes."""
        program = self.question.program
        shapes = {symbol.name: symbol.shape for symbol in program.symbols}
        return program.inlined(side), shapes, small_sizes(program)


@dataclass(frozen=True)
class Pair:
    """Two plain expressions, with the word that `./gradbook equal` must say."""

    left: str
    right: str
    positive: frozenset[str]
    wanted: tuple[str, ...]

    @property
    def label(self) -> str:
        """How a complaint calls it."""
        given = f" for positive {', '.join(sorted(self.positive))}" if self.positive else ""
        return f"{self.left!r} against {self.right!r}{given}"

    def outcome(self) -> str:
        """What is measured."""
        return outcome(equal(self.left, self.right, self.positive))

    def sides(self) -> tuple[Expr, Expr] | None:
        """Both expressions, where both can be read."""
        return sides_of(self.left, self.right)

    def environments(self) -> tuple[Environment, ...]:
        """Where the floor is evaluated: at one point."""
        pair = self.sides() or ()
        names = frozenset().union(*(side.names for side in pair))
        return (Environment({name: constant(Fraction(11, 8)) for name in names}, {}),)

    def inlined(self, side: Expr) -> tuple[Expr, Mapping[str, Shape], Mapping[str, int]]:
        """A side, and its variables as scalars."""
        return side, dict.fromkeys(side.names, ()), {}


@dataclass(frozen=True)
class Compiling:
    """An exercise, for all that is worked out for it: points, values, fingerprints, pairs."""

    question: Derivative
    wanted: tuple[str, ...] = (f"{RIGHT}, {WRONG}",)

    @property
    def label(self) -> str:
        """How a complaint calls it."""
        return self.question.id

    @cached_property
    def texts(self) -> tuple[str, str]:
        """The key, and what nobody answers: every look-up for it fails."""
        key = show(self.question.reference, "text")
        return key, f"{key} + log(2)"

    def outcome(self) -> str:
        """What is measured."""
        return ", ".join(grade(self.question, text).outcome for text in self.texts)


Sided: TypeAlias = Answer | Pair
Row: TypeAlias = Sided | Compiling


@dataclass(frozen=True)
class Case:
    """Rows that are measured together; in a cold one every exercise is met for the first time."""

    name: str
    rows: tuple[Row, ...]
    cold: bool = False
    beside: bool = True  # whether there are two sides to evaluate and to simplify

    @property
    def sided(self) -> tuple[Sided, ...]:
        """The rows, where there are two sides."""
        return tuple(row for row in self.rows if not isinstance(row, Compiling))


@dataclass(frozen=True)
class Round:
    """The seconds of each verdict of one round, and what was wrong."""

    seconds: tuple[float, ...]
    faults: tuple[str, ...]


@dataclass
class Figures:
    """One line of the table; times in milliseconds, ratios of whole runs."""

    case: str
    answers: int
    per_second: float
    median: float
    p95: float
    p99: float
    maximum: float
    slowest: float  # of the rows, each by the median of its rounds
    floor: float | None = None
    over_floor: float | None = None
    simplify: float | None = None
    simplify_over_ours: float | None = None
    simplify_pairs: int = 0
    simplify_capped: int = 0
    faults: list[str] = field(default_factory=list)


# the rows


def cases() -> tuple[Case, ...]:
    """Everything that is measured."""
    own, corpus = labelled(*OWN), labelled(*CORPUS)
    network = tuple(row for row in own if row.question.id.startswith(NETWORK))
    first = corpus[0].question
    malformed = tuple(Answer(first, text, (UNREADABLE,)) for text in MALFORMED)
    return (
        Case("scalar pairs", pairs()),
        Case("scalar derivatives", tuple(row for row in own if row not in network)),
        Case("published corpus", corpus),
        Case("2-2-1 network, wrong", network),
        Case("malformed", malformed, beside=False),
        Case("corpus, cold exercise", corpus, cold=True, beside=False),
    )


def compiling() -> tuple[Case, ...]:
    """The exercises of the corpus and one of every template in the bank, met for the first time."""
    rows = (*labelled(*OWN), *labelled(*CORPUS))
    corpus = {row.question.id: Compiling(row.question) for row in rows}
    bank = Bank.load()
    made = (bank.exercise(template.slug, 0) for template in bank.templates)
    asked = (question for exercise in made for question in exercise.questions)
    shipped = tuple(Compiling(each) for each in asked if isinstance(each, Derivative))
    return (
        Case("compiling, corpus", tuple(corpus.values()), cold=True, beside=False),
        Case("compiling, bank", shipped, cold=True, beside=False),
    )


def pairs() -> tuple[Pair, ...]:
    """The labelled pairs of plain expressions that can be read."""
    rows = tomllib.loads(PAIRS.read_text(encoding="utf-8"))["pairs"]
    return tuple(
        Pair(left, right, frozenset(positive), (word,))
        for left, right, word, *positive in rows
        if word != UNREADABLE
    )


def labelled(answers: Path, exercises: Path) -> tuple[Answer, ...]:
    """The rows of a file of labelled answers; one with a note may be asked back."""
    questions = read_exercises(exercises)
    return tuple(
        Answer(questions[each.exercise], each.answer, _wanted(each.correct, bool(each.note)))
        for each in read_answers(answers, questions)
    )


def _wanted(correct: bool, noted: bool) -> tuple[str, ...]:
    return (RIGHT if correct else WRONG, *((UNREADABLE,) if noted else ()))


# our own time


def warmed(rows: Sequence[Row]) -> None:
    """Has every exercise seen its key and wrong answers, none of them among the rows."""
    answers = [row for row in rows if isinstance(row, Answer)]
    equal("x + 1", "1 + x")
    for question in {row.question.id: row.question for row in answers}.values():
        key = show(question.reference, "text")
        for text in (key, f"{key} + 1/7", f"1.0 ({key}) log(2)"):
            grade(question, text)


def measured(case: Case, rounds: int) -> tuple[Round, ...]:
    """The rounds of one case."""
    forget_exercises()
    if not case.cold:
        warmed(case.rows)
    settle()
    return tuple(_round(case) for _ in range(rounds))


def _round(case: Case) -> Round:
    forget_answers()
    timed = [_timed(row, case.cold) for row in case.rows]
    return Round(
        tuple(seconds for seconds, _ in timed), tuple(fault for _, fault in timed if fault)
    )


def _timed(row: Row, cold: bool) -> tuple[float, str]:
    """The seconds a verdict took, and what is wrong with it."""
    if cold:
        forget_answers()
        forget_exercises()
    rest()  # as a grading process does between two answers
    started = perf_counter()
    found = row.outcome()
    seconds = perf_counter() - started
    if found not in row.wanted:
        return seconds, f"{row.label}: {found}, expected {' or '.join(row.wanted)}"
    return seconds, f"{row.label}: {seconds:.1f} s" if seconds > TIME_OUT else ""


# what it is held against


def floor(row: Sided) -> float | None:
    """The seconds of one float64 evaluation of both sides."""
    pair = row.sides()
    if pair is None:
        return None
    environments = row.environments()
    started = perf_counter()
    for env in environments:
        for side in pair:
            env.evaluate(side)
    return perf_counter() - started


class Simplifier:
    """`sympy.simplify` in a process of its own, replaced by a new one when it has to be killed."""

    def __init__(self, cap: float) -> None:
        self.cap = cap
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=simplify_on_request, args=(other,), daemon=True)
        self._process.start()
        self._pipe.recv()  # SymPy is imported, the rows are read

    def seconds(self, case: int, row: int) -> float | None:
        """The seconds that a row's difference took; None where that was more than the cap."""
        self._pipe.send((case, row))
        if self._pipe.poll(self.cap):
            taken: float = self._pipe.recv()
            return taken
        self.stop()
        self._start()
        return None

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()


def simplify_on_request(pipe: Connection) -> None:
    """Answers (case, row) with the seconds of SymPy's simplification, for ever."""
    from engine.symbolic.oracle import simplified_difference

    known = cases()
    pipe.send("ready")
    while True:
        case, number = pipe.recv()
        row = known[case].sided[number]
        left, right = (row.inlined(side) for side in row.sides() or ())
        started = perf_counter()
        simplified_difference(left[0], right[0], {**left[1], **right[1]}, left[2])
        pipe.send(perf_counter() - started)


def spread(rows: Sequence[Sided], count: int) -> list[int]:
    """The numbers of up to `count` rows with two sides, evenly spread."""
    usable = [number for number, row in enumerate(rows) if row.sides() is not None]
    step = max(1, len(usable) // count)
    return usable[::step][:count]


# the table


def figures(case: Case, rounds: Sequence[Round]) -> Figures:
    """The line of a case without what it is held against."""
    pooled = sorted(1000 * seconds for each in rounds for seconds in each.seconds)
    whole = statistics.median(sum(each.seconds) for each in rounds)
    return Figures(
        case.name,
        len(case.rows),
        len(case.rows) / whole,
        statistics.median(pooled),
        quantile(pooled, 0.95),
        quantile(pooled, 0.99),
        pooled[-1],
        max(
            1000 * statistics.median(each)
            for each in zip(*(r.seconds for r in rounds), strict=True)
        ),
        faults=sorted({fault for each in rounds for fault in each.faults}),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that at least `share` of them do not exceed."""
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def add_floor(line: Figures, case: Case, rounds: Sequence[Round]) -> None:
    """Holds the whole run against the floor's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # float64 outside of a domain
        floors = [floor(row) for row in case.sided]
    known = [seconds for seconds in floors if seconds is not None]
    ours = statistics.median(
        sum(s for s, f in zip(each.seconds, floors, strict=True) if f is not None)
        for each in rounds
    )
    line.floor, line.over_floor = 1000 * statistics.median(known), ours / sum(known)


def add_simplify(line: Figures, number: int, case: Case, rounds: Sequence[Round], few: int) -> None:
    """Holds a few rows against SymPy; a pair that ran into the cap counts as the cap."""
    chosen = spread(case.sided, few)
    simplifier = Simplifier(CAP)
    taken = [simplifier.seconds(number, row) for row in chosen]
    simplifier.stop()
    ours = sum(statistics.median(each.seconds[row] for each in rounds) for row in chosen)
    seconds = [CAP if each is None else each for each in taken]
    line.simplify, line.simplify_over_ours = 1000 * statistics.median(seconds), sum(seconds) / ours
    line.simplify_pairs, line.simplify_capped = len(taken), taken.count(None)


def process_figures() -> dict[str, float]:
    """What a grading process needs: seconds to import, megabytes at most."""
    script = (
        "import time; start = time.perf_counter(); import grader.grade;"
        " print(time.perf_counter() - start)"
    )
    taken = [
        float(subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout)
        for _ in range(3)
    ]  # fmt: skip
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"import_seconds": statistics.median(taken), "peak_megabytes": largest}


COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("answers", "answers", "d"),
    ("verdicts/s", "per_second", ".0f"),
    ("median", "median", ".2f"),
    ("95 %", "p95", ".2f"),
    ("99 %", "p99", ".2f"),
    ("max", "maximum", ".2f"),
    ("slowest row", "slowest", ".2f"),
    ("floor", "floor", ".3f"),
    ("/floor", "over_floor", ".1f"),
    ("simplify", "simplify", ".0f"),
    ("simplify/ours", "simplify_over_ours", ".0f"),
)


def table(lines: Sequence[Figures], process: Mapping[str, float]) -> Iterator[str]:
    """The printed table; times in milliseconds."""
    yield f"{'milliseconds':<22}" + "".join(f"{title:>14}" for title, _, _ in COLUMNS)
    for line in lines:
        values = [(getattr(line, name), form) for _, name, form in COLUMNS]
        cells = [f"{'' if value is None else format(value, form):>14}" for value, form in values]
        yield f"{line.case:<22}" + "".join(cells)
    pairs = sum(line.simplify_pairs for line in lines)
    capped = sum(line.simplify_capped for line in lines)
    yield f"sympy.simplify: {capped} of {pairs} pairs ran into the cap of {CAP:.0f} s"
    yield (
        f"grader: import {process['import_seconds']:.2f} s,"
        f" this process at most {process['peak_megabytes']:.0f} MB"
    )
    faults = [fault for line in lines for fault in line.faults]
    yield from faults
    yield f"bench: {len(faults)} wrong verdicts or time-outs"


def run(rounds: int, few: int) -> Iterator[Figures]:
    """The line of every case; compiling is measured in a few rounds."""
    for number, case in enumerate(cases()):
        done = measured(case, rounds)
        line = figures(case, done)
        if case.beside:
            add_floor(line, case, done)
            add_simplify(line, number, case, done, few)
        yield line
    for case in compiling():
        yield figures(case, measured(case, min(rounds, COMPILINGS)))


@contextmanager
def pinned() -> Iterator[None]:
    """Everything inside runs on one processor, where the system can be asked for that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def main(words: Sequence[str]) -> int:
    """Prints the table; 1 for any wrong verdict or time-out, else 0."""
    options = Arguments("bench", "Measure verdicts; check every one against its label.")
    options.add_argument("--quick", action="store_true", help="fewer rounds, fewer pairs for SymPy")
    options.add_argument("--json", action="store_true", help="print the figures as JSON")
    options.add_argument("--batches", action="store_true", help="measure batches instead")
    given = options.read(words)
    if given.batches:
        return batches.run(*((68, 4) if given.quick else (1000, 100)))
    with pinned():
        lines = list(run(2 if given.quick else 7, 4 if given.quick else 12))
    process = process_figures()
    print(as_json(lines, process) if given.json else "\n".join(table(lines, process)))
    return 1 if any(line.faults for line in lines) else 0


def as_json(lines: Sequence[Figures], process: Mapping[str, float]) -> str:
    """The figures for machines."""
    document: dict[str, Any] = {
        "format": "gradbook.bench/1",
        "cases": [asdict(line) for line in lines],
        "process": dict(process),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)

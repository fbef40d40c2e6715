"""Texts of every kind through the whole of grading: `python -m tests.fuzz.answers --count 200000`.

No text may raise, take longer than LIMIT of processor time, or leave memory behind.  A text is a
function of the seed and its number, so every find is reproduced by the lines that are printed.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from time import thread_time
from types import ModuleType

from engine.question import Question
from grader import explain, ladder
from grader.grade import grade
from grader.memory import Remembered
from tests.engine.notation import noise
from tests.grader.answers_of import RIGHT_TEXTS
from tests.grader.exercises import asked, exercise

LIMIT = 100.0  # milliseconds of processor time
SLOWEST = 5  # are reported
DERIVATIVES = tuple(RIGHT_TEXTS)
OTHERS = {
    "S1.forward": "z = w^T x + b\na = sigmoid(z)\nL = -(y log(a) + (1 - y) log(1 - a))",
    "S3.forward": "z1 = W1 x + b1; a1 = sigmoid(z1); z2 = W2 a1 + b2; a2 = σ(z2); L = a2 - y",
    "S2.shapes": "X: (n, m), w ∈ R^{n×1}, b and z scalar, J = 1",
    "S5.shape": "(n, 1)",
    "S3.before": "dL/da3, dL/dz3, dL/da2_1, dL/da2_2, dL/dz2_1 and ∂L/∂z2_2",
    "S3.cache": "a3, y, W3, W2, a2 (because of the chain rule)",
    "W0.kind": "B",
}
ANSWERS_JSON = Path(__file__).parent.parent / "grader" / "answers.json"


@dataclass(frozen=True)
class Sample:
    """One text for one question; `exercise` is its name in tests.grader.exercises."""

    number: int
    exercise: str
    text: str

    @property
    def question(self) -> Question:
        return asked(self.exercise) if self.exercise in OTHERS else exercise(self.exercise)

    @property
    def reproduction(self) -> str:
        """Lines that grade this text again."""
        source = "asked" if self.exercise in OTHERS else "exercise"
        return (
            f"from grader.grade import grade; from tests.grader.exercises import {source}\n"
            f"grade({source}({self.exercise!r}), {self.text!r})"
        )


@dataclass
class Report:
    """What came of a run; times in milliseconds, memory in megabytes."""

    count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, Sample]] = field(default_factory=list)
    total: float = 0.0
    faults: list[tuple[Sample, str]] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # at the start and after every quarter

    @property
    def good(self) -> bool:
        return not self.faults and all(taken <= LIMIT for taken, _ in self.slowest)

    def timed(self, taken: float, sample: Sample) -> None:
        self.total += taken
        self.slowest = sorted([*self.slowest, (taken, sample)], key=lambda row: -row[0])[:SLOWEST]

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{self.count} texts, {self.total / max(self.count, 1):.3f} ms each"
        yield ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common())
        yield f"memory in MB: {' '.join(f'{each:.0f}' for each in self.memory)}"
        for taken, sample in self.slowest:
            yield f"\n{taken:.1f} ms: number {sample.number}\n{sample.reproduction}"
        for sample, trace in self.faults:
            yield f"\nFAULT: number {sample.number}\n{sample.reproduction}\n{trace}"


@cache
def seeds_of(name: str) -> tuple[str, ...]:
    """Right and wrong answers to one exercise, to be damaged."""
    if name in OTHERS:
        return (OTHERS[name],)
    rows = json.loads(ANSWERS_JSON.read_text(encoding="utf-8"))
    own = [row["answer"] for row in rows if row["exercise"] == name]
    return (RIGHT_TEXTS[name], *own)


def sample(seed: int, number: int) -> Sample:
    """The text with this number."""
    random = Random(f"{seed}/{number}")
    name = random.choice((*DERIVATIVES, *DERIVATIVES, *OTHERS))
    kinds = (noise.raw, noise.binary, noise.soup, *[damaged_answer(name)] * 5)
    return Sample(number, name, random.choice(kinds)(random))


def damaged_answer(name: str) -> Callable[[Random], str]:
    """Right and wrong answers to `name`: damaged, spliced together, or repeated."""

    def text(random: Random) -> str:
        answers = seeds_of(name)
        whole = random.choice(answers)
        match random.randrange(4):
            case 0:
                other = random.choice(answers)
                glue = random.choice(("+", "-", "*", " ", "@", "=", "\n", ";", " where s = ", "^"))
                whole = f"({whole}){glue}({other})"
            case 1:
                whole = random.choice("+*- ").join([f"({whole})"] * random.randint(1, 12))
        return noise.damaged(random, whole) if random.random() < 0.8 else whole

    return text


def forget() -> None:
    """Empties what grading remembers of answers."""
    modules: tuple[ModuleType, ...] = (ladder, explain)
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Remembered):
                value.forget()


def milliseconds(question: Question, text: str) -> tuple[float, str]:
    """The processor time of grading, and the outcome."""
    start = thread_time()
    outcome = grade(question, text).outcome
    return (thread_time() - start) * 1000, outcome


def warm_up() -> None:
    """Does what is done once for each question, so that single verdicts can be timed."""
    for name in DERIVATIVES:
        for text in (*seeds_of(name), "1", "x + W1 @ W2", "X (a - y) + x x"):
            grade(exercise(name), text)
    for name in OTHERS:
        grade(asked(name), OTHERS[name])
    gc.collect()
    gc.freeze()


def run(count: int, seed: int, first: int = 0) -> Report:
    """Grades `count` texts."""
    warm_up()
    report = Report(count)
    for number in range(count):
        if number % max(count // 4, 1) == 0:
            report.memory.append(megabytes())
        tried(report, sample(seed, first + number))
    gc.collect()
    report.memory.append(megabytes())
    gc.unfreeze()
    return report


def tried(report: Report, each: Sample) -> None:
    """Grades one text; one that takes long is timed again, for the machine has other work."""
    try:
        taken, outcome = milliseconds(each.question, each.text)
        if taken > LIMIT / 2:
            forget()
            taken = min(taken, milliseconds(each.question, each.text)[0])
    except Exception:  # whatever a text brings about is what is looked for
        report.faults.append((each, traceback.format_exc(limit=-6)))
        return
    report.outcomes[outcome] += 1
    report.timed(taken, each)


def megabytes() -> float:
    """The memory this process holds now, or held at most where that is not known."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> int:
    """0 where every text was graded, in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first text")
    options = parser.parse_args()
    report = run(options.count, options.seed, options.first)
    print(*report.lines(), sep="\n")
    return 0 if report.good else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Texts of every kind through the whole of grading: `python -m tests.fuzz.answers --count 200000`.

No text may raise, take longer than LIMIT of processor time, or leave memory behind.  A text is a
function of the seed and its number, so every find is reproduced by the lines that are printed.
"""

from __future__ import annotations

import argparse
import gc
import re
import resource
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter, thread_time

from engine.question import Derivative, Question
from grader.grade import grade
from grader.memory import forget_answers
from tests.engine.notation import noise
from tests.fuzz.questions import DERIVATIVES, NAMES, OTHERS, answers_to, question

LIMIT = 100.0  # milliseconds of processor time
SLOWEST = 5  # are reported
READINGS = 16  # of the memory, in a run
GROWTH = 4.0  # megabytes by which memory may grow in the second half of a run
SETTLED = 100_000  # texts; in a shorter run the caches are still filling
WORD = re.compile(r"(?P<number>\d+(?:\.\d+)?)|(?P<name>\\?[^\W\d_]\w*)|(?P<sign>[-+*/@])")
NUMBERS = ("0", "1", "2", "3", "0.5", "1/2", "1e-3", "10")
SIGNS = ("+", "-", "*", "/", "@")
NAME = re.compile(r"[^\W\d_]\w*")


@dataclass(frozen=True)
class Sample:
    """One text for the question called `name`, and what was answered to earlier ones."""

    number: int
    name: str
    text: str
    earlier: Mapping[str, str] = field(default_factory=dict)

    @property
    def question(self) -> Question:
        return question(self.name)

    @property
    def reproduction(self) -> str:
        """Lines that grade this text again."""
        more = f", earlier={dict(self.earlier)!r}" if self.earlier else ""
        return (
            "from grader.grade import grade; from tests.fuzz.questions import question\n"
            f"grade(question({self.name!r}), {self.text!r}{more})"
        )


@dataclass(frozen=True)
class Time:
    """Milliseconds of the processor, and on the wall, that one verdict took."""

    processor: float
    wall: float


@dataclass
class Report:
    """What came of a run; memory in megabytes, READINGS + 1 times at equal distances."""

    count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[Time, Sample]] = field(default_factory=list)
    total: float = 0.0
    faults: list[tuple[Sample, str]] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.faults and not self.late and self.flat

    @property
    def late(self) -> bool:
        """Whether a verdict took too long."""
        return any(time.processor > LIMIT for time, _ in self.slowest)

    @property
    def growth(self) -> float:
        """The megabytes that memory grew by in the second half."""
        return max(self.memory[-READINGS // 4 :]) - max(self.memory[: READINGS // 2 + 1])

    @property
    def flat(self) -> bool:
        """Whether memory has stopped growing; a short run says nothing of it."""
        return self.count < SETTLED or self.growth <= GROWTH

    def timed(self, time: Time, sample: Sample) -> None:
        self.total += time.processor
        ranked = sorted([*self.slowest, (time, sample)], key=lambda row: -row[0].processor)
        self.slowest = ranked[:SLOWEST]

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{self.count} texts, {self.total / max(self.count, 1):.3f} ms each"
        for counted in (self.outcomes, self.kinds):
            yield ", ".join(f"{name} {count}" for name, count in counted.most_common())
        yield f"memory in MB: {' '.join(f'{each:.0f}' for each in self.memory)}"
        yield f"growth in the second half: {self.growth:.1f} MB"
        for time, sample in self.slowest:
            took = f"{time.processor:.1f} ms of the processor, {time.wall:.1f} ms"
            yield f"\n{took}: number {sample.number}\n{sample.reproduction}"
        for sample, trace in self.faults:
            yield f"\nFAULT: number {sample.number}\n{sample.reproduction}\n{trace}"


# texts


def sample(seed: int, number: int) -> Sample:
    """The text with this number."""
    random = Random(f"{seed}/{number}")
    name = random.choice((*DERIVATIVES, *NAMES))
    kinds = (noise.raw, noise.binary, noise.soup, *[_spoiled(name)] * 4, *[_varied(name)] * 4)
    text = random.choice(kinds)(random)
    return Sample(number, name, text, _earlier(name, random))


def _spoiled(name: str) -> Callable[[Random], str]:
    """Right and wrong answers: damaged, spliced together, or repeated."""

    def text(random: Random) -> str:
        answers = answers_to(name)
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


def _varied(name: str) -> Callable[[Random], str]:
    """Right and wrong answers with other names, numbers and signs: most of them can be read."""

    def text(random: Random) -> str:
        answers = answers_to(name)
        names = sorted({found for answer in answers for found in NAME.findall(answer)}) or ["x"]
        share = random.random() / 2
        pools = {"number": NUMBERS, "name": names, "sign": SIGNS}

        def other(found: re.Match[str]) -> str:
            pool: Sequence[str] = pools[str(found.lastgroup)]
            return random.choice(pool) if random.random() < share else found[0]

        return WORD.sub(other, random.choice(answers))

    return text


def _earlier(name: str, random: Random) -> Mapping[str, str]:
    """Now and then an answer to an earlier question, to be carried forward."""
    asked = question(name)
    if not isinstance(asked, Derivative) or random.random() < 0.9:
        return {}
    about = random.choice([statement.name for statement in asked.program.statements])
    return {about: _varied(name)(random)}


# runs


def graded(sample: Sample) -> tuple[Time, str]:
    """How long grading took, and the outcome."""
    processor, wall = thread_time(), perf_counter()
    outcome = grade(sample.question, sample.text, earlier=sample.earlier).outcome
    return Time((thread_time() - processor) * 1000, (perf_counter() - wall) * 1000), outcome


def warm_up() -> None:
    """Does what is done once for each question, so that single verdicts can be timed."""
    for name in NAMES:
        more = () if name in OTHERS else ("1", "x + W1 @ W2", "X (a - y) + x x")
        for text in (*answers_to(name), *more):
            grade(question(name), text)
    gc.collect()
    gc.freeze()


def run(count: int, seed: int, first: int = 0) -> Report:
    """Grades `count` texts."""
    warm_up()
    report = Report(count)
    for number in range(count):
        if number * READINGS // count >= len(report.memory):
            report.memory.append(megabytes())
        tried(report, sample(seed, first + number))
    report.memory.append(megabytes())
    gc.unfreeze()
    return report


def tried(report: Report, each: Sample) -> None:
    """Grades one text; one that takes too long is timed again, for the machine has other work."""
    try:
        time, outcome = graded(each)
        if time.processor > LIMIT:
            forget_answers()
            time = min(time, graded(each)[0], key=lambda taken: taken.processor)
    except Exception:  # whatever a text brings about is what is looked for
        report.faults.append((each, traceback.format_exc(limit=-6)))
        return
    report.outcomes[outcome] += 1
    report.kinds[each.question.kind] += 1
    report.timed(time, each)


def megabytes() -> float:
    """The memory this process holds now, or held at most where that is not known."""
    gc.collect()
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> int:
    """0 where every text was graded, in time, and memory stayed flat."""
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

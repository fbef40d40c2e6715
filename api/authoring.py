"""`./gradbook template`: an instructor's own template, begun and checked.

A template is right when its file can be read, every exercise that is made of it holds before an
independent certificate, and a person finds the one that is printed worth asking.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.command import Arguments, CommandFailed, Misuse, unknown_word, whole_number
from engine.errors import EngineError
from generator.bank import SHIPPED, Bank
from generator.census import Count, count
from generator.certificate import certify
from generator.errors import GeneratorError
from generator.exercise import Exercise, make_exercise
from generator.sheets import text
from generator.sheets.sheet import Sheet
from generator.slots import combinations
from generator.template import SLUG, Template
from grader.grade import grade

STARTING_POINT = Path(__file__).with_name("starting_point.toml")
PLACEHOLDER = "SLUG"
SEEDS, MOST_SEEDS = 20, 10_000
COUNTED = 10_000  # choices of slots that are counted while somebody waits

HELP = """usage: ./gradbook template COMMAND [OPTION ...]

  new SLUG    write a commented template to start from, as SLUG.toml
  check FILE  read a template, certify its first exercises, print one with its solution

'./gradbook template COMMAND --help' says what each takes; the format of templates is described in
generator/templates/README.md."""


def main(words: Sequence[str]) -> int:
    """Runs `new` or `check`; prints what there is where neither is asked for."""
    first, rest = (words[0], words[1:]) if words else ("--help", ())
    if first in ("-h", "--help", "help"):
        print(HELP)
        return 0 if words else 2
    if first not in ACTIONS:
        complaint = unknown_word(first, [*ACTIONS, "help", "--help"])
        raise Misuse(f"{complaint}; './gradbook template --help' lists the commands.")
    return ACTIONS[first](rest)


# new


def new(words: Sequence[str]) -> int:
    """Writes a template to start from; refuses to write over a file."""
    options = Arguments("template new", "Write a commented template to start from.")
    options.add_argument("slug", help="its name, in lower case with hyphens: one-neuron")
    options.add_argument("--out", type=Path, metavar="FILE", help="SLUG.toml unless given")
    given = options.read(words)
    path = given.out or Path(f"{given.slug}.toml")
    _check_slug(given.slug)
    _write_new(path, STARTING_POINT.read_text(encoding="utf-8").replace(PLACEHOLDER, given.slug))
    print(f"{path} is written; './gradbook template check {path}' says whether it holds.")
    return 0


def _check_slug(slug: str) -> None:
    """Nothing; CommandFailed for a slug that no new template can have."""
    if not SLUG.match(slug):
        raise CommandFailed(f"{slug!r} is not lower case with hyphens, such as one-neuron.")
    if slug in Bank.load().by_slug:
        raise CommandFailed(f"{slug!r} is taken by a template of the bank; choose another name.")


def _write_new(path: Path, content: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise CommandFailed(f"{path} exists; nothing was written over.") from None
    except OSError as problem:
        raise CommandFailed(f"{path} cannot be written: {problem.strerror}.") from None


# check


@dataclass(frozen=True)
class Trial:
    """What came of one seed: its exercise, how many checks were made of it, and problems."""

    name: str
    exercise: Exercise | None
    checks: int
    problems: tuple[str, ...]


def check(words: Sequence[str]) -> int:
    """Prints whether a template holds, and one of its exercises; 0 if it does, else 1."""
    options = Arguments(
        "template check",
        "Read a template, certify its first exercises, and print one with its worked solution.",
    )
    options.add_argument("file", type=Path, help="the template, a TOML file")
    options.add_argument(
        "--seeds", type=partial(whole_number, 1, MOST_SEEDS), default=SEEDS, metavar="N",
        help=f"how many exercises to certify, {SEEDS} unless given",
    )  # fmt: skip
    options.add_argument(
        "--seed", type=partial(whole_number, 0, 10**9), default=0, metavar="S",
        help="the exercise to print; 0, the first values of all slots, unless given",
    )  # fmt: skip
    options.add_argument("--quiet", action="store_true", help="print no exercise")
    given = options.read(words)
    template = _own(given.file)
    trials = [_told(_trial(template, seed)) for seed in range(given.seeds)]
    print("\n".join([*_problems(trials), *_summary(template, trials)]))
    sound = not any(trial.problems for trial in trials)
    if not given.quiet:
        sound = _shown(template, given.seed) and sound
    return 0 if sound else 1


def _own(path: Path) -> Template:
    """The template in a file; CommandFailed, with file, key and line, where it is none."""
    try:
        template = Template.load(path)
        shipped = Bank.load().by_slug.get(template.slug)
        if shipped is not None and path.resolve().parent != SHIPPED:
            raise template.top.error("slug", f"{template.slug!r} is a template of the bank already")
    except GeneratorError as error:
        raise CommandFailed(str(error)) from None
    return template


def _trial(template: Template, seed: int) -> Trial:
    """The certificate's findings about one seed, or why there is no exercise."""
    name = f"{template.label}:{seed}"
    try:
        exercise = make_exercise(template, seed)
        certificate = certify(exercise, grade)
    except (GeneratorError, EngineError) as problem:
        return Trial(name, None, 0, (str(problem),))
    checks = sum(each.count for each in certificate.checks)
    return Trial(name, exercise, checks, certificate.problems)


def _told(trial: Trial) -> Trial:
    """The trial; a mark of it for somebody who waits before a terminal."""
    if sys.stderr.isatty():
        print("x" if trial.problems else ".", end="", file=sys.stderr, flush=True)
    return trial


def _problems(trials: Sequence[Trial]) -> Iterator[str]:
    """A line for every problem, with the exercises in which it was met."""
    met: dict[str, list[Trial]] = {}
    for trial in trials:
        for problem in trial.problems:
            met.setdefault(problem, []).append(trial)
    for problem, where in met.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        slots = f" {_spoken(where[0].exercise)}" if where[0].exercise else ""
        yield f"{where[0].name}{slots}{more}: " + problem.replace("\n", "\n    ")


def _spoken(exercise: Exercise) -> str:
    chosen = ", ".join(f"{name} = {value}" for name, value in exercise.slots.items())
    return f"({chosen})" if chosen else ""


def _summary(template: Template, trials: Sequence[Trial]) -> Iterator[str]:
    """How many of the exercises hold, and of how many the template is made."""
    held = sum(not trial.problems for trial in trials)
    checks = sum(trial.checks for trial in trials)
    yield f"{template.label}: {held} of {len(trials)} exercises hold, {checks} checks"
    if held == len(trials):
        yield _extent(template)


def _extent(template: Template) -> str:
    choices = sum(1 for _ in combinations(template.slots, template.exclusions))
    if choices > COUNTED:
        return f"{choices} choices of slots"
    return spoken(count(template))


def spoken(counted: Count) -> str:
    """A count for people."""
    exercises = "exercise" if counted.distinct == 1 else "exercises"
    choices = "choice" if counted.choices == 1 else "choices"
    return (
        f"{counted.choices} {choices} of slots, {counted.distinct} different {exercises},"
        f" difficulty {counted.band}"
    )


def _shown(template: Template, seed: int) -> bool:
    """Prints an exercise as a learner gets it, then its solutions; False where there is none."""
    try:
        exercise = make_exercise(template, seed)
        print("\n" + text.written(Sheet(exercise.title, (exercise,), solved=True).document), end="")
    except (GeneratorError, EngineError) as problem:
        print(f"\n{template.label}:{seed} cannot be printed: {problem}")
        return False
    return True


ACTIONS = {"new": new, "check": check}

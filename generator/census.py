"""How many exercises there are: choices of slots, those of them that differ, how hard they are.

Two choices are counted once where forward pass and questions are the same up to renaming.  That is
read off what the template spells out for them, which takes less than a millisecond each; the counts
of the shipped templates are kept in a file, each beside a digest of the template that it counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

from generator.difficulty import difficulty
from generator.exercise import compose
from generator.forward import written
from generator.likeness import likeness, outline
from generator.placeholders import Context
from generator.slots import Choices, combinations
from generator.template import Template

KEPT = Path(__file__).parent / "templates" / "counts.json"
SAMPLED = 4  # choices whose difficulty is read off, evenly spaced among all
PART = 1000  # choices that one process counts at a time

# A template, its parts, and its range of difficulties.
Begun: TypeAlias = tuple[Template, list[Future[frozenset[str]]], Future[tuple[float, float]]]


@dataclass(frozen=True)
class Count:
    """What there is of a template; `digest` says of which state of it."""

    digest: str
    choices: int
    distinct: int
    easiest: float
    hardest: float

    @property
    def band(self) -> str:
        """The range of difficulties: `2.1` or `2.1-3.4`."""
        if self.easiest == self.hardest:
            return f"{self.easiest}"
        return f"{self.easiest}-{self.hardest}"


def digest(template: Template) -> str:
    """A digest of everything that a template says; comments do not count."""
    text = json.dumps(template.top.content, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def count(template: Template) -> Count:
    """The count of a template; raises TemplateError where a choice of slots makes no exercise."""
    return _counted(template, likenesses(template))


def counts(templates: Sequence[Template], jobs: int) -> Iterator[tuple[str, Count]]:
    """Slugs and counts of templates read from files, worked out by so many processes."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        begun = [_begun(pool, each) for each in sorted(templates, key=_size)]
        for template, parts, band in begun:
            found = frozenset[str]().union(*(part.result() for part in parts))
            yield template.slug, _with_band(template, found, band.result())


def _begun(pool: Executor, template: Template) -> Begun:
    """The count of a template, at work."""
    parts = [pool.submit(_part, *part) for part in _parts(template)]
    return template, parts, pool.submit(_difficulties, _file(template))


def likenesses(template: Template, start: int = 0, step: int = 1) -> frozenset[str]:
    """The digests of what every `step`-th choice leads to, from `start` on."""
    chosen = islice(choices(template), start, None, step)
    return frozenset(_likeness(template, each) for each in chosen)


def choices(template: Template) -> Iterator[Choices]:
    """Every choice of slots that a template admits."""
    return combinations(template.slots, template.exclusions)


def sampled(template: Template, most: int) -> Iterator[Choices]:
    """At most so many choices of slots, evenly spaced; the first ones are among them."""
    step = max(1, -(-_size(template) // most))
    return islice(choices(template), 0, None, step)


def _likeness(template: Template, chosen: Choices) -> str:
    if not template.forward:
        return likeness(compose(template, 0, chosen))
    context = template.context(chosen)
    return outline(*written(template, context), _asked(template, context))


def _asked(template: Template, context: Context) -> Iterator[tuple[str, ...]]:
    """Kind, target and further particulars of every question."""
    for entry in template.questions:
        for inner in entry.contexts(context):
            named = entry.fill_all("asked", inner)
            yield entry.kind, entry.fill("target", inner), entry.fill("method", inner), *named


# counting


def _size(template: Template) -> int:
    return sum(1 for _ in choices(template))


def _counted(template: Template, found: frozenset[str]) -> Count:
    return _with_band(template, found, _band(template))


def _with_band(template: Template, found: frozenset[str], band: tuple[float, float]) -> Count:
    return Count(digest(template), _size(template), len(found), *band)


def _band(template: Template) -> tuple[float, float]:
    """The least and the greatest difficulty of a sample of the exercises."""
    found = [difficulty(compose(template, 0, each)) for each in sampled(template, SAMPLED)]
    return min(found), max(found)


def _parts(template: Template) -> Iterator[tuple[Path, int, int]]:
    step = -(-_size(template) // PART)
    return ((_file(template), start, step) for start in range(step))


def _file(template: Template) -> Path:
    return Path(template.top.source.file)


@lru_cache(maxsize=1)
def _template(file: Path) -> Template:
    return Template.load(file)


def _part(file: Path, start: int, step: int) -> frozenset[str]:
    return likenesses(_template(file), start, step)


def _difficulties(file: Path) -> tuple[float, float]:
    return _band(_template(file))


# what is kept


def kept() -> dict[str, Count]:
    """The counts on file, by slug."""
    rows = json.loads(KEPT.read_text(encoding="utf-8"))
    return {slug: Count(**row) for slug, row in rows.items()}


def current(templates: Iterable[Template], known: Mapping[str, Count]) -> dict[str, Count]:
    """Those of the known counts that count the templates as they are."""
    return {
        each.slug: known[each.slug]
        for each in templates
        if each.slug in known and known[each.slug].digest == digest(each)
    }


def keep(found: Mapping[str, Count]) -> None:
    """Write the counts to their file, a line for each template."""
    rows = [f"{json.dumps(slug)}: {json.dumps(asdict(found[slug]))}" for slug in sorted(found)]
    KEPT.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")

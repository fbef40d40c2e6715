"""All templates: those that come with Gradbook, and an instructor's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from generator.errors import TemplateError, UnknownExercise, UnknownTemplate, nearest
from generator.exercise import Exercise, make_exercise, parse_id
from generator.template import Template

SHIPPED = Path(__file__).parent / "templates"
KEPT = 256  # exercises made lately, kept because making one takes some milliseconds


@dataclass(frozen=True)
class Bank:
    """Templates by slug."""

    by_slug: Mapping[str, Template]

    @classmethod
    def load(cls, extra: Path | None = None) -> Bank:
        """The shipped templates, and those in the folder or file `extra`; raises TemplateError."""
        found: dict[str, Template] = {}
        for path in _files(SHIPPED, extra):
            template = Template.load(path)
            if template.slug in found:
                raise template.top.error("slug", f"{template.slug!r} is taken by another template")
            found[template.slug] = template
        return cls({slug: found[slug] for slug in sorted(found)})

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """All templates, sorted by slug."""
        return tuple(self.by_slug.values())

    def template(self, slug: str) -> Template:
        """The template called `slug`; raises UnknownTemplate with the nearest names."""
        if slug not in self.by_slug:
            raise UnknownTemplate(f"no template is called {slug!r}{nearest(slug, self.by_slug)}")
        return self.by_slug[slug]

    def exercise(self, template: str, seed: int) -> Exercise:
        """The exercise of a template for a seed from 0 on."""
        if seed < 0:
            raise UnknownExercise(f"{template}: a seed is a whole number from 0 on, not {seed}")
        return _made(self.template(template), seed)

    def exercise_by_id(self, exercise: str) -> Exercise:
        """The exercise that `slug@version:seed` names; raises UnknownExercise, UnknownTemplate."""
        slug, version, seed = parse_id(exercise)
        held = self.template(slug).version
        if version != held:
            raise UnknownExercise(f"{exercise}: the bank holds version {held} of {slug}")
        return self.exercise(slug, seed)


def _files(shipped: Path, extra: Path | None) -> Iterator[Path]:
    yield from sorted(shipped.glob("*.toml"))
    if extra is None:
        return
    if not extra.exists():
        raise TemplateError(str(extra), 0, "", "there is no such file or folder")
    yield from sorted(extra.glob("*.toml")) if extra.is_dir() else [extra]


@lru_cache(maxsize=KEPT)
def _made(template: Template, seed: int) -> Exercise:
    return make_exercise(template, seed)

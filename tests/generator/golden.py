"""Digests of some exercises: an id names the same bytes for ever, on every machine.

Where a change of the bytes is meant, a template gets a new version, and the digests are written
anew by

    .venv/bin/python -m tests.generator.golden
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.generator.exercises import SLUGS, made

FILE = Path(__file__).parent / "golden.json"
SEEDS = (0, 1, 2**40)


def digests() -> dict[str, str]:
    """SHA-256 of the full view of some exercises of every template, by id."""
    exercises = [made(slug, seed) for slug in SLUGS for seed in SEEDS]
    return {each.id: _digest(each.to_json()) for each in exercises}


def _digest(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


if __name__ == "__main__":
    FILE.write_text(json.dumps(digests(), indent=1, sort_keys=True) + "\n")

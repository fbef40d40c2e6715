"""The README is true: every command in it is run, and its output is what the README shows.

In a ```console block a line that starts with `$ ` is a command; the lines up to the next one are
its output, in which `...` stands for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.process import ROOT
from api.seed_course import ensure_demo_course
from api.serve import settings_for
from api.supervisor import Service

README = (ROOT / "README.md").read_text(encoding="utf-8")

# Run by test_demo.py and, beside all tests, by .ci/run.
DEMO, CHECK = "./gradbook demo", "./gradbook check"

Step = tuple[str, str]


def blocks(language: str) -> list[str]:
    """The contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def steps(block: str) -> Iterator[Step]:
    """The commands of a block, each with the output that the README shows."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


STEPS = [step for block in blocks("console") for step in steps(block)]
HTTP = [step for step in STEPS if step[0].startswith("curl")]
ELSEWHERE = [*HTTP, *(step for step in STEPS if step[0] in (DEMO, CHECK))]
# Blocks of commands that follow each other in one folder.
CONSOLES = [[each for each in steps(block) if each not in ELSEWHERE] for block in blocks("console")]
LOCAL = list(filter(None, CONSOLES))
# The files that the README has its readers write, by the slugs of their templates.
FILES = {text.split('slug = "')[1].split('"')[0]: text for text in blocks("toml")}


def matches(shown: str, came: str) -> bool:
    """Whether the output is what is shown, `...` standing for anything."""
    parts = [re.escape(part) for part in shown.strip().split("...")]
    return re.fullmatch(".*".join(parts), came.strip(), re.DOTALL) is not None


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command of the README prints."""
    script = command.replace("./gradbook", str(ROOT / "gradbook"))
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_readme_has_commands_of_every_kind() -> None:
    assert len(HTTP) >= 6
    assert len(LOCAL) >= 6
    assert "shortcut" in FILES
    assert {DEMO, CHECK} <= {step[0] for step in STEPS}
    assert CHECK in (ROOT / ".ci/run").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", LOCAL, ids=[block[0][0][:60] for block in LOCAL])
def test_local_commands_print_what_the_readme_shows(block: list[Step], tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    for command, shown in block:
        came = run(command, tmp_path, {})
        assert matches(shown, came), f"{command}\n{came}"


def test_http_calls_answer_what_the_readme_shows(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.fail("curl is needed to try the README's HTTP calls")
    with Service(settings_for(tmp_path, {}), graders=1) as service:
        course = ensure_demo_course(service.settings)
        environment = {
            "URL": service.url,
            "INSTRUCTOR": course.instructor_token,
            "LEARNER": course.learner_token,
            "OPERATOR": course.operator_token,
        }
        for command, shown in HTTP:
            came = run(command, tmp_path, environment)
            assert matches(shown, came), f"{command}\n{came}"


def test_the_operator_of_the_readme_is_one_row(tmp_path: Path) -> None:
    """The row is added to a copy of the engine, whose generated tests then cover it."""
    for name in ("engine", "tests/engine", "tests/__init__.py", "pyproject.toml"):
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, target)
    table = tmp_path / "engine/operators/functions.py"
    row = blocks("python")[0].strip()
    text = table.read_text(encoding="utf-8")
    start = "ROWS: tuple[Operator, ...] = ("
    assert start in text
    table.write_text(text.replace(start, f"{start}\n    {row},"), encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-k",
            "sinh",
            "tests/engine/test_operators.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"[1-9]\d* passed", done.stdout), done.stdout

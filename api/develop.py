"""The developers' commands: tests, linters, lock files, each the tool itself with fixed arguments.

They always work on the checkout, wherever they are called from.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.command import Arguments, CommandFailed

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Tool:
    """One step of a command: its name in messages, and its arguments after the Python."""

    name: str
    arguments: tuple[str, ...]


LAYERS = "from importlinter.cli import lint_imports as lint; raise SystemExit(lint(no_logo=True))"

CHECKS = (
    Tool("ruff check", ("-m", "ruff", "check", "--output-format=concise", ".")),
    Tool("ruff format", ("-m", "ruff", "format", "--check", "--output-format=concise", ".")),
    Tool("mypy", ("-m", "mypy", "--no-error-summary")),
    Tool("import-linter", ("-c", LAYERS)),
)

# Hashed, without any index address, one version of a package for every supported Python.
COMPILE = (
    *("-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version=3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--only-binary=:all:", "--fork-strategy=fewest"),
    "--custom-compile-command=./gradbook lock",
)

# Each lock is bound to the versions of those before it.
LOCKS = (
    Tool("requirements.lock", ("pyproject.toml",)),
    Tool("requirements-dev.lock", ("pyproject.toml", "--group=dev", "-c", "requirements.lock")),
    Tool("requirements-valkey.lock", ("--group=valkey", "-c", "requirements-dev.lock")),
    Tool(
        "requirements-postgresql.lock",
        ("pyproject.toml", "--group=postgresql", "-c", "requirements-dev.lock"),
    ),
)


def test(arguments: Sequence[str]) -> int:
    """The status of pytest, which takes this process's place."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def check(arguments: Sequence[str]) -> int:
    """0 when every linter is content; all of them are run."""
    Arguments("check", "Run the linters: style, format, types, layers.").read(arguments)
    unhappy = [tool.name for tool in CHECKS if not passes(tool)]
    if unhappy:
        raise CommandFailed(f"not content: {', '.join(unhappy)}.")
    print("check: all content")
    return 0


def passes(tool: Tool) -> bool:
    print(f"check: {tool.name}", flush=True)
    return subprocess.call([sys.executable, *tool.arguments], cwd=ROOT) == 0


def lock(arguments: Sequence[str]) -> int:
    """0 when every lock file has been written."""
    options = Arguments("lock", "Write the requirements*.lock files anew from pyproject.toml.")
    options.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = ("--upgrade",) if options.read(arguments).upgrade else ()
    for row in LOCKS:
        command = [sys.executable, *COMPILE, *row.arguments, *upgrade, "-o", row.name]
        if subprocess.call(command, cwd=ROOT):
            raise CommandFailed(f"uv could not write {row.name}.")
        print(f"lock: {row.name}")
    return 0

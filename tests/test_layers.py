"""The house is as pyproject.toml says, and every module and library has its place in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest

from api.develop import LAYERS

# What a library's package is called where the two names differ.
IMPORTED_AS = {
    "flask-cors": "flask_cors",
    "flask-openapi3": "flask_openapi3",
    "markdown-it-py": "markdown_it",
    "math-core": "math_core",
    "mdit-py-plugins": "mdit_py_plugins",
    "prometheus-client": "prometheus_client",
    "python-flint": "flint",
}

# Folders of Python that are no part of the house: the tests, and Alembic's revisions, which
# are no package and whose imports are checked below.
OUTSIDE = {"tests", "migrations"}


@pytest.fixture(scope="module")
def project(checkout: Path) -> dict[str, Any]:
    return tomllib.loads((checkout / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def roots(project: dict[str, Any]) -> list[str]:
    found: list[str] = project["tool"]["importlinter"]["root_packages"]
    return found


def imports(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def packages(checkout: Path) -> set[str]:
    """The top-level folders that hold Python and are the project's own."""
    folders = [path for path in checkout.iterdir() if path.is_dir() and path.name[0] != "."]
    return {path.name for path in folders if any(path.rglob("*.py"))}


def test_every_contract_is_kept(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAYERS], cwd=checkout, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_package_is_placed(checkout: Path, roots: list[str]) -> None:
    assert packages(checkout) == {*roots, *OUTSIDE}


def test_every_module_is_seen_by_the_contracts(checkout: Path, roots: list[str]) -> None:
    seen = grimp.build_graph(*roots).modules
    for root in roots:
        for path in (checkout / root).rglob("*.py"):
            parts = path.relative_to(checkout).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            assert name in seen, f"{name} is in a folder without __init__.py"


def test_the_layers_hold_every_root_package(project: dict[str, Any], roots: list[str]) -> None:
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    assert sorted(re.split(r"[ |]+", " ".join(layers))) == sorted(roots)


def test_every_library_is_fenced(project: dict[str, Any]) -> None:
    contracts = project["tool"]["importlinter"]["contracts"]
    fenced = {name for row in contracts for name in row.get("forbidden_modules", ())}
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[^\w-]", requirement)[0]
        assert IMPORTED_AS.get(name, name) in fenced, f"place {name} in a contract"


def test_revisions_import_nothing_but_sql(checkout: Path) -> None:
    allowed = ("alembic", "sqlalchemy", "api.store", "__future__", "collections", "typing")
    for path in (checkout / "migrations").rglob("*.py"):
        for name in imports(path):
            assert name.startswith(allowed), f"{path.name} imports {name}"


def test_every_library_has_its_line_in_the_decisions(
    checkout: Path, project: dict[str, Any]
) -> None:
    text = (checkout / "docs" / "decisions" / "dependencies.md").read_text()
    groups = (row for group in project["dependency-groups"].values() for row in group)
    named = (row for row in groups if isinstance(row, str))  # and not another group's name
    for requirement in (*project["project"]["dependencies"], *named):
        name = re.split(r"[^\w-]", requirement)[0]
        assert len(re.findall(rf"^\| {name} \|", text, re.MULTILINE)) == 1, name

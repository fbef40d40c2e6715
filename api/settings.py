"""Everything that can be configured, in one frozen object read from the environment once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.errors import SettingsError
from api.limiting import read_rate

ORIGIN = re.compile(r"https?://[^/\s,]+", re.ASCII)


@dataclass(frozen=True)
class Variable:
    """One environment variable: how it is read, what it is when absent, what it means."""

    name: str
    field: str
    read: Callable[[str], Any]
    default: str
    expected: str
    meaning: str
    secret: bool = False  # a complaint does not repeat it

    def written(self, value: Any) -> str:
        """The value as it is written into an environment."""
        if isinstance(value, tuple):
            return " ".join(value)
        return ("no", "yes")[value] if isinstance(value, bool) else str(value)

    def value(self, environment: Mapping[str, str]) -> Any:
        """The variable's value; SettingsError names the variable and what was expected."""
        text = environment.get(self.name) or self.default
        try:
            return self.read(text)
        except ValueError:
            given = "" if self.secret else f", not {text!r}"
            raise SettingsError(f"{self.name} must be {self.expected}{given}.") from None


def _at_least(minimum: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not minimum <= number < float("inf"):
            raise ValueError(text)
        return number

    return read


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65536:
        raise ValueError(text)
    return number


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    if not all(ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError(text)
    return origins


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError(text)
    return text


VARIABLES = (
    Variable(
        "GRADBOOK_DATA", "data", Path, "data", "a folder",
        "folder of everything that is kept: the SQLite file, the tokens of the demo course, logs",
    ),
    Variable(
        "GRADBOOK_DATABASE_URL", "database_url", _database_url, "",
        "a URL that begins with sqlite:/// or postgresql://",
        "where attempts are stored; default: the SQLite file gradbook.sqlite3 in the data folder",
        secret=True,
    ),
    Variable(
        "GRADBOOK_DATABASE_CONNECTIONS", "connections", _count, "16",
        "a whole number of at least 1",
        "how many connections to the database one process of the web server opens at most",
    ),
    Variable(
        "GRADBOOK_BROKER_URL", "broker_url", str, "redis://127.0.0.1:6379/0", "a Redis URL",
        "the Valkey or Redis through which attempts and verdicts travel",
    ),
    Variable(
        "GRADBOOK_MAX_BODY", "max_body", _count, "262144", "a number of bytes of at least 1",
        "largest request body, in bytes; a larger one is answered 413",
    ),
    Variable(
        "GRADBOOK_MAX_WAIT", "max_wait", _at_least(0), "30", "a number of seconds",
        "longest time a request may wait for its verdict (Prefer: wait), in seconds",
    ),
    Variable(
        "GRADBOOK_WAITERS", "waiters", _count, "16", "a whole number of at least 1",
        "how many requests of one process may wait at once; the others are answered 202 directly",
    ),
    Variable(
        "GRADBOOK_MOST_WAITING", "most_waiting", _count, "20000", "a whole number of at least 1",
        "how many attempts may wait for their verdict before further ones are answered 503",
    ),
    Variable(
        "GRADBOOK_STALE_AFTER", "stale_after", _at_least(0.1), "5", "a number of seconds above 0.1",
        "age at which an attempt without a verdict is handed over again, in seconds",
    ),
    Variable(
        "GRADBOOK_SWEEP_EVERY", "sweep_every", _at_least(0.05), "1",
        "a number of seconds above 0.05", "pause between two rounds of the scheduler, in seconds",
    ),
    Variable(
        "GRADBOOK_RATE", "rate", read_rate, "1200/minute", "a rate such as 1200/minute",
        "how many requests one token may make; further ones are answered 429",
    ),
    Variable(
        "GRADBOOK_CORS_ORIGINS", "cors_origins", _origins, "",
        "addresses such as https://lms.example.org, separated by spaces",
        "whose pages may call the service from a browser; nobody's when empty",
    ),
    Variable(
        "GRADBOOK_METRICS_PORT", "metrics_port", _port, "0", "a port number, or 0",
        "where the recorder and the scheduler tell Prometheus what they do; nowhere when 0",
    ),
    Variable(
        "GRADBOOK_WEBHOOK_PRIVATE", "webhook_private", _yes_or_no, "no", "yes or no",
        "whether webhooks may be at addresses inside the own network",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings of one process; VARIABLES says what each means."""

    data: Path
    database_url: str
    connections: int
    broker_url: str
    max_body: int
    max_wait: float
    waiters: int
    most_waiting: int
    stale_after: float
    sweep_every: float
    rate: str
    cors_origins: tuple[str, ...]
    metrics_port: int
    webhook_private: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings the environment describes; SettingsError for a value that makes no sense."""
        values = {row.field: row.value(environment) for row in VARIABLES}
        values["database_url"] = values["database_url"] or sqlite_url(values["data"])
        return cls(**values)


def sqlite_url(data: Path) -> str:
    """The address of the SQLite file in the data folder."""
    return f"sqlite:///{(data / 'gradbook.sqlite3').absolute()}"


def described() -> str:
    """Every variable with its default and its meaning, as the table of docs/settings.md."""
    rows = [f"| `{row.name}` | {row.default and f'`{row.default}`'} | {row.meaning} |"
            for row in VARIABLES]  # fmt: skip
    return "\n".join(("| variable | default | meaning |", "|---|---|---|", *rows))

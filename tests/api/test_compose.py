"""docker-compose.yml: every command exists, and the graders are given nothing to steal."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from click import Context
from gunicorn.config import Config

from api.settings import VARIABLES
from grader.delivery import RECORD_QUEUE, Priority

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
SERVICES: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"] == "gradbook")


def test_all_processes_are_there() -> None:
    assert OURS == ["api", "grader", "jobs", "migrate", "recorder", "scheduler"]
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}


@pytest.mark.parametrize("name", OURS)
def test_the_command_names_something_that_exists(name: str) -> None:
    program, *arguments = SERVICES[name]["command"]
    assert CHECKS[program](arguments)


def runs_module(arguments: list[str]) -> bool:
    return arguments[0] == "-m" and hasattr(importlib.import_module(arguments[1]), "main")


def runs_celery(arguments: list[str]) -> bool:
    app, worker, *options = arguments
    module = importlib.import_module(app.removeprefix("--app="))
    command = celery_command.commands["worker"]
    command.make_parser(Context(command)).parse_args(list(options))
    queues = {"grade": ",".join(Priority), "record": RECORD_QUEUE}
    taken = queues[module.app.conf.task_default_queue]
    return worker == "worker" and f"--queues={taken}" in options


def runs_gunicorn(arguments: list[str]) -> bool:
    parsed = Config().parser().parse_args(arguments)
    (target,) = parsed.args
    module, _, factory = target.partition(":")
    return callable(getattr(importlib.import_module(module), factory.removesuffix("()")))


CHECKS = {"python": runs_module, "celery": runs_celery, "gunicorn": runs_gunicorn}


GRADER = {"GRADBOOK_BROKER_URL", "GRADBOOK_SAMPLE_KEY"}
THREADS = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}


@pytest.mark.parametrize("name", OURS)
def test_variables_are_settings(name: str) -> None:
    known = GRADER if name == "grader" else {row.name for row in VARIABLES}
    assert set(SERVICES[name]["environment"]) <= known | THREADS


def test_the_grader_is_given_the_brokers_address_and_the_secret_of_its_points() -> None:
    grader = SERVICES["grader"]
    assert set(grader["environment"]) == GRADER | THREADS
    assert not any("postgres" in value for value in grader["environment"].values())
    assert "volumes" not in grader
    assert "env_file" not in grader


def test_the_grader_cannot_reach_the_database() -> None:
    assert set(SERVICES["grader"]["networks"]).isdisjoint(SERVICES["postgres"]["networks"])


@pytest.mark.parametrize("name", SERVICES)
def test_processes_have_few_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == ("gradbook" if name in OURS else name)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_what_stays_up_says_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    ends_by_itself = service["restart"] == "no"
    assert ends_by_itself is (name == "migrate")
    assert ends_by_itself is ("healthcheck" not in service)


def test_the_image_runs_as_somebody_unprivileged_and_has_every_package() -> None:
    lines = (FILE.parent / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "USER gradbook"
    for package in ("engine", "generator", "grader", "migrations", "api"):
        assert f"COPY {package} {package}" in lines


def test_the_broker_keeps_what_it_is_given() -> None:
    command = SERVICES["valkey"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert "noeviction" in command

"""`./gradbook serve`: the embedded service, up until Ctrl-C, with a demo course to try it on."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from api.command import Arguments, CommandFailed, whole_number
from api.errors import SettingsError
from api.process import ROOT
from api.seed_course import DemoCourse, ensure_demo_course
from api.settings import Settings
from api.supervisor import Service

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GREETING = """\
Gradbook is up: {url}

  instructor token  {course.instructor_token}
  learner token     {course.learner_token}
  operator token    {course.operator_token}
  data folder       {data}

Try it:
  curl -H 'Authorization: Bearer {course.learner_token}' {url}{path}

Ctrl-C stops it; the data and the tokens stay.
"""


class Stopped(Exception):
    """Somebody asked the command to stop."""


def arguments() -> Arguments:
    options = Arguments("serve", "Start everything on this machine and stay up until Ctrl-C.")
    options.add_argument(
        "--port", type=partial(whole_number, 0, 65535), default=8000,
        help="port of the web server; 0 takes any free one (default: 8000)",
    )  # fmt: skip
    options.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    options.add_argument(
        "--data", type=Path, metavar="DIR",
        help="folder of everything that is kept (default: $GRADBOOK_DATA, or data beside gradbook)",
    )  # fmt: skip
    return options


def settings_for(data: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the environment, with an absolute data folder: the one given, or its own."""
    folder = data or Path(environment.get("GRADBOOK_DATA") or ROOT / "data")
    try:
        return Settings.from_environment({**environment, "GRADBOOK_DATA": str(folder.absolute())})
    except SettingsError as error:
        raise CommandFailed(str(error)) from None


def main(words: Sequence[str]) -> int:
    """0 once somebody stopped it; CommandFailed when it cannot start or cannot go on."""
    options = arguments().read(words)
    settings = settings_for(options.data, os.environ)
    for number in heeded():
        signal.signal(number, stop)
    try:
        serve(settings, options.host, options.port)
    except Stopped:
        print("\ngradbook: stopped.")
    return 0


def serve(settings: Settings, host: str, port: int) -> None:
    given = os.environ.get("GRADBOOK_BROKER_URL")
    with Service(settings, host=host, port=port, broker_url=given) as service:
        print(greeting(service, ensure_demo_course(service.settings)), flush=True)
        service.wait()


def greeting(service: Service, course: DemoCourse) -> str:
    path = f"/api/v1/practice-sets/{course.practice_set_id}"
    return GREETING.format(url=service.url, path=path, course=course, data=service.data)


def heeded() -> list[int]:
    """The signals that stop us: under nohup a hang-up does not."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in STOPPING if number != signal.SIGHUP or not ignored]


def stop(number: int, frame: FrameType | None) -> None:
    """Ends what is running, once: a second Ctrl-C does not disturb the stopping."""
    for name in STOPPING:
        signal.signal(name, signal.SIG_IGN)
    raise Stopped

"""A Celery task that does nothing, on the broker and with the settings of the real ones.

    celery -A api.load.noop worker -Q noop

What it costs is what Celery costs; the benchmark holds the service's own rates against it.
"""

from __future__ import annotations

import os
from typing import Any

from api.settings import Settings
from grader.transport import application

QUEUE, TASK = "noop", "gradbook.noop"


def noop(_document: Any) -> None:
    """Nothing."""


app = application("noop", Settings.from_environment(os.environ).broker_url, QUEUE)
app.task(noop, name=TASK)

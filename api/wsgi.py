"""What a web server starts: `gunicorn --worker-class gthread 'api.wsgi:create()'`."""

from __future__ import annotations

import os

from flask import Flask

from api import logs
from api.app import create_app
from api.settings import Settings


def create() -> Flask:
    """The application the environment describes."""
    logs.configure("web")
    return create_app(Settings.from_environment(os.environ))

"""The service as it describes itself."""

from __future__ import annotations

from pydantic import Field

from api.schemas import Answered


class Index(Answered):
    """What this is, and where to go on."""

    name: str
    description: str
    api: str = Field(description="where the resources are")
    openapi: str = Field(description="where the description of all operations is")


class Health(Answered):
    """The service answers, and so does its database."""

    status: str

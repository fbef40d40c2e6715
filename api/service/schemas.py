"""The service as it describes itself."""

from __future__ import annotations

from enum import StrEnum

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


class BrokerState(StrEnum):
    """Whether answers can be handed over to be graded."""

    OK = "ok"
    AWAY = "away"


class Readiness(Answered):
    """Requests may be sent here."""

    status: str
    broker: BrokerState = Field(description="while it is away, attempts are stored and wait")

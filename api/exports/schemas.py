"""Exports as they are asked for."""

from __future__ import annotations

import uuid

from pydantic import Field

from api.exports.formats import Format
from api.schemas import Asked


class ExportQuery(Asked):
    """What is exported, and how."""

    format: Format = Field(Format.CSV, description="CSV, or one JSON object in each line")
    practice_set: uuid.UUID | None = Field(None, description="of this practice set only")
    pseudonymised: bool = Field(
        False,
        description="a keyed hash in place of who it is, and no names; answers are as they were "
        "typed all the same",
    )

"""The demo course: made once, found again, its tokens kept private."""

from __future__ import annotations

import stat

import pytest

from api.app import create_app
from api.errors import SettingsError
from api.seed_course import FILE, ensure_demo_course
from api.settings import Settings
from api.store.database import Database
from api.store.models import Base
from tests.api.house import Door


def test_the_tokens_open_the_course(settings: Settings) -> None:
    course = ensure_demo_course(settings)
    app = create_app(settings)
    path = f"/api/v1/practice-sets/{course.practice_set_id}"
    learner, instructor = Door(app, course.learner_token), Door(app, course.instructor_token)
    assert learner.get(path).get_json()["items"]
    assert instructor.get("/api/v1/analytics/questions").status_code == 200
    assert learner.get("/api/v1/analytics/questions").status_code == 403
    app.extensions["gradbook"].database.close()


def test_asking_again_gives_the_same_course(settings: Settings) -> None:
    assert ensure_demo_course(settings) == ensure_demo_course(settings)


def test_only_the_owner_can_read_the_tokens(settings: Settings) -> None:
    ensure_demo_course(settings)
    assert stat.S_IMODE((settings.data / FILE).stat().st_mode) == 0o600


def test_the_database_has_only_their_hashes(settings: Settings, database: Database) -> None:
    course = ensure_demo_course(settings)
    with database.engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM token").fetchall())
    assert course.learner_token not in stored
    assert course.instructor_token not in stored


def test_an_emptied_database_gets_a_new_course(settings: Settings, database: Database) -> None:
    first = ensure_demo_course(settings)
    with database.writing.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    assert ensure_demo_course(settings).course_id != first.course_id


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"course_id": "x"}'])
def test_a_damaged_file_is_named(settings: Settings, text: str) -> None:
    (settings.data / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=FILE):
        ensure_demo_course(settings)

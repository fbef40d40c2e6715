"""The filled database is what recorders would have left."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.app import create_app
from api.practice.marks import sums
from api.practice.policy import Policy
from api.practice.sheets import Written, rewritten
from api.settings import Settings, sqlite_url
from api.store.database import Database
from api.store.models import Attempt, Sheet, Standing, Verdict
from api.store.practice import key_of
from api.store.standings import First, link
from tests.analytics.bench import QUERIES, more, recorded
from tests.analytics.fill import Filled, fill

ATTEMPTS = 1_203


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill(sqlite_url(tmp_path_factory.mktemp("filled")), ATTEMPTS)


def test_there_are_as_many_attempts_as_asked_for(filled: Filled) -> None:
    database = Database(filled.url)
    with Session(database.engine) as session:
        for table in (Attempt, Verdict):
            assert session.scalar(select(func.count()).select_from(table)) == ATTEMPTS
    database.close()


def test_standings_are_what_attempts_come_to(filled: Filled) -> None:
    database = Database(filled.url)
    with database.write() as unit:
        graded = unit.practice.graded_in(filled.practice_set_id)
        standings = unit.practice.standings(filled.practice_set_id)
        assert len(standings) == len(graded) > 100
        for standing in standings:
            for name, value in vars(sums(graded[key_of(standing)], Policy())).items():
                kept = getattr(standing, name)
                assert (tuple(kept) if name == "scores" else kept) == value
    database.close()


def test_misconceptions_persist_as_the_service_says(filled: Filled) -> None:
    database = Database(filled.url)
    with Session(database.writing) as session:
        standings = session.scalars(select(Standing)).all()
        before = {key_of(each): each.persisted for each in standings}
        assert set(before.values()) == {None, True, False}
        link(session, [(First(None, None), each) for each in standings])
        session.expire_all()
        assert {
            key_of(each): each.persisted for each in session.scalars(select(Standing))
        } == before
    database.close()


def test_sheets_hold_the_standings(filled: Filled) -> None:
    database = Database(filled.url)
    with Session(database.engine) as session:
        for sheet in session.scalars(select(Sheet)):
            chosen = (Standing.learner_id == sheet.learner_id,
                      Standing.practice_set_id == sheet.practice_set_id)  # fmt: skip
            standings = session.scalars(select(Standing).where(*chosen)).all()
            kept = Written(sheet.columns, sheet.numbers)
            assert rewritten(kept, standings) == kept
            assert len(sheet.columns.splitlines()) == len(standings)
    database.close()


def test_every_dashboard_query_finds_something(filled: Filled) -> None:
    app = create_app(Settings.from_environment({"GRADBOOK_DATABASE_URL": filled.url}))
    headers = {"Authorization": f"Bearer {filled.token}"}
    for _, path in QUERIES:
        url = "/api/v1" + path.format(set=filled.practice_set_id)
        answer = app.test_client().get(url, headers=headers)
        assert answer.status_code == 200
        assert answer.get_json()["items"], path


def test_one_more_verdict_isrecordeded_as_everywhere(filled: Filled) -> None:
    database = Database(filled.url)
    for attempt in more(database, filled, 2):
        recorded(database, attempt)
    database.close()

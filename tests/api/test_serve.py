"""`./gradbook serve` on PostgreSQL: the very command, its processes, an answer and its verdict."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from api.client import Client
from api.store.database import Database
from tests.api.postgresql import Server
from tests.test_service import Serve

pytestmark = pytest.mark.slow


def test_an_answer_gets_its_verdict_and_both_are_in_postgresql(
    postgresql: Server, tmp_path: Path, checkout: Path
) -> None:
    with postgresql.database() as url:
        serve = Serve(tmp_path, checkout, GRADBOOK_DATABASE_URL=url)
        learner = Client(serve.word("Gradbook is up:"), serve.word("learner token"))
        practice_set = learner.get("practice-sets")["items"][0]
        exercise = learner.get(f"exercises/{practice_set['items'][1]['exercise']}")
        question = next(each for each in exercise["questions"] if each["kind"] == "derivative")
        attempt = learner.post("attempts", {"question": question["id"], "answer": "x (a - y)"})
        answered = learner.get(f"attempts/{attempt['id']}", Prefer="wait=30")
        assert answered["verdict"]["outcome"] == "correct"
        serve.process.send_signal(signal.SIGINT)
        serve.process.communicate(timeout=30)
        assert serve.process.returncode == 0
        database = Database(url)
        with database.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT text, outcome FROM attempt, verdict").all()
        database.close()
        assert rows == [("x (a - y)", "correct")]
        assert not list(tmp_path.glob("*.sqlite3"))


def test_a_database_that_is_away_is_said_in_one_sentence(tmp_path: Path, checkout: Path) -> None:
    url = "postgresql://gradbook:secret@127.0.0.1:1/gradbook"
    serve = Serve(tmp_path, checkout, GRADBOOK_DATABASE_URL=url)
    _, complaint = serve.process.communicate(timeout=60)
    assert serve.process.returncode == 1
    assert complaint.startswith("gradbook: the database could not be prepared; its log ")
    assert "Connection refused" in complaint
    assert "secret" not in complaint

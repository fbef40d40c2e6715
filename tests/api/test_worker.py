"""The grading worker: what it accepts, what it hands on, what it is not given."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.attempts.messages import GradeMessage
from api.attempts.schemas import LONGEST_ANSWER
from api.broker import client
from generator.bank import Bank
from grader import turn
from grader.delivery import MOST_ITEMS
from grader.errors import MalformedMessage
from grader.messages import QUARANTINED
from grader.starts import MOST_STARTS, Starts
from grader.turn import TURN_SECONDS, Worker
from grader.wire import Item, Record, grade_document, read_grade
from tests.api.brokers import LocalBroker

MESSAGE = GradeMessage(uuid.UUID(int=1), {"format": "gradbook.question/1"}, "x").to_json()
FENCED_OFF = ("api", "alembic", "flask", "generator", "pydantic", "sqlalchemy", "sqlite3")


# Messages.


def test_what_the_service_sends_is_understood() -> None:
    (item,) = read_grade(json.loads(json.dumps(MESSAGE)))
    assert item == Item(str(uuid.UUID(int=1)), {"format": "gradbook.question/1"}, "x")


def test_many_answers_share_the_documents_of_their_questions() -> None:
    dw, db = {"id": "dw"}, {"id": "db"}
    items = [
        Item("1", dw, "x"), Item("2", db, "y", {"z": "a"}), Item("3", dw, "z", feedback="hint"),
    ]  # fmt: skip
    document = json.loads(json.dumps(grade_document(items)))
    assert document["format"] == "gradbook.grade/2"
    assert document["questions"] == [dw, db]
    again = read_grade(document)
    assert list(again) == items
    assert again[0].question is again[2].question


def test_the_longest_answer_of_the_service_is_accepted() -> None:
    assert read_grade({**MESSAGE, "text": "x" * LONGEST_ANSWER})


MANY = {"format": "gradbook.grade/2", "questions": [{}], "items": [{"attempt": "1", "text": "x"}]}


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "gradbook.grade/1",
        {**MESSAGE, "format": "gradbook.grade/2"},
        {**MESSAGE, "format": "gradbook.grade/3"},
        {**MESSAGE, "attempt": 1},
        {**MESSAGE, "question": "dw"},
        {**MESSAGE, "text": None},
        {**MESSAGE, "text": "x" * 20_001},
        {key: value for key, value in MESSAGE.items() if key != "question"},
        MANY,
        {**MANY, "items": []},
        {**MANY, "items": [{"attempt": "1", "text": "x", "question": 1}]},
        {**MANY, "items": [{"attempt": "1", "text": "x", "question": -1}]},
        {**MANY, "items": ["x"]},
    ],
    ids=lambda message: str(message)[:80],
)
def test_anything_else_is_refused(message: Any) -> None:
    with pytest.raises(MalformedMessage):
        read_grade(message)


# Turns, with the starts counted by a real broker.


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    local = LocalBroker.started(tmp_path_factory.mktemp("broker"))
    yield local
    local.kill()


@pytest.fixture
def starts(broker: LocalBroker) -> Iterator[Starts]:
    with client(broker.url) as connection:
        connection.flushall()
        yield Starts(connection)


@pytest.fixture(scope="module")
def question(bank: Bank) -> dict[str, Any]:
    documents = bank.exercise("logistic-single", 0).to_json()["questions"]
    derivatives = [document for document in documents if document["kind"] == "derivative"]
    return dict(derivatives[0])


def items(question: dict[str, Any], number: int) -> list[Item]:
    return [Item(str(uuid.UUID(int=place)), question, "x (a - y)") for place in range(number)]


def outcomes(records: list[Record]) -> list[str]:
    return [record["verdict"]["outcome"] for record in records]


def test_all_of_a_turn_are_graded_and_no_start_is_left(
    question: dict[str, Any], starts: Starts
) -> None:
    some = items(question, 5)
    done = Worker(starts, clock=lambda: 0.0).take_turn(some)
    assert [record["attempt"] for record in done.records] == [item.attempt for item in some]
    assert done.handed_back == []
    assert starts.unended([item.attempt for item in some]) == [0] * 5


def test_a_turn_ends_after_its_time_and_gives_back_what_is_left(
    question: dict[str, Any], starts: Starts
) -> None:
    some = items(question, 5)
    moments = iter([0.0, TURN_SECONDS / 2, TURN_SECONDS])
    done = Worker(starts, clock=lambda: next(moments)).take_turn(some)
    assert len(done.records) == 2
    assert done.handed_back == [some[2:]]
    assert starts.unended([item.attempt for item in some]) == [0] * 5


def test_the_first_answer_is_always_graded(question: dict[str, Any], starts: Starts) -> None:
    moments = iter([0.0, 1000.0])
    done = Worker(starts, clock=lambda: next(moments)).take_turn(items(question, 2))
    assert len(done.records) == 1


def killed(item: Item) -> Record:
    """Stands for a grading that its worker does not survive."""
    raise KeyboardInterrupt


def test_what_killed_its_worker_is_graded_alone_and_then_quarantined(
    question: dict[str, Any], starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = items(question, 3)
    with monkeypatch.context() as patch:
        patch.setattr(turn, "judged", killed)
        with pytest.raises(KeyboardInterrupt):
            Worker(starts).take_turn(some)
        again = Worker(starts).take_turn(some)  # the message is delivered again
        assert again.records == []
        assert again.handed_back == [[item] for item in some]
        for _ in range(MOST_STARTS - 1):
            with pytest.raises(KeyboardInterrupt):
                Worker(starts).take_turn(some[:1])
        (verdict,) = Worker(starts).take_turn(some[:1]).records
    assert verdict["grader"] == verdict["verdict"]["grader"] == QUARANTINED
    assert verdict["verdict"]["reason"] == "quarantined"
    assert outcomes([verdict]) == ["needs_review"]
    others = [record for item in some[1:] for record in Worker(starts).take_turn([item]).records]
    assert outcomes(others) == ["correct", "correct"]


def test_what_comes_by_itself_is_graded_whatever_was_taken_along(
    question: dict[str, Any], starts: Starts
) -> None:
    """Where nothing but suspects is left, one after the other gets its turn."""
    some = items(question, 4)
    starts.begin([item.attempt for item in some[:3]])
    done = Worker(starts).take_turn(some[:1], some[1:])
    assert [record["attempt"] for record in done.records] == [some[0].attempt]
    assert done.handed_back == [[some[1]], [some[2]], [some[3]]]
    assert starts.unended([item.attempt for item in some]) == [0, 1, 1, 0]


def test_the_quarantine_holds_when_its_verdict_got_lost(
    question: dict[str, Any], starts: Starts
) -> None:
    (item,) = items(question, 1)
    for _ in range(MOST_STARTS):
        starts.begin([item.attempt])
    both = [Worker(starts).take_turn([item]).records[0] for _ in range(2)]
    assert outcomes(both) == ["needs_review"] * 2


def test_starts_survive_a_kill_of_the_broker(tmp_path: Path) -> None:
    local = LocalBroker.started(tmp_path / "broker")
    with client(local.url) as connection:
        assert Starts(connection).begin(["1", "2"]) == [1, 1]
    local.kill()
    local.start()
    with client(local.url) as connection:
        assert Starts(connection).begin(["1", "3"]) == [2, 1]
        assert 0 < connection.ttl("gradbook.starts:1") <= 3600
    local.kill()


@pytest.mark.parametrize("fault", [MemoryError(), TimeoutError()], ids=repr)
def test_what_takes_too_much_is_graded_alone_next_time(
    question: dict[str, Any], starts: Starts, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def too_much(item: Item) -> Record:
        if item.attempt == some[1].attempt:
            raise fault
        return judged(item)

    some, judged = items(question, 4), turn.judged
    monkeypatch.setattr(turn, "judged", too_much)
    done = Worker(starts, (MemoryError, TimeoutError), clock=lambda: 0.0).take_turn(some)
    assert [record["attempt"] for record in done.records] == [some[0].attempt]
    assert done.handed_back == [[some[1]], some[2:]]
    assert starts.unended([item.attempt for item in some]) == [0, 1, 0, 0]


def test_a_fault_of_ours_is_no_verdict_and_stops_nobody(
    question: dict[str, Any], starts: Starts, caplog: pytest.LogCaptureFixture
) -> None:
    some = items(question, 3)
    some[1] = Item(some[1].attempt, {"format": "gradbook.question/1"}, "x")
    done = Worker(starts, clock=lambda: 0.0).take_turn(some)
    assert [record["attempt"] for record in done.records] == [some[0].attempt, some[2].attempt]
    assert f"attempt {some[1].attempt} could not be graded" in caplog.text
    assert starts.unended([item.attempt for item in some]) == [0, 0, 0]


# The process.


def test_it_is_registered_under_its_contract_name() -> None:
    import grader.worker

    assert "gradbook.grade" in grader.worker.app.tasks


def test_a_worker_has_no_part_of_the_service_in_its_memory(checkout: Path) -> None:
    script = f"import sys, grader.worker; print([n for n in {FENCED_OFF} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=checkout,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"


def test_a_worker_that_wants_too_much_memory_is_refused(checkout: Path) -> None:
    script = (
        "from grader.worker import MEMORY_BYTES, limit_memory; limit_memory()\n"
        "try: bytearray(MEMORY_BYTES)\n"
        "except MemoryError: print('refused')"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=checkout
    )
    assert run.stdout.strip() == "refused"


def test_a_message_holds_what_a_turn_can_do(question: dict[str, Any]) -> None:
    assert len(json.dumps(grade_document(items(question, MOST_ITEMS)))) < 50_000

"""Practice sets, who has which variant, and what of it all a learner may see."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, selectinload

from api.practice.marks import Graded, Sums
from api.store.models import (
    Assignment,
    Attempt,
    Enrolment,
    Outcome,
    Person,
    PracticeItem,
    PracticeSet,
    Question,
    Role,
    Sheet,
    Standing,
    Verdict,
    VerdictDiagnosis,
)
from api.store.paging import Page, paged
from api.store.standings import First, link, write_sheets


@dataclass(frozen=True)
class Place:
    """Where a learner meets an exercise: an item, or one of several variants for it."""

    practice_set: PracticeSet
    item: PracticeItem


@dataclass(frozen=True)
class Key:
    """What a standing is about."""

    practice_set_id: uuid.UUID
    learner_id: uuid.UUID
    question_id: str


KEY = (Attempt.practice_set_id, Attempt.learner_id, Attempt.question_id)
ASKED = ("exercise_id", "name", "kind")
KEY_NAMES = ("practice_set_id", "learner_id", "question_id")


def key_of(standing: Standing) -> Key:
    """What the standing is about."""
    return Key(standing.practice_set_id, standing.learner_id, standing.question_id)


class PracticeSets:
    """Repository of practice sets, assignments and standings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, course_id: uuid.UUID, set_id: uuid.UUID) -> PracticeSet | None:
        """The course's practice set of that id."""
        found = self._session.get(PracticeSet, set_id)
        return found if found and found.course_id == course_id else None

    def known(self, set_id: uuid.UUID) -> PracticeSet:
        """The practice set of that id, which is there."""
        return self._session.get_one(PracticeSet, set_id)

    def of_course(
        self, course_id: uuid.UUID, page: Page, opened_by: datetime | None
    ) -> Sequence[PracticeSet]:
        """The course's practice sets, oldest first; those opened by a time where one is given."""
        query = (
            select(PracticeSet)
            .where(PracticeSet.course_id == course_id)
            .options(selectinload(PracticeSet.items).joinedload(PracticeItem.exercise))
        )
        if opened_by is not None:
            query = query.where(PracticeSet.opens_at <= opened_by)
        columns = (PracticeSet.created_at, PracticeSet.id)
        return paged(self._session, query, columns, page)

    def add(self, practice_set: PracticeSet) -> PracticeSet:
        """The practice set, stored."""
        self._session.add(practice_set)
        self._session.flush()
        return practice_set

    def has_attempts(self, set_id: uuid.UUID) -> bool:
        """Whether anybody has answered anything of the practice set."""
        return bool(self._session.scalar(select(exists().where(Attempt.practice_set_id == set_id))))

    # Who has which variant.

    def places(
        self, course_id: uuid.UUID, learner_id: uuid.UUID, exercise_id: str, now: datetime
    ) -> list[Place]:
        """Where a learner meets the exercise, in opened practice sets of the course."""
        query = (
            select(PracticeSet, PracticeItem)
            .join(PracticeItem, PracticeItem.practice_set_id == PracticeSet.id)
            .where(
                PracticeSet.course_id == course_id,
                PracticeSet.opens_at <= now,
                or_(
                    PracticeItem.exercise_id == exercise_id,
                    _assigned(learner_id, exercise_id),
                ),
            )
            .order_by(PracticeSet.created_at, PracticeSet.id)
        )
        return [Place(*row) for row in self._session.execute(query)]

    def assignments(
        self, set_id: uuid.UUID, learner_id: uuid.UUID, position: int | None = None
    ) -> Sequence[Assignment]:
        """A learner's variants for the items of a set (or one item), in their order."""
        query = select(Assignment).where(
            Assignment.practice_set_id == set_id, Assignment.learner_id == learner_id
        )
        if position is not None:
            query = query.where(Assignment.position == position)
        order = (Assignment.position, Assignment.opportunity)
        options = selectinload(Assignment.exercise)
        return self._session.scalars(query.order_by(*order).options(options)).all()

    def all_assignments(self, set_id: uuid.UUID) -> Sequence[Assignment]:
        """All learners' variants for the items of a set, each learner's in their order."""
        query = select(Assignment).where(Assignment.practice_set_id == set_id)
        order = (Assignment.learner_id, Assignment.position, Assignment.opportunity)
        return self._session.scalars(query.order_by(*order)).all()

    def has_assignments(self, set_id: uuid.UUID) -> bool:
        """Whether a learner has a variant of one's own for an item of the set."""
        query = select(exists().where(Assignment.practice_set_id == set_id))
        return bool(self._session.scalar(query))

    def assign(self, assignment: Assignment) -> Assignment:
        """The assignment, stored."""
        self._session.add(assignment)
        self._session.flush()
        return assignment

    # What attempts have come to.

    def keys_of(self, attempt_ids: Collection[uuid.UUID]) -> set[Key]:
        """Which standings attempts belong to; those outside of practice sets belong to none."""
        query = select(*KEY).where(
            Attempt.id.in_(attempt_ids), Attempt.practice_set_id.is_not(None)
        )
        return {Key(*row) for row in self._session.execute(query.distinct())}

    def graded(self, keys: Collection[Key]) -> dict[Key, list[Graded]]:
        """The graded attempts that belong to each of these standings, the earliest first."""
        return self._graded(tuple_(*KEY).in_([astuple(key) for key in keys]), keys)

    def graded_in(self, set_id: uuid.UUID) -> dict[Key, list[Graded]]:
        """The graded attempts of a practice set by standing, the earliest first."""
        return self._graded(Attempt.practice_set_id == set_id, ())

    def _graded(
        self, chosen: ColumnElement[bool], keys: Collection[Key]
    ) -> dict[Key, list[Graded]]:
        first = (
            select(VerdictDiagnosis.slug)
            .where(VerdictDiagnosis.verdict_id == Verdict.id, VerdictDiagnosis.position == 1)
            .scalar_subquery()
        )
        columns = (Attempt.submitted_at, Verdict.outcome, Verdict.score, Attempt.credit, first)
        query = (
            select(*KEY, *columns)
            .join(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(chosen)
            .order_by(Attempt.number)
        )
        found: dict[Key, list[Graded]] = {key: [] for key in keys}
        for set_id, learner_id, question_id, *graded in self._session.execute(query):
            found.setdefault(Key(set_id, learner_id, question_id), []).append(Graded(*graded))
        return found

    def submitted(
        self, set_id: uuid.UUID, learner_id: uuid.UUID, question_id: str
    ) -> dict[Outcome | None, int]:
        """How many attempts a learner made at a question, by outcome; None: not graded yet."""
        query = (
            select(Verdict.outcome, func.count())
            .select_from(Attempt)
            .outerjoin(Verdict, and_(Verdict.attempt_id == Attempt.id, Verdict.current))
            .where(
                Attempt.practice_set_id == set_id,
                Attempt.learner_id == learner_id,
                Attempt.question_id == question_id,
            )
            .group_by(Verdict.outcome)
        )
        return {outcome: number for outcome, number in self._session.execute(query)}

    def stand(self, counted: Mapping[Key, Sums]) -> None:
        """Keeps what the attempts of each standing come to, and what follows from it."""
        chosen = tuple_(*(getattr(Standing, name) for name in KEY_NAMES)).in_(
            [astuple(key) for key in counted]
        )
        known = {
            key_of(each): each for each in self._session.scalars(select(Standing).where(chosen))
        }
        known |= self._new_standings(counted.keys() - known.keys())
        firsts = {key: First.of(standing) for key, standing in known.items()}
        for key, standing in known.items():
            for field, value in asdict(counted[key]).items():
                setattr(standing, field, value)
        self._session.flush()
        link(self._session, [(firsts[key], standing) for key, standing in known.items()])
        write_sheets(self._session, list(known.values()))

    def _new_standings(self, keys: Collection[Key]) -> dict[Key, Standing]:
        chosen = tuple_(*KEY).in_([astuple(key) for key in keys])
        asked = [getattr(Question, name) for name in ASKED]
        columns = (Attempt.course_id, Attempt.position, *asked)
        query = (
            select(*KEY, *columns)
            .join(Question, Question.id == Attempt.question_id)
            .where(chosen)
            .distinct()
        )
        names = (*KEY_NAMES, "course_id", "position", *ASKED)
        rows = [
            Standing(**dict(zip(names, row, strict=True))) for row in self._session.execute(query)
        ]
        self._session.add_all(rows)
        return {key_of(row): row for row in rows}

    def standing(
        self, set_id: uuid.UUID, learner_id: uuid.UUID, question_id: str
    ) -> Standing | None:
        """What a learner's attempts at a question have come to."""
        return self._session.get(Standing, (set_id, learner_id, question_id))

    def standings(
        self, set_id: uuid.UUID, learner_ids: Sequence[uuid.UUID] | None = None
    ) -> Sequence[Standing]:
        """What attempts at a set have come to, of these learners or of all."""
        query = select(Standing).where(Standing.practice_set_id == set_id)
        if learner_ids is not None:
            query = query.where(Standing.learner_id.in_(learner_ids))
        return self._session.scalars(query).all()

    def sheets(self, set_id: uuid.UUID) -> Sequence[Sheet]:
        """All learners' sheets of a set."""
        query = select(Sheet).where(Sheet.practice_set_id == set_id).order_by(Sheet.learner_id)
        return self._session.scalars(query).all()

    def learners(self, course_id: uuid.UUID, page: Page) -> Sequence[Enrolment]:
        """The course's students, in the order in which they came."""
        query = select(Enrolment).where(
            Enrolment.course_id == course_id, Enrolment.role == Role.STUDENT
        )
        columns = (Enrolment.created_at, Enrolment.person_id)
        return paged(self._session, query.options(selectinload(Enrolment.person)), columns, page)

    def student_names(self, course_id: uuid.UUID) -> list[str]:
        """The names of the course's students, in the order in which they came."""
        query = (
            select(Person.name)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(
                Enrolment.course_id == course_id,
                Enrolment.role == Role.STUDENT,
                Enrolment.ended_at.is_(None),
            )
            .order_by(Enrolment.created_at, Person.id)
        )
        return list(self._session.scalars(query))

    def questions_of(self, exercise_ids: Sequence[str]) -> dict[str, list[Question]]:
        """The questions of exercises, in their order."""
        query = (
            select(Question)
            .where(Question.exercise_id.in_(exercise_ids))
            .order_by(Question.exercise_id, Question.position)
        )
        found: dict[str, list[Question]] = {exercise: [] for exercise in exercise_ids}
        for question in self._session.scalars(query):
            found[question.exercise_id].append(question)
        return found


def _assigned(learner_id: uuid.UUID, exercise_id: str) -> ColumnElement[bool]:
    mine = aliased(Assignment)
    return exists().where(
        mine.practice_set_id == PracticeItem.practice_set_id,
        mine.position == PracticeItem.position,
        mine.learner_id == learner_id,
        mine.exercise_id == exercise_id,
    )

"""Where each student stands: the one place that export, feedback and tables ask, so that they never disagree.

What counts is nbgrader's gradebook, which also holds what a person gave; the recorded results say the rest: what could
not be graded, and why.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import func, select

from autograder.grading.gradebook import grading, prepare
from autograder.grading.graded import Score
from autograder.returning.table import Status


class State(StrEnum):
    """What a student's work on an assignment has come to, in the words of an export."""

    GRADED = "graded"
    WAITING = "waiting for a person"
    FAILED = "failed"
    NOT_GRADED = "not graded yet"
    MISSING = "not handed in"


@dataclass(frozen=True)
class Item:
    """A graded cell. ``points`` is None while it waits for a person. ``by_hand``: a person gave or changed the points.

    ``score``: where automatic points come from; None where another program graded. ``comment``: a grader's.
    """

    grade_id: str
    points: float | None
    maximum: float
    by_hand: bool = False
    comment: str = ""
    score: Score | None = None


@dataclass(frozen=True)
class Standing:
    """A student's work on an assignment. ``late_by``: seconds, 0 where it was in time.

    What failed has items where an earlier attempt counts. Times are in UTC.
    """

    assignment: str
    student: str
    state: State
    items: tuple[Item, ...] = ()
    penalty: float = 0.0
    late_by: float = 0.0
    handed_in: datetime | None = None
    graded: datetime | None = None
    reason: str = ""

    @property
    def points(self) -> float | None:
        """The points so far, without what was taken off; None where there are none."""
        if not self.items:
            return None
        return rounded(sum(item.points or 0.0 for item in self.items) - self.penalty)

    @property
    def status(self) -> str:
        """The state in words."""
        if self.state == State.FAILED and self.items:
            return f"{self.state}, an earlier attempt counts"
        return self.state.value

    @property
    def maximum(self) -> float:
        """The points of all items."""
        return rounded(sum(item.maximum for item in self.items))

    @property
    def waiting(self) -> list[Item]:
        """What a person has yet to look at."""
        return [item for item in self.items if item.points is None]


def rounded(points: float) -> float:
    """Points as they are shown everywhere."""
    return round(points + 0.0, 2)


def shown(points: float) -> str:
    """Points in words: no zeros behind the point."""
    return f"{rounded(points):g}"


def standings(gradebook: Gradebook, assignment: str, handed_in: Iterable[str] = ()) -> dict[str, Standing]:
    """All that is known of each student's work on ``assignment``. ``handed_in``: of whom something lies there."""
    prepare(gradebook.engine)
    with gradebook.engine.connect() as connection:
        asked = select(grading).where(grading.c.assignment == assignment)
        rows = {row.student: row for row in connection.execute(asked)}
    found = _in_gradebook(gradebook, assignment, {who: row.scores for who, row in rows.items()})
    for who, row in rows.items():
        when = datetime.fromtimestamp(row.finished, UTC)
        if row.status == Status.FAILED:
            earlier = found[who] if who in found and row.score is not None else Standing(assignment, who, State.FAILED)
            found[who] = replace(earlier, state=State.FAILED, graded=when, reason=row.reason)
        elif who in found:
            found[who] = replace(found[who], graded=when, reason=row.reason)
    for who in handed_in:
        found.setdefault(who, Standing(assignment, who, State.NOT_GRADED))
    return dict(sorted(found.items()))


def maximum(gradebook: Gradebook, assignment: str) -> float | None:
    """The points of an assignment; None where it has not been released."""
    try:
        return rounded(gradebook.find_assignment(assignment).max_score)
    except MissingEntry:
        return None


def waiting(gradebook: Gradebook, assignments: Iterable[str]) -> int:
    """How many answers wait for a person."""
    asked = (
        select(func.count())
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(Grade.needs_manual_grade, SubmittedAssignment.name.in_(list(assignments)))
    )
    return gradebook.db.execute(asked).scalar() or 0


def _in_gradebook(gradebook: Gradebook, assignment: str, recorded: dict[str, str | None]) -> dict[str, Standing]:
    """The standings of all who are in the gradebook. ``recorded``: where scores come from, as JSON, by student."""
    try:
        due = gradebook.find_assignment(assignment).duedate
    except MissingEntry:
        return {}
    comments = _comments(gradebook, assignment)
    items: dict[str, list[Item]] = defaultdict(list)
    scores = {who: _scores(text) for who, text in recorded.items()}
    asked = (
        select(
            SubmittedAssignment.student_id,
            GradeCell.name,
            Grade.score,
            GradeCell.max_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(GradeCell, Grade.cell_id == GradeCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.name == assignment)
    )
    for who, name, points, most, by_hand, waits in gradebook.db.execute(asked):
        comment, score = comments.get((who, name), ""), scores.get(who, {}).get(name)
        items[who].append(
            Item(name, None if waits else float(points), float(most), by_hand is not None, comment, score)
        )
    found = {}
    for submission in gradebook.assignment_submissions(assignment):
        who = submission.student_id
        order = list(scores.get(who, {}))  # the notebook's; what has no score of ours comes behind
        items[who].sort(key=lambda item: (order.index(item.grade_id) if item.score else len(order), item.grade_id))
        state = State.WAITING if any(item.points is None for item in items[who]) else State.GRADED
        penalty = float(sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks))
        late = float(submission.total_seconds_late) if due and submission.timestamp else 0.0
        found[who] = Standing(assignment, who, state, tuple(items[who]), penalty, late, submission.timestamp)
    return found


def _comments(gradebook: Gradebook, assignment: str) -> dict[tuple[str, str], str]:
    """What graders wrote, by student and cell; nbgrader's own remarks are left out."""
    asked = (
        select(SubmittedAssignment.student_id, BaseCell.name, Comment.manual_comment)
        .select_from(Comment)
        .join(BaseCell, Comment.cell_id == BaseCell.id)
        .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.name == assignment)
    )
    return {(who, cell): text for who, cell, text in gradebook.db.execute(asked) if text and text.strip()}


def _scores(text: str | None) -> dict[str, Score]:
    return {score.grade_id: score for score in map(Score.from_json, json.loads(text or "[]"))}

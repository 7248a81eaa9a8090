"""What the gradebook holds of a class. However large that is, so many questions are asked and no more."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Grade, Gradebook, GradeCell, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.apps import NbGraderAPI
from sqlalchemy import select

from autograder.grading.cells import PREFIX, exercise_of
from autograder.grading.gradebook import grading, prepare
from autograder.grading.graded import Score
from autograder.insight.statistics import Answer
from autograder.returning.table import Status


@dataclass(frozen=True)
class Record:
    """All that is known of a class. ``failed``: assignment, student, reason. ``names``: of students, where known."""

    answers: list[Answer]
    failed: list[tuple[str, str, str]]
    names: dict[str, str]


def read(gradebook: Gradebook, assignments: Iterable[str]) -> Record:
    """What the gradebook says of ``assignments``: the points that count, given by hand or not, and why."""
    prepare(gradebook.engine)
    chosen = list(assignments)
    with gradebook.engine.connect() as connection:
        asked = select(grading.c.assignment, grading.c.student, grading.c.status, grading.c.reason, grading.c.scores)
        failed, scores = [], {}
        for row in connection.execute(asked.where(grading.c.assignment.in_(chosen))):
            if row.status == Status.FAILED:
                failed.append((row.assignment, row.student, row.reason))
                continue
            for score in _scores(row.scores):
                scores[row.assignment, row.student, score.grade_id] = score
        lost = {(assignment, student) for assignment, student, _ in failed}
        grades = (
            select(
                Assignment.name.label("assignment"),
                SubmittedAssignment.student_id.label("student"),
                GradeCell.name.label("cell"),
                GradeCell.cell_type.label("kind"),
                GradeCell.max_score.label("maximum"),
                Grade.auto_score,
                Grade.manual_score,
                Grade.extra_credit,
                Grade.needs_manual_grade.label("waiting"),
            )
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .join(GradeCell, Grade.cell_id == GradeCell.id)
            .where(Assignment.name.in_(chosen))
        )
        answers = []
        for row in connection.execute(grades):
            if (row.assignment, row.student) in lost:
                continue
            given = row.auto_score if row.manual_score is None else row.manual_score
            answers.append(
                Answer(
                    row.assignment,
                    exercise_of(row.cell),
                    row.student,
                    None if given is None else given + (row.extra_credit or 0),
                    row.maximum,
                    waiting=row.waiting,
                    text=not row.cell.startswith(PREFIX),
                    score=scores.get((row.assignment, row.student, row.cell)),
                )
            )
        people = connection.execute(select(Student.id, Student.first_name, Student.last_name))
        names = {who: " ".join(filter(None, (first, last))) or who for who, first, last in people}
    return Record(answers, failed, names)


def _scores(text: str | None) -> Iterator[Score]:
    """The scores of a submission; none where another release wrote them in a form that this one does not know."""
    try:
        yield from [Score.from_json(score) for score in json.loads(text or "[]")]
    except (ValueError, TypeError, KeyError):
        return


def order(course: NbGraderAPI, assignments: Iterable[str]) -> dict[str, list[str]]:
    """Of each assignment the exercises and texts as they stand in its notebook; nothing where that is not there."""
    found: dict[str, list[str]] = {}
    for name in assignments:
        folder = course.coursedir.format_path(course.coursedir.source_directory, ".", name)
        try:
            cells = json.loads(Path(folder, f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError):
            continue
        marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
        found[name] = [exercise_of(mark["grade_id"]) for mark in marks if mark.get("grade")]
    return found

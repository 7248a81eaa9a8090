"""A class that nobody graded: its gradebook and its graded notebooks are written directly, as grading would."""

import json
from collections.abc import Callable, Sequence
from uuid import uuid4

import nbformat
from nbgrader.api import Grade, Gradebook, GradeCell, Notebook, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import insert, select

from autograder.grading.gradebook import grading, prepare
from autograder.grading.graded import Score
from tests.support.classroom import ASSIGNMENT, POINTS, Classroom, solved

RULES = {"test_left_pad": ("filler goes in front", "the mask is 0 for filler"), "test_softmax": ("any height", "rows")}


def score(grade_id: str, broken: Sequence[str] = (), cause: str = "", **facts: object) -> Score:
    """The score of an answer that breaks rules; ``facts`` are those of its verdicts that did not pass."""
    verdicts = []
    for rule in RULES[grade_id]:
        verdict = {"probe": f"probe of {rule}", "rule": rule, "weight": 1.0, "refusal": False}
        if rule in broken:
            told = {"expected": "[1, 2]", "got": "[2, 1]", "reason": "the result is [2, 1] instead of [1, 2]"}
            named = {"cause": cause, "hint": f"the hint of {cause}", "certain": True} if cause else {}
            verdict |= {"passed": False} | told | named | facts
        else:
            verdict |= {"passed": True}
        verdicts.append(verdict)
    points = POINTS[grade_id] * (1 - len(broken) / len(RULES[grade_id]))
    return Score(grade_id, points, POINTS[grade_id], tuple(verdicts))


def write_class(
    room: Classroom, students: Sequence[str], answers: Callable[[int], list[Score]], text: Callable[[int], float | None]
) -> None:
    """Write what each student has: ``answers`` and the points of the free ``text``, by the student's place."""
    rows: dict[type, list[dict]] = {kind: [] for kind in (Student, SubmittedAssignment, SubmittedNotebook, Grade)}
    ours = []
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        prepare(book.engine)
        with book.engine.begin() as connection:
            cells = dict(connection.execute(select(GradeCell.name, GradeCell.id)).all())
            notebook, assignment = connection.execute(select(Notebook.id, Notebook.assignment_id)).one()
            for place, student in enumerate(students):
                scores, given = answers(place), text(place)
                handed_in, its_notebook = uuid4().hex, uuid4().hex
                rows[Student].append({"id": student, "first_name": "Jane", "last_name": f"Doe{place}"})
                rows[SubmittedAssignment].append(
                    {"id": handed_in, "assignment_id": assignment, "student_id": student, "timestamp": None}
                )
                rows[SubmittedNotebook].append(
                    {"id": its_notebook, "assignment_id": handed_in, "notebook_id": notebook, "flagged": False}
                )
                points = {one.grade_id: one.points for one in scores} | {"why_left": None}
                for name, automatic in points.items():
                    rows[Grade].append(
                        {
                            "id": uuid4().hex,
                            "notebook_id": its_notebook,
                            "cell_id": cells[name],
                            "auto_score": automatic,
                            "manual_score": given if name == "why_left" else None,
                            "needs_manual_grade": name == "why_left" and given is None,
                        }
                    )
                ours.append(
                    {
                        "assignment": ASSIGNMENT,
                        "student": student,
                        "fingerprint": "",
                        "status": "graded",
                        "reason": "",
                        "finished": 0.0,
                        "scores": json.dumps([one.to_json() for one in scores]),
                    }
                )
            for kind, its_rows in rows.items():
                connection.execute(insert(kind.__table__), its_rows)
            connection.execute(insert(grading), ours)


def write_graded(room: Classroom, student: str, **answers: str) -> None:
    """A graded notebook with these answers."""
    path = room.root / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(solved(room.release, **answers), path)

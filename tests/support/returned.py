"""A class of the practice course that has been graded, without a sandbox: results are recorded as the grader would."""

import contextlib

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.deadlines import NO_RULES, Rules
from autograder.grading.gradebook import Recorder
from autograder.grading.graded import Graded, Score
from autograder.returning.markup import Markup
from autograder.returning.table import Result
from tests.support.classroom import ASSIGNMENT, POINTS, Classroom, cell, solved

LONG = "float32 tensor of shape [2, 9]: [[" + ", ".join(["0.125"] * 120) + "]]"
HINT = "The weights were not divided by their sum. A probability is a *share*: use `sum(-1, keepdim=True)`."
SUM, SHIFT, REFUSES = "each row sums to 1", "large logits do not overflow", "an empty row is refused with a ValueError"


def verdict(probe: str, rule: str, passed: bool, **facts: object) -> dict:
    """A recorded verdict."""
    return {"probe": probe, "rule": rule, "weight": 1.0, "refusal": False, "passed": passed} | facts


def wrong_softmax() -> Score:
    """One of two rules holds; the mistake is known."""
    facts = {"expected": LONG, "got": LONG.replace("0.125", "1.5"), "reason": "result[0, 0] is 1.5, not 0.125"}
    known = {"cause": "unnormalized", "certain": True, "hint": HINT}
    verdicts = (
        verdict("two rows", SUM, False, **facts, **known),
        verdict("one row", SUM, False, **facts | {"got": "[<b>1.5</b>]"}, **known),
        verdict("logits of 1000", SHIFT, True),
    )
    return Score("test_softmax", 1.5, POINTS["test_softmax"], verdicts)


def right(grade_id: str) -> Score:
    """Full points."""
    return Score(grade_id, POINTS[grade_id], POINTS[grade_id], (verdict("a probe", "a rule", True),))


def graded(notebook: NotebookNode, *scores: Score) -> Graded:
    """What the grader makes of a notebook that has these scores."""
    by_name = {score.grade_id: score for score in (right("test_left_pad"), right("test_softmax"))}
    by_name |= {score.grade_id: score for score in scores}
    for name, score in by_name.items():
        cell(notebook, name).outputs = [new_output("execute_result", {"text/plain": repr(score.points)})]
    markup = Markup()
    markup.make_safe(cell(notebook, "why_left"))
    return Graded(notebook=nbformat.writes(notebook), scores=tuple(by_name.values()), version="1")


def record(room: Classroom, student: str, result: Graded, rules: Rules = NO_RULES) -> Result:
    """Write a result into the gradebook."""
    room.folder(student)
    with contextlib.closing(Recorder(room.course, rules=rules)) as recorder:
        return recorder.record(ASSIGNMENT, student, "fingerprint", result, "content")


def record_class(room: Classroom) -> None:
    """Jane has everything right, Joe a wrong softmax, Zoe sent no notebook; free texts wait. Nobody graded Ann yet."""
    record(room, "jane", graded(solved(room.release)))
    record(room, "joe", graded(solved(room.release, softmax="def softmax(x):\n    return x.exp()\n"), wrong_softmax()))
    record(room, "zoe", Graded(problem="not a readable notebook; ask for it again"))
    room.folder("ann")


def give(room: Classroom, student: str, points: float, comment: str = "") -> None:
    """What a person does in the formgrader: grade the free text."""
    with contextlib.closing(Recorder(room.course)) as recorder:
        book = recorder.gradebook
        grade = book.find_grade("why_left", ASSIGNMENT, ASSIGNMENT, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        if comment:
            book.find_comment("why_left", ASSIGNMENT, ASSIGNMENT, student).manual_comment = comment
        book.db.commit()

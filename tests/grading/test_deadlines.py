"""Late work: nbgrader's own dates and penalties, from a small file."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from nbgrader.api import Gradebook

from autograder.grading.deadlines import BadDeadlines, Deadline, Rules, load
from autograder.grading.gradebook import Recorder
from autograder.grading.run import Options, grade_class
from autograder.returning.standing import standings
from tests.support.classroom import ASSIGNMENT, Classroom, solved

DUE = datetime(2026, 10, 5, 22, 0)
WRONG = "def softmax(logits):\n    return None\n"
FILE = """
[00_practice]
due = 2026-10-05T23:59:00+02:00
grace_minutes = 15
penalty = 10
at_most = 50
attempts = "best"

[00_practice.extensions]
student-07 = 2026-10-12T23:59:00+02:00
"""


def test_the_file_is_read_in_utc(tmp_path):
    (tmp_path / "deadlines.toml").write_text(FILE)
    deadline = load(tmp_path / "deadlines.toml")[ASSIGNMENT]
    assert deadline.due == datetime(2026, 10, 5, 21, 59)
    assert deadline.extension("student-07") == timedelta(days=7) and deadline.extension("student-08") is None
    assert deadline.best


@pytest.mark.parametrize(
    "text, why",
    [
        ("due = 3", "write a table"),
        ("[a]\ndue = 2026-10-05T23:59:00", "with its zone"),
        ('[a]\ndue = "tomorrow"', "with its zone"),
        ("[a]\npenalty = 101", "from 0 to 100"),
        ("[a]\npenalty = true", "a number"),
        ('[a]\nattempts = "first"', "best"),
        ("[a]\ngrace = 3", "there is no grace"),
        ("[a.extensions]\nx = 2026-10-05T23:59:00Z", "need a due"),
        ("[a\n", "deadlines.toml"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path, text, why):
    (tmp_path / "deadlines.toml").write_text(text)
    with pytest.raises(BadDeadlines, match=why):
        load(tmp_path / "deadlines.toml")


def test_without_a_file_there_are_no_rules(tmp_path):
    assert load(tmp_path / "deadlines.toml") == {}


@pytest.mark.parametrize(
    "seconds, cost", [(0, 0), (900, 0), (901, 1), (86_400, 1), (86_401, 2), (10 * 86_400, 5), (86_400 * 365, 5)]
)
def test_each_day_begun_costs_its_share_up_to_the_most(seconds, cost):
    deadline = Deadline(DUE, timedelta(minutes=15), penalty=10, at_most=50)
    assert deadline.taken_off(10.0, seconds) == cost


@pytest.fixture
def room(empty_room, tmp_path) -> Classroom:
    return empty_room.copy(tmp_path / "room")


def hand_in(room, student, when, **answers):
    room.hand_in(student, solved(room.release, **answers))
    if when:
        room.folder(student).joinpath("timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC")


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_late_work_loses_and_table_and_gradebook_say_so(room):
    late = DUE + timedelta(hours=25)
    for student, when in (("punctual", DUE), ("late", late), ("extended", late), ("flagged", None)):
        hand_in(room, student, when)
    deadline = Deadline(DUE, timedelta(0), 10, 50, extensions={"extended": DUE + timedelta(days=2)})
    rules = Rules({ASSIGNMENT: deadline}, {ASSIGNMENT: frozenset({"flagged"})})
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1), rules=rules)
    got = {result.student: (result.points, result.penalty) for result in results}
    assert fine
    assert got["punctual"] == got["extended"] == (6.0, 0.0)
    assert got["late"] == pytest.approx((4.8, 1.2)) and got["flagged"] == pytest.approx((5.4, 0.6))
    assert "late by 1 day, 1:00:00, 1.2 points taken off" in next(r.reason for r in results if r.student == "late")
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "late")
        assert submission.notebooks[0].late_submission_penalty == pytest.approx(1.2)
        assert submission.total_seconds_late == 25 * 3600

    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
        grade = gradebook.find_grade("why_left", ASSIGNMENT, ASSIGNMENT, "late")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    with closing(Recorder(room.course, rules=rules)) as recorder:
        recorder.renew_penalties([ASSIGNMENT])
        result = recorder.recorded()[ASSIGNMENT, "late"].result
    assert (result.points, result.penalty) == pytest.approx((6.4, 1.6)), "a share of all points, also of a person's"
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
        assert standings(gradebook, ASSIGNMENT)["late"].points == pytest.approx(6.4)

    generous = Rules({ASSIGNMENT: Deadline(DUE + timedelta(days=9))})
    results, _ = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1), rules=generous)
    got = {result.student: result.points for result in results}
    assert got == {"late": 8.0, "punctual": 6.0, "extended": 6.0, "flagged": 6.0}, "a changed deadline changes marks"


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_the_best_attempt_counts_where_that_is_the_rule(room):
    best, last = (Rules({ASSIGNMENT: Deadline(DUE, best=best)}) for best in (True, False))

    def graded(rules):
        (result,), fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1), rules=rules)
        assert fine
        return result.points, result.reason, "return None" in str(room.graded("student-01"))

    hand_in(room, "student-01", DUE, softmax=WRONG)
    assert graded(best) == (3.0, "", True)
    hand_in(room, "student-01", DUE)
    assert graded(best) == (6.0, "", False)
    hand_in(room, "student-01", DUE, softmax=WRONG)
    points, reason, is_wrong = graded(best)
    assert (points, is_wrong) == (6.0, False) and "an earlier attempt counts" in reason
    assert room.scores("student-01")["test_softmax"] == 3.0
    assert graded(last) == (3.0, "", True)

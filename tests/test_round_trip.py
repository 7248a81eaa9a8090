"""An assignment's whole life under stock nbgrader: released, answered, graded, returned."""

import csv
import re

import pytest
from course import SOLUTIONS
from nbgrader.api import Gradebook
from submissions import half_right, hand_in, perfect, raises_at_the_top, solved_sources, untouched

from autograder.course import api, configuration
from autograder.exercises import all_exercises
from autograder.grade import grade, submitted, table

EXERCISES = all_exercises()
ASSIGNMENTS = [path.stem for path in SOLUTIONS]


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def term(request, tmp_path_factory):
    """One assignment graded for a class of five: the course, the results by student, what half-right solved."""
    assignment = request.param
    root = tmp_path_factory.mktemp(assignment)
    half, solved = half_right(assignment)
    for student, content in {
        "student-01": perfect(assignment),
        "student-02": untouched(assignment),
        "student-03": half,
        "student-04": raises_at_the_top(assignment),
        "student-05": b"%PDF-1.7 this is not a notebook",
    }.items():
        hand_in(root / "submitted", student, assignment, content)
    folders = {f"{name}_directory": str(root / name) for name in ("release", "submitted", "autograded", "feedback")}
    course = api(configuration(db_url=f"sqlite:///{root}/gradebook.db", **folders))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENLAB_GRADING_SEED", "a seed of the tests")
        assert course.generate_assignment(assignment, force=True, create=True)["success"]
        results = {who: grade(course, assignment, who) for who in submitted(course, assignment)}
    return assignment, course, results, solved, root


def auto_scores(course, assignment, student):
    """Automatic points by grade_id, and the maximum."""
    with Gradebook(course.coursedir.db_url) as gradebook:
        grades = gradebook.find_submission(assignment, student).notebooks[0].grades
        return {g.name: (g.auto_score, g.max_score) for g in grades if g.cell_type == "code"}


def test_a_perfect_submission_gets_full_marks(term):
    assignment, course, results, _, _ = term
    scores = auto_scores(course, assignment, "student-01")
    assert {name: score for name, (score, _) in scores.items()} == {name: top for name, (_, top) in scores.items()}
    assert len(scores) == sum(name in EXERCISES for name in solved_sources(assignment)) > 0
    manual = len(solved_sources(assignment)) > len(scores)
    assert results["student-01"].status == ("needs manual grading" if manual else "graded")


def test_an_untouched_one_gets_no_automatic_points(term):
    assignment, course, *_ = term
    assert {score for score, _ in auto_scores(course, assignment, "student-02").values()} == {0}


def test_half_right_gets_the_points_of_what_is_right(term):
    assignment, course, _, solved, _ = term
    for name, (score, top) in auto_scores(course, assignment, "student-03").items():
        assert score == (top if name.removeprefix("test_") in solved else 0), name


def test_an_error_at_the_top_costs_nothing_else(term):
    assignment, course, *_ = term
    assert auto_scores(course, assignment, "student-04") == auto_scores(course, assignment, "student-01")


def test_an_unreadable_file_has_a_clear_status_and_stops_nobody(term):
    _, _, results, _, _ = term
    broken = results["student-05"]
    assert broken.status == "failed" and "not a readable notebook" in broken.reason
    assert [who for who, result in results.items() if result.status == "failed"] == ["student-05"]
    assert "not a readable notebook" in table(list(results.values()))


def test_feedback_and_grades_go_back(term):
    assignment, course, results, solved, root = term
    for who in results.keys() - {"student-05"}:
        assert course.generate_feedback(assignment, who, force=True)["success"]
        assert (root / "feedback" / who / assignment / f"{assignment}.html").is_file()
    page = (root / "feedback" / "student-03" / assignment / f"{assignment}.html").read_text(encoding="utf-8")
    assert "<details open" in page and "<details>" not in page, "hints are unfolded"
    wrong = next(name for name in solved_sources(assignment) if name in EXERCISES and name not in solved)
    assert re.search(rf"{wrong}: 0 of \d+ probes passed", page)

    from nbgrader.plugins import CsvExportPlugin

    plugin = CsvExportPlugin(config=course.config)
    plugin.to = str(root / "grades.csv")
    with Gradebook(course.coursedir.db_url) as gradebook:
        plugin.export(gradebook)
    with (root / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows["student-01"]["raw_score"]) == results["student-01"].score
    assert float(rows["student-02"]["raw_score"]) == results["student-02"].score

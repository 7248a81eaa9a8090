"""An assignment's whole life: released, answered, graded by stock nbgrader and by ours, returned.

Each class is handed in once and graded once by each grader; the tests ask what became of it.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.collecting.roster import Roster
from autograder.course import api, configuration
from autograder.exercises import files
from autograder.grading.run import Options, grade_class
from autograder.returning.export import write_table
from autograder.returning.standing import maximum, standings
from autograder.returning.table import Result, table
from tests.support import stock
from tests.support.course import SOLUTIONS
from tests.support.submissions import half_right, hand_in, perfect, raises_at_the_top, solved_sources, untouched

STUDENTS = ("perfect", "untouched", "half", "raises")
# Stock nbgrader takes minutes for each of the others, and they show nothing that 01 does not.
ASSIGNMENTS = [
    pytest.param(
        path.stem,
        marks=[pytest.mark.xdist_group(path.stem)] + [pytest.mark.nightly] * (path.stem[:2] != "01"),
    )
    for path in SOLUTIONS
]


@dataclass
class Term:
    """One assignment, graded for a class of five. ``solved``: what the student ``half`` has right."""

    assignment: str
    root: Path
    solved: set[str]
    courses: dict[str, NbGraderAPI]
    results: dict[str, dict[str, Result]]  # by grader and student

    def scores(self, grader: str, student: str) -> dict[str, tuple[float, float, bool]]:
        """Automatic points, the maximum, and whether a person has to look, by grade_id of the test cells."""
        course = self.courses[grader]
        with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
            grades = book.find_submission(self.assignment, student).notebooks[0].grades
            return {g.name: (g.auto_score, g.max_score, g.needs_manual_grade) for g in grades if g.cell_type == "code"}


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def term(request, bubblewrap, tmp_path_factory) -> Term:
    assignment = request.param
    root = tmp_path_factory.mktemp(assignment)
    half, solved = half_right(assignment)
    for student, content in {
        "perfect": perfect(assignment),
        "untouched": untouched(assignment),
        "half": half,
        "raises": raises_at_the_top(assignment),
        "unreadable": b"%PDF-1.7 this is not a notebook",
    }.items():
        hand_in(root / "submitted", student, assignment, content)
    courses = {}
    for grader in ("stock", "ours"):
        folders = {f"{name}_directory": str(root / grader / name) for name in ("release", "autograded", "feedback")}
        folders["submitted_directory"] = str(root / "submitted")
        (root / grader).mkdir()
        courses[grader] = api(configuration(db_url=f"sqlite:///{root}/{grader}/gradebook.db", **folders))
        assert courses[grader].generate_assignment(assignment, force=True, create=True)["success"]
    ours, fine = grade_class(courses["ours"], [assignment], options=Options(jobs=1))
    assert fine
    students = stock.submitted(courses["stock"], assignment)
    results = {
        "stock": {student: stock.grade(courses["stock"], assignment, student) for student in students},
        "ours": {result.student: result for result in ours},
    }
    return Term(assignment, root, solved, courses, results)


graders = pytest.mark.parametrize("grader", ["stock", "ours"])


@graders
def test_a_perfect_submission_gets_full_marks(term, grader):
    scores = term.scores(grader, "perfect")
    assert all(score == top for score, top, _ in scores.values())
    assert len(scores) == sum(name in files() for name in solved_sources(term.assignment)) > 0
    manual = len(solved_sources(term.assignment)) > len(scores)
    assert term.results[grader]["perfect"].status == ("needs manual grading" if manual else "graded")


@graders
def test_an_untouched_one_gets_no_automatic_points(term, grader):
    assert {score for score, _, _ in term.scores(grader, "untouched").values()} == {0}


@graders
def test_half_right_gets_the_points_of_what_is_right(term, grader):
    for name, (score, top, _) in term.scores(grader, "half").items():
        assert score == (top if name.removeprefix("test_") in term.solved else 0), name


@graders
def test_an_error_at_the_top_costs_nothing_else(term, grader):
    assert term.scores(grader, "raises") == term.scores(grader, "perfect")


def test_honest_work_gets_the_same_from_both(term):
    for student in STUDENTS:
        assert term.scores("ours", student) == term.scores("stock", student), student
    graded = nbformat.read(
        term.root / "ours" / "autograded" / "perfect" / term.assignment / f"{term.assignment}.ipynb", 4
    )
    assert not [o.evalue for c in graded.cells for o in c.get("outputs", []) if o.output_type == "error"]


@graders
def test_an_unreadable_file_has_a_clear_status_and_stops_nobody(term, grader):
    results = term.results[grader]
    assert results["unreadable"].status == "failed" and "not a readable notebook" in results["unreadable"].reason
    assert [who for who, result in results.items() if result.status == "failed"] == ["unreadable"]
    assert "not a readable notebook" in table(list(results.values()))


@graders
def test_feedback_and_grades_go_back(term, grader):
    course, results = term.courses[grader], term.results[grader]
    for who in STUDENTS:
        assert course.generate_feedback(term.assignment, who, force=True)["success"]
    feedback = term.root / grader / "feedback"
    page = (feedback / "half" / term.assignment / f"{term.assignment}.html").read_text(encoding="utf-8")
    wrong = next(n for n in solved_sources(term.assignment) if n in files() and n not in term.solved)
    assert f'<h3 id="{wrong}">' in page and "To look at" in page and "<script" not in page
    with Gradebook(course.coursedir.db_url) as gradebook:
        stand = standings(gradebook, term.assignment)
        most = maximum(gradebook, term.assignment)
    write_table(term.root / grader / "grades.csv", {term.assignment: stand}, {term.assignment: most}, Roster())
    with (term.root / grader / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    for who in STUDENTS:
        assert float(rows[who][f"{term.assignment} points"]) == round(results[who].score, 2)

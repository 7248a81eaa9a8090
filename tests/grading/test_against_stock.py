"""Stock nbgrader beside ours: the same marks for honest work, and what the attacks get from each."""

import nbformat
import pytest
from attacks import ATTACKS, FULL
from classroom import ASSIGNMENT, POINTS
from course import SOLUTIONS
from nbgrader.api import Gradebook
from submissions import half_right, hand_in, perfect, raises_at_the_top, untouched

from autograder.course import api, configuration
from autograder.driver import Options, grade_class
from autograder.grade import grade, submitted

pytestmark = pytest.mark.usefixtures("bubblewrap")
# what stock nbgrader gives to submissions in which both functions are wrong, and what ours does
FOOLED = ("displayhook-score", "ast-transformer")
DROPPED = ("os-exit", "segmentation-fault")


def automatic(course, assignment: str, student: str) -> dict[str, float]:
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
        grades = book.find_submission(assignment, student).notebooks[0].grades
        return {g.name: (g.auto_score, g.needs_manual_grade) for g in grades}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("assignment", [path.stem for path in SOLUTIONS])
def test_honest_work_gets_the_same_from_both(assignment, tmp_path):
    """Perfect, untouched, half right, and with an error at the top."""
    half, _ = half_right(assignment)
    students = {
        "perfect": perfect(assignment),
        "untouched": untouched(assignment),
        "half": half,
        "raises": raises_at_the_top(assignment),
    }
    for student, notebook in students.items():
        hand_in(tmp_path / "submitted", student, assignment, notebook)
    courses = {}
    for grader in ("stock", "ours"):
        folders = {f"{name}_directory": str(tmp_path / grader / name) for name in ("release", "autograded", "feedback")}
        folders["submitted_directory"] = str(tmp_path / "submitted")
        (tmp_path / grader).mkdir()
        course = api(configuration(db_url=f"sqlite:///{tmp_path}/{grader}/gradebook.db", **folders))
        assert course.generate_assignment(assignment, force=True, create=True)["success"]
        courses[grader] = course
    for student in submitted(courses["stock"], assignment):
        assert grade(courses["stock"], assignment, student).status != "failed"
    results, fine = grade_class(courses["ours"], [assignment], options=Options(jobs=2))
    assert fine and len(results) == len(students)
    for student in students:
        ours, stock = (automatic(courses[grader], assignment, student) for grader in ("ours", "stock"))
        assert ours == stock, student
    graded = nbformat.read(tmp_path / "ours" / "autograded" / "perfect" / assignment / f"{assignment}.ipynb", 4)
    errors = [output.evalue for c in graded.cells for output in c.get("outputs", []) if output.output_type == "error"]
    assert not errors


@pytest.mark.timeout(1800)
def test_what_the_attacks_get_from_stock(empty_room, tmp_path):
    """The attacks are real: stock nbgrader gives them full marks, or loses the submission."""
    room = empty_room.copy(tmp_path / "room")
    for name in (*FOOLED, *DROPPED):
        room.hand_in(name, ATTACKS[name].make(room.release))
        result = grade(room.course, ASSIGNMENT, name)
        if name in FOOLED:
            scores = room.scores(name)
            assert tuple(scores[test] for test in POINTS) == FULL != ATTACKS[name].points, name
        else:
            assert result.status == "failed", name

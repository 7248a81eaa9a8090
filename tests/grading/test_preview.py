"""Before a change reaches marks: whose would change, and why; and the class is as it was."""

import hashlib

import nbformat
import pytest

from autograder.grading.preview import Change, preview, told
from autograder.grading.run import Options, grade_class
from tests.support.classroom import ASSIGNMENT, solved

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.timeout(300)]
HALF = "def softmax(logits):\n    return logits.exp() / logits.exp().sum(-1, keepdim=True)\n"


def test_what_would_change_is_said_and_nothing_is_touched(empty_room, tmp_path):
    room = empty_room.copy(tmp_path / "room")
    room.hand_in("right", solved(room.release))
    room.hand_in("half", solved(room.release, softmax=HALF))
    grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    files = {path: hashlib.sha256(path.read_bytes()).digest() for path in room.root.rglob("*") if path.is_file()}
    assert preview(room.course, [ASSIGNMENT], options=Options(jobs=1)) == []

    path = room.root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    content = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [code for code in notebook.cells if code.id not in ("left-pad", "test-left-pad")]
    nbformat.write(notebook, path)
    changes = preview(room.course, [ASSIGNMENT], options=Options(jobs=1))
    assert {(change.student, change.exercise, change.after, change.why) for change in changes} == {
        (who, "left_pad", None, "the exercise is gone") for who in ("right", "half")
    }
    path.write_bytes(content)
    assert files == {p: hashlib.sha256(p.read_bytes()).digest() for p in room.root.rglob("*") if p.is_file()}


def test_changes_are_told_by_exercise():
    changes = [
        Change("03_x", "student-01", "top_p", 4.0, 3.456, "drops_the_crossing_token"),
        Change("03_x", "student-02", "top_p", None, 4.0, ""),
    ]
    assert told(changes, 60).splitlines() == [
        "03_x, top_p: 2 would change",
        "    student-01: 4 -> 3.46 (drops_the_crossing_token)",
        "    student-02: none -> 4",
        "60 submissions graded beside the gradebook, marks of 2 would change.",
    ]

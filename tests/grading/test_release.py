"""A release that cannot be made leaves the old one where it was, and says why."""

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.commands import _release
from tests.support.classroom import ASSIGNMENT, Classroom, _exercise, cell


@pytest.fixture
def room(empty_room, tmp_path) -> Classroom:
    return empty_room.copy(tmp_path / "room")


def change(room: Classroom, edit) -> None:
    path = room.root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)


def test_a_cell_cannot_be_added_once_somebody_has_handed_in(room, capsys):
    before = room.release
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
        gradebook.add_student("student-01")
        gradebook.add_submission(ASSIGNMENT, "student-01")
    change(room, lambda notebook: notebook.cells.extend(_exercise("draw", "def draw(probs, u):\n    return 1\n", 3)))
    assert _release(room.course, ASSIGNMENT) == 1
    said = capsys.readouterr().out
    assert "Cannot add or remove cells" in said and "move the folder class/ away" in said and "Traceback" not in said
    assert room.release == before


def test_points_that_differ_from_the_declaration_are_said(room, capsys):
    before = room.release
    change(room, lambda notebook: cell(notebook, "test_softmax").metadata.nbgrader.update(points=7))
    assert _release(room.course, ASSIGNMENT) == 1
    assert "test_softmax gives 7 points, and its exercise is declared with 3" in capsys.readouterr().out
    assert room.release == before


def test_a_release_that_works_replaces_the_old_one(room):
    change(room, lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell("New", id="new")))
    assert _release(room.course, ASSIGNMENT) == 0
    assert room.release.cells[-1].source == "New"

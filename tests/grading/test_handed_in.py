"""Odd folders and files: each costs its own submission at most; what lies beside a notebook is no reason to fail."""

import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading import handed_in
from autograder.grading.gradebook import when_handed_in
from autograder.grading.run import Options, grade_class
from tests.support.classroom import ASSIGNMENT, LEFT_PAD, POINTS, Classroom, solved

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.xdist_group("handed-in")]
NOT_UTF8 = os.fsdecode(b"student-\xff")


@pytest.fixture(scope="module")
def room(empty_room, tmp_path_factory) -> Classroom:
    """A class of odd folders between two ordinary ones."""
    room = empty_room.copy(tmp_path_factory.mktemp("odd") / "room")
    names = ("aaa", "zzz", "git", "model", "fifo", "date", "bad-names", "notebooks", "deep", NOT_UTF8, "new\nline")
    folders = {name: room.folder(name) for name in names}
    for name in folders:
        room.hand_in(name, solved(room.release))
    hidden = folders["git"] / ".git" / "objects"
    hidden.mkdir(parents=True)
    for i in range(250):
        hidden.joinpath(f"object-{i}").write_bytes(b"\0")
        folders["git"].joinpath(f"data-{i}.txt").write_text("x")
    folders["model"].joinpath("model.bin").write_bytes(b"\0" * (handed_in.FILES_BYTES + 1))
    os.mkfifo(folders["fifo"] / "timestamp.txt")
    os.mkfifo(folders["fifo"] / "data.txt")
    folders["date"].joinpath("timestamp.txt").write_text("\0 never \x1b[31m" + "9" * 5000)
    folders["bad-names"].joinpath(os.fsdecode(b"data-\xff.txt")).write_text("x")
    helpers = new_notebook(cells=[new_code_cell("import torch\n\n" + LEFT_PAD)])
    nbformat.write(helpers, folders["notebooks"] / "helpers.ipynb")
    room.hand_in("notebooks", solved(room.release, "%run helpers.ipynb"))
    folder = folders["deep"]
    for _ in range(20):
        folder = folder / ("d" * 100)
    folder.mkdir(parents=True)
    folder.joinpath("data.txt").write_text("x")
    (room.root / "submitted" / "linked").symlink_to(room.root / "submitted" / "aaa")
    room.root.joinpath("submitted", "linked-inside").mkdir()
    (room.root / "submitted" / "linked-inside" / ASSIGNMENT).symlink_to(folders["aaa"])
    return room


@pytest.fixture(scope="module")
def graded(room):
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2), log=room.root / "log.jsonl")
    assert fine
    return {result.student: result for result in results}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["aaa", "zzz", "git", "model", "fifo", "date", "bad-names", "notebooks", "deep"])
def test_work_in_an_odd_folder_keeps_its_points(room, graded, name):
    assert {test: room.scores(name)[test] for test in POINTS} == POINTS, graded[name]


@pytest.mark.parametrize(
    "name, what",
    [
        ("linked", "is a link"),
        ("linked-inside", "is a link"),
        ("student-\\udcff", "rename it"),
        ("new\nline", "rename it"),
    ],
)
def test_what_cannot_be_graded_has_a_reason(graded, name, what):
    assert graded[name].status == "failed" and what in graded[name].reason


def test_what_was_left_out_is_said(room, graded):
    log = (room.root / "log.jsonl").read_text("utf-8")
    assert "files beside the notebook left out, beyond the first 200: 50" in log
    assert "files beside the notebook left out, beyond 20 MB: 1" in log
    assert "whose names are too long or cannot be read" in log


def test_a_date_that_is_none_is_said(graded):
    assert "timestamp.txt cannot be read" in graded["date"].reason


@pytest.mark.parametrize("text", [b"2026-02-01 10:00:00 UTC", b"2026-02-01T10:00:00"])
def test_a_date_is_read_as_nbgrader_reads_it(text):
    date, problem = when_handed_in(text)
    assert (date.year, date.month, date.hour, problem) == (2026, 2, 10, "")


def test_a_second_run_grades_nothing_again(room, graded):
    shown = []
    grade_class(room.course, [ASSIGNMENT], show=lambda done, total: shown.append(total))
    assert set(shown) == {0}

"""Downloads of learning platforms become nbgrader's layout, and nothing in them leads out of it."""

import json
import stat
import zipfile

import pytest

from autograder.collecting.lms import collect, place

KNOWN = ["01_tokenization", "02_forward_step"]


@pytest.mark.parametrize(
    ("name", "student", "task"),
    [
        ("doejane_12345_67890_01_tokenization.ipynb", "doejane_12345", "01_tokenization"),
        ("doejane_LATE_12345_67890_01_tokenization-2.ipynb", "doejane_12345", "01_tokenization"),
        ("Jane Doe_4711_assignsubmission_file_/02_forward_step.ipynb", "Jane-Doe_4711", "02_forward_step"),
        ("Jane Doe_4711_assignsubmission_file_02_forward_step (1).ipynb", "Jane-Doe_4711", "02_forward_step"),
        ("course/Jürgen Müller_9_assignsubmission_file_/01_tokenization.ipynb", "Jürgen-Müller_9", "01_tokenization"),
        ("jane/01_tokenization/01_tokenization.ipynb", "jane", "01_tokenization"),
        ("jane/01_tokenization/renamed.ipynb", "jane", "01_tokenization"),
        ("jane/02_forward_step.ipynb", "jane", "02_forward_step"),
    ],
)
def test_names_tell_student_and_assignment(name, student, task):
    assert place(name, KNOWN) == (student, task, "")


@pytest.mark.parametrize(
    "name",
    [
        "../../evil/01_tokenization/01_tokenization.ipynb",
        "jane/../../../01_tokenization.ipynb",
        "/etc/01_tokenization.ipynb",
        "C:\\Users\\x\\01_tokenization.ipynb",
        "..\\..\\01_tokenization.ipynb",
        "__MACOSX/._01_tokenization.ipynb",
        "jane/01_tokenization/timestamp.txt",
        "01_tokenization.ipynb",
        "jane/homework.ipynb",
        ".../01_tokenization.ipynb",
    ],
)
def test_names_that_lead_elsewhere_are_not_taken(name):
    student, task, why = place(name, KNOWN)
    assert why and not student and not task


def test_an_archive_is_unpacked_into_the_layout_and_nowhere_else(tmp_path):
    archive = tmp_path / "download.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("doejane_1_2_01_tokenization.ipynb", json.dumps({"old": True}))
        newer = zipfile.ZipInfo("doejane_1_3_01_tokenization-1.ipynb", (2030, 1, 1, 0, 0, 0))
        file.writestr(newer, json.dumps({"new": True}))
        link = zipfile.ZipInfo("eve_6_7_01_tokenization.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("../../../mallory/01_tokenization/01_tokenization.ipynb", "out")
        file.writestr("mallory/01_tokenization/timestamp.txt", "1999-01-01 00:00:00 UTC")
    taken, left = collect(archive, tmp_path / "submitted", KNOWN)
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file() and path != archive]
    assert [str(path) for path in files] == ["submitted/doejane_1/01_tokenization/01_tokenization.ipynb"]
    assert json.loads((tmp_path / files[0]).read_text()) == {"new": True}
    reasons = dict(left)
    assert reasons["eve_6_7_01_tokenization.ipynb"] == "a link, not a file"
    assert "leads out" in reasons["../../../mallory/01_tokenization/01_tokenization.ipynb"]
    assert len(taken) == 1 and len(left) == 4


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.collecting.lms.LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("jane/01_tokenization.ipynb", b" " * 1_000_000)
    assert collect(tmp_path / "bomb.zip", tmp_path / "submitted", KNOWN)[1] == [
        ("jane/01_tokenization.ipynb", "too large")
    ]


def test_a_folder_is_taken_and_its_links_are_not(tmp_path):
    source = tmp_path / "in" / "jane"
    source.mkdir(parents=True)
    (source / "01_tokenization.ipynb").write_text("{}")
    (source / "02_forward_step.ipynb").symlink_to("/etc/passwd")
    taken, left = collect(tmp_path / "in", tmp_path / "submitted", KNOWN)
    assert len(taken) == 1 and left == [("jane/02_forward_step.ipynb", "a link, not a file")]

"""What passed is remembered in this copy alone, and what comes next is said."""

import json

import pytest

from genlab import progress as shown
from genlab.passed import FOLDER, note


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two notebooks; this one runs in the folder of the first."""
    for name, ids in {"01_a": ["one", "test_one", "two", "test_two"], "02_b": ["test_three"]}.items():
        folder = tmp_path / "notebooks" / name
        folder.mkdir(parents=True)
        cells = [{"metadata": {}}, *({"metadata": {"nbgrader": {"grade_id": grade_id}}} for grade_id in ids)]
        (folder / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.chdir(tmp_path / "notebooks" / "01_a")
    return tmp_path


def test_what_passed_and_what_comes_next(course, capsys):
    note("one", True)
    shown()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["01_a", "1", "of", "2", "■□"] and lines[1].split() == ["02_b", "0", "of", "1", "□"]
    assert lines[-1] == "Next: two, in 01_a"
    assert [path.name for path in (course / FOLDER).iterdir()] == ["one"]


def test_what_fails_later_no_longer_counts(course, capsys):
    note("one", True)
    note("one", False)
    shown()
    assert "Next: one, in 01_a" in capsys.readouterr().out


def test_the_end_is_said(course, capsys):
    for name in ("one", "two", "three"):
        note(name, True)
    shown()
    assert "All exercises have passed" in capsys.readouterr().out


def test_elsewhere_it_says_where_to_run_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shown()
    assert "No notebooks are here" in capsys.readouterr().out


def test_where_nothing_can_be_written_nothing_is_lost(course):
    (course / FOLDER).write_text("a file is in the way")
    note("one", True)
    note("one", False)

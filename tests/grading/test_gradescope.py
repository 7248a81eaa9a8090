"""The archive for Gradescope, in a folder laid out like its container: every submission gets a results.json."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.gradescope import harness
from autograder.gradescope.archive import write
from autograder.returning.table import Result, Status
from autograder.sandbox import SandboxError
from tests.support.classroom import ASSIGNMENT, POINTS, practice, solved

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("gradescope")]
HALF = "def softmax(logits):\n    return logits.exp() / logits.exp().sum(-1, keepdim=True)\n"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def base(seed) -> Iterator[Path]:
    """What is /autograder there, after the image was built. It is not in /tmp, which a sandbox covers."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        root, base = Path(name).resolve() / "course", Path(name).resolve() / "autograder"
        source = root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(practice(), source)
        write(root, ASSIGNMENT, root / "archive.zip")
        subprocess.run([sys.executable, "-m", "zipfile", "-e", root / "archive.zip", base / "source"], check=True)
        shutil.copy(base / "source" / "run_autograder", base)
        (base / "run_autograder").chmod(0o755)
        yield base


@pytest.fixture(scope="module")
def run(base) -> Run:
    """Hands files in, runs what Gradescope runs, and returns results.json."""

    def run(files: dict[str, bytes], **more: str) -> dict[str, Any]:
        for folder in ("submission", "results"):
            shutil.rmtree(base / folder, ignore_errors=True)
            (base / folder).mkdir()
        for name, content in files.items():
            (base / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
            (base / "submission" / name).write_bytes(content)
        (base / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": [{"name": "A"}]}))
        own = {"GENLAB_GRADESCOPE": str(base), "GENLAB_GRADESCOPE_PYTHON": sys.executable}
        done = subprocess.run(
            [base / "run_autograder"],
            cwd=base,
            env=os.environ | own | more,
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads((base / "results" / "results.json").read_text(encoding="utf-8"))
        return found | {"log": done.stdout + done.stderr}

    return run


@pytest.fixture(scope="module")
def released(run, base) -> nbformat.NotebookNode:
    """The released notebook; the first submission, which is none, has it released."""
    course = base / "source" / "course" / "notebooks" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    found = run({"notes.ipynb": b"%PDF-1.7 this is not a notebook"})
    assert (found["score"], "not a readable notebook" in found["output"]) == (0, True), found
    return nbformat.read(course, as_version=4)


def content(notebook: nbformat.NotebookNode) -> bytes:
    return nbformat.writes(notebook).encode()


def test_what_gradescope_needs_is_at_the_top_and_runs(base):
    assert {"setup.sh", "run_autograder", "course"} == {path.name for path in (base / "source").iterdir()}
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", base / "source" / script], check=True)
    with zipfile.ZipFile(base.parent / "course" / "archive.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755
    assert not [name for name in modes if "__pycache__" in name or name.endswith(".db")]
    assert [name for name in modes if "/solutions/" in name] == [f"course/solutions/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"]


@pytest.mark.usefixtures("bubblewrap")
def test_a_submission_by_any_name_gets_its_points_and_the_reason_for_those_that_are_missing(run, released):
    found = run({"My work (final).IPYNB": content(solved(released, softmax=HALF)), "data.txt": b"1"})
    tests = {test["name"]: test for test in found["tests"]}
    assert tests["test_left_pad"]["score"] == POINTS["test_left_pad"], found["log"]
    assert 0 < tests["test_softmax"]["score"] < 3 and "probes passed" in tests["test_softmax"]["output"]
    assert tests["test_softmax"]["extra_data"]["mistake"] and "score" not in tests["why_left"]
    assert found["score"] == tests["test_left_pad"]["score"] + tests["test_softmax"]["score"]
    assert found["output"] == "" and found["execution_time"] > 0


@pytest.mark.nightly
def test_where_the_sandbox_does_not_start_it_is_graded_without_and_says_so(run, released, tmp_path):
    """As in a container that may not make namespaces."""
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    found = run({f"{ASSIGNMENT}.ipynb": content(solved(released))}, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert found["score"] == sum(POINTS.values()), found["log"]
    assert found["output"] == harness.UNPROTECTED and "No permissions to create new namespace" in found["log"]


def test_without_bubblewrap_it_is_graded_all_the_same(monkeypatch):
    protected = []

    def grade_class(course, names, options, log):
        protected.append(options.protect)
        log.write_text("")
        if options.protect:
            raise SandboxError("bwrap is not installed here")
        return [Result(ASSIGNMENT, harness.STUDENT, Status.GRADED, 1.0, 1.0)], True

    monkeypatch.setattr(harness, "grade_class", grade_class)
    result, sentence = harness._grade(None, ASSIGNMENT)
    assert (result.score, sentence, protected) == (1.0, harness.UNPROTECTED, [True, False])


@pytest.mark.nightly
def test_nothing_handed_in_is_a_score_of_0_and_a_reason(run, released):
    found = run({"report.pdf": b"%PDF", ".ipynb_checkpoints/a.ipynb": b"{}", "__MACOSX/a.ipynb": b"{}"})
    assert (found["score"], found["output"]) == (0, f"No notebook was handed in: hand in {ASSIGNMENT}.ipynb.")


def test_a_grader_that_cannot_run_leaves_a_result_too(run, base):
    found = run({"a.ipynb": b"{}"}, GENLAB_GRADESCOPE_PYTHON="/not/there")
    assert found["score"] == 0 and "tell who teaches" in found["output"]
    course, away = base / "source" / "course" / "solutions", base / "away"
    course.rename(away)
    try:
        found = run({"a.ipynb": b"{}"})
    finally:
        away.rename(course)
    assert found["score"] == 0 and found["output"] == harness.BROKEN and "NoCourse" in found["log"]


def test_of_several_notebooks_the_one_of_the_assignment_is_taken(tmp_path):
    cells = {"left_pad", "test_left_pad"}
    mine = b'{"cells": [{"metadata": {"nbgrader": {"grade_id": "left_pad"}}}]}'
    (tmp_path / "week 1").mkdir()
    (tmp_path / "week 1" / "mine.ipynb").write_bytes(mine)
    (tmp_path / "other.ipynb").write_bytes(b"{}")
    assert harness.the_notebook(tmp_path, ASSIGNMENT, cells).name == "mine.ipynb"
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_bytes(mine)
    assert harness.the_notebook(tmp_path, ASSIGNMENT, cells).stem == ASSIGNMENT
    (tmp_path / f"{ASSIGNMENT}.ipynb").rename(tmp_path / "copy.ipynb")
    with pytest.raises(harness.NotFound, match="2 notebooks were handed in"):
        harness.the_notebook(tmp_path, ASSIGNMENT, cells)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "out.ipynb").symlink_to(tmp_path / "copy.ipynb")
    with pytest.raises(harness.NotFound, match="No notebook"):
        harness.the_notebook(tmp_path / "link", ASSIGNMENT, cells)

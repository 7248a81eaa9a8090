"""What is generated and committed is what its generator makes today; notebooks keep the rules of the course."""

import itertools
import re
import subprocess
import sys

import pytest

from autograder.authoring.execute import WIDGET_VIEW
from autograder.course import api, configuration
from tests.support.course import RELEASES, ROOT, SOLUTIONS, names, read

pytestmark = pytest.mark.xdist_group("generated")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A fresh release of every solution notebook, as ``make release`` writes it."""
    folder = tmp_path_factory.mktemp("release")
    course = api(configuration(release_directory=str(folder), db_url=f"sqlite:///{folder}/gradebook.db"))
    for path in SOLUTIONS:
        done = course.generate_assignment(path.stem, force=True, create=True)
        assert done["success"], done["log"]
    return folder


def test_every_solution_is_released_and_nothing_else():
    assert [p.stem for p in RELEASES] == [p.stem for p in SOLUTIONS] != []


@pytest.mark.parametrize("path", RELEASES, ids=names)
def test_the_release_is_fresh(path, released):
    fresh = (released / path.stem / path.name).read_bytes()
    assert fresh == path.read_bytes(), "run `make release`"


@pytest.mark.parametrize("path", RELEASES, ids=names)
def test_the_release_holds_no_solution(path):
    text = path.read_text(encoding="utf-8")
    for mark in ("BEGIN SOLUTION", "BEGIN HIDDEN", "BEGIN MARK", "autograder", "grade("):
        assert mark not in text


def test_cell_ids_and_grade_ids_are_readable_and_unique_over_the_course():
    cell_ids, grade_ids = [], []
    for path in SOLUTIONS:
        for cell in read(path).cells:
            cell_ids.append(cell.id)
            if "nbgrader" in cell.metadata:
                grade_ids.append(cell.metadata.nbgrader.grade_id)
    assert [i for i in cell_ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", i)] == []
    assert [i for i in grade_ids if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", i)] == []
    assert sorted(set(cell_ids)) == sorted(cell_ids)
    assert sorted(set(grade_ids)) == sorted(grade_ids)


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_a_solution_notebook_is_tidy_and_in_the_frame(path):
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    headings = re.findall(r"^(#+) (.+)$", prose, re.M)
    assert [level for level, _ in headings].count("#") == 1
    assert headings[0][0] == "#"
    depths = [len(level) for level, _ in headings]
    assert all(b - a <= 1 for a, b in itertools.pairwise(depths)), "a heading skips a level"
    for part in ("goals", "before you start", "time", "summary", "what's next", "shut"):
        assert part in prose.lower(), f"the frame lacks {part!r}"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"{cell.id} writes to stderr"
            assert output.output_type != "error", f"{cell.id} failed when it was last run"
            assert WIDGET_VIEW not in output.get("data", {}), f"{cell.id} keeps a widget's state"
            if "image/png" in output.get("data", {}) and "text/plain" in output.data:
                assert len(output.data["text/plain"]) > 30, f"{cell.id}: a picture without words"


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_a_notebook_is_spelled_as_the_rest_of_the_course(path):
    text = "\n".join(cell.source for cell in read(path).cells)
    command = [sys.executable, "-m", "codespell_lib", "-"]
    # codespell reads its settings, American spelling among them, from pyproject.toml
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
    assert not done.stdout, done.stdout

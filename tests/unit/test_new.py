"""The scaffold of a new exercise: what it writes works at once, and what cannot be is refused."""

import shutil
import subprocess
import sys

import nbformat
import pytest

from autograder.authoring.new import CannotBegin, begin
from tests.support.course import ROOT


@pytest.fixture
def clone(tmp_path):
    """A copy of what authoring touches."""
    for part in ("autograder", "genlab", "solutions", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    return tmp_path


def run(clone, *words):
    return subprocess.run([sys.executable, *words], cwd=clone, text=True, capture_output=True)


def test_a_new_exercise_works_at_once(clone):
    done = run(clone, "-m", "autograder", "new", "01_tokenization", "larger", "--points", "2")
    assert done.returncode == 0, done.stderr
    program = """
from autograder.exercises import exercise
from genlab.judging.runner import outcomes_of
from genlab.judging.verdict import judge, score

larger = exercise("larger")
record = larger.record("a seed")
assert all(v.passed for right in larger.alternatives for v in judge(record, outcomes_of(right, record)))
for mistake in record.mistakes:
    verdicts = judge(record, list(mistake.outcomes))
    assert score(verdicts, record.points) < 2 and {v.cause for v in verdicts if not v.passed} == {mistake.name}, mistake
broken = [{v.rule for v in judge(record, list(m.outcomes)) if not v.passed} for m in record.mistakes]
assert all({rule.text} in broken for rule in record.rules), "each rule has an answer that breaks it alone"
print(len(record.mistakes), "mistakes")
"""
    tried = run(clone, "-c", program)
    assert "5 mistakes" in tried.stdout, tried.stderr
    built = run(clone, "-m", "autograder.authoring.build_checks", "larger")
    assert built.returncode == 0 and "1 of 1 written" in built.stdout, built.stderr
    notebook = nbformat.read(clone / "solutions/01_tokenization/01_tokenization.ipynb", as_version=4)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    at = ids.index("larger-card")
    assert ids[at : at + 4] == ["larger-card", "larger", "test-larger", "larger-help"]
    assert "ummary" in notebook.cells[at + 4].source
    solution, test = notebook.cells[at + 1 : at + 3]
    namespace = {}
    exec(solution.source, namespace)
    assert namespace["larger"](4, 8) == 8
    assert test.metadata.nbgrader.points == 2 and 'grade("larger", larger)' in test.source
    for checked in ("check", "format"):
        linted = run(
            clone,
            "-m",
            "ruff",
            checked,
            *["--check"] * (checked == "format"),
            "autograder/exercises/nb01_tokenization/larger.py",
        )
        assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    "notebook, name, points, why",
    [
        ("01_tokenization", "left_pad", 2, "already"),
        ("01_tokenization", "Larger", 2, "like top_p"),
        ("01_tokenization", "larger", 0, "above 0"),
        ("99_nothing", "larger", 2, "no notebook"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(clone, notebook, name, points, why):
    before = sorted(clone.rglob("*.py"))
    with pytest.raises(CannotBegin, match=why):
        begin(clone, notebook, name, points)
    assert sorted(clone.rglob("*.py")) == before

"""What students get is the whole course for them, and nothing in it tells an answer."""

import json
import re
import subprocess
import sys
import zipfile

import pytest

from autograder.authoring.package import contents, write
from tests.support.course import ROOT, SOLUTIONS, names, read

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
HIDDEN = ("### BEGIN", "from autograder", "MARK SCHEME", "grade(")
ALL = [path.stem for path in SOLUTIONS]


@pytest.fixture(scope="module")
def course() -> dict[str, bytes]:
    return dict(contents(ROOT, ALL))


def test_what_is_needed_is_in_it(course):
    for name in ("README.md", "Makefile", "requirements.txt", "pyproject.toml", "LICENSE", "binder/postBuild"):
        assert course[name].strip()
    assert "genlab/storyteller/model.safetensors" in course
    assert all(f"notebooks/{name}/{name}.ipynb" in course for name in ALL)


def test_nothing_of_who_grades_is_in_it(course):
    assert not [name for name in course if name.startswith(("autograder", "solutions", "tests", "class"))]
    for name in ("README.md", "Makefile", "pyproject.toml"):
        assert "autograder" not in course[name].decode().replace("autograder/labconfig", "")
    for name in ALL:
        text = course[f"notebooks/{name}/{name}.ipynb"].decode()
        assert [word for word in HIDDEN if word in text] == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_no_line_of_a_solution_is_in_it(course, path):
    """A line of some length that stands in a solution and nowhere in the text that students are to read."""
    notebook = read(path)
    given = "\n".join(SOLUTION.sub("", cell.source) for cell in notebook.cells)
    lines = {
        line.strip()
        for cell in notebook.cells
        for solution in SOLUTION.findall(cell.source)
        for line in solution.splitlines()
        if len(line.strip()) > 45
    }
    lines = {line for line in lines if line not in given}
    assert lines
    released = json.loads(course[f"notebooks/{path.stem}/{path.stem}.ipynb"])
    text = "\n".join("".join(cell["source"]) for cell in released["cells"])
    code = "\n".join(content.decode() for name, content in course.items() if name.endswith(".py"))
    assert [line for line in sorted(lines) if line in text or line in code] == []


def test_chosen_notebooks_come_with_their_own_checks_alone():
    some = dict(contents(ROOT, ["01_tokenization"]))
    assert [name for name in some if name.endswith(".ipynb")] == ["notebooks/01_tokenization/01_tokenization.ipynb"]
    assert "genlab/judging/data/bpe.json" in some and "genlab/judging/data/top_p.json" not in some


def test_the_zip_file_is_the_same_each_time_and_a_folder_is_not_overwritten(tmp_path):
    for name in ("a.zip", "b.zip"):
        write(ROOT, ["01_tokenization"], tmp_path / name)
    with zipfile.ZipFile(tmp_path / "a.zip") as a, zipfile.ZipFile(tmp_path / "b.zip") as b:
        assert [info.CRC for info in a.infolist()] == [info.CRC for info in b.infolist()]
        assert all(name.startswith("a/") for name in a.namelist())
    with pytest.raises(SystemExit, match="there already"):
        write(ROOT, ["01_tokenization"], tmp_path)


def test_a_check_works_in_it(tmp_path):
    write(ROOT, ["01_tokenization"], tmp_path / "course")
    program = "from genlab import check\ncheck('bpe', lambda word, ranks: list(word))"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "course",
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "."},
    )
    assert "CheckFailed" in found.stderr and "bpe" in found.stderr

"""What a student reads when the function that a check needs is not in the kernel."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from genlab.missing_names import advice
from tests.support.course import RELEASES

CHECK = 'from genlab import check\n\ncheck("left_pad", left_pad)'


@pytest.fixture(scope="module")
def said():
    """The error of each cell of one kernel, as (name, value, traceback)."""
    cells = [
        CHECK,
        "def left_padd(rows, pad_id):\n    return rows",
        CHECK,
        "print(nobody)",
        "def f():\n    left_pad\nf()",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return [[(o.ename, o.evalue, "\n".join(o.traceback)) for o in c.outputs] for c in notebook.cells]


def test_after_a_restart_the_check_says_how_to_go_on(said):
    ((name, value, shown),) = said[0]
    assert name == "CheckFailed" and "Run All Above" in value and shown == value
    assert "def left_pad(...)" in value and "There is left_padd" not in value


def test_a_renamed_function_is_found(said):
    ((name, value, _),) = said[2]
    assert name == "CheckFailed" and "There is left_padd: if that is it, give it the name left_pad again." in value


def test_other_missing_names_are_python_s_business(said):
    for outputs in (said[3], said[4]):
        ((name, _, shown),) = outputs
        assert name == "NameError" and "Traceback" in shown


@pytest.mark.parametrize("line", ["x = left_pad", "check(", "", "grade('left_pad', left_pad)", "f.check(left_pad)"])
def test_only_a_check_is_explained(line):
    assert advice(line, "left_pad", {}) is None


def test_the_test_cells_bring_their_own_check():
    for path in RELEASES:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                assert cell.source.startswith("from genlab import check\n\ncheck("), cell.id

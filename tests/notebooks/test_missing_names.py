"""What a student reads when the function that a check needs is not in the kernel."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from genlab.missing_names import STUB, advice
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
        "softmax(1)",
        f'def greedy(ids):\n    raise NotImplementedError("{STUB}")\n\n\ngreedy(1)',
        "raise NotImplementedError",
        "MaxWords()",
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
    for outputs, error in ((said[3], "NameError"), (said[7], "NotImplementedError")):
        ((name, _, shown),) = outputs
        assert name == error and "Traceback" in shown


def test_a_cell_says_which_exercise_it_needs(said):
    for outputs, exercise in ((said[4], "left_pad"), (said[5], "softmax"), (said[8], "MaxWords")):
        ((name, value, shown),) = outputs
        assert name == "NameError" and value.startswith(f"There is no {exercise} yet") and "Traceback" not in shown


def test_a_cell_says_which_exercise_is_not_written(said):
    ((name, value, shown),) = said[6]
    assert name == "NotImplementedError" and value == shown
    assert value.startswith("greedy is not written yet, and this cell needs it.")


@pytest.mark.parametrize("line", ["x = left_pad", "check(", "", "grade('left_pad', left_pad)", "f.check(left_pad)"])
def test_only_a_check_is_explained(line):
    assert advice(line, "left_pad", {}) is None


def test_the_test_cells_bring_their_own_check():
    for path in RELEASES:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                assert cell.source.startswith("from genlab import check\n\ncheck("), cell.id

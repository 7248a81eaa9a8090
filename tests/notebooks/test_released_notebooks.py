"""A released notebook, run from top to bottom before anything is solved: what must run runs, the rest says why not."""

import pytest
from nbclient import NotebookClient

from autograder.authoring.release import NEEDS_SOLUTION
from tests.support.course import RELEASES, names, read


@pytest.mark.parametrize("path", RELEASES, ids=names)
def test_an_unsolved_notebook_runs(path):
    notebook = read(path)
    NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        errors = {output.ename: output for output in cell.outputs if output.output_type == "error"}
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert list(errors) == ["CheckFailed"], f"{cell.id} must say that the exercise is not written"
            assert "not written yet" in errors["CheckFailed"].evalue
        elif NEEDS_SOLUTION in cell.metadata.get("tags", []):
            assert errors.keys() <= {"NotImplementedError"}, f"{cell.id}: {errors}"
        else:
            assert not errors, f"{cell.id}: {errors}"
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], f"{cell.id} writes to stderr"
